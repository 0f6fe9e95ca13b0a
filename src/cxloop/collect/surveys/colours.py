"""Whether the colours of a survey can be read: contrast as WCAG 2.2 defines it."""

from __future__ import annotations

from collections.abc import Iterator

from cxloop.collect.surveys.checking import Problem
from cxloop.collect.surveys.settings import Theme

__all__ = ["contrast", "faint"]

OF_TEXT = 4.5
"""WCAG 2.2, success criterion 1.4.3."""
OF_CONTROLS = 3.0
"""WCAG 2.2, success criterion 1.4.11."""


def contrast(one: str, other: str) -> float:
    """Returns the contrast ratio of two colours, 1 to 21.

    The formula is that of WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) with the relative luminance of sRGB.

    Args:
        one: a colour as #rrggbb.
        other: another one.

    Example:
        >>> contrast("#000000", "#ffffff"), round(contrast("#777777", "#ffffff"), 2)
        (21.0, 4.48)
    """
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def faint(theme: Theme) -> Iterator[Problem]:
    """Yields each pair of colours of a theme that many people could not tell apart."""
    for name, colour, least, what in (
        ("text", theme.text, OF_TEXT, "Text"),
        ("accent", theme.accent, OF_CONTROLS, "Buttons and marks"),
    ):
        found = contrast(colour, theme.background)
        if found < least:
            told = (
                f"{what} in {colour} on {theme.background} has a contrast of {found:.2f}; WCAG asks for {least:g}. "
                "Choose one of them darker or lighter."
            )
            yield Problem("error", f"theme.{name}", "contrast", told)
