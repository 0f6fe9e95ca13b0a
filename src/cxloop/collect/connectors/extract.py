"""The child process of a pull: runs a connector's dlt source and leaves files that wait for their import.

It is told what to do on its standard input, never in arguments or environment, which others on the machine may read.
When that input ends, its parent is gone, and it ends as well. dlt is shut off from the rest of the machine: no
telemetry, no configuration but ours, no state outside the connection's folder.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from cxloop.collect.connectors.base import FILE, Connector, Scope, Settings, SourceError
from cxloop.collect.connectors.failures import causes, explained, redacted
from cxloop.collect.connectors.landing import Package, Place, plain, take_packages
from cxloop.collect.connectors.systems import connector

if TYPE_CHECKING:
    from dlt.pipeline.pipeline import Pipeline

__all__ = ["ENVIRONMENT", "main"]

Say: TypeAlias = Callable[[Mapping[str, Any]], None]

ENVIRONMENT: Mapping[str, str] = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "RESTORE_FROM_DESTINATION": "false",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "EXTRACT__WORKERS": "1",
}
"""How dlt is to behave."""
LOCK_SECONDS = 10.0
"""How long to wait for a child whose parent was killed: it ends as soon as it notices."""
SAID_EVERY_SECONDS = 0.5


def main() -> int:
    """Runs the pull that standard input describes; returns the exit code."""
    job = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # whatever a library prints must not be taken for our messages
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    secrets: dict[str, str] = job["secrets"]

    def say(message: Mapping[str, Any]) -> None:
        out.write(json.dumps(message, ensure_ascii=True, default=str) + "\n")
        out.flush()

    system = connector(job["system"])
    try:
        settings = system.settings.model_validate({**job["settings"], **secrets})
    except ValueError as failure:
        say({"failed": {"kind": "settings", "reason": redacted(str(failure), secrets)}})
        return 1
    place = Place(Path(job["folder"]))
    try:
        if job["trial"]:
            _try(system, settings, place, job, say)
        else:
            with _locked(place):
                _pull(system, settings, place, job, say)
    except Exception as failure:  # noqa: BLE001 - told to the parent, which tells people
        found = explained(failure, system, settings)
        trace = "".join(_frames(failure)) if found.kind == "unforeseen" else ""
        say({"failed": {"kind": found.kind, "reason": redacted(found.message, secrets), "trace": trace}})
        return 1
    say({"done": True})
    return 0


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


def _frames(failure: BaseException) -> Iterator[str]:
    """Yields where a failure happened, without its words: those may quote a row or a secret."""
    for each in causes(failure):
        yield f"{type(each).__module__}.{type(each).__qualname__}\n"
        yield from traceback.format_tb(each.__traceback__)[-8:]


@contextmanager
def _locked(place: Place) -> Iterator[None]:
    """Lets one process at a time pull into a folder.

    Raises:
        SourceError: another one does.
    """
    place.make()
    with place.lock.open("w") as file:
        _wait_for(file)
        yield


def _wait_for(file: IO[str]) -> None:
    latest = monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > latest:
                raise SourceError("It is being pulled at this moment already.", "busy") from None
            sleep(0.1)
        else:
            return


def _resources(system: Connector, settings: Settings, scope: Scope) -> list[Any]:
    assert system.source is not None
    made = system.source(settings, scope)
    own = getattr(made, "resources", None)
    return list(own.values()) if own is not None else list(made)


def _pull(system: Connector, settings: Settings, place: Place, job: Mapping[str, Any], say: Say) -> None:
    """Pulls in slices, each durable before the next one begins."""
    pipeline = _pipeline(place)
    rows = _drain(place, pipeline)  # of a pull that was killed
    shutil.rmtree(place.downloads, ignore_errors=True)
    first = True
    while True:
        scope = Scope(place.path, Path(job["inbox"]), first, most=job["most"])
        resources = _sealed(system, _resources(system, settings, scope), scope, say, rows)
        try:
            pipeline.extract(resources)
        finally:
            _told(scope, say)
            _forget_trace(pipeline)
        rows += _drain(place, pipeline)
        say({"landed": rows})
        if not scope.stopped:
            return
        first = False


def _told(scope: Scope, say: Say) -> None:
    for note in scope.notes:
        say({"note": note})
    if scope.position:
        say({"position": scope.position})


def _pipeline(place: Place) -> Pipeline:
    import dlt

    place.pipelines.mkdir(exist_ok=True)
    try:
        return dlt.pipeline("source", pipelines_dir=str(place.pipelines))
    except (ValueError, KeyError):
        # A state that cannot be read, say after the disk was full: begin again. What is in the log is known there.
        shutil.rmtree(place.pipelines)
        place.pipelines.mkdir()
        return dlt.pipeline("source", pipelines_dir=str(place.pipelines))


def _drain(place: Place, pipeline: Pipeline) -> int:
    """Turns the packages that dlt has finished into files that wait for their import."""
    packages = []
    for name in sorted(pipeline.list_extracted_load_packages()):
        found = pipeline.get_load_package_info(name)
        files = [(job.job_file_info.table_name, Path(job.file_path)) for job in found.jobs.get("new_jobs", ())]
        ours = [(table, file) for table, file in files if not table.startswith("_dlt")]
        packages.append(Package(name, Path(found.package_path), ours))
    return take_packages(place, packages)


def _forget_trace(pipeline: Pipeline) -> None:
    """Removes what dlt remembers of a run: where a pull failed, it may quote a row or an address."""
    with suppress(FileNotFoundError):
        (Path(pipeline.working_dir) / "trace.pickle").unlink()


def _sealed(system: Connector, resources: Sequence[Any], scope: Scope, say: Say, before: int) -> list[Any]:
    """Adds the step that counts the rows and makes a text of each: dlt keeps them, and has no opinion about them."""
    from dlt.extract.items_transform import MapItem

    class Seal(MapItem):
        placement_affinity = 2  # behind dlt's own steps, which look at the values

    last = monotonic()

    def seal_for(columns: tuple[str, ...]) -> Callable[[Mapping[str, Any]], dict[str, str]]:
        def seal(row: Mapping[str, Any]) -> dict[str, str]:
            nonlocal last
            scope.rows += 1
            if monotonic() - last > SAID_EVERY_SECONDS:
                last = monotonic()
                say({"rows": before + scope.rows})
            return {"row": _line(row, columns)}

        return seal

    for resource in resources:
        resource.add_step(Seal(seal_for(system.columns.get(resource.name, ()))))
    return list(resources)


def _line(row: Mapping[str, Any], columns: tuple[str, ...]) -> str:
    if FILE in row:
        return json.dumps(row)
    whole = {**dict.fromkeys(columns), **row} if columns else row
    return json.dumps(plain(whole), ensure_ascii=False)


def _try(system: Connector, settings: Settings, place: Place, job: Mapping[str, Any], say: Say) -> None:
    """Reads the first rows and keeps nothing."""
    scope = Scope(place.path, Path(job["inbox"]), trial=True, most=job["most"])
    for resource in _resources(system, settings, scope):
        for number, row in enumerate(resource):
            say({"first": {"resource": resource.name, "row": _line(row, system.columns.get(resource.name, ()))}})
            if number + 1 >= job["most"]:
                break
    _told(scope, say)


if __name__ == "__main__":
    code = main()
    # dlt keeps threads; everything is written
    os._exit(code)
