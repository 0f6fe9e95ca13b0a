"""Imports of files: what went in, what was rejected and why, and once more for what was corrected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from cxloop.core import wording
from cxloop.core.errors import InputError, NotFoundError
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.site import Site, now, respond
from cxloop.web.words import _

__all__ = [
    "IMPORTS_READ",
    "LIVE",
    "REJECTS_READ",
    "Reason",
    "by_reason",
    "import_row",
    "router",
    "rows_wait",
    "waiting_rows",
]

router = APIRouter()
IMPORTS_READ = 100
REJECTS_READ = 1000
LIVE = "live-"
"""What the rejected events of a source are kept under begins with this."""
RAW_SHOWN = 20
"""Raw rows listed per reason; the others are counted."""

_PULLED = re.compile(r"\.\d{10}[\d.-]*\.jsonl$")
"""Ends the name of what was pulled from a system: the number of the pull, which tells people nothing."""
_TITLES = {
    "json": _("No JSON"),
    "no_user": _("Nobody named"),
    "no_event": _("No name of the event"),
    "type": _("Unknown type of call"),
    "tracking_plan": _("Not as it was planned"),
}
"""Reasons whose code alone would not tell a reader what happened."""

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Reason:
    """Rows that were rejected for the same reason."""

    title: str
    count: int
    rows: tuple[Row, ...]


@router.get("/sources/{import_id}")
def one_import(request: Request, door: SignedIn, import_id: str) -> HTMLResponse:
    """Shows what of one import was rejected, by reason, with the raw rows."""
    return _show_import(request, door, import_id)


@router.post("/sources/{import_id}/replay")
def replay(
    request: Request,
    door: Checked,
    import_id: str,
    mapping: Annotated[str, Form(max_length=200)] = "",
) -> HTMLResponse:
    """Sends the waiting rows of an import through a mapping again, and says what came of it."""
    try:
        result = door.run("collect.replay", {"import_id": import_id, "mapping": mapping.strip()})
    except (InputError, NotFoundError) as failure:
        return _show_import(request, door, import_id, mistake=failure.message, chosen=mapping.strip())
    return _show_import(request, door, import_id, replayed=result)


def _show_import(
    request: Request, door: Door, import_id: str, *, replayed: Any = None, mistake: str = "", chosen: str = ""
) -> HTMLResponse:
    site: Site = request.app.state.site
    live = import_id.startswith(LIVE)
    row = {"import_id": import_id, "source": import_id.removeprefix(LIVE)} if live else _import(door, import_id)
    rejects = door.run("collect.rejects", {"import_id": import_id, "limit": REJECTS_READ}).records()
    may_replay = bool(rejects) and door.may("collect.replay")
    context = {
        "title": row["source"] if live else f"{row['source']}, {import_id}",
        "page": "sources",
        "live": live,
        "import_": row if live else import_row(row, {}, site),
        "reasons": by_reason(rejects),
        "lede": _live_lede(row["source"], rejects) if live else _lede(row, rejects),
        "may_replay": may_replay,
        "mappings": door.run("collect.mappings", {}).records() if may_replay and not live else [],
        "chosen": chosen,
        "replayed": replayed,
        "mistake": mistake,
        "ago": lambda when: words.ago(when, now()),
    }
    return respond(request, "sources/import.html", context, door=door, status=400 if mistake else 200)


def _import(door: Door, import_id: str) -> dict[str, Any]:
    imports: list[dict[str, Any]] = door.run("collect.imports", {"limit": IMPORTS_READ}).records()
    row = next((row for row in imports if row["import_id"] == import_id), None)
    if row is None:
        raise NotFoundError(f"There is no import {import_id!r} among the latest {IMPORTS_READ}.")
    return row


def waiting_rows(door: Door) -> dict[str, int]:
    """Returns how many rows of each import wait; nothing for those who may not see the rows."""
    if not door.may("collect.rejects"):
        return {}
    found = door.run("collect.rejects", {"limit": REJECTS_READ}).records()
    counts: dict[str, int] = {}
    for row in found:
        counts[row["import_id"]] = counts.get(row["import_id"], 0) + 1
    return counts


def import_row(row: Row, waiting: Mapping[str, int], site: Site) -> dict[str, Any]:
    """Returns an import as a row of a page."""
    seconds = row["seconds"] or 0
    return {
        **row,
        "files": ", ".join(dict.fromkeys(_PULLED.sub("", name) for name in _files(row["files"]))),
        "when": words.moment(row["started_at"], site.zone),
        "speed": wording.count(round(row["rows_read"] / seconds)) if seconds else "",
        "waiting": waiting.get(row["import_id"], 0),
    }


def _files(listed: object) -> list[str]:
    """File names, from the JSON list that the table holds."""
    items: Any = json.loads(listed) if isinstance(listed, str) else listed
    return [str(item["name"] if isinstance(item, dict) else item) for item in items or ()]


def _live_lede(source: str, rejects: Sequence[Row]) -> str:
    if not rejects:
        return _("No event of {} waits.").format(source)
    waits = words.plural(len(rejects), _("event of {} waits"), _("events of {} wait")).format(source)
    return f"{waits}{_because(rejects)}."


def _lede(row: Row, rejects: Sequence[Row]) -> str:
    came = f"{words.plural(row['admitted'], _('interaction'), _('interactions'))} {_('from')} {row['source']}"
    if not rejects:
        return f"{came}, {_('and no row waits.')}"
    return f"{came}, {rows_wait(len(rejects))}{_because(rejects)}."


def _because(rejects: Sequence[Row]) -> str:
    """Why they wait; the titles are short, and read like a list."""
    reasons = by_reason(rejects)
    first = reasons[0].title[:1].lower() + reasons[0].title[1:]
    if len(reasons) == 1:
        return f": {first}"
    if 2 * reasons[0].count > len(rejects):
        return f": {_('mostly')} {first}"
    return f" {_('for {} reasons').format(len(reasons))}"


def rows_wait(rows: int) -> str:
    """Returns how many rows wait, in words."""
    return words.plural(rows, _("row waits"), _("rows wait"))


def by_reason(rejects: Iterable[Row]) -> list[Reason]:
    """Returns rejected rows by their code, the most frequent first."""
    groups: dict[str, list[Row]] = {}
    for row in rejects:
        groups.setdefault(row["code"], []).append(row)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Reason(_title(code), len(rows), tuple(rows[:RAW_SHOWN])) for code, rows in ordered]


def _title(code: str) -> str:
    text = _TITLES.get(code) or words.readable(code)
    return text[:1].upper() + text[1:]
