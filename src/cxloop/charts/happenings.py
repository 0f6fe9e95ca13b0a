"""What happened on which day, as every chart over time shows it: a numbered rule, on pages and in notebooks alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from cxloop.charts.axes import Scale
from cxloop.charts.theme import INK_2, INK_3, page_colour
from cxloop.charts.words import Notes

if TYPE_CHECKING:
    import altair as alt

__all__ = ["Happened", "happened", "rules", "told", "within"]


class Happened(NamedTuple):
    """One day on which something happened, and its number on the chart."""

    number: int
    day: date
    text: str


def within(notes: Notes, periods: Iterable[date | None]) -> tuple[Happened, ...]:
    """Returns what happened between the first and the last period, numbered in its order.

    Args:
        notes: days with what happened on them.
        periods: the beginnings of the periods that a chart shows, in any order.
    """
    known = [period for period in periods if period is not None]
    found = [(day, text) for day, text in notes if known and min(known) <= day <= max(known)]
    return tuple(Happened(number, day, text) for number, (day, text) in enumerate(found, start=1))


def told(found: Sequence[Happened]) -> list[str]:
    """Returns the words that stand below the title of a chart of its own."""
    return [f"{each.number}: {each.text}" for each in found]


def happened(found: Sequence[Happened], x: Scale, height: int) -> list[str]:
    """Returns the rules as SVG, each with its number above; what happened stands in its title.

    Args:
        found: what happened.
        x: where days stand, from the left of the plot.
        height: of the plot in pixels.
    """
    rule, ink = page_colour(INK_3), page_colour(INK_2)
    return [
        f"<g><title>{escape(f'{each.day.isoformat()}: {each.text}')}</title>"
        f'<path d="M{x(each.day.toordinal()):.1f},0V{height}" stroke="{rule}" stroke-dasharray="3 3"/>'
        f'<text x="{x(each.day.toordinal()):.1f}" y="-4" fill="{ink}" text-anchor="middle" font-weight="600">'
        f"{each.number}</text></g>"
        for each in found
    ]


def rules(found: Sequence[Happened]) -> list[alt.Chart]:
    """Returns the same rules as layers of an Altair chart."""
    import altair as alt

    if not found:
        return []
    rows = [{"day": each.day.isoformat(), "number": str(each.number), "text": each.text} for each in found]
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=alt.X("day:T", title=None))
    return [
        base.mark_rule(color=INK_3, strokeDash=[3, 3]).encode(tooltip="text:N"),
        base.mark_text(color=INK_2, fontWeight=600, dy=-6).encode(y=alt.value(0), text="number:N"),
    ]
