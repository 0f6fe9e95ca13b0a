"""QR codes of addresses, to be printed: on a receipt, a table, a parcel."""

from __future__ import annotations

import io

__all__ = ["png", "svg"]

BORDER = 4
"""Modules of quiet zone, as ISO/IEC 18004 asks for."""


def svg(address: str, *, scale: int = 8) -> str:
    """Returns a QR code as an SVG document, black on white: readers of printed codes ask for that.

    Args:
        address: what it opens. It is corrected at level M: 15 % of the code may be dirty.
        scale: pixels of one module.

    Example:
        >>> svg("https://cx.example.org/q/k7m2pa").startswith("<?xml")
        True
    """
    return _drawn(address, "svg", scale).decode()


def png(address: str, *, scale: int = 8) -> bytes:
    """Returns a QR code as a PNG image; like `svg`, for what takes no vectors."""
    return _drawn(address, "png", scale)


def _drawn(address: str, kind: str, scale: int) -> bytes:
    import segno

    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind=kind, scale=scale, border=BORDER, light="#fff")
    return out.getvalue()
