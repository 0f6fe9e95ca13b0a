"""The waterfall of evidence that adds up: each bar begins where the one before ended."""

from __future__ import annotations

import altair as alt

from cxloop.charts.theme import ACCENT, INK, INK_3, LINE, NEUTRAL, SERIES, config
from cxloop.core.waterfall import Waterfall
from cxloop.core.wording import minus

__all__ = ["waterfall"]

ROW_HEIGHT = 26
_TONES = {"sum": NEUTRAL, "for": ACCENT, "against": SERIES[1]}


def waterfall(result: Waterfall, *, width: int) -> alt.LayerChart:
    """Returns a row per bar: the start, each comparison that counts, and the total, with bits beside it."""
    bars = result.bars()
    last = len(bars) - 1
    rows = [
        {
            "name": name,
            "begin": min(begin, end),
            "end": max(begin, end),
            "tone": "sum" if place in (0, last) else "for" if end >= begin else "against",
            "label": minus(f"{end - begin:+.1f}"),
        }
        for place, (name, begin, end) in enumerate(bars)
    ]
    names = [name for name, _, _ in bars]
    tones = alt.Color("tone:N", scale=alt.Scale(domain=list(_TONES), range=list(_TONES.values())), legend=None)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=180, labelColor=INK, labelPadding=12))
    )
    layers = [
        alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color=LINE).encode(x="zero:Q"),
        base.mark_bar(height=12).encode(x=alt.X("begin:Q", title=None), x2="end:Q", color=tones),
        base.mark_text(align="left", dx=6, color=INK_3).encode(x=alt.X("end:Q"), text="label:N"),
    ]
    said = "; ".join(f"{row['name']} {row['label']}" for row in rows)
    title = alt.TitleParams(result.title, subtitle="Weight of each comparison in bits: one more doubles the odds")
    chart = alt.LayerChart(layer=layers).properties(
        width=width, height=alt.Step(ROW_HEIGHT), title=title, description=f"{result.title}: {said}."
    )
    chart.config = config()
    return chart
