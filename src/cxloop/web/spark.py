"""The small line of a card, as coordinates for an SVG of 236 by 56 units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cxloop.core.results import Estimate, EstimateRow

__all__ = ["Spark", "spark"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 2.0, 230.0, 4.0, 52.0


@dataclass(frozen=True)
class Spark:
    """Lines and bands as SVG point lists, one per run of weeks without a gap, and where the last point is."""

    lines: tuple[str, ...]
    bands: tuple[str, ...]
    end: str


@dataclass(frozen=True)
class _Scale:
    """From (week, value) to a place in the drawing."""

    low: float
    high: float
    weeks: int

    def __call__(self, week: int, value: float) -> str:
        across = week / max(self.weeks - 1, 1)
        up = (value - self.low) / ((self.high - self.low) or 1.0)
        return f"{_LEFT + (_RIGHT - _LEFT) * across:.1f},{_BOTTOM - (_BOTTOM - _TOP) * up:.1f}"


_Run: TypeAlias = list[tuple[int, Estimate]]


def spark(rows: Sequence[EstimateRow]) -> Spark | None:
    """Returns the shape of estimates over time; None where fewer than two can be said.

    A week that cannot be said is a gap: a line across it would say something.
    """
    runs = list(_runs(rows))
    known = [number for run in runs for _, number in run]
    if len(known) < 2:
        return None
    scale = _Scale(min(number.low for number in known), max(number.high for number in known), len(rows))
    week, last = runs[-1][-1]
    return Spark(
        lines=tuple(" ".join(scale(week, number.value) for week, number in run) for run in runs),
        bands=tuple(_band(run, scale) for run in runs),
        end=scale(week, last.value),
    )


def _runs(rows: Sequence[EstimateRow]) -> Iterator[_Run]:
    """Gives the stretches of weeks that can be said."""
    run: _Run = []
    for week, row in enumerate(rows):
        if isinstance(row.result, Estimate):
            run.append((week, row.result))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _band(run: _Run, scale: _Scale) -> str:
    above = [scale(week, number.high) for week, number in run]
    below = [scale(week, number.low) for week, number in reversed(run)]
    return " ".join(above + below)
