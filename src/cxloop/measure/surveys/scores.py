"""A survey at a glance: its scores with their course, how many answered, and what should be known before using them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxloop.core import wording
from cxloop.core.expr import both, equals
from cxloop.core.results import Estimate, How
from cxloop.core.time import Period
from cxloop.engine.base import Analysis
from cxloop.measure.estimate import Request, estimate
from cxloop.measure.metrics import ANSWERED, metric
from cxloop.measure.scales import selector
from cxloop.measure.surveys.funnel import read_funnel
from cxloop.measure.surveys.queries import RESPONSES
from cxloop.measure.surveys.questions import questions_asked
from cxloop.measure.surveys.results import Known, SurveyResults, SurveyScore
from cxloop.measure.surveys.selecting import Asked, choose, explained

__all__ = ["read_survey"]

Row = Mapping[str, Any]
_ORDER = tuple(dict.fromkeys(item.name for item in ANSWERED))
_NEVER_LEFT_OUT = "is_null(properties.left_out)"
_DEFINITION = "Each score is of one question, in one wording, on one scale. Answers to different ones are never pooled."
LOW_RESPONSE = 0.1
"""Share of those reached below which what the others think matters more than the interval says."""


def read_survey(ws: Analysis, asked: Asked, every: Period) -> SurveyResults:
    """Returns a survey at a glance; raises InputError for what cannot be used."""
    chosen = choose(ws, asked)
    questions = [row for row in questions_asked(ws, chosen) if row["metric"] in _ORDER and row["numbers"]]
    questions.sort(key=lambda row: (_ORDER.index(row["metric"]), row["place"] or 0))
    scores = tuple(score for row in questions if (score := _score(ws, asked, every, row, questions)) is not None)
    counted = ws.engine.fetch(RESPONSES, {}, {"log": chosen.slots["log"], "where": chosen.slots["where"]}).to_pylist()
    counts: dict[str, Any] = {name: value or 0 for name, value in counted[0].items() if not name.endswith("_at")}
    answered = read_funnel(ws, asked).total.answered
    responses = counts["responses"] - counts["left_out"]
    return SurveyResults(
        survey=asked.survey,
        headline=_headline(asked.survey, scores, responses),
        sub=_sub(counts, answered),
        scores=scores,
        responses=responses,
        finished=counts["finished"],
        unfinished=counts["unfinished"],
        screened=counts["screened"],
        flagged=counts["flagged"],
        left_out=counts["left_out"],
        answered=answered,
        first_at=counted[0]["first_at"],
        last_at=counted[0]["last_at"],
        notes=tuple(_notes(scores, counts, answered)),
        how=How(definition=_DEFINITION, method=explained(ws)),
    )


def _score(ws: Analysis, asked: Asked, every: Period, row: Row, questions: Sequence[Row]) -> SurveyScore | None:
    item = metric(row["metric"])
    if item.scale is not None and (row["low"], row["high"]) not in (item.scale, (None, None)):
        return None  # NPS on another scale is no NPS: its distribution stands among the questions
    if item.statistic == "share" and None in (row["low"], row["high"]):
        return None
    where = _selected(asked, row, questions)
    window = {"since": asked.since, "until": asked.until, "identity": asked.identity, "certainty": asked.certainty}
    now = estimate(ws, Request(item.name, item.statistic, where=where, **window))  # type: ignore[arg-type]
    course = estimate(ws, Request(item.name, item.statistic, every=every, where=where, **window))  # type: ignore[arg-type]
    return SurveyScore(
        question=row["question"],
        title=row["title"] or "",
        metric=item.name,
        unit=item.unit,
        wording=row["wording"] or "",
        versions=(row["first_version"] or "", row["last_version"] or ""),
        where=where,
        now=now.rows[0].result,
        course=course,
    )


def _selected(asked: Asked, row: Row, questions: Sequence[Row]) -> str:
    """The condition of one question in one wording on one scale, as short as it can be."""
    parts = [equals("survey_id", asked.survey), equals("question_id", row["question"])]
    same = [other for other in questions if other["question"] == row["question"]]
    if len({other["wording"] for other in same}) > 1:
        parts.append(equals("properties.wording", row["wording"]))
    if len({(other["low"], other["high"]) for other in same}) > 1:
        parts.append(selector(row["low"], row["high"]))
    where = f"({asked.where})" if asked.where and asked.where.strip() else ""
    for part in (*parts, _NEVER_LEFT_OUT):
        where = both(where, part)
    return where


def _headline(survey: str, scores: Sequence[SurveyScore], responses: int) -> str:
    if not responses:
        return f"Nobody has answered {survey} yet."
    said = [f"{wording.label(score.metric)} {_told(score)}" for score in scores[:1]]
    if not said:
        return f"{wording.many(responses, 'response')} to {survey}."
    return f"{said[0]}."


def _told(score: SurveyScore) -> str:
    if not isinstance(score.now, Estimate):
        return f"cannot be said yet: {wording.answers(score.now.n)}, {score.now.needed} are needed"
    value = wording.number(score.now.value, score.unit)
    return f"is {value} {wording.interval(score.now, score.unit)} from {wording.answers(score.now.n)}"


def _sub(counts: Mapping[str, Any], answered: Known | None) -> str:
    told = f"{wording.count(counts['finished'])} answered to the end, {wording.count(counts['unfinished'])} in part"
    parts = [told] if counts["responses"] else []
    if isinstance(answered, Estimate):
        parts.append(f"{wording.number(answered.value, 'share')} of those reached by an invitation answered")
    return f"{'; '.join(parts)}." if parts else ""


def _notes(scores: Sequence[SurveyScore], counts: Mapping[str, Any], answered: Known | None) -> list[str]:
    names = [score.question for score in scores]
    notes = [
        f"{name} was asked in other words or on another scale at times: each is a score of its own."
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    for score in scores:
        if not score.wording and score.versions[0] != score.versions[1]:
            versions = f"{score.versions[0]} to {score.versions[1]}"
            notes.append(f"{score.question} is of versions {versions} of the survey; what else they asked may differ.")
    if isinstance(answered, Estimate) and answered.value < LOW_RESPONSE:
        silent = wording.number(1 - answered.value, "share")
        notes.append(f"{silent} of those reached did not answer. The interval does not say what they think.")
    if counts["left_out"]:
        notes.append(f"{wording.many(counts['left_out'], 'response')} left out by a person, and not counted.")
    if counts["flagged"]:
        notes.append(f"{wording.many(counts['flagged'], 'response')} flagged as doubtful, and counted all the same.")
    return notes
