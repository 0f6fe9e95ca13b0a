"""League tables as SVG for a page, written directly: what groups are worth, and the funnel of luck."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from html import escape
from math import sqrt

from cxloop.charts.axes import Scale, numbers, text_width, tick_label, ticks, without_overlap
from cxloop.charts.league_points import (
    LIMITS,
    described,
    ends,
    farthest,
    figures,
    heading,
    limits,
    outside,
    shown,
    under,
)
from cxloop.charts.theme import ACCENT, INK, INK_2, INK_3, LINE, NEUTRAL, page_colour
from cxloop.core.league import League, LeagueRow
from cxloop.core.results import Estimate
from cxloop.core.wording import count

__all__ = ["caterpillar", "funnel"]

NARROW = 340
ROW, NARROW_ROW = 28, 46
HEIGHT = 300
TOP, PADDING = 45, 4
LONGEST = 160
FEWEST_SIZES = 3
_SIZES = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000)


def caterpillar(result: League, *, width: int) -> str:
    """Returns the groups of a league table with their intervals, the best first; empty where none can be judged.

    Args:
        result: a league table.
        width: width of the plot in pixels, without labels.
    """
    rows, note = shown(result)
    if not rows or result.mean is None:
        return ""
    narrow = width < NARROW
    step = NARROW_ROW if narrow else ROW
    x = Scale(*ends(rows, result.mean), 0, width)
    high = step * len(rows)
    body = [*_axis(x, high, result), _path(f"M{x(result.mean):.1f},0V{high}", NEUTRAL, 1.4)]
    for place, row in enumerate(rows):
        body += _row(row, result, x, step * (place + 0.5), narrow=narrow)
    names = max(text_width(_cut(row.label)) for row in rows)
    beside = max(text_width(figures(row, result)) for row in rows)
    lines = [heading(result), *_wrapped(under(result, note), width + (0 if narrow else names + beside))]
    if narrow:
        beside = max(text_width(f"{row.label}  {figures(row, result)}") for row in rows)
        return _framed(result, lines, body, (0.0, max(beside, width + 14.0), high), 22)
    return _framed(result, lines, body, (names + 12, width + beside + 16, high), 22)


def _axis(x: Scale, high: float, result: League) -> list[str]:
    span = x.high - x.low
    values = ticks(x.low, x.high, 5, result.unit)
    named = [(max(x(value), text_width(tick_label(value, result.unit, span)) / 2), value) for value in values]
    labels = without_overlap([(middle, tick_label(value, result.unit, span)) for middle, value in named])
    return [
        *(_path(f"M{x(value):.1f},0V{high}", LINE, 1) for value in values),
        *(_text(middle, -8, label, INK_3, anchor="middle") for middle, label in labels),
    ]


def _row(row: LeagueRow, result: League, x: Scale, middle: float, *, narrow: bool) -> list[str]:
    assert row.shrunk is not None  # only judged rows are drawn
    colour = ACCENT if row.standing in ("better", "worse") else INK_3
    interval = f"M{x(row.shrunk.low):.1f},{middle:g}H{x(row.shrunk.high):.1f}"
    marks = [
        f'<path d="{interval}" stroke="{page_colour(colour)}" stroke-width="5" stroke-linecap="round" opacity=".28"/>',
        f'<circle cx="{x(row.raw):.1f}" cy="{middle:g}" r="4" stroke="{page_colour(INK_3)}" stroke-width="1.3"/>',
        f'<circle cx="{x(row.shrunk.value):.1f}" cy="{middle:g}" r="4.7" fill="{page_colour(colour)}"/>',
    ]
    said = figures(row, result)
    if narrow:
        return [*marks, _text(0, middle - 12, f"{row.label}  {said}", INK)]
    return [
        *marks,
        _text(-12, middle + 4, _cut(row.label), INK, anchor="end"),
        _text(x.end + 12, middle + 4, said, INK_3),
    ]


def funnel(result: League, *, width: int) -> str:
    """Returns the groups of a league table by size, between the lines that luck alone keeps them in.

    Args:
        result: a league table.
        width: width of the plot in pixels, without labels.
    """
    rows, curves = result.judged, limits(result)
    if not rows or result.mean is None:
        return ""
    places = [item.n for item in curves]
    values = [
        *(row.adjusted.value for row in rows if isinstance(row.adjusted, Estimate)),
        *(end for item in curves for end in (item.low, item.high)),
    ]
    # Sizes differ by factors, and luck shrinks with the root: equal steps of the root draw the funnel straightest.
    x = Scale(sqrt(min(places)), sqrt(max(places)), 0, width)
    y = Scale(min(values), max(values), HEIGHT, 0)
    body = [*_grid(x, y, result, width), _path(f"M0,{y(result.mean):.1f}H{width}", NEUTRAL, 1.4)]
    for place, (_, share) in enumerate(LIMITS):
        mine = [item for item in curves if item.share == share]
        upper = "L".join(f"{x(sqrt(item.n)):.1f},{y(item.high):.1f}" for item in mine)
        lower = "L".join(f"{x(sqrt(item.n)):.1f},{y(item.low):.1f}" for item in mine)
        dash = ' stroke-dasharray="4 4"' if place == 0 else ""
        body.append(f'<path d="M{upper}M{lower}" stroke="{page_colour(INK_3)}" stroke-width="1.2"{dash}/>')
        body.append(_text(width + 8, y(mine[-1].high) + 4 - 12 * place, share, INK_3))
    body += [_mark(row, result, x, y) for row in rows if isinstance(row.adjusted, Estimate)]
    body += _names(result, x, y, width)
    left = max(
        text_width(tick_label(value, result.unit, y.high - y.low)) for value in ticks(y.low, y.high, 5, result.unit)
    )
    lines = [
        f"{heading(result)}, by size",
        *_wrapped(
            f"same cases · between the lines luck is enough to explain a group, across: its {result.noun}s", width
        ),
    ]
    return _framed(result, lines, body, (left + 12, width + 56, HEIGHT + 26), 12)


def _grid(x: Scale, y: Scale, result: League, width: int) -> list[str]:
    span = y.high - y.low
    sizes = [value for value in _SIZES if x.low <= sqrt(value) <= x.high]
    if len(sizes) < FEWEST_SIZES:  # groups of nearly one size: steps of their own
        sizes = [round(value) for value in numbers(x.low**2, x.high**2, 5) if value == round(value)]
    named = [(x(sqrt(value)), count(value)) for value in sizes]
    return [
        *(_path(f"M0,{y(value):.1f}H{width}", LINE, 1) for value in ticks(y.low, y.high, 5, result.unit)),
        *(
            _text(-8, y(value) + 4, tick_label(value, result.unit, span), INK_3, anchor="end")
            for value in ticks(y.low, y.high, 5, result.unit)
        ),
        *(_text(middle, HEIGHT + 18, label, INK_3, anchor="middle") for middle, label in without_overlap(named)),
    ]


def _mark(row: LeagueRow, result: League, x: Scale, y: Scale) -> str:
    assert isinstance(row.adjusted, Estimate)  # only judged rows are drawn
    colour = page_colour(ACCENT if outside(row, result) else NEUTRAL)
    return f'<circle cx="{x(sqrt(row.n)):.1f}" cy="{y(row.adjusted.value):.1f}" r="4.2" fill="{colour}"/>'


def _names(result: League, x: Scale, y: Scale, width: int) -> list[str]:
    """Names of the groups outside the lines, the farthest first; one that would cover another is left out."""
    said: list[str] = []
    taken: list[tuple[float, float, float]] = []
    for row in farthest(result):
        assert isinstance(row.adjusted, Estimate)
        across, up, long = x(sqrt(row.n)), y(row.adjusted.value), text_width(row.label)
        right = across + 8 + long < width
        start = across + 8 if right else across - 8 - long
        if any(abs(up - other) < 13 and start < end and begin < start + long for begin, end, other in taken):
            continue
        taken.append((start, start + long, up))
        said.append(_text(across + (8 if right else -8), up + 4, row.label, INK, anchor="start" if right else "end"))
    return said


def _wrapped(text: str, room: float) -> list[str]:
    """Returns a text in as many lines as it needs."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer) > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _cut(name: str) -> str:
    while name and text_width(name) > LONGEST:
        name = f"{name.rstrip('…')[:-1].rstrip()}…" if len(name) > 2 else ""
    return name


def _path(path: str, colour: str, width: float) -> str:
    return f'<path d="{path}" stroke="{page_colour(colour)}" stroke-width="{width:g}"/>'


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start") -> str:
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{page_colour(colour)}"{side}>{escape(text)}</text>'


def _framed(
    result: League, lines: list[str], body: Iterable[str], size: tuple[float, float, float], above: float
) -> str:
    """Returns the whole picture: `size` is the pixels left of the plot's corner, right of it and below it."""
    left, right, below = size
    first, *rest = lines
    top = 22 + 16 * len(rest) + above
    wide = max(left + right, 1.06 * text_width(first, 14), *(text_width(line) for line in rest)) + 2 * PADDING
    high = top + below + 2 * PADDING
    inside = "".join(body)
    mark = sha256(inside.encode()).hexdigest()[:8]
    said = "".join(_text(PADDING, 34 + 16 * place, line, INK_2) for place, line in enumerate(rest))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t{mark} d{mark}" width="{wide:.0f}" '
        f'height="{high:.0f}" viewBox="0 0 {wide:.0f} {high:.0f}" font-size="12" fill="none">'
        f'<title id="t{mark}">{escape(first)}</title><desc id="d{mark}">{escape(described(result))}</desc>'
        f'<text x="{PADDING}" y="16" fill="{page_colour(INK)}" font-size="14" font-weight="600">{escape(first)}</text>'
        f'{said}<g transform="translate({PADDING + left:.1f},{PADDING + top:g})">{inside}</g></svg>'
    )
