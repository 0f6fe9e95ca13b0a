"""Curves that fall by steps for a page: one small chart per group, with its interval as a band and numbers at risk."""

from __future__ import annotations

from html import escape

from cxloop.charts.axes import Scale, numbers
from cxloop.core.pictured import Stair, StairPoint, Stairs
from cxloop.core.wording import count

__all__ = ["MOST_GROUPS", "stairs_picture"]

MOST_GROUPS = 6
HEAD, HEIGHT, BELOW = 24.0, 92.0, 42.0
LEFT, RIGHT = 44.0, 54.0


def stairs_picture(stairs: Stairs, *, width: int) -> str:
    """Returns an SVG with the largest groups below each other on one scale; empty where there is nothing to draw.

    Args:
        stairs: what to draw.
        width: pixels of the whole picture.
    """
    groups = [group for group in stairs.groups if group.points][:MOST_GROUPS]
    if not groups:
        return ""
    across = Scale(0, max(stairs.last, 1), LEFT, width - RIGHT)
    ends = [min((point.low for point in group.points), default=0.0) for group in groups]
    low = 0.0 if min(ends) < 0.5 else 0.5
    each = HEAD + HEIGHT + BELOW
    drawn = "".join(_group(group, place * each, across, low) for place, group in enumerate(groups))
    height = each * len(groups)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="stairs-picture" viewBox="0 0 {width} {height:g}" '
        f'width="{width}" height="{height:g}" role="img" '
        f'font-size="12" aria-label="{escape(stairs.title)}">{drawn}</svg>'
    )


def _group(group: Stair, top: float, across: Scale, low: float) -> str:
    up = Scale(low, 1.0, top + HEAD + HEIGHT, top + HEAD)
    last = group.points[-1]
    x, y = across(last.day), up(last.share)
    name = (
        f'<text x="0" y="{top + 14:.1f}" fill="var(--ink)" font-weight="600">{escape(group.name)}</text>'
        if group.name
        else ""
    )
    return (
        f"{name}{_grid(across, up, low)}"
        f'<path d="{_band(group, across, up)}" fill="var(--accent)" fill-opacity="0.18"/>'
        f'<path d="{_line(group.points, across, up)}" fill="none" stroke="var(--accent)" stroke-width="1.8"/>'
        f'<text x="{x + 6:.1f}" y="{y + 4:.1f}" fill="var(--ink)" font-weight="600">{100 * last.share:.0f} %</text>'
        f"{_at_risk(group, across, top + HEAD + HEIGHT)}"
    )


def _grid(across: Scale, up: Scale, low: float) -> str:
    return "".join(
        f'<path d="M{across.start:.1f},{up(level):.1f}H{across.end:.1f}" stroke="var(--line)"/>'
        f'<text x="{across.start - 8:.1f}" y="{up(level) + 4:.1f}" fill="var(--ink-3)" text-anchor="end">'
        f"{100 * level:.0f} %</text>"
        for level in (low, (1 + low) / 2, 1.0)
    )


def _at_risk(group: Stair, across: Scale, bottom: float) -> str:
    """Days, and below them how many were still seen."""
    wanted = max(int((across.end - across.start) / 90), 2)
    return "".join(
        f'<text x="{across(day):.1f}" y="{bottom + 15:.1f}" fill="var(--ink-3)" text-anchor="middle">{day:.0f}</text>'
        f'<text x="{across(day):.1f}" y="{bottom + 30:.1f}" fill="var(--ink-2)" text-anchor="middle">'
        f"{count(group.size if day == 0 else group.at_risk(day))}</text>"
        for day in numbers(0, across.high, wanted)
    )


def _line(points: tuple[StairPoint, ...], across: Scale, up: Scale) -> str:
    steps = "".join(f"H{across(point.day):.1f}V{up(point.share):.1f}" for point in points)
    return f"M{across(0):.1f},{up(1.0):.1f}{steps}"


def _band(group: Stair, across: Scale, up: Scale) -> str:
    """There along the upper limits and back along the lower ones; each limit holds from its day to the next."""
    above = "".join(f"H{across(point.day):.1f}V{up(point.high):.1f}" for point in group.points)
    lows = [1.0, *(point.low for point in group.points)]
    days = [0, *(point.day for point in group.points)]
    back = "".join(
        f"V{up(lows[place]):.1f}H{across(days[place]):.1f}" for place in range(len(group.points) - 1, -1, -1)
    )
    return f"M{across(0):.1f},{up(1.0):.1f}{above}{back}Z"
