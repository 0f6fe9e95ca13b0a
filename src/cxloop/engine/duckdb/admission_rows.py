"""Source rows to interactions, as SQL: what is computed once for each source row.

Layers of one query: the staged row with its lookups, its times, its `let` values, its numbers and keys. What an entry
adds to that is in `admission_entries`. Columns have short names of their own, since names of files may be anything:
c staged, x looked up, a/u/p/t a time (wall clock, direct, precision, UTC), v let, k key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cxloop.core.expr import infer
from cxloop.engine.duckdb.admission_hash import KEY_END
from cxloop.engine.duckdb.admission_moments import MomentSql, moment_sql
from cxloop.engine.duckdb.admission_names import Names
from cxloop.engine.duckdb.files import Stage
from cxloop.engine.loading import KeyPlan, LookupPlan, Moment, Number, TablePlan
from cxloop.engine.quoting import literal

__all__ = ["RowSource", "Time", "file_number", "key_content", "row_source"]

_TAKES = {
    "first": "arg_min({column}, rowid)",
    "last": "arg_max({column}, rowid)",
    "sum": "sum(try_cast({column} as double))",
    "count": "count({column})::double",
    "min": "min({column})",
    "max": "max({column})",
}
_NUMERIC_TAKES = {"sum", "count"}


@dataclass(frozen=True, slots=True)
class Time:
    """A moment of the plan as columns of the row-level query."""

    moment: Moment
    place: int
    text: str
    sql: MomentSql

    @property
    def local(self) -> str:
        """Column of the wall clock."""
        return f"a{self.place}"

    @property
    def utc(self) -> str:
        """Column of the moment in UTC."""
        return f"t{self.place}"

    @property
    def precision(self) -> str:
        """Column or constant of the precision."""
        return f"p{self.place}"


@dataclass(slots=True)
class RowSource:
    """The row-level query of one table.

    Attributes:
        sql: select of sid (row of the stage) and all columns.
        names: what names in expressions mean.
        times: each different moment of the plan, once.
        numbers: each different number of the plan to its column.
        keys: column of each key's text.
        looked_up: name of each looked-up column to its column, for the raw row of a reject.
    """

    sql: str
    names: Names
    times: dict[Moment, Time] = field(default_factory=dict)
    numbers: dict[Number, str] = field(default_factory=dict)
    keys: tuple[tuple[KeyPlan, str], ...] = ()
    account: tuple[KeyPlan, str] | None = None
    looked_up: Mapping[str, str] = field(default_factory=dict)


def row_source(plan: TablePlan, stage: Stage, lookups: Sequence[tuple[LookupPlan, Stage]]) -> RowSource:
    """Returns the row-level query of `plan` over its stage."""
    names = Names()
    looked_up, joins = _lookups(stage, lookups)
    source = RowSource(_base(plan, stage, names, looked_up, joins, lookups), names)
    source.looked_up = looked_up
    _add_times(source, plan)
    _add_lets(source, plan)
    _add_numbers(source, plan)
    return source


def _lookups(stage: Stage, lookups: Sequence[tuple[LookupPlan, Stage]]) -> tuple[dict[str, str], str]:
    looked_up: dict[str, str] = {}
    joins = ""
    for place, (lookup, other) in enumerate(lookups):
        keys = list(lookup.on.items())
        taken: list[str] = []
        brought: dict[str, str] = {}
        for name, (column, take) in lookup.columns.items():
            brought[name] = f"x{len(looked_up) + len(brought)}"
            taken.append(f"{_TAKES[take].format(column=other.column(column))} as {brought[name]}")
        by = ", ".join(f"{other.column(theirs)} as q{place}_{each}" for each, (_, theirs) in enumerate(keys))
        # a lookup may start from a column that an earlier one brought
        mine = [looked_up.get(ours) or f"s.{stage.column(ours)}" for ours, _ in keys]
        on = " and ".join(f"q{place}_{each} = {column}" for each, column in enumerate(mine))
        joins += f" left join (select {', '.join([by, *taken])} from {other.table} group by all) l{place} on {on}"
        looked_up |= brought
    return looked_up, joins


def _base(
    plan: TablePlan,
    stage: Stage,
    names: Names,
    looked_up: Mapping[str, str],
    joins: str,
    lookups: Sequence[tuple[LookupPlan, Stage]],
) -> str:
    takes = {name: take for lookup, _ in lookups for name, (_, take) in lookup.columns.items()}
    values = ["s.rowid as sid"]
    for name in stage.columns:
        column = stage.column(name)
        names.add(name, column, "text")
        values.append(f"{_present(f's.{column}', plan.missing)} as {column}")
    for name, column in looked_up.items():
        number = takes[name] in _NUMERIC_TAKES
        names.add(name, column, "number" if number else "text")
        values.append(f"{column if number else _present(column, plan.missing)} as {column}")
    base = f"select {', '.join(values)}{_row_hash(plan, stage)} from {stage.table} s{joins}"
    if all(entry.id for entry in plan.entries):
        return base
    # identical rows of one file are told apart by counting; the same row in another file is the same row again
    return f"select *, row_number() over (partition by file_no, row_hash order by sid) as row_number from ({base})"


def _row_hash(plan: TablePlan, stage: Stage) -> str:
    if all(entry.id for entry in plan.entries):
        return ""
    cells = ", ".join(f"coalesce(s.{stage.column(name)}, chr(2))" for name in stage.columns)
    return f", md5(concat_ws({literal(KEY_END)}, {cells})) as row_hash, {file_number(stage, 's.rowid')} as file_no"


def file_number(stage: Stage, row: str) -> str:
    """Returns the SQL of the number of the file that a staged row came from."""
    ends, total = [], 0
    for place, file in enumerate(stage.files[:-1]):
        total += file.rows
        ends.append(f"when {row} < {total} then {place}")
    return f"case {' '.join(ends)} else {len(stage.files) - 1} end" if ends else "0"


def _present(text: str, missing: Sequence[str]) -> str:
    """The text, or null where it is one of those that mean "nothing"."""
    wanted = [word for word in missing if word]
    if not wanted:
        return text
    return f"case when {text} in ({', '.join(literal(word) for word in wanted)}) then null else {text} end"


def _add_times(source: RowSource, plan: TablePlan) -> None:
    named = {moment: name for name, moment in plan.times.items()}
    found = dict.fromkeys([*plan.times.values(), *_moments(plan)])
    values = []
    for place, moment in enumerate(found):
        text = _present(source.names.text(moment.value), moment.missing)
        sql = moment_sql(moment, f"w{place}", local=f"a{place}", direct=f"u{place}", precision=f"p{place}")
        source.times[moment] = Time(moment, place, text, sql)
        values.append(sql)
        if moment in named:
            source.names.add(named[moment], f"a{place}", "moment")
    for name, moment in plan.times.items():
        source.names.add(name, source.times[moment].local, "moment")
    if not found:
        return
    texts = [f"{time.text} as w{time.place}" for time in source.times.values()]
    read = [
        f"{time.sql.local} as a{time.place}, {time.sql.direct or 'cast(null as timestamp)'} as u{time.place}, "
        f"{time.sql.precision} as p{time.place}"
        for time in source.times.values()
    ]
    utc = [f"{time.sql.utc} as t{time.place}" for time in source.times.values()]
    for layer in (texts, read, utc):
        source.sql = f"select *, {', '.join(layer)} from ({source.sql})"


def _moments(plan: TablePlan) -> list[Moment]:
    found = []
    for entry in plan.entries:
        found.append(entry.occurred_at)
        if entry.promise is not None:
            found.append(entry.promise.due_at)
    return found


def _add_lets(source: RowSource, plan: TablePlan) -> None:
    values = []
    for place, (name, expr) in enumerate(plan.let.items()):
        kind = infer(expr, source.names.types)
        # a later `let` may use an earlier one: the engine resolves aliases from left to right
        values.append(f"{source.names.sql(expr)} as v{place}")
        source.names.add(name, f"v{place}", kind)
    if values:
        source.sql = f"select *, {', '.join(values)} from ({source.sql})"
    if plan.where is not None:
        source.sql = f"select * from ({source.sql}) where {source.names.sql(plan.where)}"


def _add_numbers(source: RowSource, plan: TablePlan) -> None:
    values = []
    for number in dict.fromkeys(number for entry in plan.entries for number in entry.numbers.values()):
        column = f"n{len(source.numbers)}"
        source.numbers[number] = column
        values.append(f"{_number_text(source.names, number)} as {column}_text")
    plans = [*plan.keys, *([plan.account] if plan.account else [])]
    columns = [(key, f"k{place}") for place, key in enumerate(plans)]
    values += [f"nullif(trim({source.names.text(key.value)}), '') as {column}" for key, column in columns]
    if values:
        source.sql = f"select *, {', '.join(values)} from ({source.sql})"
    if source.numbers:
        read = [_number(number, column) for number, column in source.numbers.items()]
        source.sql = f"select *, {', '.join(read)} from ({source.sql})"
    source.keys = tuple(columns[: len(plan.keys)])
    source.account = columns[-1] if plan.account else None


def _number_text(names: Names, number: Number) -> str:
    """Returns the SQL of a number's text, null where it means "nothing"."""
    return _present(names.text(number.value), number.missing)


def _number(number: Number, column: str) -> str:
    text = f"{column}_text"
    if number.decimal == ",":
        text = f"replace(replace({text}, '.', ''), ',', '.')"
    read = f"try_cast({text} as double)"
    return f"case when isfinite({read}) then {read} end as {column}"


def key_content(source: RowSource) -> list[tuple[str, str]]:
    """Returns name and SQL of each key for the content hash."""
    named = [*source.keys, *([source.account] if source.account else [])]
    return [
        (f"key{place}", f"{literal(key.namespace + KEY_END + key.type + KEY_END)} || {column}")
        for place, (key, column) in enumerate(named)
    ]
