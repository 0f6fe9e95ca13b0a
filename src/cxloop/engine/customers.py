"""Customers in a query: as whom the ledger knows the keys of the log, now, at a date, or by sure links alone.

The log names keys and never customers. Beside `interactions as i` in a `$log` slot stand the joins of an `Identity`,
and its node is the customer. Only keys that are not their customer's own number have to be looked up, which keeps the
joins small: a customer's number is the smallest of its keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from cxloop.engine.query import Query
from cxloop.engine.quoting import column_node, moment_node

if TYPE_CHECKING:
    from sqlglot import exp

    from cxloop.engine.base import Engine

__all__ = ["MERGES", "NOW", "Identity", "present_identity"]

MERGES = Query(
    name="engine.merges",
    sql="""
        select count(*) as merges from customer_keys as k
        where k.until is null and k.customer_id <> k.key_id
    """,
    inputs=("customer_keys",),
    output={"merges": "bigint"},
)
"""How many keys belong to a customer of another number; where there are none, a key is a customer."""

_HELD_NOW = """
    select key_id, customer_id from customer_keys
    where until is null and customer_id <> key_id
"""
_HELD_THEN = """
    select key_id, customer_id from customer_keys
    where since <= $moment and (until is null or until > $moment) and customer_id <> key_id
"""
_SURE = """
    select key_id, customer_id from customer_strength
    where above < $certainty and up_to >= $certainty
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom customers are known.

    Attributes:
        as_of: as they were known at that moment, UTC without zone; None for now.
        certainty: only links of at least this probability count, 0 to 1; None for all that the ledger accepts.
        merged: False where the ledger is known to merge nothing, so that no join is needed.
    """

    as_of: datetime | None = None
    certainty: float | None = None
    merged: bool = True

    def node(self) -> exp.Expression:
        """Returns the customer of an interaction on the alias `i`."""
        from sqlglot import exp

        key = column_node("key_id", "i")
        known = [column_node("customer_id", alias) for alias in self._sides()]
        return exp.Coalesce(this=known[0], expressions=[*known[1:], key]) if known else key

    def joins(self) -> list[exp.Join]:
        """Returns the joins that the node needs, on the alias `i`."""
        from sqlglot import exp

        joins = []
        for alias, select in self._sides().items():
            on = exp.EQ(this=column_node("key_id", alias), expression=column_node("key_id", "i"))
            source = exp.Subquery(this=select, alias=exp.TableAlias(this=exp.to_identifier(alias)))
            joins.append(exp.Join(this=source, side="LEFT", on=on))
        return joins

    def _sides(self) -> dict[str, exp.Expr]:
        """What stands beside the log, the side that decides first."""
        from sqlglot import exp

        sides: dict[str, exp.Expr] = {}
        if self.certainty is not None:
            sides["surely"] = _filled(_SURE, {"certainty": exp.Literal.number(repr(float(self.certainty)))})
        if self.as_of is not None:
            sides["held"] = _filled(_HELD_THEN, {"moment": moment_node(self.as_of)})
        elif self.merged:
            sides["held"] = _filled(_HELD_NOW, {})
        return sides


NOW = Identity()
"""As customers are known now."""
_KEYS = Identity(merged=False)


def present_identity(engine: Engine) -> Identity:
    """Returns how customers are known now: without a join where nothing is merged."""
    return NOW if engine.fetch(MERGES)["merges"][0].as_py() else _KEYS


@cache
def _parsed(sql: str) -> exp.Expr:
    import sqlglot

    return sqlglot.parse_one(sql, dialect="duckdb")


def _filled(sql: str, values: dict[str, exp.Expr]) -> exp.Expr:
    from sqlglot import exp

    tree = _parsed(sql).copy()
    for hole in list(tree.find_all(exp.Placeholder, exp.Parameter)):
        hole.replace(values[hole.name].copy())
    return tree
