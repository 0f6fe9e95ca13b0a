"""Looks through a folder or bucket and fetches what is new or has changed.

What was fetched is known by name and mark: the version that the service gives (ETag) or size and time of change. A
file that still grows is left alone: its time is too young, or its name is one that programs write under.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Any

import dlt
import fsspec  # type: ignore[import-untyped]

from cxloop.collect.connectors.base import Scope, SourceError, downloaded
from cxloop.collect.connectors.folder.connector import Settings
from cxloop.core.wording import count

__all__ = ["Entry", "Folder", "files", "matches"]

PARTIAL = re.compile(
    r"(^[.~])|(\.(tmp|temp|part|partial|crdownload|filepart|swp|lock|inprogress|writing)$)|(~$)", re.IGNORECASE
)
"""Names under which files are written before they are whole."""
READ_SECONDS = 60
SLICE_FILES = 1_000
SLICE_BYTES = 2_000_000_000
"""What is fetched before it goes into the log: it bounds the room on the disk, and what a crash costs."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that was found: its whole path, its name below the folder, its size, its mark, when it changed."""

    path: str
    name: str
    size: int
    mark: str
    changed_at: datetime | None


def files(settings: Settings, scope: Scope) -> Any:
    """Returns the dlt resource."""

    @dlt.resource(name="files", write_disposition="append")
    def fetch() -> Iterator[dict[str, str]]:
        state: dict[str, Any] = {} if scope.trial else dlt.current.resource_state()
        yield from Folder(settings, scope, state).new()

    return fetch()


def matches(name: str, pattern: str) -> bool:
    """Whether a name below the folder fits a pattern: * stays within one folder, ** goes through any number.

    Example:
        >>> matches("2026/may.csv", "**/*.csv"), matches("may.csv", "**/*.csv"), matches("2026/may.csv", "*.csv")
        (True, True, False)
    """
    return _fits(name.split("/"), pattern.split("/"))


def _fits(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_fits(parts[place:], pattern[1:]) for place in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


class Folder:
    """One look through a folder or bucket."""

    def __init__(self, settings: Settings, scope: Scope, state: dict[str, Any]) -> None:
        self._settings = settings
        self._scope = scope
        self._state = state
        self._seen: dict[str, str] = state.setdefault("seen", {})
        bucket = settings.where == "bucket"
        self._system: Any = _bucket(settings) if bucket else fsspec.filesystem("file")
        self._root = _bucket_root(settings) if bucket else _local_root(settings, scope.inbox)

    def new(self) -> Iterator[dict[str, str]]:
        """Yields each file that is new or has changed, after fetching it; the oldest first."""
        entries = sorted(self._listed(), key=lambda entry: entry.changed_at or datetime.min.replace(tzinfo=UTC))
        names = {_key(entry.name) for entry in entries}
        for gone in [key for key in self._seen if key not in names]:
            del self._seen[gone]
        waiting = bytes_ = files_ = 0
        for number, entry in enumerate(entries):
            if self._seen.get(_key(entry.name)) == entry.mark:
                continue
            if files_ >= SLICE_FILES or bytes_ >= SLICE_BYTES:
                self._scope.stopped = True
                break
            place = self._scope.download(f"{number:08d}")
            if not self._is_whole(entry) or not self._fetched(entry, place):
                waiting += 1
                continue
            files_, bytes_ = files_ + 1, bytes_ + entry.size
            if place.is_file():
                yield downloaded(place, entry.name)
            self._seen[_key(entry.name)] = entry.mark
        if waiting:
            self._scope.note(f"{count(waiting)} files may still be written; they are left for the next pull.")
        self._scope.reached(f"{count(len(self._seen))} files seen")

    def _listed(self) -> Iterator[Entry]:
        """Yields the files that fit the pattern; listings of any size come in pages."""
        if self._settings.where == "folder" and not Path(self._root).is_dir():
            raise FileNotFoundError(self._root)
        for folder, _, found in self._walked():
            for name, info in found.items():
                path = str(info["name"])
                below = path[len(self._root) :].lstrip("/")
                if info["type"] != "file" or PARTIAL.search(name) or not matches(below, self._settings.pattern):
                    continue
                if self._settings.where == "folder" and not self._is_inside(folder, name):
                    continue
                yield _entry(path, below, info)

    def _walked(self) -> Iterator[tuple[str, Any, dict[str, dict[str, Any]]]]:
        """Yields folder after folder. A listing that fails is an error: files missing from it would count as gone."""
        try:
            yield from self._system.walk(self._root, detail=True, on_error="raise")
        except FileNotFoundError:
            # nothing under the prefix yet is no mistake; no bucket is
            if self._settings.where == "folder" or not self._system.exists(str(self._settings.bucket)):
                raise

    def _is_inside(self, folder: str, name: str) -> bool:
        """A link that leads out of the folder is not followed."""
        return (Path(folder) / name).resolve().is_relative_to(self._root)

    def _is_whole(self, entry: Entry) -> bool:
        age = (datetime.now(UTC) - entry.changed_at).total_seconds() if entry.changed_at else None
        return self._scope.trial or age is None or age >= self._settings.settle_seconds

    def _fetched(self, entry: Entry, place: Path) -> bool:
        """Fetches a file, unless it is none to fetch; returns False where it should be tried again later."""
        if entry.size > self._settings.largest_bytes:
            self._scope.note(f"{entry.name} has {count(entry.size)} bytes, more than a file may have; it is left out.")
            return True
        if entry.size == 0:
            return True
        try:
            with self._system.open(entry.path, "rb") as source, place.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        except FileNotFoundError:
            return False  # gone, or replaced at this moment
        whole = place.stat().st_size == entry.size
        if not whole:
            place.unlink()
        return whole


def _key(name: str) -> str:
    """Names may hold what nobody's log should; a digest of them is as good, and shorter."""
    return blake2b(name.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _entry(path: str, below: str, info: dict[str, Any]) -> Entry:
    changed = info.get("LastModified") or info.get("mtime")
    if isinstance(changed, int | float):
        changed = datetime.fromtimestamp(changed, UTC)
    size = int(info.get("size") or 0)
    mark = str(info.get("ETag") or f"{size} {changed.isoformat() if changed else ''}")
    return Entry(path, below, size, mark, changed)


def _bucket(settings: Settings) -> Any:
    secret = None if settings.secret is None else settings.secret.get_secret_value()
    return fsspec.filesystem(
        "s3",
        key=settings.key_id,
        secret=secret,
        anon=secret is None,
        endpoint_url=settings.endpoint,
        client_kwargs={} if settings.region is None else {"region_name": settings.region},
        config_kwargs={
            "connect_timeout": 15,
            "read_timeout": READ_SECONDS,
            "retries": {"max_attempts": 5, "mode": "standard"},
        },
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def _bucket_root(settings: Settings) -> str:
    return f"{settings.bucket}/{settings.prefix}".rstrip("/")


def _local_root(settings: Settings, inbox: Path) -> str:
    """Returns the folder; one of the inbox stays in there, wherever links have come to lead."""
    path = Path(str(settings.path))
    root = (inbox / path).resolve()
    if not path.is_absolute() and not root.is_relative_to(inbox.resolve()):
        raise SourceError(f"{path} leads out of the workspace's inbox.", "settings")
    return str(root)
