"""The editor of a survey: an outline, the chosen question as a form, and the survey as respondents see it.

Every change is a form that works without scripts. The page's script sends the same forms sooner and puts the parts of
the answer in their places, so there is one editor and not two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.collect.results import SurveyCheck, SurveyDetails, SurveyProblem
from cxloop.core.errors import CxloopError, InputError
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.surveys.editing import changes, fields, kinds, outline, places
from cxloop.web.pages.surveys.editing import words as texts
from cxloop.web.pages.surveys.editing.joining import alone, join
from cxloop.web.pages.surveys.editing.lines import line_of, lines
from cxloop.web.pages.surveys.frame import address_of, found_survey, show
from cxloop.web.pages.surveys.sent import Sent
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
VIEWS = (
    ("questions", _("Questions")),
    ("languages", _("Languages")),
    ("rules", _("Quotas and variables")),
    ("json", _("JSON")),
)
LONG_MINUTES = 5
At = Annotated[str, Query(max_length=400)]
Language = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class Place:
    """Where in the editor somebody is: view, chosen item, and the language of texts."""

    view: str
    at: str
    language: str

    def address(self, name: str, **also: str) -> str:
        """Returns the address of this place in the editor of a survey."""
        given = {"view": self.view if self.view != "questions" else "", "at": self.at, "language": self.language}
        asked = {key: value for key, value in {**given, **also}.items() if value}
        return address_of(name) + (f"?{urlencode(asked)}" if asked else "")


@dataclass(frozen=True)
class Shown:
    """What the editor shows: the document, which may be one that could not be saved, and what is wrong with it."""

    document: places.Document
    check: SurveyCheck
    failure: CxloopError | None = None
    clash: bool = False
    written: str = ""

    @property
    def problems(self) -> tuple[SurveyProblem, ...]:
        """All problems, errors first."""
        return self.check.problems


@router.get("/surveys/{name}")
def editor(
    request: Request, door: SignedIn, name: str, at: At = "", language: Language = "", view: Language = "questions"
) -> HTMLResponse:
    """Shows a survey's draft, to be changed by those who may."""
    survey = found_survey(door, name)
    document = changes.normal(survey.document)
    check = SurveyCheck(survey.problems, survey.minutes, survey.questions, survey.languages)
    return _page(request, door, survey, Place(view, _chosen(document, at, view), language), Shown(document, check))


@router.post("/surveys/{name}")
def change(request: Request, sent: Sent, name: str) -> Response:
    """Changes the draft as a form says; where somebody else has saved since, it shows both and saves nothing."""
    door, form = sent
    door.require("collect.draft_survey")
    survey = found_survey(door, name)
    place = Place(form.get("view", "questions"), form.get("at", ""), form.get("language", ""))
    if form.get("after", "") != str(survey.draft):
        document, text = _on_top(door, survey, place, form)
        return _page(request, door, survey, place, _checked(door, document, clash=True, written=text))
    document, place, text = _changed(door, changes.normal(survey.document), place, form)
    try:
        saved = {"name": name, "document": text or json.dumps(document, ensure_ascii=False), "after": survey.draft}
        door.run("collect.draft_survey", saved)
    except InputError as failure:
        return _page(request, door, survey, place, _checked(door, document, failure=failure, written=text))
    return RedirectResponse(place.address(name), 303)


def _on_top(door: Door, survey: SurveyDetails, place: Place, form: Mapping[str, str]) -> tuple[places.Document, str]:
    """The newest draft with what the form would have changed of the older one that it was made for."""
    newest = changes.normal(survey.document)
    if form.get("do") == "document":
        return _written(form.get("document", ""), newest), form.get("document", "")
    base = _base(form)
    if base is not None:
        purposes = [each.name for each in door.experience.purpose]
        join(newest, base, form, at=place.at, language=place.language, purposes=purposes)
    return newest, ""


def _base(form: Mapping[str, str]) -> places.Document | None:
    """What the form was made of: its own item, or the whole document."""
    try:
        found = json.loads(form.get("base", ""))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _changed(
    door: Door, document: places.Document, place: Place, form: Mapping[str, str]
) -> tuple[places.Document, Place, str]:
    """The document as the form wants it, where to go on, and the text where somebody wrote JSON."""
    do, purposes = form.get("do", "save"), [each.name for each in door.experience.purpose]
    language = place.language or texts.own_language(document)
    if do == "document":
        return _written(form.get("document", ""), document), place, form.get("document", "")
    if do == "words":
        changes.translate(document, form)
    elif do == "language":
        code = (form.get("typed") or form.get("new", "")).strip()
        if code:
            changes.add_language(document, code)
            return document, Place(place.view, place.at, code), ""
    elif do == "rules":
        changes.rules(document, form)
    elif do != "jump":
        changes.set_fields(document, place.at, form, language, purposes)
        if do in changes.CHANGES:
            at = changes.CHANGES[do](document, place.at, form, purposes)
            return document, Place(place.view, at, place.language), ""
    return document, place, ""


def _written(text: str, before: places.Document) -> places.Document:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return before
    return changes.normal(found) if isinstance(found, dict) else before


def _checked(door: Door, document: places.Document, **more: Any) -> Shown:
    text = more.get("written") or json.dumps(document, ensure_ascii=False)
    try:
        check: SurveyCheck = door.run("collect.check_survey", {"document": text})
    except CxloopError as failure:  # no JSON at all
        check = SurveyCheck((), 0.0, 0, ())
        more["failure"] = failure
    return Shown(document, check, **more)


def _chosen(document: places.Document, at: str, view: str) -> str:
    """The item that is shown: what was asked for, else the first question."""
    if at and isinstance(places.there(document, places.steps_of(at)), dict):
        return places.around(at)
    known = [path for path, item in places.items(document) if "elements" not in item]
    return known[0] if known and at != "survey" and view == "questions" else ""


def _page(request: Request, door: Door, survey: SurveyDetails, place: Place, shown: Shown) -> HTMLResponse:
    document, own = shown.document, texts.own_language(shown.document)
    language = place.language or own
    spoken = texts.languages(document)
    at = place.at if place.view == "questions" else ""
    item = document if not at else places.there(document, places.steps_of(at)) or document
    purposes = [each.name for each in door.experience.purpose]
    mistakes = outline.mistakes_at(shown.problems, at)
    context = {
        "title": survey.title,
        "survey": survey,
        "place": place,
        "views": [(view, title, Place(view, "", place.language).address(survey.name)) for view, title in VIEWS],
        "own": own,
        "language": language,
        "spoken": sorted({*spoken, language}, key=lambda each: (each != own, each)),
        "offered": [
            (each, name)
            for each, name in sorted(texts.LANGUAGES.items(), key=lambda pair: pair[1])
            if each not in spoken
        ],
        "language_name": texts.language_name,
        "rtl": texts.RIGHT_TO_LEFT,
        "lines": outline.outline(document, language, shown.problems),
        "item": item,
        "at": at,
        "kind": kinds.kind_of(item) if at and item.get("type") else "",
        "kind_name": kinds.nearest(item),
        "kinds": _kinds(),
        "inputs": list(fields.inputs(item, fields.fields_of(item, at, purposes), language, own, mistakes)),
        "mistakes": mistakes,
        "problems": _problems(shown.problems, survey.name, place),
        "shown": shown,
        "lede": _lede(survey, shown.check),
        "sub": _sub(shown.check, spoken),
        "phrases": _phrases(document, spoken) if place.view == "languages" else [],
        "rules": changes.rule_lines(document) if place.view == "rules" else {},
        "written": shown.written or json.dumps(survey.document, ensure_ascii=False, indent=2),
        "numbered": _numbered(survey, shown) if place.view == "json" else [],
        "may_change": door.may("collect.draft_survey"),
        "document_text": json.dumps(survey.document, ensure_ascii=False).replace("<", "\\u003c"),
        "base": json.dumps(_base_of(survey, place, at), ensure_ascii=False),
        "preview": _preview(survey, at, language),
    }
    status = 409 if shown.clash else 400 if shown.failure else 200
    answer = show(request, door, "editor", "editor.html", context, survey=survey)
    answer.status_code = status
    return answer


def _base_of(survey: SurveyDetails, place: Place, at: str) -> Any:
    """What of the saved draft the form is about: it travels with it, so that two people's changes can be joined."""
    saved = changes.normal(survey.document)
    if place.view == "questions":
        part = places.there(saved, places.steps_of(at)) if at else saved
        return alone(part) if isinstance(part, dict) else {}
    return saved if place.view in ("languages", "rules") else {}


def _kinds() -> dict[str, list[kinds.Kind]]:
    groups: dict[str, list[kinds.Kind]] = {}
    for kind in kinds.KINDS:
        groups.setdefault(kind.group, []).append(kind)
    return groups


def _preview(survey: SurveyDetails, at: str, language: str) -> str:
    steps = places.steps_of(at)
    page = str(steps[1]) if len(steps) > 1 else ""
    asked = {"page": page, "language": language, "v": str(survey.draft)}
    return f"{address_of(survey.name, '/preview')}?{urlencode({name: value for name, value in asked.items() if value})}"


def _problems(problems: tuple[SurveyProblem, ...], name: str, place: Place) -> list[dict[str, Any]]:
    """What was noticed, each with where it can be mended; missing translations are one line."""
    found = [_problem(problem, name, place) for problem in problems if problem.code != "translation"]
    if missing := sum(problem.code == "translation" for problem in problems):
        told = words.plural(missing, _("text lacks a translation"), _("texts lack a translation"))
        found.append({"severity": "warning", "where": _("Languages"), "head": f"{told}.",
                      "address": Place("languages", "", place.language).address(name)})  # fmt: skip
    return found


def _problem(problem: SurveyProblem, name: str, place: Place) -> dict[str, Any]:
    item = places.around(problem.path)
    view = "rules" if problem.path.startswith(("quotas", "hidden", "calculatedValues", "triggers")) else "questions"
    return {
        "severity": problem.severity,
        "where": problem.path,
        "address": Place(view, item or "survey", place.language).address(name),
        "head": problem.message.splitlines()[0] if problem.message else "",
    }


def _lede(survey: SurveyDetails, check: SurveyCheck) -> str:
    errors = sum(problem.severity == "error" for problem in check.problems)
    asked = words.plural(check.questions, _("question"), _("questions"))
    took = words.plural(max(1, round(check.minutes)), _("minute"), _("minutes"))
    if errors:
        wrong = words.plural(errors, _("thing keeps"), _("things keep"))
        return f"{wrong} {_('it from being published.')}"
    if not check.questions:
        return _("Nothing is asked yet. Add the first question.")
    ready = _("It is live as it stands here.") if survey.state == "live" and not survey.changed else ""
    if not ready:
        ready = _("Nobody sees this draft yet.") if survey.version is None else _("Respondents see the version before.")
    return f"{asked}, {_('about')} {took}. {ready}"


def _sub(check: SurveyCheck, spoken: list[str]) -> str:
    missing = sum(problem.code == "translation" for problem in check.problems)
    parts = [f"{_('In')} {', '.join(texts.language_name(each) for each in spoken)}"]
    if missing:
        parts.append(words.plural(missing, _("text lacks a translation"), _("texts lack a translation")))
    if check.minutes > LONG_MINUTES:
        parts.append(_("long: beyond 5 minutes many people leave"))
    return " · ".join(parts) + "."


def _phrases(document: places.Document, spoken: list[str]) -> list[dict[str, Any]]:
    """Every text with its place in words, and what it says in each language."""
    found = []
    for phrase in texts.phrases(document):
        item = places.around(phrase.path)
        holder = places.there(document, places.steps_of(item)) if item else None
        label = str((holder or {}).get("name", "")) or _("survey")
        part = fields.label_of(places.deeper(phrase.path, item))
        cells = [(language, phrase.words.get(language, "")) for language in spoken]
        found.append({"path": phrase.path, "label": label, "part": part, "cells": cells})
    return found


def _numbered(survey: SurveyDetails, shown: Shown) -> list[tuple[int, SurveyProblem]]:
    """Problems with the line of the JSON on which each is."""
    known = lines(shown.written or json.dumps(survey.document, ensure_ascii=False, indent=2))
    return [(line_of(problem.path, known), problem) for problem in shown.problems]
