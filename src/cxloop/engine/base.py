"""The one door to SQL and to tables: what every engine offers, and what parts may see of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from cxloop.core.config import Experience, Settings
from cxloop.core.defined import Defined
from cxloop.engine.erasure import Held, Hiding
from cxloop.engine.query import Query, Slots

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.loading import Admission, Limits, Loader

__all__ = ["Analysis", "Engine", "Files", "Value"]

Value = str | int | float | bool | datetime | Sequence[str] | Sequence[int] | None


class Files(NamedTuple):
    """Files of tables: those of living rows, and those that may hold what was erased since."""

    live: tuple[Path, ...]
    older: tuple[Path, ...]


@runtime_checkable
class Engine(Protocol):
    """Tables and queries. Methods are safe to call from several threads; each thread has its own cursor."""

    dialect: str
    at_once: int
    """How many questions it works on best at the same time."""

    def fetch(
        self, query: Query, parameters: Mapping[str, Value] | None = None, slots: Slots | None = None
    ) -> pa.Table:
        """Runs a query and returns its rows; raises EngineError with the query's name and SQL."""

    def rows(self, query: Query, parameters: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """Runs a query of few rows and returns them; an engine may have a shorter way for these than a table."""
        rows: list[dict[str, Any]] = self.fetch(query, parameters).to_pylist()
        return rows

    def commits(self) -> int:
        """How many changes have been written since it was opened: while it is the same, answers are."""

    def cancellable(self, name: str) -> AbstractContextManager[None]:
        """Lets `cancel` stop what this thread asks inside; `name` is no other thread's."""

    def cancel(self, name: str) -> None:
        """Stops what is asked under a name: who asked gets an EngineError. Nothing, where nobody asks."""

    def sql(self, query: Query, slots: Slots | None = None) -> str:
        """Returns the SQL of a query as this engine would run it, formatted for people."""

    def append(self, table: str, rows: pa.Table) -> int:
        """Adds rows to a table of the schema; returns how many."""

    def intern(self, keys: pa.Table) -> int:
        """Adds keys (namespace, type, value) that are not known yet, in the order of the rows; returns how many."""

    def admit(self, rows: pa.Table, *, now: datetime, keep_conflicts: bool = True) -> Admission:
        """Adds rows with the columns of `core.schema.INCOMING` to the log, each exactly once; see `loading.Admission`.

        Args:
            rows: message_id, source, kind and occurred_at are required; other columns may be absent. Times are UTC.
            now: the time of receipt where `received_at` is absent, UTC without zone.
            keep_conflicts: whether rows that contradict what is there go to `rejected`; otherwise the caller is told.
        """

    def loader(self, limits: Limits, progress: Callable[[str, float | None], None]) -> Loader:
        """Returns what stages and loads files; a context manager."""

    def delete(self, table: str, column: str, values: Sequence[int] | Sequence[str]) -> int:
        """Removes the rows whose `column` is one of `values`; returns how many (logical side of erasure)."""

    def replace(self, table: str, rows: pa.Table, *, whole: bool = False) -> int:
        """Puts rows in place of those with the same key, or of all rows of the table; returns how many."""

    def erase(self, key_ids: Sequence[int], hiding: Hiding = ...) -> Mapping[str, int]:
        """Removes everything about some keys from every table; returns table to number of rows removed."""

    def erase_texts(self, texts: Sequence[str]) -> Mapping[str, int]:
        """Removes rejected rows that hold a text, and takes it out of definitions; returns table to rows."""

    def known_again(self, before: datetime) -> int:
        """Returns how many identifiers that were erased at a moment are known again."""

    def discard(self, kind: str | None, before: datetime, keep: Sequence[str] = ()) -> Mapping[str, int]:
        """Removes interactions that happened before a moment; None means all kinds but those in `keep`."""

    def discard_old(self, table: str, before: datetime) -> int:
        """Removes the rows of a table that are old at a moment as `engine.aging` says; returns how many."""

    def is_rewrite_due(self) -> bool:
        """Whether the files still hold bytes of what was erased."""

    def rewrite(self, progress: Callable[[str, float | None], None] = ...) -> None:
        """Writes the files anew without what was erased, while reading and writing go on."""

    def holding(self, texts: Sequence[str]) -> list[Held]:
        """Returns where texts stand in a text column of any table, capitals aside."""

    def numbers_left(self, key_ids: Sequence[int]) -> Mapping[str, int]:
        """Returns the columns (table.column) in which numbers of keys still stand, and in how many rows."""

    def count(self, table: str) -> int:
        """Returns the number of rows of a table, from statistics where it can."""

    def blocks(self, table: str) -> Iterator[pa.Table]:
        """Yields every row of a table, or of an internal one, in blocks, with the types of `engine.arrow`."""

    def take(self, table: str, blocks: Iterable[pa.Table]) -> int:
        """Puts rows, as another engine's `blocks` gives them, in place of all that a table holds; returns how many."""

    def files(self) -> Files:
        """Returns the files of the tables, as far as they are on this machine."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside happens, or nothing does; one writer at a time."""

    def close(self) -> None:
        """Closes the engine's files."""


class Analysis(Protocol):
    """What a quiet part sees of a workspace: tables and definitions; no store, no clock, no network."""

    @property
    def engine(self) -> Engine:
        """The engine of the workspace."""

    @property
    def settings(self) -> Settings:
        """cxloop.toml."""

    @property
    def experience(self) -> Experience:
        """experience.toml."""

    def defined(self, kind: str) -> Mapping[str, Defined]:
        """What people have defined of a kind (such as "metric"), the newest version of each, by name."""

    def defined_before(self, kind: str, name: str, version: int) -> Defined:
        """One version of a definition; raises UnknownNameError or NotFoundError."""

    @property
    def as_of(self) -> datetime:
        """The moment that counts as now, UTC without zone."""

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Called with what is being done and the share done (0 to 1, or None where unknown)."""
