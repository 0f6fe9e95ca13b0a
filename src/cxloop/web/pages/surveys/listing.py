"""All surveys, and beginning a new one: from a template, from a file, or from nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from cxloop.collect.results import Surveys, SurveyTemplates
from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.core.results import Estimate
from cxloop.measure.results import SurveyResults
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.surveys.editing.changes import BLANK
from cxloop.web.pages.surveys.frame import PATH, STATES, address_of, show
from cxloop.web.site import now
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
NEW = f"{PATH}/new"
NAMES: dict[str, str] = {
    "relational_nps": _("Relational NPS"),
    "transactional_csat": _("Satisfaction after a contact (CSAT)"),
    "ces": _("Customer effort (CES 2.0)"),
    "product_market_fit": _("Product-market fit"),
    "exit": _("Exit"),
    "onboarding": _("Onboarding"),
    "delivery": _("Delivery"),
    "store_visit": _("Store visit"),
    "event": _("Event"),
    "focus_group": _("Focus group"),
}
ABOUT: dict[str, str] = {
    "relational_nps": _("How people stand to you as a whole, once or twice a year, with the reason behind each score."),
    "transactional_csat": _("Right after a purchase, a call or a repair: did this one go well, and what was missing?"),
    "ces": _("After somebody needed help: how easy it was made for them. Predicts who comes back."),
    "product_market_fit": _(
        "For people who use a product: how they would feel without it, and who would miss it most."
    ),
    "exit": _("For people who leave: why, what would have kept them, and whether they may be asked again."),
    "onboarding": _("In the first weeks: what is clear, what is not, and whether the promise was kept so far."),
    "delivery": _("When the parcel has arrived: in time, whole, as announced, and what to do if not."),
    "store_visit": _("By a code at the till or on a tablet: the visit, the people, the waiting."),
    "event": _("On the evening or the day after: what was worth coming for, and what to change next time."),
    "focus_group": _("A session protocol: participants, guide with minutes, and remarks by who said them."),
}
ORDER = tuple(ABOUT)
MOST_SCORED = 40
"""Surveys of the list whose score is shown: each costs a question."""
NO_SCORE: Mapping[str, str] = {"score": "", "interval": ""}
MOST_FILE_BYTES = 2_000_000


@router.get(PATH)
def surveys(request: Request, door: SignedIn) -> HTMLResponse:
    """Lists the surveys: state, answers, and when the last one came."""
    found: Surveys = door.run("collect.surveys", {})
    rows = [_row(door, row, scored=at < MOST_SCORED) for at, row in enumerate(found.records())]
    order = {"live": 0, "draft": 1, "paused": 2, "closed": 3}
    rows.sort(key=lambda row: (order.get(row["state"], 9), -row["answers"], row["title"].lower()))
    context = {"title": _("Surveys"), "rows": rows, "lede": _lede(rows)}
    return show(request, door, "", "list.html", context)


@router.get(NEW)
def new(request: Request, door: SignedIn, template: Annotated[str, Query(max_length=80)] = "") -> HTMLResponse:
    """Offers the templates, a file and a blank survey; with a template, asks for the name."""
    door.require("collect.draft_survey")
    return _new(request, door, {"template": template})


@router.post(NEW)
def make(
    request: Request,
    door: Checked,
    title: Annotated[str, Form(max_length=200)] = "",
    template: Annotated[str, Form(max_length=80)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Makes a draft, and leads to its editor."""
    door.require("collect.draft_survey")
    given = {"title": title, "template": template}
    try:
        if file is not None and file.filename:
            source: dict[str, Any] = {"document": _text_of(file)}
            title = title or str(_title_in(source["document"]) or file.filename.rsplit(".", 1)[0])
        elif template:
            source = {"template": template}
        else:
            source = {"document": json.dumps({**BLANK, "title": title.strip() or _("A new survey")})}
        name = _free_name(door, title.strip() or NAMES.get(template, "") or "survey")
        door.run("collect.draft_survey", {"name": name, **source, "after": 0})
        if title.strip():
            door.run("collect.survey_settings", {"name": name, "title": title.strip()})
    except CxloopError as failure:
        if not isinstance(failure, InputError):
            raise
        return _new(request, door, given, failure=failure)
    return done(address_of(name), "made")


def _new(request: Request, door: Door, given: Mapping[str, str], *, failure: CxloopError | None = None) -> HTMLResponse:
    found: SurveyTemplates = door.run("collect.survey_templates", {})
    known = {str(row["template"]): _template(row) for row in found.records()}
    chosen = known.get(given.get("template", ""))
    if given.get("template") and chosen is None:
        raise NotFoundError(_("There is no such template."))
    ordered = sorted(known.values(), key=lambda row: ORDER.index(row["name"]) if row["name"] in ORDER else len(ORDER))
    context = {
        "title": _("New survey"),
        "templates": ordered,
        "chosen": chosen,
        "given": {"title": "", **given},
        "failure": failure,
    }
    return show(request, door, "", "new.html", context)


def _template(row: Mapping[str, Any]) -> dict[str, Any]:
    name = str(row["template"])
    return {
        "name": name,
        "title": NAMES.get(name, row["title"]),
        "asks": row["title"],
        "about": ABOUT.get(name, row["about"] or ""),
        "facts": " · ".join(
            [
                words.plural(int(row["questions"]), _("question"), _("questions")),
                f"{_('up to')} {words.plural(max(1, round(row['minutes'])), _('minute'), _('minutes'))}",
                str(row["languages"]),
            ]
        ),
    }


def _row(door: Door, row: Mapping[str, Any], *, scored: bool) -> dict[str, Any]:
    last = row["last_answer"]
    answers = int(row["finished"] or 0) + int(row["partial"] or 0)
    return {
        "name": row["survey"],
        "address": address_of(str(row["survey"])),
        "results": address_of(str(row["survey"]), "/results"),
        "title": str(row["title"]),
        "state": row["state"],
        "tag": STATES.get(str(row["state"]), ("", "")),
        "about": _about(row),
        "answers": answers,
        "finished": int(row["finished"] or 0),
        **(_score(door, str(row["survey"])) if answers and scored else NO_SCORE),
        "last": f"{_('last')} {words.ago(last, now())}" if last else "",
    }


def _score(door: Door, name: str) -> Mapping[str, str]:
    """The survey's first score with its interval, as kept of a moment ago; nothing for who may not see it."""
    if not door.may("measure.survey"):
        return NO_SCORE
    known = door.snapshot("measure.survey", {"name": name}).result
    first = next(iter(known.scores), None) if isinstance(known, SurveyResults) else None
    if first is None or not isinstance(first.now, Estimate):
        return NO_SCORE
    value, low, high = (wording.number(each, first.unit) for each in (first.now.value, first.now.low, first.now.high))
    return {"score": f"{wording.label(first.metric)} {value}", "interval": words.span(low, high)}


def _about(row: Mapping[str, Any]) -> str:
    asked = words.plural(int(row["questions"]), _("question"), _("questions"))
    took = words.plural(max(1, round(row["minutes"])), _("minute"), _("minutes"))
    who = _("only who is invited") if row["access"] == "invited" else _("open to whoever has the link")
    return f"{asked} · {took} · {row['languages']} · {who}"


def _lede(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return _("Nobody is asked anything yet.")
    live = sum(row["state"] == "live" for row in rows)
    answers = sum(row["answers"] for row in rows)
    head = words.plural(live, _("survey is live"), _("surveys are live")) if live else _("No survey is live")
    if not answers:
        return f"{head}; {_('nobody has answered yet.')}"
    return f"{head}; {wording.count(answers)} {_('answers came in so far.')}"


def _text_of(file: UploadFile) -> str:
    content = file.file.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        raise InputError(_("The file has more than 2,000,000 bytes, which no survey needs. Choose its JSON file."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        told = _("{} is not a text in UTF-8. In SurveyJS, save the survey as JSON and choose that file.")
        raise InputError(told.format(file.filename)) from None


def _title_in(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    title = found.get("title") if isinstance(found, dict) else ""
    title = next(iter(title.values()), "") if isinstance(title, dict) else title
    return str(title or "")


def _free_name(door: Door, title: str) -> str:
    """A name for addresses, made of the title and unlike those that are taken."""
    base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:70].strip("-") or "survey"
    taken = {row["survey"] for row in door.run("collect.surveys", {}).records()}
    taken |= {"new"}
    name, at = base, 2
    while name in taken:
        name, at = f"{base}-{at}", at + 1
    return name
