"""The loader's place in the spool and what it has counted: one row of `intake`, written with the events themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cxloop.collect.live import import_id
from cxloop.engine.base import Engine
from cxloop.engine.query import Query

if TYPE_CHECKING:
    from cxloop.collect.loader.batch import Reject

__all__ = ["PLACE", "SPOOL", "Totals", "keep_rejects", "keep_totals", "totals"]

SPOOL = "spool"
"""Name of the row: the workspace's own spool."""

PLACE = Query(
    name="collect.intake_place",
    sql="""select position, requests, admitted, already_there, rejected, bots, tests, updated_at
        from intake where loader = $loader""",
    inputs=("intake",),
    parameters={"loader": "text"},
    output={
        "position": "bigint",
        "requests": "bigint",
        "admitted": "bigint",
        "already_there": "bigint",
        "rejected": "bigint",
        "bots": "bigint",
        "tests": "bigint",
        "updated_at": "timestamp",
    },
)

LAST_REJECTED = Query(
    name="collect.last_rejected",
    sql="select coalesce(max(rejected_id), 0) as last from rejected",
    inputs=("rejected",),
    output={"last": "bigint"},
)


@dataclass(frozen=True, slots=True)
class Totals:
    """What was loaded since the workspace began; `position` is the last request of the spool that was."""

    position: int = 0
    requests: int = 0
    admitted: int = 0
    already_there: int = 0
    rejected: int = 0
    bots: int = 0
    tests: int = 0
    updated_at: datetime | None = None


def totals(engine: Engine) -> Totals:
    """Returns the loader's place and counts."""
    found = engine.fetch(PLACE, {"loader": SPOOL}).to_pylist()
    return Totals(**found[0]) if found else Totals()


def keep_totals(engine: Engine, now: Totals) -> None:
    """Writes place and counts, inside the caller's transaction."""
    import pyarrow as pa

    names = ("position", "requests", "admitted", "already_there", "rejected", "bots", "tests", "updated_at")
    row: dict[str, list[object]] = {"loader": [SPOOL], **{name: [getattr(now, name)] for name in names}}
    engine.replace("intake", pa.table(row))


def keep_rejects(engine: Engine, rejects: list[Reject], now: datetime) -> None:
    """Writes rejects, inside the caller's transaction."""
    if not rejects:
        return
    import pyarrow as pa

    last = int(engine.fetch(LAST_REJECTED)["last"][0].as_py())
    columns: dict[str, list[object]] = {
        "rejected_id": list(range(last + 1, last + 1 + len(rejects))),
        "import_id": [import_id(reject.source) for reject in rejects],
        "source": [reject.source for reject in rejects],
        "file": [reject.endpoint for reject in rejects],
        "line": [reject.line for reject in rejects],
        "interaction": [reject.interaction for reject in rejects],
        "code": [reject.code for reject in rejects],
        "reason": [reject.reason for reject in rejects],
        "raw": [reject.raw for reject in rejects],
        "rejected_at": [now] * len(rejects),
    }
    types = {"line": pa.int64(), "interaction": pa.string(), "rejected_at": pa.timestamp("us")}
    engine.append("rejected", pa.table({name: pa.array(each, types.get(name)) for name, each in columns.items()}))
