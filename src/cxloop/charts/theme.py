"""One theme for every chart: the colours of the app's tokens, thin lines, a quiet grid.

Charts are drawn in the light colours, so that an Altair object in a notebook looks right by itself. The dark theme
and the theme of the pages exchange these colours when the chart is rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

__all__ = [
    "ACCENT",
    "BACKGROUND",
    "FONT",
    "INK",
    "INK_2",
    "INK_3",
    "LINE",
    "NEUTRAL",
    "SERIES",
    "Theme",
    "config",
    "on_paper",
    "page_colour",
    "recoloured",
]

Theme = Literal["light", "dark", "page"]
"""light and dark: fixed colours. page: CSS variables of the page that the SVG stands in, for both."""

BACKGROUND = "#ffffff"
INK, INK_2, INK_3 = "#1d1c1a", "#57534a", "#6f6a5f"
LINE, NEUTRAL, ACCENT = "#e2ded4", "#b9b2a3", "#0b6e69"
SERIES = (ACCENT, "#b8541a", "#4a4fb5", "#8f6c00", "#a03672")
"""Lines that share a chart, told apart by colour-blind eyes; their labels stand beside them in any case."""
FONT = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_DARK: Mapping[str, str] = {
    BACKGROUND: "#1d1c1a",
    INK: "#f0ede6",
    INK_2: "#bab4a6",
    INK_3: "#989284",
    LINE: "#34322d",
    NEUTRAL: "#6f6a5e",
    **dict(zip(SERIES, ("#5cc3b6", "#f0a36b", "#a5a8ff", "#d9b64a", "#ec92c4"), strict=True)),
}
_PAGE: Mapping[str, str] = {
    BACKGROUND: "none",
    INK: "var(--ink)",
    INK_2: "var(--ink-2)",
    INK_3: "var(--ink-3)",
    LINE: "var(--line)",
    NEUTRAL: "var(--neutral)",
    ACCENT: "var(--accent)",
    **{light: f"light-dark({light}, {_DARK[light]})" for light in SERIES[1:]},
}


def page_colour(light: str) -> str:
    """Returns what a page writes for one of the light colours: its CSS variable, or both themes' colours.

    Example:
        >>> page_colour(INK_2)
        'var(--ink-2)'
    """
    return _PAGE[light]


def on_paper(drawn: str) -> str:
    """Returns a page's SVG with plain colours in place of the page's variables: what sets paper knows no variables.

    Example:
        >>> on_paper('fill="var(--ink)"'), on_paper('fill="light-dark(#b8541a, #f0a36b)"')
        ('fill="#1d1c1a"', 'fill="#b8541a"')
    """
    for light, written in _PAGE.items():
        if written != "none":
            drawn = drawn.replace(written, light)
    return drawn


def recoloured(text: str, theme: Theme) -> str:
    """Returns a chart's text (Vega-Lite or SVG) with the light colours exchanged for those of `theme`.

    Example:
        >>> recoloured('fill="#0b6e69"', "page")
        'fill="var(--accent)"'
    """
    colours = {"light": {}, "dark": _DARK, "page": _PAGE}[theme]
    # two steps: dark ink is what the light background becomes, and must not be exchanged again
    for place, light in enumerate(colours):
        text = text.replace(light, f"@colour{place}@")
    for place, other in enumerate(colours.values()):
        text = text.replace(f"@colour{place}@", other)
    return text


def config() -> dict[str, Any]:
    """Returns the Vega-Lite configuration of every chart."""
    axis = {
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelColor": INK_3,
        "labelFontSize": 12,
        "labelPadding": 8,
        "title": None,
        "gridColor": LINE,
        "gridWidth": 1,
    }
    return {
        "aria": False,
        "background": BACKGROUND,
        "font": FONT,
        "padding": 4,
        "view": {"stroke": None},
        "axis": axis,
        "title": {
            "anchor": "start",
            "color": INK,
            "fontSize": 14,
            "fontWeight": 600,
            "subtitleColor": INK_2,
            "subtitleFontSize": 12,
            "subtitlePadding": 4,
            "offset": 12,
        },
        "header": {
            "labelColor": INK_2,
            "labelFontSize": 12,
            "labelFontWeight": 600,
            "labelAnchor": "start",
            "title": None,
        },
        "text": {"color": INK_2, "fontSize": 12},
        "rule": {"color": LINE},
    }
