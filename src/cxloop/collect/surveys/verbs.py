"""The verbs of surveys: what they ask, and how they are run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cxloop.collect.surveys.results import SurveyCheck, SurveyDetails, SurveyPreview, Surveys, SurveyTemplates
from cxloop.core.verbs import verb
from cxloop.store.context import Operations

__all__ = [
    "check_survey",
    "close_survey",
    "draft_survey",
    "import_survey",
    "pause_survey",
    "preview_survey",
    "publish_survey",
    "survey",
    "survey_settings",
    "survey_templates",
    "surveys",
]


def _nothing_is_none(given: object) -> object:
    """A form that leaves something out sends an empty text."""
    return None if given == "" else given


def _as_text(given: object) -> object:
    return json.dumps(given, ensure_ascii=False) if isinstance(given, dict) else given


SurveyName = Annotated[str, Field(min_length=1, max_length=200)]
OptionalPath = Annotated[Path | None, BeforeValidator(_nothing_is_none)]
Document = Annotated[str, BeforeValidator(_as_text), Field(max_length=2_000_000)]
"""A JSON object: as a text, or as it is where a caller has one."""
Version = Annotated[int, Field(ge=1)]
_State = Literal["draft", "live", "paused", "closed"]
_When = Annotated[str | None, Field(max_length=40)]
_SURVEYS = ("collect.surveys", "collect.survey")


@verb(part="collect", right="read", limited="refuse")
def surveys(ws: Operations, state: _State | None = None) -> Surveys:
    """The surveys: their state, what they ask in how many minutes, and how many answered.

    Args:
        state: Only those that are draft, live, paused or closed.
    """
    from cxloop.collect.surveys.desk import list_surveys

    return list_surveys(ws, state)


@verb(part="collect", right="read", limited="refuse")
def survey(ws: Operations, name: SurveyName, version: Version | None = None) -> SurveyDetails:
    """One survey: how it stands, what is wrong or doubtful in it, its settings and, with --json, its document.

    Args:
        name: The survey.
        version: The published version whose document is wanted; without it, the draft.

    Raises:
        UnknownNameError: there is no such survey.
        NotFoundError: it has no such version.
    """
    from cxloop.collect.surveys.desk import details

    return details(ws, name, version)


@verb(part="collect", right="read", limited="refuse")
def survey_templates(ws: Operations) -> SurveyTemplates:  # noqa: ARG001 - each verb is given the workspace
    """The surveys to begin with: relational NPS, CSAT after a purchase, delivery, store visit, focus group and more."""
    from cxloop.collect.surveys.desk import list_templates

    return list_templates()


@verb(part="collect", right="write", changes="records", outdates=_SURVEYS)
def draft_survey(
    ws: Operations,
    name: SurveyName,
    *,
    document: Document = "",
    file: OptionalPath = None,
    template: Annotated[str | None, BeforeValidator(_nothing_is_none)] = None,
    after: Annotated[int, Field(ge=0)] | None = None,
) -> SurveyDetails:
    """Makes a survey, or changes what it is to ask: nobody sees a draft before it is published.

    Args:
        name: What addresses and rows call it: a-z, 0-9 and -, such as delivery-csat.
        document: The survey as a JSON object in the format of SurveyJS; docs/concepts/survey-format.md says which part.
        file: A file with it, in place of the document.
        template: Or a survey to begin with; see collect survey-templates.
        after: The version of the draft that this one goes on from; refused where somebody else has saved since.

    Raises:
        InputError: the name cannot be used, not exactly one source is given, or somebody else has saved since.
        MistakesError: the document cannot be read: every mistake with its place.
    """
    from cxloop.collect.surveys.desk import save_draft

    return save_draft(ws, name, document=document, file=file, template=template, after=after)


@verb(part="collect", right="write", changes="records", outdates=_SURVEYS)
def import_survey(ws: Operations, path: Path, *, name: str | None = None) -> SurveyDetails:
    """Takes a survey from a SurveyJS file, or one that was exported here, as a draft.

    Args:
        path: The JSON file.
        name: What addresses and rows call it; by default the file's name.

    Raises:
        InputError: the file cannot be read, or there is a survey of that name.
        MistakesError: it holds what is not in the subset: every mistake with its place.
    """
    from cxloop.collect.surveys.desk import import_file

    return import_file(ws, path, name)


@verb(part="collect", right="read", limited="refuse")
def check_survey(ws: Operations, name: str = "", *, document: Document = "", file: OptionalPath = None) -> SurveyCheck:
    """What is wrong or doubtful in a survey: unreachable questions, loops, missing translations, length and more.

    Args:
        name: The survey whose draft is checked.
        document: Or a document that is not saved.
        file: Or a file with one.

    Raises:
        InputError: not exactly one of the three is given, or it is no JSON.
        UnknownNameError: there is no such survey.
    """
    from cxloop.collect.surveys.desk import check

    return check(ws, name, document, file)


@verb(part="collect", right="read", limited="refuse")
def preview_survey(
    ws: Operations,
    name: str = "",
    *,
    document: Document = "",
    page: Annotated[str, Field(max_length=200)] = "",
    language: Annotated[str, Field(max_length=20)] = "",
    answers: Document = "",
    form: Annotated[str, Field(max_length=1_000_000)] = "",
    action: Annotated[str, Field(max_length=20_000)] = "",
) -> SurveyPreview:
    """One page of a draft as respondents will see it. Nothing is kept.

    Args:
        name: The survey.
        document: A document that is not saved, to be shown in place of the survey's draft.
        page: Its name, or its number from 0; by default the first.
        language: In which it is shown; by default the survey's own.
        answers: What was answered on the pages before, as a JSON object.
        form: What a browser sends of this page, such as q:nps=9; then the next one is shown, or what is wrong.
        action: Where the form of the page goes.

    Raises:
        UnknownNameError: there is no such survey.
        MistakesError: the document cannot be read.
        InputError: the answers are no JSON object.
    """
    from cxloop.collect.surveys.previewing import preview

    return preview(ws, name, document=document, page=page, language=language, answers=answers, form=form, action=action)


@verb(part="collect", right="write", changes="records", outdates=_SURVEYS)
def publish_survey(ws: Operations, name: SurveyName) -> SurveyDetails:
    """Lets respondents see the draft, and opens a survey again that was paused or closed.

    Answers stay tied to the version that they were given to; whoever has begun goes on with theirs.

    Args:
        name: The survey.

    Raises:
        UnknownNameError: there is no such survey.
        MistakesError: something is wrong in it: every error with its place.
    """
    from cxloop.collect.surveys.desk import publish

    return publish(ws, name)


@verb(part="collect", right="write", changes="records", outdates=_SURVEYS)
def pause_survey(ws: Operations, name: SurveyName) -> SurveyDetails:
    """Takes no answers and invites nobody until the survey is published again.

    Args:
        name: The survey.

    Raises:
        UnknownNameError: there is no such survey.
        InputError: it is not live.
    """
    from cxloop.collect.surveys.desk import pause

    return pause(ws, name)


@verb(part="collect", right="write", changes="records", outdates=_SURVEYS)
def close_survey(ws: Operations, name: SurveyName) -> SurveyDetails:
    """Takes no more answers; what was begun counts as partial. Publishing opens the survey again.

    Args:
        name: The survey.

    Raises:
        UnknownNameError: there is no such survey.
        InputError: it was never published.
    """
    from cxloop.collect.surveys.desk import close

    return close(ws, name)


@verb(part="collect", right="write", changes="records", outdates=_SURVEYS)
def survey_settings(
    ws: Operations,
    name: SurveyName,
    *,
    settings: Document = "",
    title: Annotated[str | None, Field(max_length=200), BeforeValidator(_nothing_is_none)] = None,
    opens: _When = None,
    closes: _When = None,
) -> SurveyDetails:
    """Says how a survey is run: who may answer, how it looks, when and how often it asks.

    Args:
        name: The survey.
        settings: A JSON object with what changes, such as {"access": "invited", "mail": {"sender": "The shop"}}; null
            goes back to the default.
        title: What people call it.
        opens: Since when it takes answers: a date or a moment in the company's time zone; "any" for at once.
        closes: Until when, written likewise; "any" for without an end.

    Raises:
        UnknownNameError: there is no such survey.
        MistakesError: every setting that cannot be used.
        InputError: a moment cannot be read, or it would close before it opens.
    """
    from cxloop.collect.surveys.desk import change_settings

    return change_settings(ws, name, settings, opens=opens, closes=closes, title=title)
