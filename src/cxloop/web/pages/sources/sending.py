"""Send events: how a site, an app or a server sends what happens, and what has just arrived."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from cxloop.core.errors import CxloopError, InputError
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.sources.latest import latest_of
from cxloop.web.site import Site, respond
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
ANY_KEY = "WRITE_KEY"


@router.get("/sources/send")
def send(request: Request, door: SignedIn, key: str = "") -> HTMLResponse:
    """Shows what to paste where, for the key that was chosen."""
    return _show(request, door, chosen=key)


@router.post("/sources/send")
def make_key(
    request: Request,
    door: Checked,
    name: Annotated[str, Form(max_length=80)] = "",
    test: Annotated[str, Form(max_length=10)] = "",
) -> HTMLResponse:
    """Makes a write key; the page that answers carries its secret in everything to paste, this once."""
    try:
        issued = door.run("admin.create_key", {"kind": "write", "name": name, "test": bool(test)})
    except InputError as failure:
        return _show(request, door, failure=failure)
    return _show(request, door, issued=issued)


def _show(
    request: Request, door: Door, *, chosen: str = "", issued: Any = None, failure: CxloopError | None = None
) -> HTMLResponse:
    site: Site = request.app.state.site
    keys = _write_keys(door)
    key = next((row for row in keys if str(row["key"]) == (str(issued.key_id) if issued else chosen)), None)
    if key is None and not issued and len(keys) == 1:
        key = keys[0]
    context = {
        "title": _("Send events"),
        "page": "sources",
        "keys": keys,
        "chosen": key,
        "issued": issued,
        "key": issued.secret if issued else f"cxw_...{key['ends_with']}" if key else ANY_KEY,
        "base": site.host.settings.server.public_url or str(request.base_url).rstrip("/"),
        "mistake": failure.message if failure else "",
        **latest_of(door, site, str(key["source"]) if key else ""),
    }
    return respond(request, "sources/send.html", context, door=door, status=400 if failure else 200)


def _write_keys(door: Door) -> list[dict[str, Any]]:
    """The keys that may send, for those who may see keys."""
    if not door.may("admin.keys"):
        return []
    return [row for row in door.run("admin.keys", {}).records() if (row["kind"], row["state"]) == ("write", "works")]
