"""Metrics that people define: what a definition holds, and every mistake that can be in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from cxloop.core import patterns
from cxloop.core.errors import InputError, Mistake, MistakesError, did_you_mean, what_is_wrong
from cxloop.core.expr import Expr, infer, parse
from cxloop.core.results import Unit
from cxloop.core.strict import Strict
from cxloop.core.verbs import registry
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import Dimensions, dimensions_of
from cxloop.measure.conditions import typed
from cxloop.measure.metrics.builtin import METRICS
from cxloop.measure.metrics.model import Metric, Statistic
from cxloop.measure.units import UNITS

__all__ = ["KIND", "UNITS_OF", "OwnMetric", "as_metric", "check_metric", "check_name"]

KIND = "metric"
"""What documents of own metrics are called."""
UNITS_OF: Mapping[Statistic, tuple[Unit, ...]] = {
    "share": ("share",),
    "score": ("points",),
    "mean": ("score", "money", "duration", "count"),
    "median": ("score", "money", "duration", "count"),
    "per_customer": ("money", "duration", "count"),
}
"""How the numbers of each statistic may read; the first is taken where nothing is said."""
_CONDITION = Annotated[str, Field(max_length=4000)]
_NPS = (0.0, 10.0)


class OwnMetric(Strict):
    """A definition, as it is written down."""

    label: Annotated[str, Field(min_length=1, max_length=60)]
    definition: Annotated[str, Field(min_length=1, max_length=1000)]
    units: str = "interactions"
    counts: _CONDITION = ""
    value: _CONDITION = ""
    statistic: Statistic = "share"
    unit: Unit | None = None
    direction: Literal[1, -1] = 1
    scale: tuple[float, float] | None = None
    minimum_n: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    days: Annotated[int, Field(ge=1, le=3660)] | None = None
    question: Annotated[str, Field(max_length=400)] = ""
    retired: bool = False


def as_metric(name: str, version: int, content: Mapping[str, Any]) -> Metric:
    """Returns the metric that a written definition stands for; raises MistakesError where it is none."""
    own = _read(name, content)
    return Metric(
        name=name,
        label=own.label,
        statistic=own.statistic,
        unit=own.unit or UNITS_OF[own.statistic][0],
        question=own.question,
        definition=own.definition,
        reading="",
        source="Defined in this workspace.",
        direction=own.direction,
        scale=own.scale,
        minimum_n=own.minimum_n,
        version=version,
        units=own.units,
        days=own.days,
        counts=own.counts,
        value=own.value,
        own=True,
    )


def check_name(name: str) -> None:
    """Raises InputError where an own metric cannot be called so."""
    if not patterns.matches(patterns.NAME, name):
        told = "Give small letters, digits and underscores, a letter first, such as first_reply_in_a_day."
        raise InputError(f"A metric cannot be called {name!r}. {told}")
    if name in {item.name for item in METRICS}:
        raise InputError(f"{name!r} is a metric that comes with cxloop. Choose another name.")
    if name in {verb.name for verb in registry.of("measure")}:
        raise InputError(f"{name!r} is what a verb of measure is called. Choose another name.")


def check_metric(ws: Analysis, name: str, version: int, content: Mapping[str, Any]) -> Metric:
    """Returns the metric of a definition that was looked at as a whole.

    Raises:
        InputError: it cannot be called so.
        MistakesError: something in it is wrong; names every mistake with its place.
    """
    check_name(name)
    item = as_metric(name, version, content)
    found = [*_of_units(item), *_of_statistic(item), *_of_expressions(dimensions_of(ws), item)]
    if found:
        raise MistakesError(_called(name), found)
    return item


def _called(name: str) -> str:
    return f"The definition of {name!r}"


def _read(name: str, content: Mapping[str, Any]) -> OwnMetric:
    try:
        return OwnMetric.model_validate(dict(content))
    except ValidationError as failure:
        wrong = [Mistake(".".join(map(str, each["loc"])), what_is_wrong(each)) for each in failure.errors()]
        raise MistakesError(_called(name), wrong) from None


def _of_units(item: Metric) -> Iterator[Mistake]:
    if item.units not in UNITS:
        yield Mistake(
            "units", f"Nothing is counted as {item.units!r}. {did_you_mean(item.units, list(UNITS), most=30)}"
        )
        return
    units = UNITS[item.units]
    if units.timed and item.days is None:
        yield Mistake("days", f"{units.name!r} needs days: within how many something has to follow.")
    if not units.timed and item.days is not None:
        yield Mistake("days", f"{units.name!r} knows no limit of days. Leave it out.")
    if not units.scored and not item.value:
        wanted = (
            'a condition, such as outcome == "resolved"' if item.statistic == "share" else "a number, such as value"
        )
        yield Mistake("value", f"{units.name!r} have no score of their own. Give {wanted}.")


def _of_statistic(item: Metric) -> Iterator[Mistake]:
    allowed = UNITS_OF[item.statistic]
    if item.unit not in allowed:
        yield Mistake("unit", f"A {item.statistic} reads as {' or '.join(allowed)}, not as {item.unit}.")
    if item.statistic == "score" and not (item.on_scales and item.scale == _NPS):
        told = "points are made of answers from 0 to 10: give units = answers, scale = 0 to 10, and no value."
        yield Mistake("statistic", f"Promoters minus detractors in {told}")
    if item.scale is not None and not item.scale[0] < item.scale[1]:
        yield Mistake("scale", f"It goes from {item.scale[0]:g} to {item.scale[1]:g}; the lower end comes first.")


def _of_expressions(known: Dimensions, item: Metric) -> Iterator[Mistake]:
    wanted = "boolean" if item.statistic == "share" else "number"
    for where, text, kind in (("counts", item.counts, "boolean"), ("value", item.value, wanted)):
        if text.strip():
            yield from _of_expression(known, where, text, kind)


def _of_expression(known: Dimensions, where: str, text: str, wanted: str) -> Iterator[Mistake]:
    try:
        tree = parse(text)
        found = infer(tree, typed(known, tree)[1])
    except InputError as failure:
        yield Mistake(where, failure.message)
        return
    if found not in (wanted, "unknown"):
        is_condition = wanted == "boolean"
        what = "has to be a condition, true or false" if is_condition else "has to be a number"
        yield Mistake(where, f"It {what}, but {text.strip()!r} is a {found}.{_help(tree, found, is_condition)}")


def _help(tree: Expr, found: str, is_condition: bool) -> str:  # noqa: ARG001 - the tree may say more one day
    if is_condition:
        return " Compare it with something, such as value > 100."
    if found == "boolean":
        return ' For a share, say statistic = "share"; for a number, write 1 if ... else 0.'
    return " number(...) reads a number from a text."
