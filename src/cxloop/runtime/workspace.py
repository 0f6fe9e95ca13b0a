"""An open workspace: what verbs are handed; the engine's lock makes this process its only owner."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from cxloop.core.config import Experience, Settings
from cxloop.core.defined import Defined
from cxloop.core.errors import WorkspaceError
from cxloop.core.host import LOCAL, Actor, Progress, no_progress
from cxloop.core.time import utc_naive
from cxloop.engine.base import Engine
from cxloop.engine.query import Query
from cxloop.runtime.engines import open_engine
from cxloop.runtime.folder import Folder, keep_private

if TYPE_CHECKING:
    from cxloop.engine.spark.session import Session
    from cxloop.store.base import Store
    from cxloop.store.documents import Definition

__all__ = ["Workspace", "end_of_day", "open_workspace", "present"]

LATEST = Query(
    name="runtime.latest",
    sql="select max(occurred_at) as latest from interactions",
    inputs=("interactions",),
    output={"latest": "timestamp"},
)

_LATEST: WeakKeyDictionary[Engine, tuple[int, datetime | None]] = WeakKeyDictionary()
"""The latest interaction of each log as of its last commit: it takes a look at the whole log, and every tile of every
page asks for it."""


def present() -> datetime:
    """Returns the present moment, UTC without zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def end_of_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """Returns the end of the calendar day in `zone` that `moment` (UTC without zone) falls on, in UTC.

    Example:
        >>> end_of_day(datetime(2026, 3, 1, 23, 30), ZoneInfo("Europe/Berlin"))
        datetime.datetime(2026, 3, 2, 23, 0)
    """
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), tzinfo=zone)
    return utc_naive(midnight)


class LateStore:
    """The operational records, opened when first needed: most commands need none, and opening takes half a second."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path
        self._settings = settings
        self._guard = threading.Lock()
        self._store: Store | None = None

    @property
    def opened(self) -> bool:
        """Whether anybody needed them yet."""
        return self._store is not None

    @property
    def store(self) -> Store:
        """The records."""
        with self._guard:
            if self._store is None:
                from cxloop.store.base import open_store

                self._store = open_store(self._path, self._settings)
            return self._store


@dataclass(frozen=True)
class Workspace:
    """A workspace as a verb sees it; one view per run, so that `as_of` holds still during it.

    `actor` is who asks; `heavy` is the lane that a verb which takes none enters while it changes the log.
    """

    folder: Folder
    settings: Settings
    experience: Experience
    engine: Engine
    records: LateStore
    now: Callable[[], datetime] = present
    progress: Progress = field(default=no_progress)
    actor: Actor = LOCAL
    heavy: AbstractContextManager[object] = field(default_factory=nullcontext)

    @property
    def path(self) -> Path:
        """The folder."""
        return self.folder.path

    @property
    def store(self) -> Store:
        """The operational records."""
        return self.records.store

    @cached_property
    def as_of(self) -> datetime:
        """The end of the last day with an interaction, or now where that is earlier: "the last 30 days" of data.

        UTC without zone.
        """
        latest = _latest(self.engine)
        if latest is None:
            return self.now()
        return min(self.now(), end_of_day(latest, ZoneInfo(self.settings.company.time_zone)))

    def defined(self, kind: str) -> Mapping[str, Defined]:
        """What people have defined of a kind, the newest version of each, by name."""
        from cxloop.store import documents

        return {item.name: _defined(item) for item in documents.newest(self.records.store, kind)}

    def defined_before(self, kind: str, name: str, version: int) -> Defined:
        """One version of a definition; raises UnknownNameError or NotFoundError."""
        from cxloop.store import documents

        return _defined(documents.get(self.records.store, kind, name, version))

    def view(
        self,
        progress: Progress = no_progress,
        actor: Actor = LOCAL,
        heavy: AbstractContextManager[object] | None = None,
    ) -> Workspace:
        """Returns the same workspace for one run, with its own `as_of`, progress and actor."""
        return replace(self, progress=progress, actor=actor, heavy=heavy or nullcontext())

    def close(self) -> None:
        """Closes engine and store, and gives the workspace up to other processes."""
        self.engine.close()
        if self.records.opened:
            self.store.close()


def _latest(engine: Engine) -> datetime | None:
    commits = engine.commits()  # before it is read: what comes in between is looked up again the next time
    known = _LATEST.get(engine)
    if known is None or known[0] != commits:
        known = _LATEST[engine] = (commits, engine.fetch(LATEST).column("latest")[0].as_py())
    return known[1]


def _defined(item: Definition) -> Defined:
    return Defined(item.name, item.version, item.content, item.created_at)


def open_workspace(folder: Folder, spark: Session | None = None) -> Workspace:
    """Opens a workspace for this process alone.

    Args:
        folder: of the workspace.
        spark: a session of Spark that is there already; by default what the settings say.

    Raises:
        MistakesError: the settings have mistakes.
        WorkspaceError: another process holds it, its files cannot be written, or its tables are in another engine.
        EngineError: no Spark answers where the settings say that one is.
    """
    settings, experience = folder.definitions()
    if not os.access(folder.path, os.W_OK | os.X_OK):
        raise WorkspaceError(f"{folder.path} cannot be written by this user. Change its permissions or owner.")
    engine = open_engine(folder, settings.engine, spark)
    keep_private(folder.path)
    return Workspace(folder, settings, experience, engine, LateStore(folder.store, settings))
