"""A look at deliveries that wait for a mapping: what one could be, and what a given one would make of them."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cxloop.collect.connectors.importing import mapping_for
from cxloop.collect.connectors.landing import Place
from cxloop.collect.connectors.webhook.loading import complete, with_ids
from cxloop.collect.files.importer import import_found
from cxloop.collect.files.sources import Found
from cxloop.collect.files.suggest import suggest_mapping
from cxloop.collect.results import Suggestion, Trial
from cxloop.core.errors import InputError

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["attempt"]

_SHOWN = 20
_FILES = 20


def attempt(ws: Operations, name: str, mapping: str | None, *, suggest: bool) -> Suggestion | Trial:
    """Returns what deliveries that wait would become; nothing is imported, and they go on waiting.

    Args:
        ws: the workspace.
        name: the connection.
        mapping: what to try; None shows the rows alone.
        suggest: write a mapping instead.

    Raises:
        InputError: no delivery waits.
        MistakesError: the mapping does not fit them, all told together.
    """
    waiting = Place.of(ws.path, name).waiting()[-_FILES:]
    if not waiting:
        raise InputError(
            f"No delivery waits to be looked at. Connect {name} without a mapping and let the system send to "
            f"/hooks/{name}; what comes then waits, and this can look at it."
        )
    # inside of the workspace, where erasure also reaches what a killed process left
    with TemporaryDirectory(prefix=".trial-", dir=ws.path / "sources") as folder:
        place = Place(Path(folder))
        place.make()
        files = [Path(shutil.copy(file, place.landed)) for file in waiting]
        if suggest:
            return suggest_mapping(ws, files[-1].rename(place.path / f"{name}.jsonl"))
        return Trial(tuple(_rows(files)), _preview(ws, place, name, mapping), ())


def _rows(files: list[Path]) -> list[dict[str, Any]]:
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [json.loads(line) for line in islice(lines, _SHOWN)]


def _preview(ws: Operations, place: Place, name: str, mapping: str | None) -> Any:
    if mapping is None:
        return None
    text = with_ids(mapping_for(mapping, name), "The mapping")
    complete(place, text)
    found = Found(tuple(place.waiting()), place.landed, named=False)
    with ws.heavy:
        return import_found(ws, lambda: found, text, "The mapping", dry_run=True)
