"""Deliveries from the spool into the log, each once, however often the spool hands them over.

Invariant: a delivery that `load` has returned for is on the disk, in a landed file or in the log. A landed file is
named by the last place in the spool that it holds and when that was received; the import's record keeps that name in
the same transaction as the rows. Deliveries up to there are left out when they come again, as after a crash between
our commit and the loader's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cxloop.collect.connectors.base import SourceError
from cxloop.collect.connectors.importing import IMPORTED, Taken, mapping_for, take
from cxloop.collect.connectors.landing import Place, write_rows
from cxloop.collect.connectors.webhook.hooks import settings_of
from cxloop.collect.connectors.webhook.payload import ADDED, Delivery, rows_of
from cxloop.collect.files.mapping import read_mapping
from cxloop.collect.files.plan import columns_read
from cxloop.core.errors import CxloopError, InputError
from cxloop.core.wording import many
from cxloop.store.connections import Connection, Run, find, finished

if TYPE_CHECKING:
    from cxloop.collect.spool import Spooled
    from cxloop.store.context import Operations

__all__ = ["TABLE", "complete", "load", "with_ids"]

TABLE = "deliveries"
"""What the files of deliveries are called; a mapping may say files = "deliveries.*"."""
_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*(?:table[ \t]*\.[ \t]*)?interaction[ \t]*\]\]", re.MULTILINE)
_NAMED = re.compile(rf"{TABLE}\.(\d+)-(\d+)\.jsonl")


def load(ws: Operations, name: str, spooled: Sequence[Spooled]) -> Taken:
    """Imports deliveries through the connection's mapping.

    What cannot be imported for now, because the mapping does not fit or there is none yet, waits in the connection's
    folder; the connection says so, and the next call tries again.

    Args:
        ws: the workspace.
        name: the connection.
        spooled: its deliveries, in the order of the spool.
    """
    connection = find(ws.store, name)
    place = Place.of(ws.path, name)
    last_seq, last_received = _handled(ws, place, name)
    new = [each for each in spooled if each.seq > last_seq or each.envelope.received_at > last_received]
    if new:
        _land(ws, place, connection, new)
    if connection is None:
        return Taken()
    return _import(ws, place, connection, len(new))


def _handled(ws: Operations, place: Place, name: str) -> tuple[int, int]:
    """The last place in the spool that is landed or imported, and until when its deliveries were received."""
    found = [file.name for file in place.waiting()]
    for files in ws.engine.fetch(IMPORTED, {"source": name}).column("files").to_pylist():
        found += [str(file["name"]) for file in json.loads(files or "[]")]
    read = [match for file in found if (match := _NAMED.fullmatch(file)) is not None]
    return (
        max((int(match[1]) for match in read), default=-1),
        max((int(match[2]) for match in read), default=-1),
    )


def _land(ws: Operations, place: Place, connection: Connection | None, new: Sequence[Spooled]) -> None:
    settings = settings_of(ws.store, connection) if connection is not None else None
    path = settings.rows if settings is not None else ""
    last = max(each.seq for each in new)
    received = max(each.envelope.received_at for each in new)
    rows = [row for each in new for row in _rows(each, path)]
    write_rows(place, TABLE, f"{last:015d}-{received}", rows)


def _rows(each: Spooled, path: str) -> Iterator[Mapping[str, Any]]:
    envelope = each.envelope
    ident = envelope.about.get("delivery")
    delivery = Delivery(envelope.body, envelope.received_at, str(ident) if ident else None)
    for tried in dict.fromkeys((path, "")):
        try:
            yield from list(rows_of(delivery, tried))
        except InputError:  # the settings have changed since the door let it in
            continue
        return
    shown = envelope.body.decode("utf-8", errors="backslashreplace")
    yield dict(zip(ADDED, (delivery.key, "0", None), strict=True)) | {"_body": shown}


def _import(ws: Operations, place: Place, connection: Connection, deliveries: int) -> Taken:
    if connection.mapping is None:
        files = len(place.waiting())
        wait = f"{many(files, 'file')} of deliveries {'waits' if files == 1 else 'wait'}"
        reason = f"There is no mapping yet: {wait} for one."
        _finish(ws, connection.name, Run("failed", reason, "settings"))
        return Taken(notes=[reason])
    try:
        mapping = with_ids(mapping_for(connection.mapping, connection.name), f"The mapping of {connection.name}")
        complete(place, mapping)
        taken = take(ws, place, connection.name, mapping)
    except CxloopError as failure:
        kind = failure.kind if isinstance(failure, SourceError) else "schema"
        _finish(ws, connection.name, Run("failed", failure.message, kind))
        return Taken(notes=[failure.message])
    if taken.imports or connection.outcome == "failed":
        position = "1 delivery" if deliveries == 1 else f"{deliveries:,} deliveries"
        run = Run(
            "done",
            rows=taken.rows,
            admitted=taken.admitted,
            already_there=taken.already_there,
            rejected=taken.rejected,
            position=position,
        )
        _finish(ws, connection.name, run)
    return taken


def _finish(ws: Operations, name: str, run: Run) -> None:
    finished(ws.store, name, run, None)


def with_ids(mapping: str, name: str) -> str:
    """Returns a mapping in which what has no id gets that of its delivery: a sender that tries again is heard once.

    Args:
        mapping: as TOML.
        name: what to call it in messages.
    """
    entries = [entry for table in read_mapping(mapping, name).table for entry in table.interaction]
    parts = _ENTRY.split(mapping)
    if len(parts) != len(entries) + 1:  # written inline, which nobody does for long
        return mapping
    heads = _ENTRY.findall(mapping)
    lacking = ("" if entry.id else '\nid = ["_delivery", "_position"]' for entry in entries)
    return parts[0] + "".join(head + added + part for head, added, part in zip(heads, lacking, parts[1:], strict=True))


def complete(place: Place, mapping: str) -> None:
    """Adds the columns that the mapping reads and no row of a file has: a field that is missing today is null."""
    wanted = {*columns_read(read_mapping(mapping, "The mapping")), *ADDED}
    for file in place.waiting():
        with file.open(encoding="utf-8") as stream:
            first = next(stream, "{}")
            missing = wanted.difference(json.loads(first))
            if not missing:
                continue
            stream.seek(0)
            rows = [json.loads(line) for line in stream]
        rows[0] = {**dict.fromkeys(sorted(missing)), **rows[0]}
        package = file.name.removeprefix(f"{TABLE}.").removesuffix(".jsonl")
        write_rows(place, TABLE, package, rows)
