"""From a mapping and the columns that the files really have to the engine's plan, with all mistakes together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from cxloop.collect.files.mapping import Entry, Expression, Files, Key, NumberField, Table, TimeField
from cxloop.collect.files.mapping import Mapping as MappingFile
from cxloop.core.errors import Mistake, MistakesError, did_you_mean
from cxloop.core.expr import Column, Constant, Expr, ExpressionError, ValueType, infer, names
from cxloop.core.time import parse_duration
from cxloop.engine.loading import (
    ConsentPlan,
    EntryPlan,
    FileFormat,
    KeyPlan,
    LoadPlan,
    LookupPlan,
    Moment,
    Number,
    PromisePlan,
    Staged,
    TablePlan,
)

__all__ = ["check", "columns_read", "file_format", "load_plan", "lookup_name", "table_plan"]

_TEXTS = (
    "text",
    "language",
    "answer_value",
    "response_id",
    "survey_id",
    "survey_version",
    "question_id",
    "currency",
    "outcome",
    "employee",
    "team",
    "location",
    "brand",
    "product",
    "region",
    "campaign",
    "refers_to",
    "revises",
    "path",
    "touchpoint",
    "channel",
)
_NUMBERS = ("score", "value", "duration_seconds")
_NPS_SCALE = (0.0, 10.0)


def lookup_name(table: Table, place: int) -> str:
    """Returns the name under which the files of a lookup are staged."""
    return f"{table.name} lookup {place}"


def file_format(how: Files) -> FileFormat:
    """Returns how files are written, in the engine's words."""
    return FileFormat(how.kind, how.delimiter, how.quote, how.encoding, how.header, how.sheet, how.skip)


def load_plan(mapping: MappingFile, text: str, staged: Mapping[str, Staged], received_at: datetime) -> LoadPlan:
    """Returns the plan of an import.

    Args:
        mapping: the mapping.
        text: its TOML, kept with the import so that rejects can be replayed.
        staged: each table and lookup that has files, by name.
        received_at: the time of receipt, UTC without zone.

    Raises:
        MistakesError: the mapping names columns that the files do not have, or types do not go together.
    """
    tables = [table for table in mapping.table if table.name in staged]
    check(mapping, tables, staged)
    return LoadPlan(
        source=mapping.source,
        mapping=text,
        received_at=received_at,
        tables=tuple(table_plan(mapping, table, staged) for table in tables),
    )


def table_plan(mapping: MappingFile, table: Table, staged: Mapping[str, Staged], *, joined: bool = True) -> TablePlan:
    """Returns the plan of one table; `joined` is False where the rows carry their looked-up columns already."""
    lookups = tuple(
        LookupPlan(
            staged[lookup_name(table, place)].name,
            lookup.on,
            {name: (column.column, column.take) for name, column in lookup.columns.items()},
        )
        for place, lookup in enumerate(table.lookup if joined else ())
    )
    times = {name: _moment(mapping, time, {}) for name, time in table.times.items()}
    return TablePlan(
        staged=staged[table.name].name,
        entries=tuple(_entry(mapping, entry, times) for entry in table.interaction),
        where=_tree(table.where),
        let={name: value.tree for name, value in table.let.items()},
        times=times,
        lookups=lookups,
        keys=tuple(_key(mapping, key) for key in table.key),
        account=None if table.account is None else _key(mapping, table.account),
        missing=mapping.missing,
    )


def _tree(value: Expression | None) -> Expr | None:
    return None if value is None else value.tree


def _key(mapping: MappingFile, key: Key) -> KeyPlan:
    return KeyPlan(key.namespace or mapping.namespace or mapping.source, key.type, key.value.tree)


def _named(value: Expression, times: Mapping[str, object]) -> str | None:
    """The name of one of `times`, where an expression is nothing else."""
    tree = value.tree
    return tree.name if isinstance(tree, Column) and tree.name in times else None


def _moment(mapping: MappingFile, time: TimeField, times: Mapping[str, Moment]) -> Moment:
    known = _named(time.value, times)
    if known is not None:
        return times[known]
    return Moment(
        value=time.value.tree,
        formats=time.formats or mapping.formats,
        zone=time.zone or mapping.time_zone,
        precision=time.precision,
        gap=time.gap or mapping.gap,
        ambiguous=time.ambiguous or mapping.ambiguous,
        missing=time.missing,
    )


def _number(mapping: MappingFile, number: NumberField) -> Number:
    return Number(number.value.tree, number.missing, number.decimal or mapping.decimal)


def _given(entry: Entry, names_: Sequence[str]) -> list[str]:
    return [name for name in names_ if getattr(entry, name) is not None]


def _entry(mapping: MappingFile, entry: Entry, times: Mapping[str, Moment]) -> EntryPlan:
    scale = entry.scale or (_NPS_SCALE if entry.metric == "nps" else None)
    promise = entry.promise
    return EntryPlan(
        name=entry.name,
        kind=entry.kind,
        event=Constant(entry.name) if entry.event is None else entry.event.tree,
        occurred_at=_moment(mapping, entry.occurred_at, times),
        when=_tree(entry.when),
        id=tuple(part.tree for part in entry.id),
        metric=entry.metric,
        scale=scale,
        texts={name: getattr(entry, name).tree for name in _given(entry, _TEXTS)},
        numbers={name: _number(mapping, getattr(entry, name)) for name in _given(entry, _NUMBERS)},
        properties={name: value.tree for name, value in entry.properties.items()},
        objects={name: value.tree for name, value in entry.objects.items()},
        traits={name: value.tree for name, value in entry.traits.items()},
        promise=None if promise is None else PromisePlan(promise.what, _moment(mapping, promise.due_at, times)),
        consents=tuple(
            ConsentPlan(said.purpose, said.granted.tree, said.channel, _tree(said.wording), _tree(said.evidence))
            for said in entry.consent
        ),
        known_after=parse_duration(entry.known_after or mapping.known_after),
    )


def check(mapping: MappingFile, tables: Sequence[Table], staged: Mapping[str, Staged]) -> None:
    """Raises MistakesError with everything in the mapping that does not fit the files."""
    mistakes: list[Mistake] = []
    for table in tables:
        prefix = "" if len(mapping.table) == 1 else f"{table.name}."
        found = _table_mistakes(table, staged)
        mistakes += [Mistake(prefix + mistake.where, mistake.message) for mistake in found]
    if mistakes:
        raise MistakesError("The mapping", mistakes)


def _delimiter_mistake(columns: Sequence[str]) -> Mistake | None:
    """One column whose name holds what separates columns elsewhere: everything else only follows from that."""
    sign = next((sign for sign in ",;\t|" if len(columns) == 1 and sign in columns[0]), None)
    if sign is None:
        return None
    message = f"The files have one column only, {columns[0]!r}. Is it delimiter = {json.dumps(sign)}?"
    return Mistake("format.delimiter", message)


def _table_mistakes(table: Table, staged: Mapping[str, Staged]) -> Iterator[Mistake]:
    wrong = _delimiter_mistake(staged[table.name].columns)
    if wrong is not None:
        yield wrong
        return
    types: dict[str, ValueType] = dict.fromkeys(staged[table.name].columns, "text")
    yield from _lookup_mistakes(table, staged, types)
    columns = dict(types)
    for name, time in table.times.items():
        yield from _taken(f"times.{name}", name, types)
        yield from _expression_mistakes(f"times.{name}", time.value, columns)
    types |= dict.fromkeys(table.times, "moment")
    for name, value in table.let.items():
        mistakes = [*_taken(f"let.{name}", name, types), *_expression_mistakes(f"let.{name}", value, types)]
        yield from mistakes
        types[name] = "unknown" if mistakes else infer(value.tree, types)
    for where, value, wanted in _expressions(table):
        if wanted != "moment":
            yield from _expression_mistakes(where, value, types, wanted)
        elif _named(value, table.times) is None:
            yield from _expression_mistakes(where, value, columns)


def columns_read(mapping: MappingFile) -> set[str]:
    """Returns the columns that a mapping reads: a source whose rows may lack some fills those with null."""
    found: set[str] = set()
    for table in mapping.table:
        values = [value for _, value, _ in _expressions(table)]
        values += [*table.let.values(), *(time.value for time in table.times.values())]
        made = {*table.let, *table.times, *(name for lookup in table.lookup for name in lookup.columns)}
        read = {name for value in values for name in names(value.tree)}
        found |= (read | {name for lookup in table.lookup for name in lookup.on}) - made
    return found


def _taken(where: str, name: str, types: Mapping[str, ValueType]) -> Iterator[Mistake]:
    if name in types:
        yield Mistake(where, f"{name!r} is a column already. Give it another name.")


def _lookup_mistakes(table: Table, staged: Mapping[str, Staged], types: dict[str, ValueType]) -> Iterator[Mistake]:
    for place, lookup in enumerate(table.lookup):
        where = f"lookup.{place}"
        theirs = list(staged[lookup_name(table, place)].columns)
        for ours, other in lookup.on.items():
            if ours not in types:
                yield Mistake(f"{where}.on", f"Unknown column {ours!r}. {did_you_mean(ours, list(types))}")
            if other not in theirs:
                yield Mistake(f"{where}.on", f"Unknown column {other!r} of its files. {did_you_mean(other, theirs)}")
        for name, column in lookup.columns.items():
            if column.column not in theirs:
                message = f"Unknown column {column.column!r} of its files. {did_you_mean(column.column, theirs)}"
                yield Mistake(f"{where}.columns", message)
            yield from _taken(f"{where}.columns", name, types)
            types[name] = "number" if column.take in ("sum", "count") else "text"


def _expressions(table: Table) -> Iterator[tuple[str, Expression, ValueType | None]]:
    """Yields every expression of a table beyond `let` and `times`: its place, itself, and a type it must have."""
    if table.where is not None:
        yield "where", table.where, "boolean"
    for place, key in enumerate(table.key):
        yield f"key.{place}.value", key.value, None
    if table.account is not None:
        yield "account.value", table.account.value, None
    for entry in table.interaction:
        yield from ((f"{entry.name}.{where}", value, wanted) for where, value, wanted in _entry_expressions(entry))


def _entry_expressions(entry: Entry) -> Iterator[tuple[str, Expression, ValueType | None]]:
    yield "occurred_at", entry.occurred_at.value, "moment"
    if entry.when is not None:
        yield "when", entry.when, "boolean"
    if entry.event is not None:
        yield "event", entry.event, None
    for part in entry.id:
        yield "id", part, None
    yield from ((name, getattr(entry, name).value, None) for name in _given(entry, _NUMBERS))
    yield from ((name, getattr(entry, name), None) for name in _given(entry, _TEXTS))
    for group in ("properties", "objects", "traits"):
        for name, value in getattr(entry, group).items():
            yield f"{group}.{name}", value, None
    if entry.promise is not None:
        yield "promise.due_at", entry.promise.due_at.value, "moment"
    for place, said in enumerate(entry.consent):
        yield f"consent.{place}.granted", said.granted, "boolean"
        for name, value in (("wording", said.wording), ("evidence", said.evidence)):
            if value is not None:
                yield f"consent.{place}.{name}", value, None


def _expression_mistakes(
    where: str, value: Expression, types: Mapping[str, ValueType], wanted: ValueType | None = None
) -> Iterator[Mistake]:
    known = list(types)
    unknown = [name for name in names(value.tree) if name not in types]
    for name in unknown:
        yield Mistake(where, f"Unknown column {name!r}. {did_you_mean(name, known)}{_constant_hint(value, name)}")
    if unknown:
        return
    try:
        kind = infer(value.tree, types)
    except ExpressionError as failure:
        yield Mistake(where, f"{failure.message} (in {value.text!r})")
        return
    if wanted is not None and kind not in (wanted, "unknown", "null"):
        yield Mistake(where, f"A condition must be true or false, but {value.text!r} is a {kind}.")


def _constant_hint(value: Expression, name: str) -> str:
    """A bare word is often meant as a text."""
    return f" For the text itself write '\"{name}\"'." if value.text.strip() == name else ""
