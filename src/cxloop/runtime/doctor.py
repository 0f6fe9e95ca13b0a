"""Looks a workspace over: what is in order, what is not, and what to do about it. Works where opening fails."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from cxloop._version import __version__
from cxloop.collect.intake import open_spool, said
from cxloop.core.errors import CxloopError
from cxloop.core.results import Records
from cxloop.engine.query import Query
from cxloop.runtime.folder import Folder, find
from cxloop.runtime.remote import server_of
from cxloop.runtime.workspace import Workspace, open_workspace

__all__ = ["FAILING", "examine"]

State: TypeAlias = Literal["ok", "look", "wrong"]
FAILING: State = "wrong"
LEAST_FREE_BYTES = 2_000_000_000
LATEST_YEAR = 2037
MUCH_WAITS = 0.5
"""Of the spool's limit."""
PACKAGES = ("duckdb", "pyarrow", "sqlglot", "fastapi", "granian", "sqlalchemy")

WAITING = Query(
    name="runtime.waiting_rejects",
    sql="select count(*) as waiting from rejected where replayed_at is null",
    inputs=("rejected",),
    output={"waiting": "bigint"},
)


class Finding(NamedTuple):
    """One thing looked at."""

    what: str
    state: State
    found: str
    advice: str = ""


def examine(path: Path | None = None) -> Records:
    """Returns what was found, most basic things first.

    Args:
        path: folder of the workspace, or None for the nearest one.
    """
    findings = [_versions(), _zones(), _clock()]
    try:
        folder = find(path)
    except CxloopError as failure:
        findings.append(Finding("workspace", "wrong", failure.message, "Run cxloop doctor --workspace DIR."))
    else:
        findings += [Finding("workspace", "ok", str(folder.path)), *_folder(folder)]
    wrong = sum(finding.state == "wrong" for finding in findings)
    look = sum(finding.state == "look" for finding in findings)
    summary = f"{len(findings)} things looked at: {wrong} wrong, {look} worth a look."
    return Records(summary, Finding._fields, tuple(tuple(finding) for finding in findings))


def _versions() -> Finding:
    libraries = ", ".join(f"{name} {version_of(name)}" for name in PACKAGES)
    return Finding("versions", "ok", f"cxloop {__version__}, Python {platform.python_version()}, {libraries}")


def _zones() -> Finding:
    try:
        ZoneInfo("Europe/Berlin")
    except (KeyError, OSError):
        return Finding("time zones", "wrong", "no time zone data", "Install the package tzdata.")
    return Finding("time zones", "ok", f"tzdata {version_of('tzdata')}")


def _clock() -> Finding:
    now = time.gmtime()
    found = time.strftime("%Y-%m-%d %H:%M:%S UTC", now)
    # Before this release or far after it: a clock that was never set.
    if not 2026 <= now.tm_year <= LATEST_YEAR:
        return Finding("clock", "wrong", found, "Set the machine's clock: every date in cxloop depends on it.")
    return Finding("clock", "ok", found)


def _folder(folder: Folder) -> Iterator[Finding]:
    yield _disk(folder)
    yield _permissions(folder)
    definitions = _definitions(folder)
    yield definitions
    server = server_of(folder)
    yield _server(folder, server)
    if definitions.state == "ok":
        yield from _attempted("intake", lambda: _intake(folder, runs=server is not None))
    if server is None and definitions.state == "ok":
        yield from _inside(folder)


def _disk(folder: Folder) -> Finding:
    free = shutil.disk_usage(folder.path).free
    used = sum(file.stat().st_size for file in folder.path.rglob("*") if file.is_file())
    found = f"{free / 1e9:.1f} GB free, {used / 1e6:.1f} MB used by the workspace"
    if free < max(LEAST_FREE_BYTES, used):
        return Finding("disk", "look", found, "Free some space: compaction writes a second copy of the tables.")
    return Finding("disk", "ok", found)


def _permissions(folder: Folder) -> Finding:
    mode = folder.path.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding("permissions", "look", f"mode {mode:o}", f"Others can look inside: chmod 700 {folder.path}")
    return Finding("permissions", "ok", f"mode {mode:o}")


def _definitions(folder: Folder) -> Finding:
    try:
        settings, experience = folder.definitions()
    except CxloopError as failure:
        return Finding("settings", "wrong", failure.message, "Correct the files; all their mistakes are shown here.")
    touchpoints, stages = len(experience.touchpoint), len(experience.stage)
    return Finding("settings", "ok", f"{settings.company.name}: {touchpoints} touchpoints in {stages} stages")


def _server(folder: Folder, found: dict[str, object] | None) -> Finding:
    if found is not None:
        advice = "" if found["version"] == __version__ else "Restart it: it runs another version."
        return Finding("server", "look" if advice else "ok", f"runs as process {found['pid']}", advice)
    if folder.socket.exists():
        return Finding(
            "server", "look", "not running, its socket is left over", "It crashed; the next start cleans up."
        )
    return Finding("server", "ok", "not running")


def _intake(folder: Folder, *, runs: bool) -> Finding:
    """What waits in the spool, read from its file whether a server runs or not."""
    settings, _ = folder.definitions()
    if not (settings.store.database or folder.spool.exists()):
        return Finding("intake", "ok", "no live events yet")
    spool = open_spool(folder.path, settings)
    try:
        state, damages = spool.state(), spool.damages()
    finally:
        spool.close()
    share = state.bytes / state.limit_bytes
    waits = f"{state.events:,} events wait in {state.requests:,} requests ({share:.0%} of the limit)"
    if state.oldest_received_at is not None:
        waits += f", the oldest for {time.time() - state.oldest_received_at / 1e6:,.0f} s"
    if damages:
        last = f"{said(damages[-1])} In all {sum(damage.lost for damage in damages):,} requests were lost."
        return Finding("intake", "look", f"{waits}. {last}", f"What was set aside lies in {folder.spool}.")
    if share > MUCH_WAITS:
        return Finding("intake", "wrong", waits, "Beyond the limit no more is taken: see /healthz and the log.")
    if state.requests and not runs:
        return Finding("intake", "look", waits, "Load them: cxloop serve does, or once: cxloop collect load")
    return Finding("intake", "ok", waits if state.requests else "nothing waits")


def _inside(folder: Folder) -> Iterator[Finding]:
    try:
        workspace = open_workspace(folder)
    except CxloopError as failure:
        yield Finding("tables", "wrong", failure.message, "See the message.")
        return
    try:
        yield from _attempted("tables", lambda: _tables(workspace))
        yield from _attempted("rejects", lambda: _rejects(workspace))
        yield from _attempted("records", lambda: _records(workspace))
    finally:
        workspace.close()


def _attempted(what: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield look()
    except CxloopError as failure:
        yield Finding(what, "wrong", failure.message, "Restore the workspace from a backup, or report this.")


def _tables(workspace: Workspace) -> Finding:
    interactions = workspace.engine.count("interactions")
    advice = "" if interactions else "Nothing in the log yet: cxloop collect file YOUR.csv --suggest"
    return Finding("tables", "ok", f"{workspace.settings.engine.address}, {interactions:,} interactions", advice)


def _rejects(workspace: Workspace) -> Finding:
    waiting = workspace.engine.fetch(WAITING).column("waiting")[0].as_py()
    if waiting:
        return Finding("rejects", "look", f"{waiting:,} rows wait", "See why: cxloop collect rejects")
    return Finding("rejects", "ok", "no row waits")


def _records(workspace: Workspace) -> Finding:
    place = workspace.settings.store.database
    if not (place or workspace.folder.store.exists()):
        return Finding("records", "ok", "none yet; made by the first cxloop serve")
    from cxloop.store.base import HEAD

    assert workspace.store  # Opening brings it up to date, or says why it cannot.
    return Finding("records", "ok", f"schema {HEAD}{f', {place}' if place else ''}")
