"""A survey's colours as the pages use them: light and dark, and every pair of them readable."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from functools import lru_cache

from cxloop.collect.surveys.colours import contrast
from cxloop.collect.surveys.settings import Theme

__all__ = ["READABLE", "Tokens", "corrected", "style", "tokens"]

READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3: the least contrast of text."""
DARK_BACKGROUND, DARK_TEXT = "#151513", "#f0ede6"
BAD = {"light": "#a8322e", "dark": "#ee9188"}
STEPS = 100


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one page as #rrggbb: what stands on what can be read.

    Attributes:
        background: of the page.
        text: on it.
        quiet: text of less weight on it.
        accent: marks, links and buttons.
        on_accent: text on the accent.
        bad: what went wrong.
    """

    background: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    bad: str


def corrected(colour: str, background: str, least: float = READABLE) -> str:
    """Returns a colour that can be read on a background: itself, or the nearest lightness of it that can.

    Args:
        colour: as #rrggbb.
        background: likewise.
        least: the contrast that is wanted, up to 4.58, which black or white have on every background.

    Example:
        >>> corrected("#0b6e69", "#ffffff"), corrected("#ffdd00", "#ffffff")
        ('#0b6e69', '#857300')
    """
    if contrast(colour, background) >= least:
        return colour
    hue, light, full = colorsys.rgb_to_hls(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    for step in range(1, STEPS + 1):
        for sign in (-1, 1):
            moved = min(1.0, max(0.0, light + sign * step / STEPS))
            found = "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, moved, full))
            if contrast(found, background) >= least:
                return found
    return "#000000" if contrast("#000000", background) > contrast("#ffffff", background) else "#ffffff"


def tokens(theme: Theme, *, dark: bool) -> Tokens:
    """Returns the colours of a theme by day, or for people who have set their device to dark."""
    background = DARK_BACKGROUND if dark else theme.background.lower()
    text = corrected(DARK_TEXT if dark else theme.text.lower(), background)
    accent = corrected(theme.accent.lower(), background)
    return Tokens(
        background=background,
        text=text,
        quiet=corrected(mixed(text, background, 0.3), background),
        accent=accent,
        on_accent=corrected(background, accent),
        bad=corrected(BAD["dark" if dark else "light"], background),
    )


def mixed(one: str, other: str, share: float) -> str:
    """Returns a colour between two; `share` of the other one.

    Example:
        >>> mixed("#000000", "#ffffff", 0.5)
        '#808080'
    """
    parts = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


@lru_cache(256)
def style(theme: Theme) -> str:
    """Returns the style sheet of a theme: its tokens by day and by night."""
    rounded = "12px" if theme.rounded else "2px"
    by_day, by_night = (_properties(tokens(theme, dark=dark)) for dark in (False, True))
    return (
        f":root{{--radius:{rounded};{by_day}}}"
        f"@media(prefers-color-scheme:dark){{:root{{color-scheme:dark;{by_night}}}}}"
    )


def _properties(of: Tokens) -> str:
    return (
        f"--paper:{of.background};--ink:{of.text};--ink-2:{of.quiet};"
        f"--accent:{of.accent};--on-accent:{of.on_accent};--bad:{of.bad}"
    )
