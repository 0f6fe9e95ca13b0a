"""What was imported and what was rejected, for people."""

from __future__ import annotations

import json

from cxloop.collect.live import is_live
from cxloop.collect.results import Imports, Rejects
from cxloop.core.errors import NotFoundError, did_you_mean
from cxloop.core.wording import count
from cxloop.engine.query import Query
from cxloop.store.context import Operations

__all__ = ["IMPORTS", "REJECTS", "list_imports", "list_rejects"]

IMPORTS_NAMED = 10_000

IMPORTS = Query(
    name="collect.imports",
    sql="""select import_id, source, files, started_at, rows_read, admitted, already_there, rejected, seconds
        from imports order by started_at desc, import_id desc limit $most""",
    inputs=("imports",),
    parameters={"most": "bigint"},
    output={
        "import_id": "text",
        "source": "text",
        "files": "json",
        "started_at": "timestamp",
        "rows_read": "bigint",
        "admitted": "bigint",
        "already_there": "bigint",
        "rejected": "bigint",
        "seconds": "double",
    },
)

REJECTS = Query(
    name="collect.rejects",
    sql="""select rejected_id, import_id, source, file, line, interaction, code, reason, raw, rejected_at, replayed_at
        from rejected
        where ($import_id is null or import_id = $import_id) and (not $waiting or replayed_at is null)
        order by rejected_id limit $most""",
    inputs=("rejected",),
    parameters={"import_id": "text", "waiting": "bool", "most": "bigint"},
    output={
        "rejected_id": "bigint",
        "import_id": "text",
        "source": "text",
        "file": "text",
        "line": "bigint",
        "interaction": "text",
        "code": "text",
        "reason": "text",
        "raw": "text",
        "rejected_at": "timestamp",
        "replayed_at": "timestamp",
    },
)


def list_imports(ws: Operations, limit: int) -> Imports:
    """Returns the latest imports."""
    found = ws.engine.fetch(IMPORTS, {"most": limit})
    rows = [{**row, "files": _names(row["files"])} for row in found.to_pylist()]
    added = sum(int(row["admitted"]) for row in rows)
    noun = "import" if len(rows) == 1 else "imports"
    summary = f"{count(len(rows))} {noun}, {count(added)} interactions." if rows else "Nothing was imported yet."
    return Imports(summary, tuple(found.column_names), tuple(tuple(row.values()) for row in rows))


def _names(files: str) -> str:
    """The names alone; sizes and digests stay in the table."""
    return json.dumps([file["name"] for file in json.loads(files)], ensure_ascii=False)


def list_rejects(ws: Operations, import_id: str | None, *, waiting: bool, limit: int) -> Rejects:
    """Returns rejected rows, oldest first."""
    found = ws.engine.fetch(REJECTS, {"import_id": import_id, "waiting": waiting, "most": limit})
    rows = found.num_rows
    if import_id is not None and not rows and not is_live(import_id):
        _require_import(ws, import_id)
    shown = f"The first {count(rows)} rejected rows" if rows == limit else f"{count(rows)} rejected rows"
    summary = f"{shown}{' that wait' if waiting else ''}." if rows else "No rejected rows."
    return Rejects(summary, tuple(found.column_names), tuple(tuple(row.values()) for row in found.to_pylist()))


def _require_import(ws: Operations, import_id: str) -> None:
    found = ws.engine.fetch(IMPORTS, {"most": IMPORTS_NAMED})
    known = [str(name) for name in found.column("import_id").to_pylist()]
    if import_id not in known:
        raise NotFoundError(f"There is no import {import_id!r}. {did_you_mean(import_id, known)}")
