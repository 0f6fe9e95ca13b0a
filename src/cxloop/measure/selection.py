"""Selections: which answers are meant, and by what they are split, as nodes for the slots of a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from sqlglot import exp

from cxloop.core.errors import InputError
from cxloop.core.time import Period, Window
from cxloop.engine.base import Analysis
from cxloop.engine.customers import NOW, Identity, present_identity
from cxloop.engine.dimensions import (
    LOG_SPAN,
    Dimension,
    customer_node,
    dimensions_of,
    log_source,
    period_node,
)
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node, text_node
from cxloop.measure.conditions import kept, names_traffic, wanted, within
from cxloop.measure.metrics import Metric
from cxloop.measure.sources import Source, source_of
from cxloop.measure.tallies import Tally

__all__ = ["ORDINARY", "PERIOD", "Selection", "between", "key", "select"]

PERIOD = "period"
_SUMMED = frozenset({"interaction_id", "key_id", "event_code", "occurred_at", "score"})
ORDINARY = "Bots and tests are left out; a condition or split that names traffic takes them in."


def between(low: exp.Expr, high: exp.Expr) -> exp.Expr:
    """Returns the condition that there is a score from `low` to `high`."""
    return exp.Between(this=column_node("score", "i"), low=low, high=high)


_FAR = [exp.Literal.number(end) for end in ("-1e300", "1e300")]
SCORED = between(*_FAR)
"""There is a score; nan and inf are none."""
ON_SCALE = between(
    *(
        exp.Coalesce(this=column_node(name, "i"), expressions=[far.copy()])
        for name, far in zip(("scale_min", "scale_max"), _FAR, strict=True)
    )
)
"""There is a score and it stands on the scale that came with it."""


@dataclass(frozen=True)
class Selection:
    """Answers of one metric: where they stand and by what they are split."""

    by: tuple[Dimension, ...]
    where: exp.Expr
    period: exp.Expr | None = None
    ordinary: bool = True
    """Whether what bots and tests did is left out."""
    extra: Mapping[str, exp.Expr] = field(default_factory=dict)
    needed: tuple[Dimension, ...] = ()
    """The dimensions that split and condition name."""
    identity: Identity = NOW
    """As whom customers are known."""
    source: Source | None = None
    """What is counted, where that is something else than answers."""

    @property
    def keys(self) -> Mapping[str, exp.Expr]:
        """What rows are grouped by: column to node."""
        by = {key(place): dimension.node for place, dimension in enumerate(self.by)}
        return {**by, **({} if self.period is None else {PERIOD: self.period}), **self.extra}

    @property
    def whose(self) -> exp.Expr:
        """Who it is of: what has no key is of a customer who did nothing else.

        Keys are small numbers and interaction ids 64-bit hashes, so they do not meet.
        """
        return exp.Coalesce(this=customer_node(self.identity), expressions=[column_node("interaction_id", "i")])

    @property
    def customers(self) -> Slots:
        """The slots of a query that selects and names the customer."""
        log = log_source(self.needed, self.identity, rows=self._rows())
        return {"log": log, "where": self.where, "customer": customer_node(self.identity)}

    @property
    def slots(self) -> Slots:
        """The slots of a query that only selects, and does not name the customer."""
        return {"log": log_source(self.needed, rows=self._rows()), "where": self.where}

    @property
    def by_scale(self) -> Slots:
        """The slots of `measure.scales`: all scores are looked at, those on their scale are counted."""
        all_scores = self.scored(SCORED)
        counted = exp.true() if all_scores.where == self.where else ON_SCALE.copy()
        return {**all_scores.slots, "counted": counted}

    @property
    def grouped(self) -> Slots:
        """The slots of a query that sums by group and customer: what is counted carries only the columns in use."""
        used = {node.name for tree in (self.where, *self.keys.values()) for node in tree.find_all(exp.Column)}
        log = log_source(self.needed, self.identity, rows=self._rows(used | _SUMMED))
        return {
            "log": log,
            "where": self.where,
            "customer": self.whose,
            "columns": [exp.alias_(node, name, quoted=True) for name, node in self.keys.items()],
            "keys": [column_node(name) for name in self.keys],
        }

    def scored(self, condition: exp.Expr) -> Selection:
        """The same selection with `condition` in the place of ON_SCALE, where that is one of its conditions."""
        where = self.where.transform(lambda node: condition.copy() if node == ON_SCALE else node)
        return replace(self, where=where)

    def _rows(self, columns: Iterable[str] | None = None) -> exp.Expr | None:
        return None if self.source is None else self.source.rows(self.identity, columns)

    @property
    def variety(self) -> Slots:
        """The slots of `measure.variety`."""
        counts = [exp.Count(this=exp.Distinct(expressions=[dimension.node.copy()])) for dimension in self.by]
        named = [exp.alias_(node, key(place), quoted=True) for place, node in enumerate(counts)]
        return {**self.slots, "distinct": named}

    def scores(self, tally: Tally) -> Slots:
        """The slots of `measure.scores`."""
        parts = tally.parts
        return {
            **self.grouped,
            "groups": [node.copy() for node in self.keys.values()],
            "total": tally.total,
            "parts": [exp.alias_(node, name, quoted=True) for name, node in parts.items()],
            "sums": [exp.alias_(exp.Sum(this=column_node(name)), name, quoted=True) for name in parts],
        }


def key(place: int) -> str:
    """Returns the column of the dimension at `place` of `by`: names of dimensions may meet names of columns."""
    return f"by_{place}"


def select(
    ws: Analysis,
    metric: Metric,
    *,
    by: tuple[str, ...],
    every: Period | None,
    window: Window,
    where: str | None,
    identity: Identity | None = None,
) -> Selection:
    """Returns the selection, of customers as they are known now unless `identity` says otherwise.

    Raises:
        InputError: a name or the condition cannot be used.
    """
    twice = [name for name in by if by.count(name) > 1]
    if twice:
        raise InputError(f"by names {twice[0]!r} twice. Name each dimension once.")
    known = dimensions_of(ws)
    split = tuple(known.resolve(name) for name in by)
    condition, needed = wanted(ws, where)
    ordinary = not names_traffic(by, needed)
    rows = kept(ws, ordinary=ordinary)
    source = None if metric.of_answers else source_of(ws, metric, rows)
    holds = [*within(window), *condition, *(rows if source is None else [])]
    period = None if every is None else _period(ws, every, window)
    chosen = exp.and_(*_scored(metric), *holds, copy=False)
    named = (*split, *needed)
    who = identity or present_identity(ws.engine)
    return Selection(split, chosen, period, ordinary=ordinary, needed=named, identity=who, source=source)


def _scored(metric: Metric) -> list[exp.Expr]:
    """Returns the conditions that a row is of the metric and has a number."""
    named = exp.EQ(this=column_node("metric", "i"), expression=text_node(metric.name))
    return [*([named] if metric.of_answers else []), _on_scale(metric) if metric.on_scales else SCORED.copy()]


def _on_scale(metric: Metric) -> exp.Expr:
    """Returns the condition that a score stands on the metric's own scale, or on that of its answer."""
    if metric.scale is None:
        return ON_SCALE.copy()
    return between(*(exp.Literal.number(f"{end:g}") for end in metric.scale))


def _period(ws: Analysis, every: Period, window: Window) -> exp.Expr:
    """Returns the node of the period; the zone's clock changes are only those between the first and last moment."""
    span = ws.engine.fetch(LOG_SPAN).to_pylist()[0]
    start = window.since or span["first_at"] or ws.as_of
    end = window.until or max(span["last_at"] or ws.as_of, ws.as_of)
    return period_node(every, ZoneInfo(ws.settings.company.time_zone), start, max(start, end))
