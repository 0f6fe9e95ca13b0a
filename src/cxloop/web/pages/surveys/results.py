"""Results of a survey: its scores, who answered and who did not, each question, words, and the rows behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.collect.results import SurveyDetails
from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.core.results import Estimate, Result
from cxloop.core.spreadsheet import as_csv
from cxloop.measure.results import Crosstab, SurveyFunnel, SurveyQuestions, SurveyResults
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.surveys import cards
from cxloop.web.pages.surveys.frame import address_of, found_survey, show
from cxloop.web.pages.surveys.labels import Labels
from cxloop.web.site import age
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
RESULTS = "/surveys/{name}/results"
SINCE = ("30d", "90d", "365d", "")
PERIODS = ("day", "week", "month", "quarter")
DIMENSIONS = ("channel", "touchpoint", "location", "team", "region", "product", "brand", "language", "campaign")
VERBATIMS = 8
RESPONSES = 100
MOST_ROWS = 100_000
DOWNLOADS = {
    "scores": "measure.survey",
    "funnel": "measure.survey_funnel",
    "questions": "measure.survey_questions",
    "rows": "measure.survey_rows",
    "texts": "measure.survey_verbatims",
}
FORMATS = ("csv", "json")


@dataclass(frozen=True)
class Asked:
    """What of a survey is looked at, as the address says it."""

    since: str = ""
    where: str = ""
    every: str = ""
    channel: str = ""
    row: str = ""
    column: str = ""

    def address(self, path: str, **other: str) -> str:
        """Returns an address with what was asked, and what `other` says otherwise."""
        given = {name: value for name, value in {**asdict(self), **other}.items() if value}
        return f"{path}?{urlencode(given)}" if given else path

    @property
    def arguments(self) -> dict[str, Any]:
        """What every verb of results takes."""
        return {"since": self.since, "where": self.where}


def _asked(
    since: Annotated[str, Query(max_length=40)] = "",
    where: Annotated[str, Query(max_length=4000)] = "",
    every: Annotated[str, Query(pattern="^(|day|week|month|quarter)$")] = "",
    channel: Annotated[str, Query(max_length=200)] = "",
    row: Annotated[str, Query(max_length=300)] = "",
    column: Annotated[str, Query(max_length=300)] = "",
) -> Asked:
    return Asked(since, where, every, channel, row, column)


AskedHere = Annotated[Asked, Depends(_asked)]


@router.get(RESULTS)
def results(request: Request, door: SignedIn, name: str, asked: AskedHere) -> HTMLResponse:
    """Shows what a survey brought."""
    door.require("measure.survey")
    survey = _survey(door, name)
    labels = Labels(survey.document if survey else None)
    title = survey.title if survey else name
    base = {"title": _("Results"), "asked": asked, "path": address_of(name, "/results"), "survey": survey, "name": name}
    try:
        found = _found(door, name, asked, title, labels)
    except InputError as failure:
        empty = {"lede": _("This cannot be read as it is asked."), "found": None, "failure": failure}
        return show(request, door, "results", "results.html", {**base, **empty, **_choices()}, survey=survey)
    if survey is None and not found["whole"].responses and not found["funnel"].total.steps:
        raise NotFoundError(f"There is no survey {name!r}, and no answer to one of that name.")
    context = {**base, "found": found, "lede": found["lede"], **_choices()}
    return show(request, door, "results", "results.html", context, survey=survey)


def _choices() -> dict[str, Any]:
    return {"since_choices": SINCE, "periods": PERIODS}


def _survey(door: Door, name: str) -> SurveyDetails | None:
    """The survey as it is made; None for one whose answers were imported, or for whom may not see how it is made."""
    if not door.may("collect.survey"):
        return None
    try:
        return found_survey(door, name)
    except NotFoundError:
        return None


def _found(door: Door, name: str, asked: Asked, title: str, labels: Labels) -> dict[str, Any]:
    kept = door.snapshot("measure.survey", {"name": name, "every": asked.every or "week", **asked.arguments})
    whole, funnel, questions = kept.result, _funnel(door, name, asked), _questions(door, name, asked)
    assert isinstance(whole, SurveyResults)
    shown = [cards.question(item, labels, whole.responses) for item in _in_order(questions, labels)]
    countable = [(item.question, labels.title(item.question, item.title)) for item in questions.questions if item.n]
    return {
        "whole": whole,
        "lede": _lede(whole, title, labels),
        "sub": whole.sub,
        "scores": [cards.score(item, labels) for item in whole.scores],
        "funnel": funnel,
        "channels": [each for each in funnel.channels if each.steps],
        "came": [each for each in funnel.channels if each.came],
        "bars": cards.funnel_bars(_of_channel(funnel, asked.channel)),
        "reasons": [(cards.REASONS.get(reason, reason), n) for reason, n in funnel.reasons if reason != "asked"],
        "pages": [(labels.pages.get(page.name, page.name), page) for page in funnel.pages],
        "questions": shown,
        "verbatims": _verbatims(door, name, asked),
        "cross": _cross(door, name, asked, labels),
        "rows": countable,
        "columns": [*countable, *((each, each) for each in DIMENSIONS)],
        "downloads": _downloads(door, name, asked),
        "may_list": door.may("collect.responses"),
        "age": age(kept),
        "how": whole.how,
    }


def _in_order(found: SurveyQuestions, labels: Labels) -> list[Any]:
    return sorted(found.questions, key=lambda item: labels.place(item.question))


def _funnel(door: Door, name: str, asked: Asked) -> SurveyFunnel:
    found = door.snapshot("measure.survey_funnel", {"name": name, **asked.arguments}).result
    assert isinstance(found, SurveyFunnel)
    return found


def _questions(door: Door, name: str, asked: Asked) -> SurveyQuestions:
    found = door.snapshot("measure.survey_questions", {"name": name, **asked.arguments}).result
    assert isinstance(found, SurveyQuestions)
    return found


def _of_channel(funnel: SurveyFunnel, channel: str) -> Any:
    return next((each for each in funnel.channels if each.channel == channel and channel), funnel.total)


def _lede(whole: SurveyResults, title: str, labels: Labels) -> str:
    """The sentence a colleague would say first."""
    del labels
    if not whole.responses:
        return f"{_('Nobody has answered')} {title} {_('yet.')}"
    if not whole.scores:
        return f"{wording.many(whole.responses, _('response'))} {_('to')} {title}."
    first = whole.scores[0]
    label, count = wording.label(first.metric), wording.answers(first.now.n)
    if not isinstance(first.now, Estimate):
        return f"{title}: {count} {_('so far, too few for a')} {label}."
    low, high = (wording.number(each, first.unit) for each in (first.now.low, first.now.high))
    number = wording.number(first.now.value, first.unit)
    return f"{title}: {label} {number}, {_('between')} {low} {_('and')} {high}, {_('from')} {count}."


def _verbatims(door: Door, name: str, asked: Asked) -> Any:
    if not door.may("measure.survey_verbatims"):
        return None
    return door.snapshot("measure.survey_verbatims", {"name": name, "limit": VERBATIMS, **asked.arguments}).result


def _cross(door: Door, name: str, asked: Asked, labels: Labels) -> dict[str, Any] | None:
    if not asked.row or not asked.column:
        return None
    given = {"name": name, "row": asked.row, "column": asked.column, **asked.arguments}
    try:
        found = door.run("measure.crosstab", given)
    except InputError as failure:
        return {"mistake": failure.message}
    assert isinstance(found, Crosstab)
    return {
        "mistake": "",
        "result": found,
        "table": cards.table(found, labels),
        "said": _said(found),
        "row": labels.title(found.row),
        "column": labels.title(found.column),
        "csv": asked.address(f"{address_of(name, '/results')}/download/crosstab.csv"),
    }


def _said(found: Crosstab) -> str:
    """What a cross-table says, in a sentence."""
    if not found.cells:
        return _("Nobody has answered both.")
    who = wording.many(found.n, _("customer"))
    if found.p is None:
        return f"{who}. {found.test}"
    tied = _("They go together") if found.p < 0.05 else _("They are not shown to go together")
    p = _("p under 0.001") if found.p < 0.001 else f"p = {found.p:.3f}"
    strength = "" if found.v is None else f", {_('strength')} {found.v:.2f} {_('of 1')}"
    return f"{tied} ({found.test}, {p}{strength}; {who})."


def _downloads(door: Door, name: str, asked: Asked) -> list[tuple[str, list[tuple[str, str]]]]:
    titles = {
        "scores": _("Scores"), "funnel": _("Funnel"), "questions": _("Answers by question"),
        "rows": _("Rows, one for each response"), "texts": _("Texts"),
    }  # fmt: skip
    path = f"{address_of(name, '/results')}/download"
    return [
        (titles[what], [(form, asked.address(f"{path}/{what}.{form}")) for form in FORMATS])
        for what, verb in DOWNLOADS.items()
        if door.may(verb)
    ]


@router.get(RESULTS + "/download/{file}")
def download(door: SignedIn, name: str, file: str, asked: AskedHere) -> Response:
    """Returns results as a file: a text that a spreadsheet would run as a formula is made harmless."""
    what, _dot, form = file.partition(".")
    if form not in FORMATS or what not in {*DOWNLOADS, "crosstab"}:
        raise NotFoundError(f"There is no download {file!r}.")
    arguments: dict[str, Any] = {"name": name, **asked.arguments}
    if what == "crosstab":
        found: Result = door.run("measure.crosstab", {**arguments, "row": asked.row, "column": asked.column})
    else:
        limits = {"rows": {"limit": MOST_ROWS}, "texts": {"limit": 1000}}
        found = door.run(DOWNLOADS[what], {**arguments, **limits.get(what, {})})
    if form == "json":
        content, media = json.dumps(found.to_dict(), ensure_ascii=False, indent=2).encode(), "application/json"
    else:  # with a byte order mark, or spreadsheets take it for another encoding
        content, media = as_csv(found).encode("utf-8-sig"), "text/csv; charset=utf-8"
    headers = {"content-disposition": f'attachment; filename="{_plain(name)}-{what}.{form}"'}
    return Response(content, media_type=media, headers=headers)


def _plain(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)


@router.get(RESULTS + "/responses")
def responses(
    request: Request, door: SignedIn, name: str, state: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """Lists the responses, with their flags, and lets them be left out."""
    return _responses(request, door, name, state)


@router.post(RESULTS + "/responses")
def leave_out(
    request: Request,
    door: Checked,
    name: str,
    response: Annotated[str, Form(max_length=80)],
    reason: Annotated[str, Form(max_length=500)] = "",
    out: Annotated[str, Form(pattern="^(yes|no)$")] = "yes",
) -> Response:
    """Takes a response out of every number, or back into them."""
    left_out = out == "yes"
    try:
        given = {"response": response, "reason": reason, "left_out": left_out}
        door.run("collect.flag_response", given)
    except InputError as failure:
        return _responses(request, door, name, "", failure)
    return done(address_of(name, "/results/responses"), "left-out" if left_out else "taken-back")


def _responses(request: Request, door: Door, name: str, state: str, failure: CxloopError | None = None) -> HTMLResponse:
    survey = found_survey(door, name)
    found = door.run("collect.responses", {"survey": name, "state": state, "limit": RESPONSES})
    rows: list[Mapping[str, Any]] = found.records()
    doubtful = sum(bool(row["flags"]) and not row["left_out"] for row in rows)
    context = {
        "title": _("Responses"),
        "survey": survey,
        "rows": rows,
        "chosen": state,
        "most": RESPONSES,
        "lede": _list_lede(len(rows), doubtful),
        "may_flag": door.may("collect.flag_response"),
        "path": address_of(name, "/results"),
        "failure": failure,
    }
    return show(request, door, "results", "responses.html", context, survey=survey)


def _list_lede(rows: int, doubtful: int) -> str:
    if not rows:
        return _("No response here yet.")
    if not doubtful:
        return _("Nothing about these responses looks doubtful.")
    return f"{wording.many(doubtful, _('response'))} {_('may be no honest answer. Look, and leave out what is none.')}"
