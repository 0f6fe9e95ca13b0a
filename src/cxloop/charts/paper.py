"""A dashboard on paper: typst sets it, without a browser. What people wrote is data, never markup."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cxloop.charts.picture import picture
from cxloop.charts.theme import on_paper
from cxloop.charts.whichever import result_picture
from cxloop.charts.words import Notes
from cxloop.core.results import Estimates, Result

__all__ = ["PaperTile", "paper", "paper_chart"]

_FONTS = "Inter, DejaVu Sans, Liberation Sans, Noto Sans"
_WIDTH = 560
"""Pixels of a plot on paper; the widest chart with its labels fills the page."""
_WHOLE = 900
_ROOM = 830
"""Pixels of a picture on paper that brings its labels along."""
SMALL_PER_ROW = 2


@dataclass(frozen=True)
class PaperTile:
    """One tile as it is printed.

    Attributes:
        title: above it.
        number: its one number, where it has one.
        interval: of that number.
        count: how many it rests on.
        sentence: what stands in place of a number.
        chart: SVG of it; empty for none.
        share: how much of the width the chart takes, in percent.
        notes: what happened when.
        change: what it did since the period before.
        lines: rows of its table: name, number, interval, n.
        method: definition and method.
        small: whether two stand beside each other.
    """

    title: str
    number: str = ""
    interval: str = ""
    count: str = ""
    sentence: str = ""
    chart: str = ""
    share: float = 100.0
    notes: tuple[str, ...] = ()
    change: str = ""
    lines: tuple[tuple[str, str, str, str], ...] = ()
    method: str = ""
    small: bool = False


def paper_chart(result: Result, notes: Notes = ()) -> tuple[str, float]:
    """Returns the chart of a result for paper, with how much of the width it takes, in percent; empty without one."""
    if isinstance(result, Estimates):
        drawn = picture(result, width=_WIDTH, notes=notes)
    else:
        drawn = result_picture(result, room=_ROOM, notes=notes)
    if not drawn:
        return "", 0.0
    wide = float(drawn.split('width="', 1)[1].split('"', 1)[0])
    # other fonts than the page's are wider, and must not run into each other
    fitted = drawn.replace('font-size="12"', f'font-size="10.5" font-family="{_FONTS}"', 1)
    return on_paper(fitted), min(100.0, 100 * wide / _WHOLE)


def paper(head: Mapping[str, Any], tiles: Sequence[PaperTile], made: datetime) -> bytes:
    """Returns a PDF of A4 pages.

    Args:
        head: title, lede, under (the line below), company, made (a text), language, heads (of the tables).
        tiles: in their order.
        made: the moment it is made, UTC without zone.
    """
    import typst

    data = {**head, "rows": [[asdict(tile) for tile in row] for row in _rows(tiles)]}
    template = (Path(__file__).parent / "paper.typ").read_bytes()
    given = {"data": json.dumps(data, ensure_ascii=False)}
    done: bytes = typst.compile(template, sys_inputs=given, timestamp=made.replace(microsecond=0, tzinfo=UTC))
    return done


def _rows(tiles: Sequence[PaperTile]) -> list[list[PaperTile]]:
    """Small tiles beside each other, in their order."""
    rows: list[list[PaperTile]] = []
    for tile in tiles:
        if tile.small and rows and rows[-1][0].small and len(rows[-1]) < SMALL_PER_ROW:
            rows[-1].append(tile)
        else:
            rows.append([tile])
    return rows
