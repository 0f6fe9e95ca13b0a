"""The charts of estimates as SVG for a page, written directly: what Altair draws in 100 ms takes 2 ms here.

Altair and Vega are for notebooks, reports and files, where somebody changes a chart or waits for it once. A page is
waited for at every click. Both show the same points (`charts.points`) at the same places, in the colours of one theme.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from itertools import groupby

from cxloop.charts.axes import Scale, dates, text_width, tick_label, ticks, without_overlap
from cxloop.charts.happenings import happened, within
from cxloop.charts.points import Group, domain, few_note, groups_of, is_split, largest, line_ends, most
from cxloop.charts.theme import ACCENT, INK, INK_2, INK_3, LINE, NEUTRAL, SERIES, page_colour
from cxloop.charts.words import Notes, description, group_name, row_label, subtitle, title
from cxloop.core.results import Estimate, EstimateRow, Estimates

__all__ = ["picture"]

NARROW = 420
"""Plots narrower than this (a phone) have names and figures above each row and not beside it."""
ROW, NARROW_ROW = 30, 46
HEIGHT, SMALL_HEIGHT = 300, 130
TOP, EDGE, PADDING = 45, 24, 4
"""Room above a plot for the title, and below (dots: above) it for the labels of the axis; around the picture."""
HEADER, SPACING = 22, 24
LONGEST_NAME = 180
"""Pixels of a group's name beside its row; longer names are cut, and stand in full in the description."""
Place = tuple[float, Estimate]


def picture(result: Estimates, *, width: int, links: Mapping[Group, str] | None = None, notes: Notes = ()) -> str:
    """Returns the chart of estimates as one SVG element in the page's CSS variables, for light and dark.

    Args:
        result: estimates with at least one row.
        width: width of the plot in pixels, without labels.
        links: where the row of a group leads, for groups at one time.
        notes: what happened on which day, for courses over time: a rule with its number stands on that day.
    """
    if result.every is None:
        return _dots(result, width, links or {})
    return _small_multiples(result, width) if is_split(result) else _lines(result, width, notes)


@dataclass(frozen=True, slots=True)
class _Plot:
    """The axes of estimates over time: pixels of a moment, and of a value."""

    x: Scale
    y: Scale
    first: float

    def across(self, row: EstimateRow) -> float:
        """Returns the pixels of a row's period."""
        assert row.period is not None  # rows over time have one
        return self.x(row.period.toordinal())


def _dots(result: Estimates, width: int, links: Mapping[Group, str]) -> str:
    rows, note = most(result.rows, result.noun)
    order = sorted(rows, key=lambda row: -row.result.value if isinstance(row.result, Estimate) else float("inf"))
    names = [group_name(row.group) or "everyone" for row in order]
    low, high = domain(result.unit, rows, result.scale)
    narrow = width < NARROW
    step = NARROW_ROW if narrow else ROW
    x = Scale(low, high, 0, width)
    values = ticks(low, high, 5, result.unit)
    named = [(x(value), tick_label(value, result.unit, high - low)) for value in values]
    if narrow:
        # nothing stands left of the plot: the first label must not hang over the edge
        named = [(max(middle, text_width(label) / 2), label) for middle, label in named]
    labels = without_overlap(named)
    body = [
        *(_line(x(value), 0, x(value), step * len(order), LINE) for value in values),
        *(_text(middle, -8, label, INK_3, anchor="middle") for middle, label in labels),
        *([_line(x(0), 0, x(0), step * len(order), NEUTRAL)] if low < 0 < high else []),
    ]
    beside = [row_label(row.result, result.unit) for row in order]
    for place, (name, row, label) in enumerate(zip(names, order, beside, strict=True)):
        middle = step * (place + 0.5)
        drawn = _dot(x, middle, row)
        if narrow:
            drawn.append(_text(0, middle - 11, f"{name}  {label}", INK))
        else:
            beside_it = _text(width + 12, middle + 4, label, INK_3)
            drawn += [_text(-12, middle + 4, _cut(name), INK, anchor="end"), beside_it]
        body += _linked(drawn, links.get(row.group), (0, step * place, width, step))
    left = 0.0 if narrow else max((text_width(_cut(name)) for name in names), default=0) + 12
    figures = [f"{name}  {label}" for name, label in zip(names, beside, strict=True)] if narrow else beside
    room = max(map(text_width, figures), default=0)
    right = max(room - width, 14) if narrow else room + 12
    return _framed(result, rows, note, body, (left, width + right, step * len(order)), TOP + EDGE, leads=bool(links))


def _linked(drawn: list[str], address: str | None, area: tuple[float, float, float, float]) -> list[str]:
    """What is drawn of one row as a link, its whole area to be clicked; as it is where it leads nowhere."""
    if address is None:
        return drawn
    x, y, wide, high = area
    hit = f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" fill="transparent"/>'
    return [f'<a href="{escape(address)}">{hit}{"".join(drawn)}</a>']


def _dot(x: Scale, middle: float, row: EstimateRow) -> list[str]:
    found = row.result
    if not isinstance(found, Estimate):
        return []
    accent, interval = page_colour(ACCENT), f"M{x(found.low):.1f},{middle:g}H{x(found.high):.1f}"
    return [
        f'<path d="{interval}" stroke="{accent}" stroke-width="5" stroke-linecap="round" opacity=".28"/>',
        f'<circle cx="{x(found.value):.1f}" cy="{middle:g}" r="4.7" fill="{accent}"/>',
    ]


def _cut(name: str) -> str:
    if text_width(name) <= LONGEST_NAME:
        return name
    while name and text_width(name) > LONGEST_NAME - 12:
        name = name[:-1]
    return f"{name.rstrip()}…"


def _lines(result: Estimates, width: int, notes: Notes) -> str:
    plot = _plot(result, result.rows, width, HEIGHT)
    groups = groups_of(result)
    colours = {group: page_colour(colour) for group, colour in zip(groups, SERIES, strict=False)}
    named = {group_name(group): colour for group, colour in colours.items()}
    ends = line_ends(result, plot.y.low, plot.y.high)
    body = [
        *_values_axis(result, plot, width),
        *_dates_axis(result.rows, plot, HEIGHT),
        *happened(within(notes, (row.period for row in result.rows)), plot.x, HEIGHT),
        *_marks(result.rows, plot, colours),
        *(
            f'<text x="{width + 10}" y="{plot.y(end.place) + 4:.1f}" fill="{named[end.group]}" '
            f'font-weight="500">{escape(end.label)}</text>'
            for end in ends
        ),
    ]
    right = width + 10 + max((text_width(end.label) for end in ends), default=0)
    size = (plot.first, right, HEIGHT + EDGE)
    return _framed(result, result.rows, few_note(result.rows, result.noun), body, size, TOP)


def _small_multiples(result: Estimates, width: int) -> str:
    groups, rows, note = largest(result)
    columns = max(1, min(4, width // 200, len(groups)))
    inner = width // columns - 30
    plot = _plot(result, rows, inner, SMALL_HEIGHT)
    body: list[str] = []
    for place, group in enumerate(groups):
        own = [row for row in rows if row.group == group]
        cell = [
            _text(0, -8, group_name(group), INK_2, weight=600),
            *_values_axis(result, plot, inner, labelled=place % columns == 0),
            *(_dates_axis(rows, plot, SMALL_HEIGHT) if place + columns >= len(groups) else []),
            *_marks(own, plot, {group: page_colour(ACCENT)}),
        ]
        across, down = place % columns * (inner + SPACING), place // columns * (SMALL_HEIGHT + HEADER + SPACING)
        body.append(f'<g transform="translate({across},{down})">{"".join(cell)}</g>')
    deep = -(-len(groups) // columns) * (SMALL_HEIGHT + HEADER + SPACING) - HEADER
    right = columns * (inner + SPACING)
    said = " · ".join(part for part in (note, few_note(rows, result.noun)) if part)
    return _framed(result, rows, said, body, (plot.first, right, deep), TOP + HEADER)


def _plot(result: Estimates, rows: Sequence[EstimateRow], width: int, height: int) -> _Plot:
    low, high = domain(result.unit, rows, result.scale)
    moments = [row.period.toordinal() for row in rows if row.period is not None]
    labels = [tick_label(value, result.unit, high - low) for value in ticks(low, high, 4, result.unit)]
    room = max(map(text_width, labels), default=0) + 8
    return _Plot(Scale(min(moments), max(moments), 0, width), Scale(low, high, height, 0), room)


def _values_axis(result: Estimates, plot: _Plot, width: int, *, labelled: bool = True) -> list[str]:
    low, high = plot.y.low, plot.y.high
    values = ticks(low, high, 4, result.unit)
    grid = "".join(f"M0,{plot.y(value):.1f}h{width}" for value in values)
    labels = [
        _text(-8, plot.y(value) + 4, tick_label(value, result.unit, high - low), INK_3, anchor="end")
        for value in values
    ]
    return [
        f'<path d="{grid}" stroke="{page_colour(LINE)}"/>',
        *([_line(0, plot.y(0), width, plot.y(0), NEUTRAL)] if low < 0 < high else []),
        *(labels if labelled else []),
    ]


def _dates_axis(rows: Sequence[EstimateRow], plot: _Plot, height: float) -> list[str]:
    periods = [row.period for row in rows if row.period is not None]
    width = plot.x.end
    found = dates(min(periods), max(periods), max(2, min(9, int(width) // 47)))
    inside = []
    for place, label in found:
        half = min(text_width(label), width) / 2
        inside.append((min(max(plot.x(place.toordinal()), half), width - half), label))
    return [_text(middle, height + 17, label, INK_3, anchor="middle") for middle, label in without_overlap(inside)]


def _marks(rows: Sequence[EstimateRow], plot: _Plot, colours: dict[Group, str]) -> list[str]:
    """Returns the bands of all groups, then their lines and dots, then the crosses of periods with too few answers."""
    runs = {group: _runs([row for row in rows if row.group == group], plot) for group in colours}
    crosses = [
        _text(plot.across(row), plot.y.start - 2, "×", INK_3, anchor="middle")
        for row in rows
        if not isinstance(row.result, Estimate)
    ]
    bands = [_bands(runs[group], plot, colour) for group, colour in colours.items()]
    return [*bands, *(_strokes(runs[group], plot, colour) for group, colour in colours.items()), *crosses]


def _runs(rows: Iterable[EstimateRow], plot: _Plot) -> list[list[Place]]:
    """Returns the stretches of one group without a gap."""
    stretches = groupby(rows, key=lambda row: isinstance(row.result, Estimate))
    return [
        [(plot.across(row), row.result) for row in stretch if isinstance(row.result, Estimate)]
        for said, stretch in stretches
        if said
    ]


def _bands(runs: Sequence[Sequence[Place]], plot: _Plot, colour: str) -> str:
    """The intervals: a band where there is a line, a rule where a point stands alone."""
    outlines, rules = "", ""
    for run in runs:
        upper = [f"{x:.1f},{plot.y(found.high):.1f}" for x, found in run]
        lower = [f"{x:.1f},{plot.y(found.low):.1f}" for x, found in reversed(run)]
        if len(run) == 1:
            rules += f"M{lower[0]}L{upper[0]}"
        else:
            outlines += f"M{'L'.join([*upper, *lower])}Z"
    band = f'<path d="{outlines}" fill="{colour}" opacity=".14"/>' if outlines else ""
    return band + (f'<path d="{rules}" stroke="{colour}" stroke-width="1.8" opacity=".4"/>' if rules else "")


def _strokes(runs: Sequence[Sequence[Place]], plot: _Plot, colour: str) -> str:
    placed = [[f"{x:.1f},{plot.y(found.value):.1f}" for x, found in run] for run in runs]
    line = "".join(f"M{'L'.join(run)}" for run in placed if len(run) > 1)
    # a line of no length with round ends is a dot: all dots are one element
    dots = "".join(f"M{point}h0" for run in placed for point in run)
    return (
        f'<g fill="none" stroke="{colour}" stroke-linejoin="round" stroke-linecap="round">'
        f'<path d="{line}" stroke-width="1.8"/><path d="{dots}" stroke-width="4.2"/></g>'
    )


def _line(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    return f'<path d="M{x:.1f},{y:.1f}L{to_x:.1f},{to_y:.1f}" stroke="{page_colour(colour)}"/>'


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start", weight: int = 400) -> str:
    thick = f' font-weight="{weight}"' if weight != 400 else ""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{page_colour(colour)}"{side}{thick}>{escape(text)}</text>'


def _framed(
    result: Estimates,
    rows: tuple[EstimateRow, ...],
    note: str,
    body: Iterable[str],
    size: tuple[float, float, float],
    top: float,
    *,
    leads: bool = False,
) -> str:
    """Returns the whole picture: title, body, and what a screen reader says of it.

    Args:
        result: what is drawn.
        rows: what of it is shown.
        note: what the subtitle says besides.
        body: what stands in the plot, from its upper left corner.
        size: pixels left of that corner, right of it and below it.
        top: pixels above it.
        leads: whether links stand in it, which nobody could reach in one image.
    """
    left, right, below = size
    heading, under = title(result), subtitle(result, note)
    wide = max(left + right, 1.06 * text_width(heading, 14), text_width(under)) + 2 * PADDING
    high = top + below + 2 * PADDING
    inside = "".join(body)
    mark, role = sha256(inside.encode()).hexdigest()[:8], "group" if leads else "img"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="{role}" aria-labelledby="t{mark} d{mark}" width="{wide:.0f}" '
        f'height="{high:.0f}" viewBox="0 0 {wide:.0f} {high:.0f}" font-size="12" fill="none">'
        f'<title id="t{mark}">{escape(heading)}</title><desc id="d{mark}">{escape(description(result, rows))}</desc>'
        f'<text x="{PADDING}" y="16" fill="{page_colour(INK)}" font-size="14" font-weight="600">'
        f"{escape(heading)}</text>{_text(PADDING, 34, under, INK_2)}"
        f'<g transform="translate({PADDING + left:.1f},{PADDING + top:g})">{inside}</g></svg>'
    )
