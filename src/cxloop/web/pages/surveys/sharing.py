"""Short links with their codes, to be hung up and printed; and how many answers and invitations a survey needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.collect.results import SamplePlan, ShortLinks, SurveyDetails
from cxloop.core import wording
from cxloop.core.errors import InputError, NotFoundError
from cxloop.web import words
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.codes import qr
from cxloop.web.pages.surveys.frame import address_of, found_survey, show
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
SHARE = "/surveys/{name}/share"
VARIABLE = "variable-"
MOST_LINES = 200
"""Links that one form makes, such as one for each table of a restaurant."""
METRICS = (("nps", "NPS"), ("csat", "CSAT"), ("ces", "CES"), ("rating", _("rating")))
POWERS = (("0.8", "80 %"), ("0.9", "90 %"), ("0.95", "95 %"))


@router.get(SHARE)
def share(request: Request, door: SignedIn, name: str) -> HTMLResponse:
    """Lists the short links of a survey, with their codes."""
    door.require("collect.short_links")
    return _share(request, door, found_survey(door, name))


@router.post(SHARE)
def make(request: Request, door: Checked, name: str, form: Inputs) -> Response:
    """Makes a short link for each line of places."""
    door.require("collect.short_link")
    survey = found_survey(door, name)
    labels = [line.strip() for line in form.get("labels", "").splitlines() if line.strip()]
    given = {field.removeprefix(VARIABLE): value.strip() for field, value in form.items()
             if field.startswith(VARIABLE) and value.strip()}  # fmt: skip
    try:
        if not labels or len(labels) > MOST_LINES:
            raise InputError(_("Name at least one place and at most {}, one on each line.").format(MOST_LINES))
        for label in labels:
            asked = {"survey": name, "label": label, "channel": form.get("channel", "").strip(),
                     "variables": json.dumps(_filled(given, label)) if given else ""}  # fmt: skip
            door.run("collect.short_link", asked)
    except InputError as failure:
        return _share(request, door, survey, failure=failure, form=form)
    return done(address_of(name, "/share"), "link")


@router.post(SHARE + "/drop")
def drop(door: Checked, name: str, code: Annotated[str, Form(max_length=40)] = "") -> Response:
    """Takes a short link away."""
    door.run("collect.drop_short_link", {"code": code})
    return done(address_of(name, "/share"), "link-gone")


def _filled(given: Mapping[str, str], label: str) -> dict[str, str]:
    """The variables of one link: * stands for what its line says."""
    return {name: label if value == "*" else value for name, value in given.items()}


def _share(
    request: Request,
    door: Door,
    survey: SurveyDetails,
    *,
    failure: InputError | None = None,
    form: Mapping[str, str] | None = None,
) -> HTMLResponse:
    found: ShortLinks = door.run("collect.short_links", {"survey": survey.name})
    rows = [_link(row) for row in found.records()]
    hidden = survey.document.get("hidden")
    context = {
        "title": _("Links and codes"),
        "survey": survey,
        "rows": rows,
        "whole": qr(survey.address) if survey.settings.get("access") == "open" else "",
        "variables": [str(each.get("name")) for each in hidden or () if isinstance(each, dict)],
        "form": form or {},
        "may_make": door.may("collect.short_link"),
        "lede": _lede(survey, rows),
        "failure": failure,
    }
    return show(request, door, "share", "share.html", context, survey=survey)


def _link(row: Mapping[str, Any]) -> dict[str, Any]:
    address = str(row["address"])
    return {
        "code": row["code"],
        "label": row["label"],
        "channel": row["channel"],
        "address": address,
        "shown": address.partition("://")[2] or address,
        "qr": qr(address),
        "responses": int(row["responses"] or 0),
        "variables": ", ".join(f"{name}: {value}" for name, value in json.loads(row["variables"] or "{}").items()),
    }


def _lede(survey: SurveyDetails, rows: list[dict[str, Any]]) -> str:
    if survey.settings.get("access") != "open":
        return _("Only who was invited may answer: links and codes say so to everybody else.")
    if not rows:
        return _("One code for everybody, or one for each place.")
    came = sum(row["responses"] for row in rows)
    links = words.plural(len(rows), _("link hangs out there"), _("links hang out there"))
    return f"{links}; {words.plural(came, _('response'), _('responses'))} {_('came by them.')}"


@router.get("/surveys/{name}/plan")
def plan(
    request: Request,
    door: SignedIn,
    name: str,
    metric: Annotated[str, Query(max_length=10)] = "nps",
    aim: Annotated[str, Query(max_length=10)] = "change",
    points: Annotated[str, Query(max_length=20)] = "5",
    power: Annotated[str, Query(max_length=10)] = "0.8",
    rate: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Says how many answers and invitations are needed to see a change, or to know a score."""
    door.require("collect.plan_sample")
    survey = found_survey(door, name)
    goal = "precision" if aim == "precision" else "change"
    asked = {"survey": name, "metric": metric, "power": power, goal: points.replace(",", "."), "rate": _share_of(rate)}
    found: SamplePlan | None = None
    failure: InputError | None = None
    try:
        found = door.run("collect.plan_sample", asked)
    except NotFoundError:
        raise
    except InputError as refused:
        failure = refused
    context = {
        "title": _("How many"),
        "survey": survey,
        "asked": {"metric": metric, "aim": aim, "points": points, "power": power, "rate": rate},
        "metrics": METRICS,
        "powers": POWERS,
        "plan": found,
        "lede": _plan_lede(found),
        "grounds": _grounds(found),
        "failure": failure,
    }
    return show(request, door, "plan", "plan.html", context, survey=survey)


def _share_of(rate: str) -> str:
    """A response rate in percent as a share; what is no number is left for whoever checks it."""
    text = rate.strip().removesuffix("%").strip().replace(",", ".")
    try:
        return str(float(text) / 100) if text else ""
    except ValueError:
        return text


def _plan_lede(found: SamplePlan | None) -> str:
    if found is None:
        return _("How many answers do you need?")
    answers = words.plural(found.answers, _("answer"), _("answers"))
    if found.change is not None:
        head = _("To see a change of {} {} you need {} in each of the two periods").format(
            f"{found.change:g}", found.unit, answers
        )
    else:
        head = _("To know the score to ± {} {} you need {}").format(f"{found.precision:g}", found.unit, answers)
    if found.invitations is None:
        return f"{head}."
    sent = words.plural(found.invitations, _("invitation"), _("invitations"))
    rate = f"{100 * (found.rate or 0):.3g} %"
    return f"{head}; {_('at a response rate of {}').format(rate)}, {sent}."


def _grounds(found: SamplePlan | None) -> str:
    """What the numbers rest on."""
    if found is None:
        return ""
    spread = _("as widely as is possible, since too few have answered yet")
    if found.spread_from:
        spread = _("as they did in {} answers so far").format(wording.count(found.spread_from))
    said = [_("Answers spread {}.").format(spread)]
    if found.rate is not None and found.sent >= found.needed_for_rate:
        said.append(
            _("Of {} invitations {} were answered.").format(wording.count(found.sent), wording.count(found.finished))
        )
    elif found.rate is None:
        told = _("Fewer than {} invitations went out, which tells no rate: give one.")
        said.append(told.format(found.needed_for_rate))
    if found.invitations_low != found.invitations_high and found.invitations_low and found.invitations_high:
        low, high = wording.count(found.invitations_low), wording.count(found.invitations_high)
        said.append(_("Between {} and {} invitations, as far as the rate is known.").format(low, high))
    return " ".join(said)
