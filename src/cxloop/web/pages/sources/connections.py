"""Connected systems: choose one, connect it, see how it is, pull, pause, disconnect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core.errors import CxloopError, NotFoundError
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.pages.sources.forms import Field, fields_of, settings_text
from cxloop.web.pages.sources.latest import latest_of
from cxloop.web.pages.sources.state import state_of
from cxloop.web.site import Site, now, respond
from cxloop.web.words import _

__all__ = ["connected", "router"]

router = APIRouter()
Row: TypeAlias = Mapping[str, Any]
EVERY: dict[str, str] = {
    "5m": _("every 5 minutes"),
    "15m": _("every 15 minutes"),
    "1h": _("every hour"),
    "6h": _("every 6 hours"),
    "1d": _("every day"),
}
TRIED_ROWS = 10
SAID: dict[str, str] = {
    "connected": _("It is connected. The first pull begins now."),
    "changed": _("Saved. It holds from the next pull on."),
    "pull": _("The pull has begun."),
    "paused": _("It is paused."),
    "resumed": _("It goes on."),
    "disconnected": _("It is disconnected, and its secrets are gone. What it brought stays."),
}


@dataclass(frozen=True)
class Wanted:
    """What stands in the form of a connection.

    Attributes:
        given: every input by its name; None before anything was sent.
        before: the connection that is being changed, if one is.
    """

    system: str
    name: str = ""
    every: str = "1h"
    mapping: str = ""
    given: Mapping[str, str] | None = None
    before: Any = None
    described: Sequence[Row] = field(default=())

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of collect.connect."""
        return {
            "system": self.system,
            "name": self.name,
            "settings": settings_text(self.described, self.given or {}),
            "mapping_text": self.mapping,
            "every": self.every,
        }

    def fields(self) -> list[Field]:
        """Returns the inputs of the form."""
        before, secrets = (self.before.settings, self.before.secrets) if self.before else ({}, ())
        return fields_of(self.described, self.given, before, secrets)


def connected(door: Door, site: Site) -> list[dict[str, Any]]:
    """Returns the connections with their states in words; nothing for those who may not see them."""
    if not door.may("collect.connections"):
        return []
    rows = door.run("collect.connections", {}).records()
    return [{**row, "said": state_of(row, now(), site.zone), "address": _address(row["connection"])} for row in rows]


@router.get("/sources/connect")
def choose(request: Request, door: SignedIn) -> HTMLResponse:
    """Shows what can be connected."""
    context = {"title": _("Connect a source"), "page": "sources", "systems": _systems(door)}
    return respond(request, "sources/choose.html", context, door=door)


@router.get("/sources/connect/{system}")
def new(request: Request, door: SignedIn, system: str) -> HTMLResponse:
    """Shows the form of a new connection."""
    door.require("collect.connect")
    name = system if system not in {row["connection"] for row in connected(door, request.app.state.site)} else ""
    return _form(request, door, Wanted(system, name=name, described=_described(door, system)))


@router.post("/sources/connect/{system}")
def connect(request: Request, door: Checked, system: str, form: Inputs) -> Response:
    """Connects a system, tries it, or suggests a mapping: whichever button was pressed."""
    door.require("collect.connect")
    before = _before(door, form.get("changes", ""))
    wanted = Wanted(
        system,
        name=before.name if before else form.get("name", "").strip(),
        every=form.get("every", ""),
        mapping=form.get("mapping", "").strip(),
        given=form,
        before=before,
        described=_described(door, system),
    )
    try:
        match form.get("do"):
            case "try":
                return _form(
                    request, door, wanted, trial=door.run("collect.connect", {**wanted.arguments(), "dry_run": True})
                )
            case "suggest":
                found = door.run("collect.connect", {**wanted.arguments(), "mapping_text": "", "suggest": True})
                return _form(request, door, wanted, suggested=str(found))
            case _:
                door.run("collect.connect", wanted.arguments())
    except CxloopError as failure:
        return _form(request, door, wanted, failure=failure)
    return RedirectResponse(f"{_address(wanted.name)}?done={'changed' if before else 'connected'}", 303)


@router.get("/sources/connections/{name}")
def one(request: Request, door: SignedIn, name: str, done: str = "") -> HTMLResponse:
    """Shows one connection: how it is, and how it is connected."""
    return _show(request, door, name, said=SAID.get(done, ""))


@router.get("/sources/connections/{name}/state")
def state(request: Request, door: SignedIn, name: str) -> HTMLResponse:
    """Shows the moving part of a connection's page."""
    row = _one(door, request.app.state.site, name)
    context = {"row": row, "every_words": EVERY, "part": "sources/connection_state.html"}
    return respond(request, "sources/fragment.html", context, door=door)


@router.post("/sources/connections/{name}/pull")
def pull(request: Request, door: Checked, name: str) -> Response:
    """Pulls now; the page does not wait for the end of it."""
    try:
        result = door.run_aside("collect.pull", {"name": name})
    except CxloopError as failure:
        return _show(request, door, name, failure=failure)
    if result is not None:
        return _show(request, door, name, said=str(result))
    return RedirectResponse(f"{_address(name)}?done=pull", 303)


@router.post("/sources/connections/{name}/pause")
def pause(request: Request, door: Checked, name: str) -> Response:
    """Stops the schedule."""
    return _do(request, door, name, "collect.pause", f"{_address(name)}?done=paused")


@router.post("/sources/connections/{name}/resume")
def resume(request: Request, door: Checked, name: str) -> Response:
    """Lets the schedule go on."""
    return _do(request, door, name, "collect.resume", f"{_address(name)}?done=resumed")


@router.post("/sources/connections/{name}/disconnect")
def disconnect(request: Request, door: Checked, name: str) -> Response:
    """Removes a connection."""
    return _do(request, door, name, "collect.disconnect", "/sources?done=disconnected")


def _do(request: Request, door: Door, name: str, path: str, goal: str) -> Response:
    """Runs a verb on a connection and leads on; a refusal, as of one that is being pulled, is told on its page."""
    door.require(path)
    try:
        door.run(path, {"name": name})
    except CxloopError as failure:
        return _show(request, door, name, failure=failure)
    return RedirectResponse(goal, 303)


def _address(name: str) -> str:
    return f"/sources/connections/{quote(name, safe='')}"


def _systems(door: Door) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.run("collect.systems", {}).records()
    return found


def _described(door: Door, system: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.run("collect.systems", {"system": system}).records()
    return found


def _before(door: Door, name: str) -> Any:
    return door.run("collect.connection", {"name": name}) if name else None


def _one(door: Door, site: Site, name: str) -> dict[str, Any]:
    row = next((row for row in connected(door, site) if row["connection"] == name), None)
    if row is None:
        raise NotFoundError(f"Nothing is connected under the name {name!r}.")
    return row


def _system(door: Door, name: str) -> dict[str, Any]:
    """What is said of a system; an unknown one is an address that leads nowhere."""
    found = next((row for row in _systems(door) if row["system"] == name), None)
    if found is None:
        raise NotFoundError(f"There is no system called {name!r}.")
    return found


def _form(
    request: Request,
    door: Door,
    wanted: Wanted,
    *,
    trial: Any = None,
    suggested: str = "",
    failure: CxloopError | None = None,
) -> HTMLResponse:
    system = _system(door, wanted.system)
    context = {
        "title": _("Connect {}").format(system["title"]),
        "page": "sources",
        "system": system,
        "form": _frame(wanted, system, suggested),
        "trial": _trial(trial),
        "suggested": bool(suggested),
        "failure": failure,
    }
    return respond(request, "sources/connect.html", context, door=door, status=400 if failure else 200)


def _frame(wanted: Wanted, system: Row, suggested: str = "") -> dict[str, Any]:
    """What the form of a connection shows."""
    pulls = system["how"] == "pulled"
    return {
        "wanted": wanted,
        "fields": wanted.fields(),
        "mapping": suggested or wanted.mapping,
        "needs_mapping": system["mapping"] == "needed",
        "pulls": pulls,
        "every": EVERY if wanted.every in EVERY or not wanted.every else {wanted.every: wanted.every, **EVERY},
    }


def _trial(found: Any) -> dict[str, Any] | None:
    """The first rows, as a table of at most a few columns' worth of text."""
    if found is None:
        return None
    rows = found.records()[:TRIED_ROWS]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return {"said": str(found).partition("\n")[0], "notes": found.notes, "columns": columns, "rows": rows}


def _show(
    request: Request, door: Door, name: str, *, said: str = "", failure: CxloopError | None = None
) -> HTMLResponse:
    site: Site = request.app.state.site
    row = _one(door, site, name)
    system = _system(door, row["system"])
    before = door.run("collect.connection", {"name": name}) if door.may("collect.connection") else None
    wanted = None
    if before is not None and door.may("collect.connect"):
        own = before.mapping if before.own_mapping else ""
        described = _described(door, row["system"])
        wanted = Wanted(row["system"], name, before.every or "", own, before=before, described=described)
    context = {
        "title": name,
        "page": "sources",
        "row": row,
        "every_words": EVERY,
        "system": system,
        "form": _frame(wanted, system) if wanted else None,
        "hook": f"{site.host.settings.server.public_url or str(request.base_url).rstrip('/')}/hooks/{name}",
        "said": said,
        "mistake": failure.message if failure else "",
        **latest_of(door, site, name),
    }
    return respond(request, "sources/connection.html", context, door=door, status=400 if failure else 200)
