"""What has just arrived, one line per interaction: the part of a page that whoever sets a sender up looks at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.site import Site, now, respond
from cxloop.web.words import _

__all__ = ["latest_of", "router"]

router = APIRouter()
Row: TypeAlias = Mapping[str, Any]
SHOWN = 12
"""As many as can be taken in at a glance; the command shows more."""
_TRAFFIC = {"bot": _("bot"), "test": _("test")}


@router.get("/sources/latest")
def latest(request: Request, door: SignedIn, source: str = "") -> HTMLResponse:
    """Shows the moving part of a page."""
    site: Site = request.app.state.site
    return respond(
        request, "sources/fragment.html", {"part": "sources/latest.html", **latest_of(door, site, source)}, door=door
    )


def latest_of(door: Door, site: Site, source: str) -> dict[str, Any]:
    """Returns what the part shows: the latest of a source, or of all of them."""
    rows = (
        door.run("collect.latest", {"source": source, "limit": SHOWN}).records() if door.may("collect.latest") else []
    )
    address = f"/sources/latest?{urlencode({'source': source})}" if source else "/sources/latest"
    return {"latest": [_line(row, now(), site) for row in rows], "latest_address": address, "latest_of": source}


def _line(row: Row, moment: datetime, site: Site) -> dict[str, Any]:
    late = row["received_at"] is not None and (row["received_at"] - row["occurred_at"]).total_seconds() > 60
    return {
        "name": words.readable(row["name"] or row["kind"]),
        "path": row["path"] or "",
        "source": row["source"],
        "arrived": words.ago(row["received_at"], moment),
        "happened": words.moment(row["occurred_at"], site.zone) if late else "",
        "known_by": words.readable(row["known_by"]) if row["known_by"] else _("nobody named"),
        "touchpoint": words.readable(row["touchpoint"] or ""),
        "channel": words.readable(row["channel"] or ""),
        "traffic": _TRAFFIC.get(row["traffic"], row["traffic"] or ""),
        "flagged": row["flagged"] or "",
    }
