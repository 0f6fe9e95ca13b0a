"""What the rejects of live events are called: no import met them, so each source has a name of its own."""

from __future__ import annotations

__all__ = ["LIVE", "import_id", "is_live"]

LIVE = "live-"
"""Begins their import_id: `cxloop collect rejects live-web`."""


def import_id(source: str) -> str:
    """Returns the import_id of the rejected live events of a source.

    Example:
        >>> import_id("web")
        'live-web'
    """
    return LIVE + source


def is_live(name: str) -> bool:
    """Whether an import_id is that of live events."""
    return name.startswith(LIVE)
