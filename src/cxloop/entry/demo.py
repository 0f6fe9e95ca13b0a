"""`cxloop demo`: a simulated company in a workspace of its own, ready to look at."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.cli import progress
from cxloop.core.errors import WorkspaceError
from cxloop.core.host import LOCAL, Progress
from cxloop.runtime.folder import SETTINGS_FILE, Folder, create
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

if TYPE_CHECKING:
    from cxloop.simulate import Company

__all__ = ["SIMULATED", "prepare"]

TEMPLATE = "shop"
SIMULATED = "simulated"
"""Folder of what was planted, in numbers."""
USUAL = {"customers": 50_000, "months": 24, "seed": 1}
SEGMENTS = {
    "let_down": (
        'count(kind == "delivery" and outcome == "late", within="60d") >= 2 and latest(score, metric == "nps") < 7',
        "Two late parcels in 60 days, and not likely to recommend us.",
    ),
    "quiet": ('days_since(kind == "order") > 180', "Ordered before, but not for half a year."),
}
"""Name to definition and what it is about."""
MADE = "made.json"
"""With what arguments it was made; written last, so it says that the log is complete."""


def prepare(directory: Path, given: Mapping[str, int | None]) -> Folder:
    """Returns a workspace with a simulated company in it; made, completed or found as it is.

    Args:
        directory: a new or empty folder, or one that this made before.
        given: customers, months and seed, as far as somebody asked for them.

    Raises:
        WorkspaceError: the folder holds something else, or a company of other size.
    """
    directory = directory.expanduser().resolve()
    asked = {name: value for name, value in given.items() if value is not None}
    folder = Folder(directory) if (directory / SETTINGS_FILE).exists() else create(directory, TEMPLATE)
    found = _found(folder)
    if found is not None:
        if found | asked != found:
            size = ", ".join(f"{name} {value}" for name, value in found.items())
            raise WorkspaceError(f"{directory} holds a simulated company already ({size}). Name another folder.")
        _say(f"{directory} holds the simulated company already.")
        return folder
    host = LocalHost(open_workspace(folder))
    try:
        if host.workspace.engine.count("interactions") and not (directory / SIMULATED).exists():
            raise WorkspaceError(f"{directory} holds data that are no simulated company. Name another folder.")
        _fill(host, USUAL | asked)
    finally:
        host.close()
    return folder


def _found(folder: Folder) -> dict[str, int] | None:
    """Returns what the complete simulated company in a workspace was made with, or None."""
    try:
        made: dict[str, int] = json.loads((folder.path / SIMULATED / MADE).read_text())
    except FileNotFoundError:
        return None
    return made


def _fill(host: LocalHost, wanted: dict[str, int]) -> None:
    from cxloop.simulate import company

    planted = host.workspace.path / SIMULATED
    # Before the first row: an interrupted demo is completed by the next one, since known rows are left as they are.
    planted.mkdir(exist_ok=True)
    with _step("Simulating the company"):
        made = company(wanted["customers"], wanted["months"], wanted["seed"])
    with _step(f"Admitting {made.interactions:,} interactions") as moves:
        _admit(host, made, moves)
    with _step("Working out customers and catalogue") as moves:
        host.derive(moves)
    with _step("Importing the repair desk's spreadsheet") as moves:
        _import_repairs(host, wanted, moves)
    with _step("Asking customers in surveys") as moves:
        _ask(host, wanted, moves)
    with _step("Finding who was let down and who is quiet"):
        for name, (where, about) in SEGMENTS.items():
            host.run("unify.define_segment", {"name": name, "where": where, "about": about}, actor=LOCAL)
    with _step("Taking the pulse"):
        host.snapshot("measure.pulse", {}, actor=LOCAL)
    # nothing of single persons: whoever tries an erasure shall have it proved
    (planted / "truth.json").write_text(json.dumps(made.truth, indent=2, ensure_ascii=False), encoding="utf-8")
    (planted / MADE).write_text(json.dumps(wanted))


def _admit(host: LocalHost, made: Company, moves: Progress) -> None:
    engine = host.workspace.engine
    admitted = 0
    with host.lanes.heavy:
        for batch in made.batches():
            engine.admit(batch, now=host.workspace.now())
            admitted += batch.num_rows
            moves(f"Admitting {made.interactions:,} interactions", admitted / made.interactions)


def _import_repairs(host: LocalHost, wanted: Mapping[str, int], moves: Progress) -> None:
    """Brings a file in as a person would, mistakes and all, so that Sources has something to correct."""
    from cxloop.simulate.repairs import MAPPING, write_export

    inbox = host.workspace.folder.inbox
    export = write_export(inbox, wanted["customers"], wanted["seed"])
    arguments = {"path": export, "mapping": inbox / MAPPING}
    host.run("collect.file", arguments, actor=LOCAL, progress=moves)


def _ask(host: LocalHost, wanted: Mapping[str, int], moves: Progress) -> None:
    from cxloop.entry.demo_surveys import add_surveys

    add_surveys(host, wanted["customers"], wanted["seed"])
    host.derive(moves)


@contextmanager
def _step(doing: str) -> Iterator[Progress]:
    """Shows progress, and afterwards a line with the time it took."""
    started = time.monotonic()
    with progress.shown(doing) as moves:
        yield moves
    _say(f"{doing}: {time.monotonic() - started:.1f} s")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
