"""Rejected rows through a corrected mapping again: their raw rows are staged as if they were a file.

Rejected live events have no mapping; they go through the decoder that refused them.

A raw row holds the columns that its lookups brought, so that a replay needs none of the original files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxloop.collect.files.importer import limits, reasons
from cxloop.collect.files.mapping import Mapping, read_mapping
from cxloop.collect.files.plan import check, table_plan
from cxloop.collect.files.sources import find_mapping
from cxloop.collect.live import is_live
from cxloop.collect.redaction.columns import file_redaction
from cxloop.collect.results import Replay
from cxloop.core.errors import InputError, NotFoundError
from cxloop.engine.loading import LoadPlan, LoadReport
from cxloop.engine.query import Query
from cxloop.store.context import Operations

__all__ = ["EXPORT_MARK", "WAITING", "replay_rejected"]

EXPORT_MARK = "# an export of a survey product, read by import-responses"
"""What stands in place of a mapping with an import of responses: they are imported again, and not replayed."""

WAITING = Query(
    name="collect.waiting_rejects",
    sql="""select r.rejected_id, r.import_id, r.interaction, i.mapping
        from rejected r left join imports i on i.import_id = r.import_id
        where r.replayed_at is null
            and (($import_id is not null and r.import_id = $import_id) or r.rejected_id in (select unnest($ids)))
        order by r.rejected_id""",
    inputs=("rejected", "imports"),
    parameters={"import_id": "text", "ids": "bigints"},
    output={"rejected_id": "bigint", "import_id": "text", "interaction": "text", "mapping": "text"},
)


@dataclass(frozen=True, slots=True)
class _Group:
    """Waiting rows that one entry of one mapping made, or would have made."""

    text: str
    entry: str | None
    ids: tuple[int, ...]


def replay_rejected(ws: Operations, import_id: str | None, ids: Sequence[int], mapping: Path | None) -> Replay:
    """Replays waiting rows; those that succeed, or that the mapping now leaves out, stop waiting.

    Raises:
        InputError: neither an import nor rows are named.
        NotFoundError: nothing of what is named waits.
    """
    if (import_id is None) == (not ids):
        raise InputError("Say what to replay: an import (import-3), or single rows by their rejected_id; not both.")
    override = None if mapping is None else find_mapping(mapping, ws.path)[0]
    waiting = _waiting(ws, import_id, ids)
    live = [int(row["rejected_id"]) for row in waiting if is_live(row["import_id"])]
    groups = _groups([row for row in waiting if not is_live(row["import_id"])], override)
    rows = len(waiting)
    reports = [report for group in groups if (report := _replay(ws, group)) is not None]
    if live:
        from cxloop.collect.loader.replay import replay_live

        reports.append(replay_live(ws, live))
    admitted = sum(report.admission.admitted for report in reports)
    failed = [rejection for report in reports for rejection in report.rejections]
    return Replay(
        rows=rows,
        admitted=admitted,
        already_there=sum(report.admission.already_there for report in reports),
        still_rejected=rows - sum(report.replayed for report in reports),
        reasons=reasons(failed),
        replayed_at=ws.now(),
    )


def _waiting(ws: Operations, import_id: str | None, ids: Sequence[int]) -> list[dict[str, Any]]:
    found = ws.engine.fetch(WAITING, {"import_id": import_id, "ids": list(ids)}).to_pylist()
    if not found:
        what = f"of {import_id}" if import_id else f"with the ids {', '.join(map(str, ids))}"
        raise NotFoundError(f"No rejected row {what} waits for a replay. See: cxloop collect rejects.")
    return found


def _groups(found: Sequence[dict[str, Any]], override: str | None) -> list[_Group]:
    groups: dict[tuple[str, str | None], list[int]] = {}
    for row in found:
        text = override or row["mapping"]
        if text is None:
            raise InputError(
                f"Row {row['rejected_id']} did not come from a file, so it has no mapping. Name one with --mapping."
            )
        if text.startswith(EXPORT_MARK):
            raise InputError(
                f"{row['import_id']} was an export of a survey product. Correct the file and import it again with "
                "`cxloop collect import-responses`: what is in the log already is not added twice."
            )
        groups.setdefault((text, row["interaction"]), []).append(int(row["rejected_id"]))
    return [_Group(text, entry, tuple(members)) for (text, entry), members in groups.items()]


def _replay(ws: Operations, group: _Group) -> LoadReport | None:
    mapping = _narrowed(read_mapping(group.text, "The mapping"), group.entry)
    table = mapping.table[0]
    with ws.engine.loader(limits(ws.settings), ws.progress) as loader:
        staged, ids = loader.stage_rejected(table.name, group.ids)
        if not ids:
            return None
        looked_up = {name for lookup in table.lookup for name in lookup.columns}
        known = {table.name: staged}
        missing = looked_up - set(staged.columns)
        plain = table.model_copy(update={"lookup": ()})
        check(mapping, [plain], known)
        plan = LoadPlan(
            source=mapping.source,
            mapping=group.text,
            received_at=ws.now(),
            tables=(table_plan(mapping, plain, known, joined=False),),
            replays=ids,
            redaction=file_redaction(ws.settings),
        )
        return loader.load(plan) if not missing else None


def _narrowed(mapping: Mapping, entry: str | None) -> Mapping:
    """The mapping with the one table, and where known the one entry, that a rejected row belongs to."""
    for table in mapping.table:
        for found in table.interaction:
            if found.name == entry:
                return _only(mapping, table.model_copy(update={"interaction": (found,)}))
    if len(mapping.table) > 1:
        names = ", ".join(_entry_names(mapping))
        raise InputError(f"The mapping has no interaction {entry!r}, so its rows cannot be replayed. It has: {names}.")
    return mapping


def _only(mapping: Mapping, table: object) -> Mapping:
    return mapping.model_copy(update={"table": (table,)})


def _entry_names(mapping: Mapping) -> Iterable[str]:
    return (entry.name for table in mapping.table for entry in table.interaction)
