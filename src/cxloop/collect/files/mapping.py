"""The mapping: which column of a file becomes which field of the log, as TOML.

A mapping is read whole and its mistakes are shown together: names that do not exist, expressions that cannot be read
(with the character where), columns that the files do not have. Texts in the place of a value are expressions over the
columns of the row; a constant text is written with quotes inside: `channel = '"web"'`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from cxloop.core.config import Name, Strict, validate
from cxloop.core.errors import InputError, Mistake, MistakesError
from cxloop.core.expr import Constant, Expr, parse
from cxloop.core.time import parse_duration, parse_zone

__all__ = [
    "NAMED_FORMATS",
    "Entry",
    "Expression",
    "Files",
    "Key",
    "Lookup",
    "Mapping",
    "NumberField",
    "PromiseField",
    "Table",
    "TimeField",
    "mapping_text",
    "read_mapping",
]

Gap = Literal["reject", "shift"]
Ambiguous = Literal["earlier", "later", "reject"]
Precision = Literal["day", "minute", "second"]
Word = Annotated[str, Field(min_length=1, max_length=200)]

NAMED_FORMATS = ("iso", "unix", "unix_ms")
"""Date formats that have a name; all others are written as in strptime."""
_DIRECTIVE = re.compile(r"%(-?.)")
_DIRECTIVES = set("aAwdbBmyYHIpMSfgnzZjUWcxXGuV%")


def _known_format(text: str) -> str:
    if text in NAMED_FORMATS:
        return text
    found = [directive.removeprefix("-") for directive in _DIRECTIVE.findall(text)]
    unknown = [directive for directive in found if directive not in _DIRECTIVES]
    if unknown or not found:
        what = f"%{unknown[0]} is no part of one" if unknown else "it holds no % sign"
        raise InputError(f"{text!r} is not a date format: {what}. Use {', '.join(NAMED_FORMATS)} or such as %d/%m/%Y.")
    return text


Format = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_known_format)]


class Expression:
    """An expression of a mapping: its text and its tree."""

    __slots__ = ("text", "tree")

    def __init__(self, text: str | int | float | bool) -> None:
        self.text = text if isinstance(text, str) else repr(text)
        self.tree: Expr = parse(text) if isinstance(text, str) else Constant(text)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    @classmethod
    def read(cls, value: object) -> Expression:
        """Returns the expression that a TOML value says; raises InputError that tells where it is wrong."""
        if isinstance(value, Expression):
            return value
        if isinstance(value, str | int | float | bool):
            return cls(value)
        raise InputError("An expression is a text such as 'order_id', a number, true or false.")


Value = Annotated[Any, BeforeValidator(Expression.read)]
"""A value of a field: an expression over the row's columns."""


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Files(Strict):
    """How files are written; everything is found out by looking where it is left out."""

    kind: Literal["auto", "csv", "jsonl", "parquet", "excel"] = "auto"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    quote: Annotated[str, Field(max_length=1)] = '"'
    encoding: Word | None = None
    header: bool = True
    sheet: Word | None = None
    skip: Annotated[int, Field(ge=0, le=1000)] = 0

    model_config = Strict.model_config | {"str_strip_whitespace": False}


class TimeField(Strict):
    """A point in time: an expression, accepted formats, and what to do where clocks change."""

    value: Value = Field(alias="from")
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] | None = None
    zone: str | None = None
    precision: Precision | None = None
    gap: Gap | None = None
    ambiguous: Ambiguous | None = None
    missing: tuple[str, ...] = ()

    @field_validator("zone")
    @classmethod
    def _zone_is_known(cls, value: str | None) -> str | None:
        if value is not None:
            parse_zone(value)
        return value


class NumberField(Strict):
    """A number: an expression, texts that mean "no value", and the decimal sign."""

    value: Value = Field(alias="from")
    missing: tuple[str, ...] = ()
    decimal: Literal[".", ","] | None = None


def _from(value: object) -> object:
    return {"from": value} if not isinstance(value, dict | TimeField | NumberField) else value


Time = Annotated[TimeField, BeforeValidator(_from)]
Number = Annotated[NumberField, BeforeValidator(_from)]


class Key(Strict):
    """An identifier of the customer: what it is, where it stands, and whose it is (the mapping's namespace)."""

    type: Name
    value: Value
    namespace: Name | None = None


class LookupColumn(Strict):
    """A column taken from another file, and which of its values where several rows match."""

    column: Word = Field(alias="from")
    take: Literal["first", "last", "min", "max", "sum", "count"] = "first"


class Lookup(Strict):
    """Columns joined from other files by key: `on` maps a column of this table to a column of those files."""

    files: Annotated[tuple[Word, ...], BeforeValidator(_one_or_many), Field(min_length=1)]
    on: Annotated[dict[Word, Word], Field(min_length=1)]
    columns: Annotated[
        dict[Word, Annotated[LookupColumn, BeforeValidator(_from)]],
        BeforeValidator(lambda value: {name: name for name in value} if isinstance(value, list) else value),
        Field(min_length=1),
    ]
    format: Files = Files()


class PromiseField(Strict):
    """A promise that the interaction makes: what, and by when."""

    what: Name
    due_at: Time


class ConsentField(Strict):
    """A statement about a purpose that the interaction makes; where `granted` is empty, nothing was said."""

    purpose: Name
    granted: Value
    channel: Name | None = None
    wording: Value | None = None
    evidence: Value | None = None


class Entry(Strict):
    """One [[interaction]]: what a row of the source becomes."""

    name: Name
    kind: Name
    occurred_at: Time
    event: Value | None = None
    when: Value | None = None
    id: Annotated[tuple[Value, ...], BeforeValidator(_one_or_many)] = ()
    metric: Name | None = None
    scale: tuple[float, float] | None = None
    known_after: str | None = None
    score: Number | None = None
    value: Number | None = None
    duration_seconds: Number | None = None
    text: Value | None = None
    language: Value | None = None
    answer_value: Value | None = None
    response_id: Value | None = None
    survey_id: Value | None = None
    survey_version: Value | None = None
    question_id: Value | None = None
    currency: Value | None = None
    outcome: Value | None = None
    employee: Value | None = None
    team: Value | None = None
    location: Value | None = None
    brand: Value | None = None
    product: Value | None = None
    region: Value | None = None
    campaign: Value | None = None
    refers_to: Value | None = None
    revises: Value | None = None
    path: Value | None = None
    touchpoint: Value | None = None
    channel: Value | None = None
    properties: dict[Word, Value] = Field(default_factory=dict)
    objects: dict[Word, Value] = Field(default_factory=dict)
    traits: dict[Word, Value] = Field(default_factory=dict)
    promise: PromiseField | None = None
    consent: tuple[ConsentField, ...] = ()

    @field_validator("known_after")
    @classmethod
    def _lag_has_a_unit(cls, value: str | None) -> str | None:
        if value is not None:
            parse_duration(value)
        return value

    @model_validator(mode="after")
    def _score_has_a_scale(self) -> Self:
        if self.scale is not None and self.scale[0] >= self.scale[1]:
            raise InputError(f"scale = {list(self.scale)} must be [lowest, highest].")
        if self.score is not None and self.metric not in (None, "nps") and self.scale is None:
            raise InputError(f'metric = "{self.metric}" needs scale = [lowest, highest], such as [1, 5].')
        if self.metric is not None and self.score is None:
            raise InputError(f'metric = "{self.metric}" needs a score.')
        return self


class Table(Strict):
    """One [[table]]: files of one layout, and what their rows become."""

    name: Name = "rows"
    files: Annotated[tuple[Word, ...], BeforeValidator(_one_or_many)] = ()
    optional: bool = False
    format: Files = Files()
    where: Value | None = None
    let: dict[Word, Value] = Field(default_factory=dict)
    times: dict[Word, Time] = Field(default_factory=dict)
    lookup: tuple[Lookup, ...] = ()
    key: tuple[Key, ...] = ()
    account: Key | None = None
    interaction: Annotated[tuple[Entry, ...], Field(min_length=1)]


class Mapping(Strict):
    """A whole mapping file."""

    source: Name
    namespace: Name | None = None
    time_zone: str = "UTC"
    known_after: str = "0d"
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] = ("iso",)
    gap: Gap = "reject"
    ambiguous: Ambiguous = "earlier"
    decimal: Literal[".", ","] = "."
    missing: tuple[str, ...] = ()
    table: Annotated[tuple[Table, ...], Field(min_length=1)]

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        parse_zone(value)
        return value

    @field_validator("known_after")
    @classmethod
    def _lag_has_a_unit(cls, value: str) -> str:
        parse_duration(value)
        return value

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [entry.name for table in self.table for entry in table.interaction]
        twice = sorted({name for name in names if names.count(name) > 1})
        mistakes = [
            Mistake("interaction.name", f"{name!r} is used twice. Names are part of message ids; give each its own.")
            for name in twice
        ]
        if len(self.table) > 1:
            mistakes += [
                Mistake(f"table.{place}.files", f"Say which files the table {table.name!r} is made from.")
                for place, table in enumerate(self.table)
                if not table.files
            ]
        if mistakes:
            raise MistakesError("mapping", mistakes)
        return self


_TABLE_ONLY = tuple(name for name in Table.model_fields if name != "name")


def read_mapping(text: str, name: str) -> Mapping:
    """Returns the mapping that a TOML text says.

    Args:
        text: the content of the file. Where it has no [[table]], what belongs to one may stand at the top.
        name: what to call the file in messages.

    Raises:
        InputError: it is not TOML.
        MistakesError: all its mistakes together.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise InputError(f"{name} is not valid TOML: {failure}.") from None
    alone = "table" not in content
    if alone:
        inner = {key: content.pop(key) for key in _TABLE_ONLY if key in content}
        content["table"] = [inner]
    try:
        return validate(Mapping, content, name)
    except MistakesError as failure:
        raise MistakesError(name, _placed(failure.mistakes, alone)) from None


def _placed(mistakes: Sequence[Mistake], alone: bool) -> list[Mistake]:
    """Says places as the file has them, and leaves out what only follows from a mistake further inside."""
    found = [
        Mistake(
            (mistake.where.removeprefix("table.0.") if alone else mistake.where).removesuffix(".from"),
            mistake.message.removeprefix("Value error, "),
        )
        for mistake in mistakes
    ]
    deeper = [mistake.where for mistake in mistakes]
    return [
        shown
        for shown, mistake in zip(found, mistakes, strict=True)
        if not any(other.startswith(f"{mistake.where}.") for other in deeper)
    ]


def mapping_text(path: Path) -> str:
    """Returns the text of a mapping file; raises InputError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist.") from None
    except UnicodeDecodeError as failure:
        raise InputError(f"{path} is not UTF-8 text (byte {failure.start}). Save it as UTF-8.") from None
    except (OSError, ValueError) as failure:  # a folder, a name that is too long, a file that may not be read
        told = failure.strerror if isinstance(failure, OSError) and failure.strerror else str(failure)
        raise InputError(f"{str(path)[:200]!r} cannot be read: {told}. Name a text file.") from None
