"""Send events: how a site, an app or a server sends what happens, and what has just arrived."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cxloop.web.access import Door, SignedIn
from cxloop.web.site import Site, respond
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
ANY_KEY = "WRITE_KEY"


@router.get("/sources/send")
def send(request: Request, door: SignedIn) -> HTMLResponse:
    """Shows what to paste where."""
    site: Site = request.app.state.site
    context = {
        "title": _("Send events"),
        "page": "sources",
        "keys": _write_keys(door),
        "key": ANY_KEY,
        "base": site.host.settings.server.public_url or str(request.base_url).rstrip("/"),
    }
    return respond(request, "sources/send.html", context, door=door)


def _write_keys(door: Door) -> list[dict[str, Any]]:
    """The keys that may send, for those who may see keys."""
    if not door.may("admin.keys"):
        return []
    return [row for row in door.run("admin.keys", {}).records() if (row["kind"], row["state"]) == ("write", "works")]
