"""Sources: what stands in the place of `interactions as i` where a metric counts something else than answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlglot import exp

from cxloop.core.expr import parse
from cxloop.core.schema import table
from cxloop.engine.base import Analysis
from cxloop.engine.customers import Identity
from cxloop.engine.dimensions import LOG_SPAN, Dimension, Dimensions, customer_node, dimensions_of, log_source
from cxloop.engine.query import Slot
from cxloop.engine.quoting import column_node, moment_node
from cxloop.engine.render import filled_tree
from cxloop.measure.conditions import REFERRED, compiled, happens
from cxloop.measure.metrics.model import Metric
from cxloop.measure.promises import promise_slots
from cxloop.measure.units import UNITS, Units

__all__ = ["Source", "known_until", "source_of"]

_COLUMNS = tuple(column.name for column in table("interactions").columns)
_SECONDS = 86_400


@dataclass(frozen=True)
class Source:
    """The units of a metric, as rows with the columns of the log.

    Attributes:
        units: what is counted.
        days: within how many days something has to happen; None where the units know none.
        now: up to when things are known, UTC without zone.
        kept: conditions on the alias `i` that every row of the log has to meet, also one that is only looked at to see
            what became of another.
        counts: condition on the alias `i` that a unit has to meet to be counted.
        value: what a unit scores, on the alias `i`, in place of what its relation says.
        needed: the dimensions that `counts` and `value` name.
        more: what stands in further slots of the units.
    """

    units: Units
    now: datetime
    days: int | None = None
    kept: tuple[exp.Expr, ...] = ()
    counts: exp.Expr | None = None
    value: exp.Expr | None = None
    needed: tuple[Dimension, ...] = ()
    more: Mapping[str, Slot] = field(default_factory=dict, compare=False)

    def rows(self, identity: Identity, columns: Iterable[str] | None = None) -> exp.Expr:
        """Returns the select that gives them, of customers as `identity` knows them; all columns, or some."""
        chosen = set(_COLUMNS if columns is None else columns)
        wanted = [name for name in _COLUMNS if name in chosen]
        if self.counts is None and self.value is None:
            return self._units(identity, wanted)
        nodes = [node for node in (self.counts, self.value, *(each.node for each in self.needed)) if node is not None]
        used = chosen | {"key_id", "event_code"} | {each.name for node in nodes for each in node.find_all(exp.Column)}
        inside = [name for name in _COLUMNS if name in used]
        source = log_source(self.needed, identity, rows=self._units(identity, inside))
        given = {} if self.value is None else {"score": self.value.copy()}
        picked = [exp.alias_(given.get(name, column_node(name, "i")), name, quoted=True) for name in wanted]
        known = [] if self.value is None else [exp.Not(this=exp.Is(this=self.value.copy(), expression=exp.Null()))]
        holds = [*known, *([] if self.counts is None else [self.counts.copy()])]
        return exp.Select(expressions=picked).from_(source).where(*holds, copy=False)

    def _units(self, identity: Identity, wanted: list[str]) -> exp.Expr:
        within = timedelta(days=self.days or 0)
        given: dict[str, Slot] = {
            "row": [column_node(name, "o") for name in wanted if name not in self.units.rows.output],
            "log": exp.Subquery(this=self._log(identity)),
            "now": moment_node(self.now),
            "within": exp.Interval(this=exp.Literal.string(str(within.days * _SECONDS)), unit=exp.Var(this="SECOND")),
            "horizon": moment_node(self.now - within),
            **self.more,
        }
        return filled_tree(self.units.rows, {name: given[name] for name in self.units.rows.slots})

    def _log(self, identity: Identity) -> exp.Expr:
        """The current rows of the log with the customer of each."""
        customer = exp.alias_(customer_node(identity), "customer_id", quoted=True)
        everything = exp.Select(expressions=[exp.column(exp.Star(), table="i"), customer])
        select = everything.from_(log_source((), identity))
        return select.where(*(node.copy() for node in self.kept), copy=False) if self.kept else select


def source_of(ws: Analysis, metric: Metric, rows: Iterable[exp.Expr]) -> Source:
    """Returns what a metric counts.

    Args:
        ws: the workspace.
        metric: the metric, of something else than plain answers.
        rows: what every row of the log has to meet.

    Raises:
        InputError: its expressions name something that is not there.
    """
    known = dimensions_of(ws)
    counts, of_counts = _node(known, metric.counts)
    value, of_value = _node(known, metric.value)
    if value is not None:
        value = _as_number(value, metric)
    units, now = UNITS[metric.units], known_until(ws)
    return Source(
        units=units,
        now=now,
        days=metric.days,
        kept=tuple(rows),
        counts=counts,
        value=value,
        needed=(*of_counts, *of_value),
        more=_more(ws, units, now),
    )


def _more(ws: Analysis, units: Units, now: datetime) -> Mapping[str, Slot]:
    """Returns what stands in the slots that need the catalogue, of the units that have them."""
    if "keeps" in units.rows.slots:
        return promise_slots(ws, now)
    return {"referred": happens(ws, REFERRED)} if "referred" in units.rows.slots else {}


def _node(known: Dimensions, text: str) -> tuple[exp.Expr | None, list[Dimension]]:
    return compiled(known, parse(text)) if text.strip() else (None, [])


def _as_number(value: exp.Expr, metric: Metric) -> exp.Expr:
    """Returns what a unit scores as a number: of a share, 1 where the condition holds; null stays null."""
    if metric.statistic != "share":
        return exp.cast(value, "double")
    one, zero = exp.Literal.number("1.0"), exp.Literal.number("0.0")
    return exp.Case(ifs=[exp.If(this=value, true=one), exp.If(this=exp.Not(this=exp.paren(value.copy())), true=zero)])


def known_until(ws: Analysis) -> datetime:
    """Returns up to when things are known: the log's last moment, or now where that is earlier.

    A log that ended a year ago does not tell who came back since.
    """
    last: datetime | None = ws.engine.fetch(LOG_SPAN).to_pylist()[0]["last_at"]
    return ws.as_of if last is None else min(last, ws.as_of)
