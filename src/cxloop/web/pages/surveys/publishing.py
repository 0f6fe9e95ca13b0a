"""Letting respondents see a draft: what is wrong, what changed, and pausing and closing again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.collect.results import SurveyDetails, SurveyProblem
from cxloop.core.errors import InputError
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.surveys.editing import changes, kinds, outline, places
from cxloop.web.pages.surveys.editing import words as texts
from cxloop.web.pages.surveys.frame import address_of, found_survey, show
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["differences", "router"]

router = APIRouter()
VERBS = {"pause": ("collect.pause_survey", "paused"), "close": ("collect.close_survey", "closed")}


@router.get("/surveys/{name}/publish")
def publishing(request: Request, door: SignedIn, name: str) -> HTMLResponse:
    """Shows what publishing would change, and what stands against it."""
    return _page(request, door, found_survey(door, name))


@router.post("/surveys/{name}/publish")
def publish(request: Request, door: Checked, name: str, after: Annotated[int, Form()] = 0) -> Response:
    """Publishes the draft that the page showed, and none that somebody saved since."""
    door.require("collect.publish_survey")
    survey = found_survey(door, name)
    try:
        if survey.draft != after:
            raise InputError(_("The draft was changed since you looked at it. Look again at what changed."))
        door.run("collect.publish_survey", {"name": name})
    except InputError as failure:
        return _page(request, door, survey, failure)
    return done(address_of(name), "published" if survey.changed or survey.version is None else "resumed")


@router.post("/surveys/{name}/state")
def state(request: Request, door: Checked, name: str, do: Annotated[str, Form()] = "") -> Response:
    """Pauses or closes a survey."""
    door.require("collect.pause_survey")
    survey = found_survey(door, name)
    if do not in VERBS:
        return _page(request, door, survey, InputError(_("A survey is paused or closed.")))
    verb, said = VERBS[do]
    try:
        door.run(verb, {"name": name})
    except InputError as failure:
        return _page(request, door, survey, failure)
    return done(address_of(name, "/publish"), said)


def _page(request: Request, door: Door, survey: SurveyDetails, failure: InputError | None = None) -> HTMLResponse:
    live = door.run("collect.survey", {"name": survey.name, "version": survey.version}) if survey.version else None
    errors = [problem for problem in survey.problems if problem.severity == "error"]
    doubts = [problem for problem in survey.problems if problem.severity != "error"]
    context = {
        "title": _("Publish"),
        "survey": survey,
        "errors": [_told(problem, survey) for problem in errors],
        "doubts": _doubts(doubts, survey),
        "changed": list(differences(live.document, survey.document)) if live else [],
        "lede": _lede(survey, len(errors)),
        "finished": survey.answers.get("finished", 0),
        "failure": failure,
    }
    return show(request, door, "publish", "publish.html", context, survey=survey)


def _doubts(found: list[SurveyProblem], survey: SurveyDetails) -> list[dict[str, str]]:
    """What people may stumble over; missing translations are one line."""
    told = [_told(problem, survey) for problem in found if problem.code != "translation"]
    if missing := sum(problem.code == "translation" for problem in found):
        lacking = words.plural(missing, _("text lacks a translation"), _("texts lack a translation"))
        said = f"{lacking}; {_('respondents see the survey in its own language there.')}"
        told.append({"message": said, "address": address_of(survey.name) + "?view=languages", "where": _("Languages")})
    return told


def _told(problem: SurveyProblem, survey: SurveyDetails) -> dict[str, str]:
    at = places.around(problem.path)
    item = places.there(changes.normal(survey.document), places.steps_of(at)) if at else None
    return {
        "message": problem.message,
        "address": address_of(survey.name) + f"?at={at or 'survey'}",
        "where": str((item or {}).get("name", "")) or _("the survey"),
    }


def _lede(survey: SurveyDetails, errors: int) -> str:
    if errors:
        return _("It cannot be published as it is.")
    if survey.state == "live" and not survey.changed:
        return _("It is live, and nothing has changed since.")
    if survey.version is None:
        return _("Ready: nobody has seen it yet.")
    return _("Ready to take the place of what respondents see now.") if survey.changed else _("Ready to go on.")


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields what of a survey differs from the version before: a word for it, and what it is about.

    Example:
        >>> old = {"elements": [{"type": "comment", "name": "why", "title": "Why?"}]}
        >>> new = {"elements": [{"type": "comment", "name": "why", "title": "Why so?"}]}
        >>> list(differences(old, new))
        [('changed', 'why: wording')]
    """
    old, new = (_by_name(changes.normal(each)) for each in (before, after))
    for name, item in new.items():
        if name not in old:
            yield _("new"), f"{name}: {_title(item, after)}"
    for name, item in old.items():
        if name not in new:
            yield _("gone"), f"{name}: {_title(item, before)}"
    for name, item in new.items():
        if name in old and (parts := _parts(old[name], item)):
            yield _("changed"), f"{name}: {', '.join(parts)}"
    shared = [[name for name in each if name in old and name in new] for each in (old, new)]
    if shared[0] != shared[1]:
        yield _("changed"), _("the order of the questions")
    rest = [
        {name: value for name, value in changes.normal(each).items() if name != "pages"} for each in (before, after)
    ]
    for name in sorted(set(rest[0]) | set(rest[1])):
        if rest[0].get(name) != rest[1].get(name):
            yield _("changed"), REST.get(name, name)


REST = {
    "title": _("the survey's title"),
    "description": _("the survey's description"),
    "completedHtml": _("what is said at the end"),
    "quotas": _("quotas"),
    "hidden": _("variables of the link"),
    "calculatedValues": _("calculated values"),
    "locale": _("the survey's language"),
}
LOGIC = frozenset(("visibleIf", "requiredIf", "setValueIf", "setValueExpression", "enableIf"))
SCALE = frozenset(("choices", "rows", "columns", "rateValues", "rateMin", "rateMax", "metric", "min", "max"))


def _by_name(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {str(item.get("name", path)): item for path, item in places.items(document)}


def _title(item: dict[str, Any], document: dict[str, Any]) -> str:
    own = texts.own_language(document)
    said = outline.plain(texts.shown(item.get("title") or item.get("html"), own, own))
    return said or kinds.kind_of(item) or _("page")


def _parts(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What of one question differs, in words; a change of its scale or choices is told apart, as numbers hang on it."""
    differs = {
        name
        for name in {*before, *after} - {"elements"}
        if json.dumps(before.get(name), sort_keys=True) != json.dumps(after.get(name), sort_keys=True)
    }
    said = [
        (_("kind"), differs & {"type", "inputType", "rateType"}),
        (_("choices or scale"), differs & SCALE),
        (_("logic"), differs & LOGIC),
        (_("wording"), differs & {"title", "description", "html", "minRateDescription", "maxRateDescription"}),
    ]
    found = [word for word, names in said if names]
    known = set().union(*(names for _word, names in said))
    return [*found, _("other properties")] if differs - known else found
