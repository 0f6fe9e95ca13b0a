"""Sources: does data flow, from where, and what needs a hand?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cxloop import charts
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.sources.connections import SAID, connected
from cxloop.web.pages.sources.imports import IMPORTS_READ, LIVE, REJECTS_READ, import_row, rows_wait, waiting_rows
from cxloop.web.pages.sources.intake import intake_of
from cxloop.web.pages.sources.one import address_of
from cxloop.web.site import Site, now, respond
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
Row: TypeAlias = Mapping[str, Any]


@router.get("/sources")
def sources(request: Request, door: SignedIn, done: str = "") -> HTMLResponse:
    """Shows what flows in, from where, what is connected, and the imports with what went in and what did not."""
    arrivals = door.snapshot("collect.sources", {}).result.records()
    imports = door.run("collect.imports", {"limit": IMPORTS_READ}).records()
    drift = _drift(door)
    site: Site = request.app.state.site
    moving = _live(door, site)
    refused = moving["intake"] is not None and moving["intake"].rejected
    waiting = waiting_rows(door) if refused or any(row["rejected"] for row in imports) else {}
    context = {
        "title": _("Sources"),
        "page": "sources",
        "arrivals": [_arrival(row, drift, site) for row in arrivals],
        "imports": [import_row(row, waiting, site) for row in imports],
        "lede": _lede(arrivals, imports, waiting, moving),
        "refused": {name.removeprefix(LIVE): count for name, count in waiting.items() if name.startswith(LIVE)},
        "said": SAID.get(done, ""),
        **moving,
    }
    return respond(request, "sources/overview.html", context, door=door)


@router.get("/sources/live")
def live(request: Request, door: SignedIn) -> HTMLResponse:
    """Shows the moving part of the page."""
    context = {"part": "sources/live.html", **_live(door, request.app.state.site)}
    return respond(request, "sources/fragment.html", context, door=door)


def _live(door: Door, site: Site) -> dict[str, Any]:
    return {"intake": intake_of(door, now()), "connections": connected(door, site)}


def _drift(door: Door) -> dict[str, int] | None:
    """How many things differ from the plan of each source that has one; None for those who may not see it."""
    if not door.may("collect.drift"):
        return None
    found: Any = door.snapshot("collect.drift", {}).result
    counts = Counter(row["source"] for row in found.records())
    return {source: counts[source] for source, _checked, _of in found.checked}


def _arrival(row: Row, drift: Mapping[str, int] | None, site: Site) -> dict[str, Any]:
    days = [int(number) for number in str(row.get("daily", "")).split()]
    return {
        **row,
        "address": address_of(row["source"]),
        "differs": drift.get(row["source"]) if drift else None,
        "latest": words.moment(row["last_at"], site.zone),
        "quiet": not row["recent"],
        "bars": charts.day_bars(days, label=f"{row['source']}, {_('the last seven days')}"),
    }


def _lede(
    arrivals: Sequence[Row], imports: Sequence[Row], waiting: Mapping[str, int], moving: Mapping[str, Any]
) -> str:
    if not arrivals and not imports and not any(moving.values()):
        return _("Nothing has arrived yet.")
    parts = (_trouble(moving), _arriving(arrivals), _rejected(imports, waiting))
    said = "; ".join(part for part in parts if part)
    return f"{said[:1].upper()}{said[1:]}."


def _trouble(moving: Mapping[str, Any]) -> str:
    """What is wrong with the flow itself: it comes first."""
    flow, failed = moving["intake"], [row["connection"] for row in moving["connections"] if row["state"] == "failed"]
    said = [_("live events are not getting through")] if flow and flow.tone == "bad" else []
    said += [_("live events are late")] if flow and flow.tone == "warn" else []
    sources = words.plural(len(failed), _("source could not be pulled"), _("sources could not be pulled"))
    said += [f"{sources}: {', '.join(failed)}"] if failed else []
    return "; ".join(said)


def _arriving(arrivals: Sequence[Row]) -> str:
    """Whether every source still sends, as far as the log reaches."""
    quiet = [row["source"] for row in arrivals if not row["recent"]]
    if not arrivals:
        return ""
    if not quiet:
        sent = _("sent something in the last seven days")
        return f"{_('The one source') if len(arrivals) == 1 else _('All {} sources').format(len(arrivals))} {sent}"
    named = f": {quiet[0]}" if len(quiet) == 1 else ""
    have = _("has been quiet for seven days") if len(quiet) == 1 else _("have been quiet for seven days")
    return f"{len(quiet)} {_('of')} {words.plural(len(arrivals), _('source'), _('sources'))} {have}{named}"


def _rejected(imports: Sequence[Row], waiting: Mapping[str, int]) -> str:
    if not imports and not waiting:
        return ""
    if not waiting and not any(row["rejected"] for row in imports):
        return _("no row of a file was rejected")
    if not waiting:
        return _("every row that was rejected has been settled")
    most = sum(waiting.values())
    more = f"{_('at least')} " if most >= REJECTS_READ else ""
    return f"{more}{rows_wait(most)} {_('to be corrected')}"
