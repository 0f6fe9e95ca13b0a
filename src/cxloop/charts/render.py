"""From a chart to SVG, PNG and PDF without a browser."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any

from cxloop.charts.theme import Theme, recoloured

if TYPE_CHECKING:
    import altair as alt

    AnyChart = alt.TopLevelMixin

__all__ = ["pdf", "png", "svg"]


def svg(chart: AnyChart, theme: Theme = "light") -> str:
    """Returns the chart as one SVG element with a title and a description for screen readers.

    Args:
        chart: what `draw` returned, or any Altair chart in the theme's light colours.
        theme: "page" uses the CSS variables of the page it stands in, so that one SVG serves light and dark.
    """
    import vl_convert

    spec = _spec(chart)
    drawn: str = vl_convert.vegalite_to_svg(recoloured(json.dumps(spec), "dark" if theme == "dark" else "light"))
    return _labelled(recoloured(drawn, "page") if theme == "page" else drawn, spec)


def png(chart: AnyChart, theme: Theme = "light", *, scale: float = 2.0) -> bytes:
    """Returns the chart as a PNG image; `scale` 2 is sharp on dense screens."""
    import vl_convert

    image: bytes = vl_convert.vegalite_to_png(recoloured(json.dumps(_spec(chart)), theme), scale=scale)
    return image


def pdf(chart: AnyChart, theme: Theme = "light") -> bytes:
    """Returns the chart as a one-page PDF."""
    import vl_convert

    page: bytes = vl_convert.vegalite_to_pdf(recoloured(json.dumps(_spec(chart)), theme))
    return page


def _spec(chart: AnyChart) -> dict[str, Any]:
    # Charts of this package are valid by their tests; checking each again would take most of the time.
    spec: dict[str, Any] = chart.to_dict(validate=False)
    return spec


def _labelled(drawn: str, spec: dict[str, Any]) -> str:
    head = spec.get("title") or {}
    name = head if isinstance(head, str) else head.get("text", "Chart")
    about = spec.get("description", "")
    mark = sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:8]
    labels = f'<title id="t{mark}">{escape(str(name))}</title><desc id="d{mark}">{escape(about)}</desc>'
    start, end = drawn.index("<svg") + 4, drawn.index(">", drawn.index("<svg"))
    opening = f' role="img" aria-labelledby="t{mark} d{mark}"'
    return drawn[:start] + opening + drawn[start : end + 1] + labels + _one_image(drawn[end + 1 :])


def _one_image(inside: str) -> str:
    """Takes Vega's roles off the marks: to a screen reader the chart is one image with a description.

    Hundreds of marks that announce themselves without a name tell nothing; the page has the numbers as a table.
    """
    return re.sub(r"<[a-z][^>]*>", lambda tag: re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", tag[0]), inside)
