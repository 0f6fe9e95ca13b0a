"""What an engine needs to know to load files: the plan of an import, and what came of it.

Parts make a plan of plain values and expression trees; an engine turns it into its own statements. Nothing here knows
a file format's library or a line of SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.core.expr import Expr

__all__ = [
    "Admission",
    "ColumnProfile",
    "ConsentPlan",
    "EntryPlan",
    "FileFormat",
    "KeyPlan",
    "Limits",
    "LoadPlan",
    "LoadReport",
    "Loader",
    "LookupPlan",
    "Moment",
    "Number",
    "Preview",
    "Progress",
    "PromisePlan",
    "Redaction",
    "Rejection",
    "Staged",
    "StagedFile",
    "TablePlan",
    "Taken",
]

Progress: TypeAlias = Callable[[str, float | None], None]
Kind = Literal["auto", "csv", "jsonl", "parquet", "excel"]
Take = Literal["first", "last", "min", "max", "sum", "count"]
"""Which value a lookup takes where several rows have the same key."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What `admit` did: the number of the batch, and how many rows were new, known, or in conflict.

    Attributes:
        conflicting: place of each row in conflict, where the caller keeps them itself.
    """

    batch: int
    admitted: int
    already_there: int
    conflicts: int
    conflicting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost: bytes of one line, how far a packed file may expand, bytes of one file unpacked."""

    max_line_bytes: int = 2_000_000
    max_expansion: int = 200
    max_file_bytes: int = 200_000_000_000


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How a file is to be read; None is found out by looking."""

    kind: Kind = "auto"
    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    header: bool = True
    sheet: str | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file that was read: its name, rows of data, rows that could not be read, size and SHA-256 digest."""

    name: str
    rows: int
    malformed: int
    bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class Staged:
    """Files read into a table of texts that lives as long as the loader."""

    name: str
    columns: tuple[str, ...]
    rows: int
    files: tuple[StagedFile, ...]
    notes: tuple[str, ...] = ()

    @property
    def malformed(self) -> int:
        """Rows that could not be read."""
        return sum(file.malformed for file in self.files)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as text: accepted formats, the clock it was read from, and what to do where clocks change."""

    value: Expr
    formats: tuple[str, ...]
    zone: str
    precision: str | None
    gap: Literal["reject", "shift"]
    ambiguous: Literal["earlier", "later", "reject"]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A number as text: texts that mean "no value", and the decimal sign."""

    value: Expr
    missing: tuple[str, ...] = ()
    decimal: Literal[".", ","] = "."


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """An identifier of the customer or account: whose, what it is, and where it stands."""

    namespace: str
    type: str
    value: Expr


@dataclass(frozen=True, slots=True)
class PromisePlan:
    """A promise made by an interaction: what, and by when."""

    what: str
    due_at: Moment


@dataclass(frozen=True, slots=True)
class ConsentPlan:
    """A statement about a purpose made by an interaction; a `granted` that is null says nothing."""

    purpose: str
    granted: Expr
    channel: str | None = None
    wording: Expr | None = None
    evidence: Expr | None = None


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """One interaction that a source row becomes.

    `texts` and `numbers` are keyed by the fields of the incoming table; `id` is empty where the content is the id.
    """

    name: str
    kind: str
    event: Expr
    occurred_at: Moment
    when: Expr | None = None
    id: tuple[Expr, ...] = ()
    metric: str | None = None
    scale: tuple[float, float] | None = None
    texts: Mapping[str, Expr] = field(default_factory=dict)
    numbers: Mapping[str, Number] = field(default_factory=dict)
    properties: Mapping[str, Expr] = field(default_factory=dict)
    objects: Mapping[str, Expr] = field(default_factory=dict)
    traits: Mapping[str, Expr] = field(default_factory=dict)
    promise: PromisePlan | None = None
    consents: tuple[ConsentPlan, ...] = ()
    known_after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class LookupPlan:
    """Columns of another staged table joined by key; `columns` maps the new name to (its column, which value)."""

    staged: str
    on: Mapping[str, str]
    columns: Mapping[str, tuple[str, Take]]


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A staged table and what its rows become."""

    staged: str
    entries: tuple[EntryPlan, ...]
    where: Expr | None = None
    let: Mapping[str, Expr] = field(default_factory=dict)
    times: Mapping[str, Moment] = field(default_factory=dict)
    lookups: tuple[LookupPlan, ...] = ()
    keys: tuple[KeyPlan, ...] = ()
    account: KeyPlan | None = None
    missing: tuple[str, ...] = ()


class Redaction(Protocol):
    """Takes out of texts what identifies persons, on their way into the log; columns of texts in and out.

    `whose` says of each row what the person is called: names behind an n, e-mail addresses behind an e, with U+001F
    between.
    """

    @property
    def seals(self) -> bool:
        """Whether originals are sealed beside."""

    @property
    def name_traits(self) -> tuple[str, ...]:
        """Traits that hold a person's name; none where names are not looked for."""

    def texts(self, values: pa.Array[Any], whose: pa.Array[Any]) -> pa.Array[Any]:
        """Returns texts redacted."""

    def documents(self, values: pa.Array[Any], whose: pa.Array[Any]) -> pa.Array[Any]:
        """Returns JSON documents redacted."""

    def addresses(self, values: pa.Array[Any]) -> pa.Array[Any]:
        """Returns addresses of pages redacted."""

    def sealed(
        self, rows: pa.Array[Any], whose: pa.Array[Any], originals: pa.Array[Any], document: pa.Array[Any]
    ) -> pa.Array[Any]:
        """Returns what is taken out, sealed; `rows` are source and message id with U+001F between."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """Everything an import does after its files are staged.

    Attributes:
        replays: ids of the rejected rows that the staged rows are, in their order; empty for files.
        redaction: what texts go through; None for nothing.
    """

    source: str
    mapping: str
    received_at: datetime
    tables: tuple[TablePlan, ...]
    replays: tuple[int, ...] = ()
    redaction: Redaction | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Rows rejected for one reason: machine-readable code, how many, and the sentence of the first."""

    code: str
    rows: int
    example: str


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What an import did; `replayed` rejected rows stopped waiting."""

    import_id: str
    admission: Admission
    skipped: int
    rejections: tuple[Rejection, ...]
    replayed: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """One interaction that an import would add: its fields that are not null, in the order of the log."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do: how many interactions and rejects, and the first of each."""

    interactions: int
    skipped: int
    first: tuple[Taken, ...]
    rejections: tuple[Rejection, ...]
    raw: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """A look at one staged column.

    Attributes:
        values: the most frequent values with their counts.
        numbers: rows that are finite numbers.
        dates: accepted date format to the number of rows that fit it.
    """

    name: str
    rows: int
    filled: int
    distinct: int
    longest: int
    numbers: int
    lowest: float | None
    highest: float | None
    values: tuple[tuple[str, int], ...]
    dates: Mapping[str, int]


class Loader(Protocol):
    """Stages files and loads them; everything staged goes when it is left."""

    def stage(self, name: str, files: Sequence[Path], how: FileFormat) -> Staged:
        """Reads files into a table of texts; raises InputError for a file that cannot be read at all."""

    def stage_rejected(self, name: str, rejected_ids: Sequence[int]) -> tuple[Staged, tuple[int, ...]]:
        """Stages the raw rows of `rejected` that are JSON objects; returns also their ids, in order."""

    def profile(self, staged: Staged, formats: Sequence[str]) -> tuple[ColumnProfile, ...]:
        """Looks at each column of a staged table."""

    def preview(self, plan: LoadPlan, rows: int) -> Preview:
        """Returns what `load` would do, and changes nothing."""

    def load(self, plan: LoadPlan) -> LoadReport:
        """Admits the interactions, keeps the rejects and writes the import's record, in one transaction."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
