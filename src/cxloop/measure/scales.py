"""Scales: answers given on different scales are not put into one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlglot import exp

from cxloop.core.errors import InputError
from cxloop.core.wording import answers
from cxloop.engine.base import Analysis, Engine
from cxloop.measure.metrics import Metric
from cxloop.measure.queries import SCALES
from cxloop.measure.selection import Selection, between
from cxloop.measure.tallies import Scale

__all__ = ["DifferentScalesError", "common_scale", "scales_of", "selector", "settled"]


class DifferentScalesError(InputError):
    """The answers were given on different scales; says which, and how to compare them."""

    code = "different_scales"


_SEEN: WeakKeyDictionary[Engine, tuple[int, dict[str, list[dict[str, Any]]]]] = WeakKeyDictionary()
"""Scales by selection, as of the last commit: whatever is asked of the same answers checks them first, in a third of
the time that a number takes. One write, and all of it is looked up again."""
_MOST_SEEN = 200


def scales_of(ws: Analysis, selection: Selection) -> list[dict[str, Any]]:
    """Returns the scales of the selected answers with their counts, most used first."""
    return [row for row in _all_scales(ws, selection) if row["n"]]


def settled(ws: Analysis, selection: Selection, scale: Scale | None) -> Selection:
    """Returns the selection with the ends of its one scale as numbers, where no score came with another scale.

    That is the same answers, found without reading two columns of ends: a seventh of the time that a number takes.
    """
    if scale is None or scale.low is None or scale.high is None or len(_all_scales(ws, selection)) != 1:
        return selection
    return selection.scored(between(*(exp.Literal.number(f"{end!r}") for end in (scale.low, scale.high))))


def _all_scales(ws: Analysis, selection: Selection) -> list[dict[str, Any]]:
    """Returns the scales that scores came with, also those on which none stands: these have an n of 0."""
    engine, slots = ws.engine, selection.by_scale
    commits = engine.commits()
    known = _SEEN.get(engine)
    if known is None or known[0] != commits or len(known[1]) >= _MOST_SEEN:
        known = _SEEN[engine] = (commits, {})
    asked = engine.sql(SCALES, slots)
    if asked not in known[1]:
        # Read after the commits were counted: what a writer adds in between is looked up again the next time.
        known[1][asked] = engine.fetch(SCALES, {}, slots).to_pylist()
    return [dict(row) for row in known[1][asked]]


def common_scale(ws: Analysis, metric: Metric, selection: Selection) -> Scale | None:
    """Returns the one scale of the selected answers; None where there are no answers.

    Raises:
        DifferentScalesError: there are several, or not the one that the metric is defined on.
        InputError: a share is asked of answers that came without a scale.
    """
    if not (metric.on_scales or metric.one_scale):
        return _scale_of_units(metric)
    rows = scales_of(ws, selection)
    if not rows:
        return None
    if len(rows) > 1:
        raise DifferentScalesError(_several(metric, rows))
    low, high = rows[0]["low"], rows[0]["high"]
    if metric.scale is not None and (low, high) not in (metric.scale, (None, None)):
        wanted = f"{metric.scale[0]:g} to {metric.scale[1]:g}"
        raise DifferentScalesError(
            f"{metric.label} is defined on a scale from {wanted}; {answers(rows[0]['n'])} are on {_name(low, high)}. "
            "Give these answers another metric in their mapping, such as rating."
        )
    if metric.one_scale:
        return _scale_of_units(metric)
    if metric.statistic == "share" and None in (low, high):
        raise InputError(
            f"{answers(rows[0]['n'])} came without a scale, so nobody knows which are its two highest points. "
            "Set scale_min and scale_max in the mapping."
        )
    return Scale(low, high, whole=not rows[0]["broken"], mixed=rows[0]["mixed"])


def _scale_of_units(metric: Metric) -> Scale:
    """Returns the scale that what is counted scores on, as the metric says."""
    if metric.statistic == "share":
        return Scale(0, 1)
    low, high = metric.scale or (None, None)
    return Scale(low, high, whole=False)


def selector(low: float | None, high: float | None) -> str:
    """Returns the condition that selects the answers of one scale.

    Example:
        >>> selector(1, 5)
        'scale_min == 1 and scale_max == 5'
    """
    ends = (("scale_min", low), ("scale_max", high))
    return " and ".join(f"is_null({name})" if end is None else f"{name} == {end:g}" for name, end in ends)


def _several(metric: Metric, rows: Sequence[dict[str, Any]]) -> str:
    lines = [
        f"  - {_name(row['low'], row['high'])}: {answers(row['n'])}, where='{selector(row['low'], row['high'])}'"
        for row in rows
    ]
    return "\n".join(
        [
            f"These {metric.label} answers are on {len(rows)} different scales, which do not make one number:",
            *lines,
            "To compare them, ask for each with its `where` and look at how each changes over time.",
        ]
    )


def _name(low: float | None, high: float | None) -> str:
    return "an unknown scale" if low is None or high is None else f"{low:g} to {high:g}"
