"""Sources: is everything arriving, what was rejected and why, and once more for what was corrected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cxloop.core import wording
from cxloop.web import words
from cxloop.web.access import SignedIn
from cxloop.web.site import Site, respond
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
IMPORTS_SHOWN = 100
REJECTS_SHOWN = 500
RAW_SHOWN = 5
"""Raw rows that stand open per reason; the others are counted."""


@dataclass(frozen=True)
class Reason:
    """Rows that were rejected for the same reason."""

    code: str
    title: str
    count: int
    rows: tuple[Mapping[str, Any], ...]


@router.get("/sources")
def sources(request: Request, door: SignedIn) -> HTMLResponse:
    """Lists the imports, latest first, with what went in and what did not."""
    imports = door.run("collect.imports", {"limit": IMPORTS_SHOWN}).records()
    site: Site = request.app.state.site
    context = {
        "title": _("Sources"),
        "page": "sources",
        "imports": [_import(row, site) for row in imports],
        "lede": _lede(imports),
    }
    return respond(request, "sources.html", context, door=door)


def _import(row: Mapping[str, Any], site: Site) -> dict[str, Any]:
    seconds = row["seconds"] or 0
    started = words.local(row["started_at"], site.zone)
    return {
        **row,
        "files": _files(row["files"]),
        "when": f"{wording.day(started)}, {words.clock(started)}",
        "speed": f"{wording.count(round(row['rows_read'] / seconds))}" if seconds > 0 else "",
    }


def _files(listed: object) -> list[str]:
    """File names, from the JSON list that the table holds."""
    items = json.loads(listed) if isinstance(listed, str) else listed
    return [str(item["name"]) if isinstance(item, dict) else str(item) for item in items or ()]


def _lede(imports: Sequence[Mapping[str, Any]]) -> str:
    if not imports:
        return _("Nothing has been imported yet.")
    admitted = sum(row["admitted"] for row in imports)
    rejected = sum(row["rejected"] for row in imports)
    came = f"{words.plural(admitted, _('interaction'), _('interactions'))} {_('came in')}"
    if not rejected:
        return f"{came}, {_('nothing was rejected.')}"
    return f"{came}, {words.plural(rejected, _('row'), _('rows'))} {_('could not be taken.')}"
