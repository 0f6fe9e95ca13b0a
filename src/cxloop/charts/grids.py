"""A grid of shares for a page: darker is more, and every cell says its number, so that it reads in grey as well."""

from __future__ import annotations

from html import escape

from cxloop.charts.axes import text_width
from cxloop.core.pictured import Grid, GridRow
from cxloop.core.wording import count

__all__ = ["grid_picture", "shade"]

ROW, HEAD, CELL, AIR = 26.0, 22.0, 40.0, 8.0
PALEST, DARKEST = 0.06, 0.62
"""Opacity of the accent: the number has to stay readable on the darkest, on paper and on a dark screen."""


def shade(value: float, most: float) -> float:
    """Returns how dark a share is drawn, by the largest one of the grid.

    Example:
        >>> shade(0.0, 0.4), shade(0.4, 0.4)
        (0.06, 0.62)
    """
    return round(PALEST + (DARKEST - PALEST) * (value / most if most > 0 else 0.0), 3)


def grid_picture(grid: Grid, *, width: int) -> str:
    """Returns an SVG with as many columns as fit; empty where there is no row.

    Args:
        grid: what to draw.
        width: pixels of the whole picture.
    """
    rows = [*grid.rows, grid.total]
    if not grid.rows or not grid.columns:
        return ""
    names = max(text_width(row.name) for row in rows) + AIR
    sizes = max(text_width(count(row.size)) for row in rows) + 2 * AIR
    left = names + sizes
    shown = max(min(len(grid.columns), int((width - left) // CELL)), 1)
    cell = (width - left) / shown
    most = max((value for row in rows for value in row.cells[:shown] if value is not None), default=0.0)
    height = HEAD + ROW * len(rows) + AIR
    head = "".join(
        _text(left + (place + 0.5) * cell, HEAD - 8, name, "middle") for place, name in enumerate(grid.columns[:shown])
    )
    body = "".join(
        _row(
            row,
            HEAD + ROW * place + (AIR if row is grid.total else 0),
            (left, cell, shown, most),
            bold=row is grid.total,
        )
        for place, row in enumerate(rows)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="grid-picture" viewBox="0 0 {width} {height:g}" '
        f'width="{width}" height="{height:g}" role="img" '
        f'font-size="12" aria-label="{escape(grid.title)}">{head}{body}</svg>'
    )


def _row(row: GridRow, top: float, places: tuple[float, float, int, float], *, bold: bool) -> str:
    left, cell, shown, most = places
    middle = top + ROW / 2 + 4
    weight = ' font-weight="600"' if bold else ""
    parts = [
        f'<text x="0" y="{middle:.1f}" fill="var(--ink)"{weight}>{escape(row.name)}</text>',
        _text(left - AIR, middle, count(row.size), "end"),
    ]
    for place, value in enumerate(row.cells[:shown]):
        x = left + place * cell
        if value is None:
            parts.append(_text(x + cell / 2, middle, "–", "middle"))
            continue
        parts.append(
            f'<rect x="{x + 1:.1f}" y="{top + 1:.1f}" width="{cell - 2:.1f}" height="{ROW - 2:g}" rx="2" '
            f'fill="var(--accent)" fill-opacity="{shade(value, most)}"/>'
            f'<text x="{x + cell / 2:.1f}" y="{middle:.1f}" fill="var(--ink)" text-anchor="middle"{weight}>'
            f"{100 * value:.0f}</text>"
        )
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="var(--ink-3)" text-anchor="{anchor}">{escape(text)}</text>'
