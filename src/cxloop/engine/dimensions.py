"""Dimensions: by what numbers may be split, as syntax-tree nodes on the log.

In a query's `$log` slot stands `interactions as i`, with `event_catalogue as c` beside it where a dimension needs it,
and the joins of `engine.customers` where something needs the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxloop.core.errors import UnknownNameError
from cxloop.engine.customers import NOW, Identity
from cxloop.engine.query import Query
from cxloop.engine.quoting import column_node, text_node
from cxloop.engine.segments import INSIDE, OUTSIDE, SEGMENT, segment_join, segment_names, segment_node
from cxloop.engine.zones import offsets

if TYPE_CHECKING:
    from sqlglot import exp

    from cxloop.core.config import Experience
    from cxloop.core.expr import ValueType
    from cxloop.core.time import Period
    from cxloop.engine.base import Analysis

__all__ = [
    "CATALOGUE_COLUMNS",
    "LOG_COLUMNS",
    "LOG_FACTS",
    "LOG_SPAN",
    "Dimension",
    "Dimensions",
    "customer_node",
    "dimensions_of",
    "local_node",
    "log_source",
    "period_node",
]

CATALOGUE_COLUMNS = ("channel", "touchpoint", "stage")
"""Dimensions that the catalogue gives each event code."""
LOG_COLUMNS = (
    "source",
    "kind",
    "metric",
    "brand",
    "product",
    "region",
    "campaign",
    "employee",
    "team",
    "location",
    "language",
    "survey_id",
    "question_id",
    "currency",
    "outcome",
    "traffic",
)
"""Dimensions that are columns of the log."""
LOG_FACTS: Mapping[str, ValueType] = {
    "score": "number",
    "scale_min": "number",
    "scale_max": "number",
    "value": "number",
    "duration_seconds": "number",
    "text": "text",
    "answer_value": "text",
    "survey_version": "text",
    "occurred_at": "moment",
}
"""Columns of the log that a condition may name besides the dimensions."""
_PROPERTY = "properties."


@dataclass(frozen=True)
class Dimension:
    """One way to split numbers.

    Attributes:
        name: as in `by="channel"`.
        node: its value on the aliases of `$log`.
        joins: what must stand beside `interactions` for it: "catalogue", "customers" (for `customer_node`),
            `segment.<name>`, or nothing.
        title: the name for people.
        labels: value to what people call it.
    """

    name: str
    node: exp.Expression
    joins: frozenset[str] = frozenset()
    title: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def label(self, value: str | None) -> str | None:
        """Returns what people call `value`; the value itself where the catalogue has no label."""
        return None if value is None else self.labels.get(value) or value

    @property
    def column(self) -> exp.Alias:
        """The node under the dimension's name, for a select list."""
        from sqlglot import exp

        return exp.Alias(this=self.node, alias=exp.to_identifier(self.name, quoted=True))


class Dimensions:
    """The dimensions of one workspace: built in, declared in experience.toml, `segment.<name>`, `properties.<name>`."""

    def __init__(self, experience: Experience, segments: Callable[[], Sequence[str]] = tuple) -> None:
        """Takes what declares dimensions.

        Args:
            experience: the catalogue.
            segments: gives the names of segments; asked only when one is named. See `dimensions_of`.
        """
        self._experience = experience
        self._segments = segments
        self._declared = {dimension.name: dimension for dimension in experience.dimension}

    def names(self) -> tuple[str, ...]:
        """Returns the names that may be used; any `properties.<name>` may be used besides."""
        declared = [name for name in self._declared if name not in CATALOGUE_COLUMNS + LOG_COLUMNS]
        return (*CATALOGUE_COLUMNS, *LOG_COLUMNS, *declared)

    def resolve(self, name: str) -> Dimension:
        """Returns the dimension called `name`; raises UnknownNameError with the nearest one."""
        if name in self._declared:
            declared = self._declared[name]
            return Dimension(name, _property(declared.property), title=declared.label or name, labels=declared.labels)
        if name in CATALOGUE_COLUMNS:
            node = column_node(name, "c")
            return Dimension(name, node, frozenset({"catalogue"}), title=name, labels=self._labels(name))
        if name in LOG_COLUMNS:
            return Dimension(name, column_node(name, "i"), title=name)
        if name.startswith(_PROPERTY) and len(name) > len(_PROPERTY):
            return Dimension(name, _property(name.removeprefix(_PROPERTY)), title=name.removeprefix(_PROPERTY))
        if name.startswith(SEGMENT):
            return self._segment(name)
        raise UnknownNameError("dimension", name, [*self.names(), f"{_PROPERTY}<name>", f"{SEGMENT}<name>"])

    def _segment(self, name: str) -> Dimension:
        known, wanted = self._segments(), name.removeprefix(SEGMENT)
        if wanted not in known:
            raise UnknownNameError("segment", wanted, known)
        labels = {INSIDE: f"in {wanted}", OUTSIDE: f"not in {wanted}"}
        return Dimension(name, segment_node(wanted), frozenset({name}), title=f"segment {wanted}", labels=labels)

    def _labels(self, name: str) -> Mapping[str, str]:
        if name == "stage":
            return {stage.name: stage.label for stage in self._experience.stage if stage.label}
        if name == "touchpoint":
            return {touchpoint.name: touchpoint.label for touchpoint in self._experience.touchpoint if touchpoint.label}
        return {}


def dimensions_of(ws: Analysis) -> Dimensions:
    """Returns the dimensions of a workspace, with its segments."""
    return Dimensions(ws.experience, lambda: segment_names(ws.engine))


def _property(name: str) -> exp.Expression:
    from sqlglot import exp

    return exp.Anonymous(this="cx_property", expressions=[column_node("properties", "i"), text_node(name)])


LOG_SPAN = Query(
    name="engine.log_span",
    sql="select min(i.occurred_at) as first_at, max(i.occurred_at) as last_at from interactions as i",
    inputs=("interactions",),
    output={"first_at": "timestamp", "last_at": "timestamp"},
)
"""The first and last moment of the log; null while it is empty."""


def local_node(moment: exp.Expression, zone: ZoneInfo, start: datetime, end: datetime) -> exp.Expression:
    """Returns a UTC moment as the clocks of `zone` show it.

    Args:
        moment: a timestamp in UTC.
        zone: whose clocks.
        start: no earlier moment occurs; the CASE names only the clock changes between `start` and `end`.
        end: no later moment occurs.
    """
    from sqlglot import exp

    found = offsets(zone, start, end)
    shift = _interval(found[0].seconds)
    if len(found) > 1:
        case = exp.Case()
        for offset in reversed(found[1:]):  # newest first: most rows stop at the first branch
            since = _cast(exp.Literal.string(str(offset.since)), "timestamp")
            case = case.when(exp.GTE(this=moment.copy(), expression=since), _interval(offset.seconds), copy=False)
        shift = case.else_(shift, copy=False)
    elif found[0].seconds == 0:
        return moment
    return exp.Add(this=moment, expression=shift)


def _cast(node: exp.Expression, kind: str) -> exp.Cast:
    from sqlglot import exp

    return exp.Cast(this=node, to=_type(kind).copy())


@cache
def _type(kind: str) -> exp.DataType:
    from sqlglot import exp

    return exp.DataType.build(kind, dialect="duckdb")


def _interval(seconds: int) -> exp.Expression:
    from sqlglot import exp

    return exp.Interval(this=exp.Literal.string(str(seconds)), unit=exp.Var(this="SECOND"))


def period_node(
    period: Period, zone: ZoneInfo, start: datetime, end: datetime, *, moment: exp.Expression | None = None
) -> exp.Expression:
    """Returns the first day of the period that a moment falls in, as a date; weeks are ISO weeks.

    Args:
        period: day, week, month, quarter or year.
        zone: the reporting time zone: periods begin at its midnight.
        start: UTC without zone; no earlier moment occurs (LOG_SPAN, or the window asked for).
        end: UTC without zone; no later moment occurs.
        moment: the moment in UTC; `i.occurred_at` unless said otherwise.
    """
    from sqlglot import exp

    local = local_node(moment or column_node("occurred_at", "i"), zone, start, end)
    truncated = exp.TimestampTrunc(this=local, unit=exp.Var(this=period.upper()))
    return _cast(truncated, "date")


def customer_node(identity: Identity = NOW) -> exp.Expression:
    """Returns the customer of an interaction on the alias `i`, as `identity` knows customers; needs its joins."""
    return identity.node()


def log_source(
    dimensions: Iterable[Dimension] = (), identity: Identity | None = None, *, rows: exp.Expr | None = None
) -> exp.Expr:
    """Returns what stands in the `$log` slot: `interactions as i` and the joins that are needed.

    Args:
        dimensions: those that the query names.
        identity: as whom customers are known, where the query names the customer; a dimension that names them without
            it gets them as they are known now.
        rows: a select of rows with the log's columns that stands in its place.
    """
    from sqlglot import exp

    alias = exp.TableAlias(this=exp.to_identifier("i"))
    source = _table("interactions", "i") if rows is None else exp.Subquery(this=rows, alias=alias)
    needed = {name for dimension in dimensions for name in dimension.joins}
    if "catalogue" in needed:
        on = exp.EQ(this=column_node("event_code", "c"), expression=column_node("event_code", "i"))
        source.append("joins", exp.Join(this=_table("event_catalogue", "c"), side="LEFT", on=on))
    if "customers" in needed:
        identity = replace(identity or NOW, merged=True)  # its node names the join
    for join in identity.joins() if identity is not None else ():
        source.append("joins", join)
    for name in sorted(needed):
        if name.startswith(SEGMENT):
            source.append("joins", segment_join(name.removeprefix(SEGMENT), identity))
    return source


def _table(name: str, alias: str) -> exp.Table:
    from sqlglot import exp

    return exp.Table(this=exp.to_identifier(name), alias=exp.TableAlias(this=exp.to_identifier(alias)))
