"""Definitions ready to be asked: read once, with the text of their queries kept.

After an event a segment costs a few small queries; to write each anew from its tree would cost as much as to run it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from cxloop.core.config import Experience
from cxloop.engine.query import Query, Slots
from cxloop.engine.quoting import column_node
from cxloop.engine.render import filled
from cxloop.unify.segments import queries
from cxloop.unify.segments.definition import Read, read
from cxloop.unify.segments.sql import Leaves, changes, changes_table, fact_slots, new_slots, state_slots

if TYPE_CHECKING:
    from cxloop.core.expr import Aggregate

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """A definition that was read, with its queries."""

    read: Read

    @cached_property
    def state(self) -> Query:
        """Who is in it."""
        return filled(queries.STATE, self._state)

    @cached_property
    def state_of(self) -> Query:
        """Who of the customers of some keys is in it."""
        return filled(queries.STATE_OF, self._state)

    @cached_property
    def size(self) -> Query:
        """How many are in it."""
        return filled(queries.SIZE, self._state)

    @cached_property
    def state_at(self) -> Query:
        """Who was in it at the moments at which time changed something."""
        slots = state_slots(self.read, column_node("moment_us", "p"))
        return filled(queries.STATE_AT, {**slots, "changes": changes_table(self.read)})

    @cached_property
    def due(self) -> Query:
        """Keys of whom time changes something."""
        return filled(queries.DUE, {"changes": changes_table(self.read)})

    @cached_property
    def next_due(self) -> Query:
        """When time may change somebody next."""
        return filled(queries.NEXT_DUE, {"changes": changes_table(self.read)})

    @cached_property
    def changes(self) -> Mapping[int, tuple[int, ...]]:
        """After how many microseconds a fact changes what its condition says, by leaf."""
        return changes(self.read)

    @cached_property
    def told(self) -> Mapping[Aggregate, int]:
        """Traits and consents, with their leaves."""
        return Leaves(self.read).told

    def facts(self, *, revised: bool) -> tuple[tuple[str, Query], ...]:
        """Returns the queries of the facts of the log, in the order of leaves, with the column of their value."""
        return self._revised if revised else self._unrevised

    def news(self, *, revised: bool) -> Query:
        """Returns the query of the facts of new rows, of all leaves at once."""
        return self._news[revised]

    @cached_property
    def sizes(self) -> tuple[Query, ...]:
        """How many facts each leaf of the log has."""
        slots = [dict(fact_slots(self.read, fact, revised=False)) for fact in self.read.condition.facts]
        return tuple(filled(queries.FACT_COUNT, {name: each[name] for name in ("log", "counts")}) for each in slots)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Where the value of each leaf of the log is written."""
        facts = self.read.condition.facts
        return tuple("said" if self.read.values.get(fact) == "text" else "value" for fact in facts)

    @cached_property
    def _news(self) -> tuple[Query, Query]:
        plain, current = (filled(queries.FACTS_OF_NEW, new_slots(self.read, revised=each)) for each in (False, True))
        return plain, current

    @cached_property
    def _revised(self) -> tuple[tuple[str, Query], ...]:
        return self._facts(revised=True)

    @cached_property
    def _unrevised(self) -> tuple[tuple[str, Query], ...]:
        return self._facts(revised=False)

    def _facts(self, *, revised: bool) -> tuple[tuple[str, Query], ...]:
        facts = self.read.condition.facts
        asked = (filled(queries.FACTS, fact_slots(self.read, fact, revised=revised)) for fact in facts)
        return tuple(zip(self.columns, asked, strict=True))

    @cached_property
    def _state(self) -> Slots:
        from sqlglot import exp

        return state_slots(self.read, exp.Placeholder(this="at"))


def prepare(where: str, experience: Experience) -> Prepared:
    """Returns a definition ready to be asked; the same one while definition and catalogue stay what they are.

    Raises:
        ExpressionError: it cannot be read, or types do not go together.
        UnknownNameError: it names something that no interaction has.
    """
    return _prepared(where, experience.model_dump_json(include={"dimension", "stage", "touchpoint"}))


@lru_cache(maxsize=256)
def _prepared(where: str, experience: str) -> Prepared:
    return Prepared(read(where, Experience.model_validate_json(experience)))
