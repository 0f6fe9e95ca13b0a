"""Row-level limits: an engine on which every query sees only the rows that somebody may see.

The definition: the answer is the one that a log of only those rows would give. A rule says for each table which of its
rows would be there. A table without a rule is refused, and so is whatever a tree holds that is no table of the schema.
"""

# ruff: noqa: ARG002 - what is refused is not looked at

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from cxloop.core.errors import AccessDeniedError, EngineError
from cxloop.core.host import LIMITED_BY, Limits, limits_phrase
from cxloop.engine.base import Engine, Files, Value
from cxloop.engine.erasure import Held, Hiding
from cxloop.engine.functions import translate
from cxloop.engine.query import Query, Slots
from cxloop.engine.quoting import column_node, text_node

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from cxloop.engine.loading import Admission, Loader
    from cxloop.engine.loading import Limits as FileLimits

__all__ = ["REFUSED", "RULES", "Scope", "ScopedEngine"]

_OF_INTERACTIONS = "t.interaction_id in (select v.interaction_id from interactions as v where $v)"
_OF_EVENTS = "t.event_code in (select distinct v.event_code from interactions as v where $v)"
# Any of the keys that a visible row carries.
_OF_KEYS = """t.key_id in (
    select v.key_id from interactions as v where $v
    union all
    select w.account_key from interactions as w where $w
    union all
    select unnest(x.other_keys) from interactions as x where $x
)"""
# The row of the log that told it is known by key, source and moment. Where a hidden row has the same three, nobody can
# say which of the two it was, and so it stays hidden.
_TOLD_BY = """
    exists (
        select 1 from interactions as v
        where $v and v.key_id = t.key_id and v.source = t.source
            and v.occurred_at = t.occurred_at and v.known_at = t.known_at
    )
    and not exists (
        select 1 from interactions as h
        where not coalesce($h, false) and h.key_id = t.key_id and h.source = t.source
            and h.occurred_at = t.occurred_at and h.known_at = t.known_at
    )
"""

RULES: Mapping[str, str] = {
    "interactions": "$t",
    "interaction_objects": _OF_INTERACTIONS,
    "promises": _OF_INTERACTIONS,
    "event_codes": _OF_EVENTS,
    "event_catalogue": _OF_EVENTS,
    "keys": _OF_KEYS,
    "customer_of": _OF_KEYS,
    # Who somebody is does not depend on who asks: a customer is one across regions, known by the visible keys.
    "customer_keys": _OF_KEYS,
    "customer_strength": _OF_KEYS,
    "traits": _TOLD_BY,
    "consents": _TOLD_BY,
    # what could not be read has no team yet
    "rejected": "false",
}
"""Table to the condition on its alias `t`; `$x` is the limits as a condition on the alias `x` of the log."""

REFUSED: Mapping[str, str] = {
    "identity_links": "it names keys of customers that others serve",
    "identity_doubts": "it names keys of customers that others serve",
    "matched_records": "it tells how far matching has come for everybody",
    "segments": "segments are computed from all rows",
    "segment_facts": "it is computed from all rows",
    "segment_members": "it is computed from all rows",
    "imports": "it tells how much came in for everybody",
    "intake": "it tells how much came in for everybody",
    "watermarks": "it tells how far the whole workspace is",
    "snapshots": "it holds what was computed for others",
}
"""Tables that stay closed, and why. Those that are derived (`customers`) are computed anew from what may be seen."""

_SAFE_ARGUMENTS = {"this", "alias", "joins", "laterals", "pivots", "sample"}
_MOVED_ARGUMENTS = ("joins", "laterals", "pivots", "sample")
_BEFORE_ALL = "-1"

_COUNT = Query(
    name="engine.count",
    sql="select count(*) as number from $table",
    inputs=(),
    slots=("table",),
    output={"number": "bigint"},
)


@dataclass(frozen=True)
class Scope:
    """What somebody may see, as a change to the tree of any query.

    Attributes:
        limits: column and values, at least one; all have to hold. An empty value (null) is not among them.
        derived: table to the query of all its rows, for tables that are computed from others. Its parameter `$after`,
            a batch, is before all of them.
    """

    limits: Limits
    derived: Mapping[str, Query] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        unknown = [column for column, _ in self.limits if column not in LIMITED_BY]
        if unknown or not self.limits:
            raise AccessDeniedError(
                f"Nobody can be limited by {', '.join(unknown) or 'nothing'}; allowed: {', '.join(LIMITED_BY)}. "
                "An owner of this workspace can correct the account."
            )

    def __call__(self, tree: exp.Expr, *, dialect: str, query: str) -> exp.Expr:
        """Returns the tree over the visible rows; raises AccessDeniedError for what has no rule."""
        from sqlglot import exp

        if not isinstance(tree, exp.Query):
            self._refuse(query, f"is no select but a {type(tree).__name__}")
        self._require_own_names(tree, query)
        for table in list(tree.find_all(exp.Table)):
            if not _is_step(table):
                self._require_plain(table, query)
                table.replace(_in_place_of(table, self._visible(table.name.lower(), dialect, query)))
        return tree

    def _visible(self, name: str, dialect: str, query: str) -> exp.Expr:
        """Returns the visible rows of a table as a select."""
        if name in self.derived:
            return self(_all_rows(self.derived[name], dialect), dialect=dialect, query=query)
        if name in REFUSED:
            self._refuse(query, f"reads {name}: {REFUSED[name]}")
        if name not in RULES:
            self._refuse(query, f"reads {name}, of which nobody has said who may see which row")
        tree = _rule(name)
        for hole, alias in _holes(tree):
            hole.replace(self._condition(alias))
        return tree

    def _condition(self, alias: str) -> exp.Expr:
        """Returns the limits as a condition on the log; null is in no list."""
        from sqlglot import exp

        each = [
            exp.In(this=column_node(column, alias), expressions=[text_node(value) for value in values])
            if values
            else exp.false()
            for column, values in self.limits
        ]
        return exp.paren(exp.and_(*each, copy=False), copy=False)

    def _require_own_names(self, tree: exp.Expr, query: str) -> None:
        """A step called like a table would stand in the place of that table inside of the rules."""
        from sqlglot import exp

        known = {*RULES, *REFUSED, *self.derived}
        for step in tree.find_all(exp.CTE):
            if step.alias.lower() in known:
                self._refuse(query, f"calls a step {step.alias} like a table of the workspace")

    def _require_plain(self, table: exp.Expr, query: str) -> None:
        from sqlglot import exp

        given = {name for name, value in table.args.items() if value}
        if not isinstance(table.this, exp.Identifier) or not given <= _SAFE_ARGUMENTS:
            self._refuse(query, f"reads {table.sql('duckdb')}, which is no table of the workspace")

    def _refuse(self, query: str, why: str) -> NoReturn:
        raise AccessDeniedError(
            f"You see only rows with {limits_phrase(self.limits)}, and {query} {why}. Ask an owner of this workspace."
        )


@lru_cache(maxsize=64)
def _parsed_rule(name: str) -> exp.Expr:
    import sqlglot
    from sqlglot import exp

    table = exp.Table(this=exp.to_identifier(name), alias=exp.TableAlias(this=exp.to_identifier("t")))
    condition = sqlglot.parse_one(RULES[name], dialect="duckdb")
    return exp.Select(expressions=[exp.column(exp.Star(), table="t")]).from_(table).where(condition)


def _rule(name: str) -> exp.Expr:
    return _parsed_rule(name).copy()


def _holes(tree: exp.Expr) -> Iterator[tuple[exp.Expr, str]]:
    from sqlglot import exp

    yield from [(hole, hole.name) for hole in tree.find_all(exp.Placeholder)]


def _all_rows(query: Query, dialect: str) -> exp.Expr:
    from sqlglot import exp

    from cxloop.engine.render import parse

    tree = translate(parse(query), dialect, query.name)
    for hole in list(tree.find_all(exp.Placeholder)):
        hole.replace(exp.Literal.number(_BEFORE_ALL))
    return tree


def _in_place_of(table: exp.Expr, select: exp.Expr) -> exp.Expr:
    """Returns a select under the name that the query knows the table by, with the joins that hang on it."""
    from sqlglot import exp

    alias = table.args.get("alias") or exp.TableAlias(this=table.this.copy())
    moved = {name: table.args[name] for name in _MOVED_ARGUMENTS if table.args.get(name)}
    return exp.Subquery(this=select, alias=alias, **moved)


def _is_step(table: exp.Expr) -> bool:
    """Whether a name means a step of the query (`with name as ...`) that can be seen from where it stands."""
    from sqlglot import exp

    if table.args.get("db") or not isinstance(table.this, exp.Identifier):
        return False
    wanted = table.name.lower()
    inside: exp.Expr = table
    while inside.parent is not None:
        holder = inside.parent
        if isinstance(holder, exp.With):
            # Steps see those before them; in a recursive `with` themselves, too.
            before = next(place for place, step in enumerate(holder.expressions) if step is inside)
            place = before + bool(holder.args.get("recursive"))
            if wanted in _names(holder.expressions[:place]):
                return True
        else:
            steps = holder.args.get("with_")
            if steps is not None and steps is not inside and wanted in _names(steps.expressions):
                return True
        inside = holder
    return False


def _names(steps: Sequence[exp.Expr]) -> set[str]:
    return {step.alias.lower() for step in steps}


class ScopedEngine(Engine):
    """An engine whose every query is limited, and through which nothing can be changed."""

    def __init__(self, engine: Engine, scope: Scope) -> None:
        self._engine = engine
        self._scope = scope
        self.dialect = engine.dialect
        self.at_once = engine.at_once

    def fetch(
        self, query: Query, parameters: Mapping[str, Value] | None = None, slots: Slots | None = None
    ) -> pa.Table:
        """Runs a query over the visible rows.

        Raises:
            AccessDeniedError: it reads something that has no rule.
            EngineError: it failed; without the engine's own words, which may quote a row that is not visible.
        """
        try:
            return self._engine.fetch(self._limited(query), parameters, slots)
        except EngineError as failure:
            told = f"The query {query.name} failed over rows with {limits_phrase(self._scope.limits)}."
            raise EngineError(f"{told} Ask an owner of this workspace to run it over all rows.") from failure

    def commits(self) -> int:
        """How many changes have been written, to any row."""
        return self._engine.commits()

    def cancellable(self, name: str) -> AbstractContextManager[None]:
        """Lets `cancel` stop what this thread asks inside."""
        return self._engine.cancellable(name)

    def cancel(self, name: str) -> None:
        """Stops what is asked under a name."""
        self._engine.cancel(name)

    def sql(self, query: Query, slots: Slots | None = None) -> str:
        """Returns the SQL with the limits in it."""
        return self._engine.sql(self._limited(query), slots)

    def count(self, table: str) -> int:
        """Returns the number of visible rows of a table."""
        from sqlglot import exp

        slots = {"table": exp.Table(this=exp.to_identifier(table))}
        return int(self.fetch(_COUNT, slots=slots)["number"][0].as_py())

    def _limited(self, query: Query) -> Query:
        return replace(query, within=self._scope)

    def append(self, table: str, rows: pa.Table) -> int:
        """Refused."""
        self._refuse(f"adding to {table}")

    def intern(self, keys: pa.Table) -> int:
        """Refused."""
        self._refuse("adding keys")

    def admit(self, rows: pa.Table, *, now: datetime, keep_conflicts: bool = True) -> Admission:
        """Refused."""
        self._refuse("adding to the log")

    def loader(self, limits: FileLimits, progress: Callable[[str, float | None], None]) -> Loader:
        """Refused."""
        self._refuse("an import")

    def delete(self, table: str, column: str, values: Sequence[int] | Sequence[str]) -> int:
        """Refused."""
        self._refuse(f"deleting from {table}")

    def replace(self, table: str, rows: pa.Table, *, whole: bool = False) -> int:
        """Refused."""
        self._refuse(f"changing {table}")

    def erase(self, key_ids: Sequence[int], hiding: Hiding = Hiding()) -> Mapping[str, int]:  # noqa: B008 - frozen
        """Refused."""
        self._refuse("an erasure")

    def erase_texts(self, texts: Sequence[str]) -> Mapping[str, int]:
        """Refused."""
        self._refuse("an erasure")

    def known_again(self, before: datetime) -> int:
        """Refused."""
        self._refuse("what was erased")

    def discard(self, kind: str | None, before: datetime, keep: Sequence[str] = ()) -> Mapping[str, int]:
        """Refused."""
        self._refuse("a removal")

    def discard_old(self, table: str, before: datetime) -> int:
        """Refused."""
        self._refuse("a removal")

    def is_rewrite_due(self) -> bool:
        """Refused."""
        self._refuse("what was erased")

    def rewrite(self, progress: Callable[[str, float | None], None] = lambda *_: None) -> None:
        """Refused."""
        self._refuse("rewriting the file")

    def holding(self, texts: Sequence[str]) -> list[Held]:
        """Refused."""
        self._refuse("a search through every table")

    def numbers_left(self, key_ids: Sequence[int]) -> Mapping[str, int]:
        """Refused."""
        self._refuse("a search through every table")

    def blocks(self, table: str) -> Iterator[pa.Table]:
        """Refused."""
        self._refuse(f"every row of {table}")

    def take(self, table: str, blocks: Iterable[pa.Table]) -> int:
        """Refused."""
        self._refuse(f"changing {table}")

    def files(self) -> Files:
        """Refused."""
        self._refuse("a look at the files")

    def transaction(self) -> AbstractContextManager[None]:
        """Refused."""
        self._refuse("a change")

    def close(self) -> None:
        """Refused: the engine is somebody else's."""
        self._refuse("closing the workspace")

    def _refuse(self, what: str) -> NoReturn:
        raise AccessDeniedError(
            f"You see only rows with {limits_phrase(self._scope.limits)}, and {what} concerns all of them. "
            "Ask an owner of this workspace."
        )
