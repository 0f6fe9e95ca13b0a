"""Segments as a dimension: whether the customer of an interaction is in a segment, now.

`unify.segments` fills the tables. Members are computed from all rows, so whoever is limited to some rows is refused.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cxloop.engine.query import Query
from cxloop.engine.quoting import column_node, moment_node, text_node

if TYPE_CHECKING:
    from sqlglot import exp

    from cxloop.engine.base import Engine
    from cxloop.engine.customers import Identity

__all__ = ["INSIDE", "OUTSIDE", "SEGMENT", "SEGMENT_NAMES", "segment_join", "segment_names", "segment_node"]

SEGMENT = "segment."
"""What the name of such a dimension begins with."""
INSIDE, OUTSIDE = "in", "out"
"""Its values; an interaction of nobody has none."""

SEGMENT_NAMES = Query(
    name="engine.segment_names",
    sql="select segment from segments where version is not null order by segment",
    inputs=("segments",),
    output={"segment": "text"},
)
"""The segments that have members to show."""

_KEYS = """
    select o.key_id
    from customer_of as o
    inner join segment_members as m on m.customer_id = o.customer_id
    where m.segment = $segment and m.until is null
"""

_MEMBERS_THEN = """
    select distinct m.customer_id as key_id
    from segment_members as m
    where m.segment = $segment and m.since <= $moment and (m.until is null or m.until > $moment)
"""


def segment_names(engine: Engine) -> list[str]:
    """Returns the names of the segments that have members to show."""
    return [str(name) for name in engine.fetch(SEGMENT_NAMES).column("segment").to_pylist()]


def segment_node(name: str) -> exp.Expression:
    """Returns whether the customer of an interaction on the alias `i` is in a segment; needs its join."""
    from sqlglot import exp

    nobody = exp.Is(this=column_node("key_id", "i"), expression=exp.Null())
    outside = exp.Is(this=column_node("key_id", _alias(name)), expression=exp.Null())
    case = exp.Case().when(nobody, exp.Null(), copy=False).when(outside, text_node(OUTSIDE), copy=False)
    return case.else_(text_node(INSIDE), copy=False)


def segment_join(name: str, identity: Identity | None = None) -> exp.Join:
    """Returns the keys of a segment's members as a join on the alias `i`.

    Args:
        name: of the segment.
        identity: as whom customers are known; at a moment, the members are those of that moment, too, and its joins
            have to stand before this one.
    """
    from sqlglot import exp

    moment = None if identity is None else identity.as_of
    select = _parsed(_KEYS if moment is None else _MEMBERS_THEN).copy()
    values = {"segment": text_node(name)} | ({} if moment is None else {"moment": moment_node(moment)})
    for hole in list(select.find_all(exp.Placeholder, exp.Parameter)):
        hole.replace(values[hole.name].copy())
    whose = column_node("key_id", "i") if identity is None or moment is None else identity.node()
    on = exp.EQ(this=column_node("key_id", _alias(name)), expression=whose)
    alias = exp.TableAlias(this=exp.to_identifier(_alias(name), quoted=True))
    return exp.Join(this=exp.Subquery(this=select, alias=alias), side="LEFT", on=on)


def _alias(name: str) -> str:
    return f"segment_{name}"


@cache
def _parsed(sql: str) -> exp.Expr:
    import sqlglot

    return sqlglot.parse_one(sql, dialect="duckdb")
