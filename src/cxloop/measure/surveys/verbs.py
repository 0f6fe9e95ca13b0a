"""The verbs of survey results."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.time import Period
from cxloop.core.verbs import Condition, verb
from cxloop.engine.base import Analysis
from cxloop.measure.surveys.crosstab_results import Crosstab
from cxloop.measure.surveys.results import (
    SurveyFunnel,
    SurveyQuestions,
    SurveyResults,
    SurveyRows,
    SurveyVerbatims,
)

__all__ = ["crosstab", "survey", "survey_funnel", "survey_questions", "survey_rows", "survey_verbatims"]

Moment = Annotated[str, Field(max_length=40)]
SurveyName = Annotated[str, Field(min_length=1, max_length=200)]
QuestionName = Annotated[str, Field(min_length=1, max_length=300)]
Certainty = Annotated[float, Field(gt=0, le=1)]


@verb(part="measure", right="read")
def survey(
    ws: Analysis,
    name: SurveyName,
    *,
    every: Period = "week",
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> SurveyResults:
    """A survey at a glance: its scores with intervals and over time, how many answered, and what to know before use.

    Answers to other words or on another scale are scores of their own. Responses that a person has left out do not
    count.

    Args:
        name: The survey.
        every: One number per day, week, month, quarter or year in the course of each score.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only what this holds for, such as `channel == "email"` or `campaign == "wave-3"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.
    """
    from cxloop.measure.surveys.scores import read_survey
    from cxloop.measure.surveys.selecting import Asked

    return read_survey(ws, Asked(name, since, until, where, identity, certainty), every)


@verb(part="measure", right="read")
def survey_funnel(
    ws: Analysis,
    name: SurveyName,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
) -> SurveyFunnel:
    """Who was wanted, asked, sent to, reached, who opened, began and finished: by channel, with the reasons for not.

    Args:
        name: The survey.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only what this holds for, such as `campaign == "wave-3"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
    """
    from cxloop.measure.surveys.funnel import read_funnel
    from cxloop.measure.surveys.selecting import Asked

    return read_funnel(ws, Asked(name, since, until, where, identity))


@verb(part="measure", right="read")
def survey_questions(
    ws: Analysis,
    name: SurveyName,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
) -> SurveyQuestions:
    """What was answered to each question: shares, ranks and means with their intervals, and how many wrote something.

    Args:
        name: The survey.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only answers for which this holds, such as `channel == "kiosk"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
    """
    from cxloop.measure.surveys.questions import read_questions
    from cxloop.measure.surveys.selecting import Asked

    return read_questions(ws, Asked(name, since, until, where, identity))


@verb(part="measure", right="read")
def crosstab(
    ws: Analysis,
    name: SurveyName,
    row: QuestionName,
    column: QuestionName,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
) -> Crosstab:
    """Answers to one question by those to another, or by a dimension: whether they go together, and in which cells.

    Columns with fewer customers than the minimum n are not shown.

    Args:
        name: The survey.
        row: The question whose answers are the rows.
        column: Another question, or a dimension such as channel or region.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only answers for which this holds, such as `channel == "email"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
    """
    from cxloop.measure.surveys.crosstab import read_crosstab
    from cxloop.measure.surveys.selecting import Asked

    return read_crosstab(ws, Asked(name, since, until, where, identity), row, column)


@verb(part="measure", right="read", personal=True)
def survey_verbatims(
    ws: Analysis,
    name: SurveyName,
    *,
    question: QuestionName | None = None,
    metric: Annotated[str, Field(max_length=60)] | None = None,
    lowest: float | None = None,
    highest: float | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    limit: Annotated[int, Field(ge=1, le=1000)] = 50,
) -> SurveyVerbatims:
    """What people wrote in a survey, newest first, each with its customer and the score of the same response.

    Args:
        name: The survey.
        question: Only answers to this question.
        metric: Whose score stands beside each text; without it, that of the first metric of the survey.
        lowest: Only where that score is at least so much.
        highest: Only where that score is at most so much, such as 6.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only texts for which this holds, such as `channel == "kiosk"`.
        limit: Most texts to return, up to 1000.
    """
    from cxloop.measure.surveys.selecting import Asked
    from cxloop.measure.surveys.words import read_verbatims

    return read_verbatims(
        ws,
        Asked(name, since, until, where),
        question=question,
        metric=metric,
        lowest=lowest,
        highest=highest,
        limit=limit,
    )


@verb(part="measure", right="read", personal=True)
def survey_rows(
    ws: Analysis,
    name: SurveyName,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000,
) -> SurveyRows:
    """The responses of a survey, one row each and the newest first, with a column for each question.

    Responses that were left out are there, and say so. `--csv` writes a file that a spreadsheet opens safely: a text
    that a spreadsheet would run as a formula begins with an apostrophe.

    Args:
        name: The survey.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only what this holds for, such as `channel == "kiosk"`.
        limit: Most responses, up to 100000.
    """
    from cxloop.measure.surveys.selecting import Asked
    from cxloop.measure.surveys.words import read_rows

    return read_rows(ws, Asked(name, since, until, where), limit)
