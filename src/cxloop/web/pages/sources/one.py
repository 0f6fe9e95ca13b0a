"""One source: what it sends, what was planned, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.sources.latest import latest_of
from cxloop.web.site import Site, respond
from cxloop.web.words import _

__all__ = ["address_of", "plan_of", "router"]

router = APIRouter()
Row: TypeAlias = Mapping[str, Any]
LEARNED_FROM = "90d"
"""Long enough for what happens seldom, short enough to be what is sent today."""
MODES: dict[str, tuple[str, str]] = {
    "allow": (_("Allow"), _("Whatever comes is taken; what differs is only shown here.")),
    "flag": (_("Flag"), _("What does not fit is taken and marked, so that it can be found and left out.")),
    "reject": (_("Reject"), _("What does not fit is refused; whoever sends it is told why.")),
}


@dataclass(frozen=True)
class PlannedEvent:
    """One event of a plan, with its properties."""

    name: str
    seen: int | None
    mode: str
    edited: bool
    properties: tuple[Row, ...]


@router.get("/sources/from/{source}")
def one_source(request: Request, door: SignedIn, source: str, done: str = "") -> HTMLResponse:
    """Shows one source of the log and its tracking plan."""
    said = {"mode": _("Saved. It holds within a second."), "learned": _("The plan is learned.")}.get(done, "")
    return _show(request, door, source, said=said)


@router.post("/sources/from/{source}/learn")
def learn(request: Request, door: Checked, source: str) -> Response:
    """Learns the plan of a source from what it sent."""
    try:
        learned = door.run("collect.learn", {"source": source, "since": LEARNED_FROM})
    except (InputError, NotFoundError) as failure:
        return _show(request, door, source, failure=failure)
    return _show(request, door, source, said=str(learned))


@router.post("/sources/from/{source}/mode")
def set_mode(
    request: Request,
    door: Checked,
    source: str,
    mode: Annotated[str, Form(max_length=20)],
    event: Annotated[str, Form(max_length=1000)] = "",
    sure: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Says what is done with events that do not fit; shows first what that would have meant for recent ones."""
    arguments: dict[str, Any] = {"source": source, "mode": mode, "event": event}
    try:
        if mode == "reject" and not sure:
            tried = door.run("collect.enforce", {**arguments, "dry_run": True}).records()
            if any(row["do_not_fit"] for row in tried):
                return _show(request, door, source, question=_question(tried, event))
        door.run("collect.enforce", arguments)
    except (InputError, NotFoundError) as failure:
        return _show(request, door, source, failure=failure)
    return RedirectResponse(f"{address_of(source)}?done=mode", 303)


def _question(tried: Sequence[Row], event: str) -> dict[str, Any]:
    checked, broken = sum(row["checked"] for row in tried), sum(row["do_not_fit"] for row in tried)
    return {
        "event": event,
        "text": _("Of {} events of the last seven days, {} would have been refused.").format(
            wording.count(checked), wording.count(broken)
        ),
        "events": [row["event"] for row in tried if row["do_not_fit"]],
    }


def address_of(source: str) -> str:
    """Returns where a source is shown."""
    return f"/sources/from/{quote(source, safe='')}"


def _show(
    request: Request,
    door: Door,
    source: str,
    *,
    said: str = "",
    question: Mapping[str, Any] | None = None,
    failure: CxloopError | None = None,
) -> HTMLResponse:
    arrivals = door.snapshot("collect.sources", {}).result.records()
    row = next((row for row in arrivals if row["source"] == source), None)
    plan = plan_of(door, source)
    if row is None and plan is None:
        raise NotFoundError(f"Nothing has come from a source called {source!r}, and nothing is planned for it.")
    site: Site = request.app.state.site
    drift = _drift(door, source) if plan else []
    context = {
        "title": source,
        "page": "sources",
        "source": source,
        "address": address_of(source),
        "facts": _facts(row, site) if row else [],
        "bars": charts.day_bars(_days(row), label=_("The last seven days")) if row else "",
        "plan": plan,
        "events": _events(plan.records()) if plan else [],
        "mode": plan.plan.get("mode", "allow") if plan else "",
        "modes": MODES,
        "drift": drift,
        "lede": _lede(source, plan, drift),
        "said": said,
        "question": question,
        "mistake": failure.message if failure else "",
        **latest_of(door, site, source),
    }
    return respond(request, "sources/one.html", context, door=door, status=400 if failure else 200)


def plan_of(door: Door, source: str) -> Any:
    """Returns the tracking plan of a source, or None where there is none or it may not be seen."""
    if not door.may("collect.plan"):
        return None
    try:
        return door.run("collect.plan", {"source": source})
    except (InputError, NotFoundError):
        return None


def _drift(door: Door, source: str) -> list[dict[str, Any]]:
    if not door.may("collect.drift"):
        return []
    return [_difference(row) for row in door.snapshot("collect.drift", {"source": source}).result.records()]


def _difference(row: Row) -> dict[str, Any]:
    """One difference as the page says it."""
    place = ", ".join(part for part in (row["event"], row["property"]) if part)
    sentence = f"{place}: {row['detail']}" if place else f"{row['detail'][:1].upper()}{row['detail'][1:]}"
    return {"tag": row["what"], "sentence": sentence, "note": " · ".join(_evidence(row))}


def _evidence(row: Row) -> Iterator[str]:
    events = words.plural(row["n"], _("event"), _("events")) if row["n"] is not None else ""
    share = f"{100 * row['share']:.2g} %" if row["share"] is not None else ""
    if events and share and row["what"] == "violations":  # here n is how many were looked at
        yield f"{share} {_('of')} {events}"
    else:
        yield from (part for part in (events, share) if part)
    if row["a_day_before"] is not None and row["a_day_now"] is not None:
        yield f"{row['a_day_before']:.3g} {_('a day before')}, {row['a_day_now']:.3g} {_('now')}"


def _days(row: Row) -> list[int]:
    return [int(number) for number in str(row.get("daily", "")).split()]


def _facts(row: Row, site: Site) -> list[tuple[str, str]]:
    return [
        (_("Interactions"), wording.count(row["interactions"])),
        (_("In the last seven days"), wording.count(row["recent"])),
        (_("First"), words.moment(row["first_at"], site.zone)),
        (_("Latest"), words.moment(row["last_at"], site.zone)),
    ]


def _events(lines: Sequence[Row]) -> list[PlannedEvent]:
    """The lines of a plan, event by event: the first line of each is the event itself."""
    found = []
    for name, group in groupby(lines, key=lambda line: line["event"]):
        head, *properties = group
        found.append(PlannedEvent(name, head["n"], head["mode"], head["type"] == "edited", tuple(properties)))
    return found


def _lede(source: str, plan: Any, drift: Sequence[Row]) -> str:
    if plan is None:
        return _("{} is taken as it comes: nothing is planned for it.").format(source)
    if not drift:
        return _("What {} sends fits its plan.").format(source)
    differs = words.plural(len(drift), _("thing differs"), _("things differ"))
    return _("{} from the plan of {}.").format(differs, source)
