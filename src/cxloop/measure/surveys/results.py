"""What survey results are, as frozen values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from cxloop.core.results import Estimate, Estimates, How, InsufficientData, Records, Result, Unit, Value
from cxloop.core.wording import answers, count, number

__all__ = [
    "ChannelFunnel",
    "FunnelStep",
    "Known",
    "PageDrop",
    "QuestionAnswers",
    "Quoted",
    "RankedItem",
    "Said",
    "SurveyFunnel",
    "SurveyQuestions",
    "SurveyResults",
    "SurveyRows",
    "SurveyScore",
    "SurveyVerbatims",
    "known_columns",
]

Known = Estimate | InsufficientData
QuestionKind = Literal["score", "single", "several", "ranking", "number", "date", "text"]


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step of the way from being wanted to having answered.

    Attributes:
        name: sampled, asked, sent, delivered, opened, started or finished.
        n: how many invitations came so far; None where the channel cannot say.
        of: the step whose share `rate` is; empty for the first.
        rate: that share; None where there is nothing to compare with.
        note: what the number rests on, or why there is none.
    """

    name: str
    n: int | None
    of: str = ""
    rate: Known | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChannelFunnel:
    """The funnel of one channel.

    Attributes:
        channel: its name; None where nobody said.
        steps: of those who were wanted, in order; empty where nobody was invited by this channel.
        answered: share of what was delivered that was answered to the end.
        reminded: how many were reminded.
        bounced: how many messages came back.
        screened: how many were told that no more answers of their kind are wanted.
        came: responses begun without an invitation: by an open link, a code, the widget, a kiosk.
        completed: how many of these were answered to the end.
        completion: their share.
    """

    channel: str | None
    steps: tuple[FunnelStep, ...]
    answered: Known | None
    reminded: int
    bounced: int
    screened: int
    came: int
    completed: int
    completion: Known | None


@dataclass(frozen=True, slots=True)
class PageDrop:
    """One page, or one question, and how many got that far.

    Attributes:
        name: of the page or the question.
        n: responses that sent it off.
        rate: their share of those that were started.
        left: responses that went no further, and were not finished.
        seconds: how long it took on average; None where it was not measured.
    """

    name: str
    n: int
    rate: Known | None
    left: int
    seconds: float | None = None


@dataclass(frozen=True)
class SurveyFunnel(Result):
    """Who was wanted, asked, reached, and who answered.

    Attributes:
        survey: its name.
        total: all channels together.
        channels: each by itself, the largest first.
        reasons: what was decided about everybody who was wanted: a reason and how many.
        pages: how far responses came.
        how: method and the same call elsewhere.
    """

    survey: str
    total: ChannelFunnel
    channels: tuple[ChannelFunnel, ...]
    reasons: tuple[tuple[str, int], ...] = ()
    pages: tuple[PageDrop, ...] = ()
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per channel and step."""
        rows: list[dict[str, Value]] = []
        for funnel in (self.total, *self.channels):
            channel = "all channels" if funnel is self.total else funnel.channel
            rows += [_step_row(channel, step) for step in funnel.steps]
            rows += [
                {**_step_row(channel, FunnelStep("came by themselves", funnel.came))},
                {**_step_row(channel, FunnelStep("completed", funnel.completed, "came", funnel.completion))},
            ][: 2 if funnel.came else 0]
        return rows

    def told(self) -> list[dict[str, Value]]:
        """Returns the steps with their shares."""
        return [{name: row[name] for name in ("channel", "step", "n", "rate", "low", "high")} for row in self.records()]

    def __str__(self) -> str:
        steps = {step.name: step.n for step in self.total.steps}
        own = f"{answers(self.total.completed)} came without an invitation." if self.total.completed else ""
        if not steps.get("sampled") and not steps.get("sent"):
            return own or f"Nobody has been invited to {self.survey} yet."
        said = f"{count(steps.get('sent') or 0)} invitations were sent, {count(steps.get('finished') or 0)} answered"
        rate = self.total.answered
        known = f" ({number(rate.value, 'share')})" if isinstance(rate, Estimate) else ""
        return " ".join(part for part in (f"{said}{known}.", own) if part)


def _step_row(channel: str | None, step: FunnelStep) -> dict[str, Value]:
    rate = step.rate if isinstance(step.rate, Estimate) else None
    return {
        "channel": channel,
        "step": step.name,
        "n": step.n,
        "of": step.of or None,
        "rate": None if rate is None else rate.value,
        "low": None if rate is None else rate.low,
        "high": None if rate is None else rate.high,
        "method": None if rate is None else rate.method,
        "note": step.note or None,
    }


@dataclass(frozen=True, slots=True)
class Said:
    """One answer that can be given: its value, how often it was given, and its share of those who answered."""

    value: str
    n: int
    share: Known


@dataclass(frozen=True, slots=True)
class RankedItem:
    """One item of a ranking: on which place it stands on average, 1 being the first, and how often it is first."""

    value: str
    n: int
    mean_rank: Known
    first: Known


@dataclass(frozen=True, slots=True)
class QuestionAnswers:
    """What was answered to one question; of a matrix to one of its rows.

    Attributes:
        question: its name; `matrix.row` for the row of a matrix.
        title: its words, where the log has them.
        kind: what its answers are.
        metric: of which metric its score is; None for none.
        scale: (lowest, highest) of the score; None where there is none.
        wording: which wording it is, where it was asked in several; empty otherwise.
        versions: the first and the last version of the survey with this wording.
        n: answers.
        customers: customers who gave them.
        answers: how often each was given, the largest first, in the order of the scale for scores and dates.
        ranking: the items of a ranking, the best first.
        mean: the mean of numbers.
        spread: (least, lower quartile, median, upper quartile, largest) of numbers.
        texts: how many wrote something.
        hidden: answers that are not shown because hardly two are alike.
    """

    question: str
    title: str
    kind: QuestionKind
    metric: str | None
    scale: tuple[float, float] | None
    wording: str
    versions: tuple[str, str]
    n: int
    customers: int
    answers: tuple[Said, ...] = ()
    ranking: tuple[RankedItem, ...] = ()
    mean: Known | None = None
    spread: tuple[float, float, float, float, float] | None = None
    texts: int = 0
    hidden: int = 0


@dataclass(frozen=True)
class SurveyQuestions(Result):
    """What was answered to each question of a survey.

    Attributes:
        survey: its name.
        questions: in the order in which they are asked.
        left_out: responses that do not count.
        how: method and the same call elsewhere.
    """

    survey: str
    questions: tuple[QuestionAnswers, ...]
    left_out: int = 0
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per question and answer; numbers and texts have one row each."""
        return [row for question in self.questions for row in _question_rows(question)]

    def told(self) -> list[dict[str, Value]]:
        """Returns the rows without what tells wordings apart."""
        return [
            {name: value for name, value in row.items() if name not in ("kind", "wording")} for row in self.records()
        ]

    def __str__(self) -> str:
        if not self.questions:
            return f"Nobody has answered {self.survey} yet."
        most = max(question.n + question.texts * (question.kind == "text") for question in self.questions)
        out = f" {count(self.left_out)} responses are left out." if self.left_out else ""
        return f"{count(len(self.questions))} questions with up to {answers(most)} each.{out}"


def _question_rows(item: QuestionAnswers) -> list[dict[str, Value]]:
    if item.ranking:
        return [
            row
            for one in item.ranking
            for row in (
                _answer_row(item, one.value, one.n, "mean place", one.mean_rank),
                _answer_row(item, one.value, one.n, "share of first places", one.first),
            )
        ]
    if item.mean is not None:
        return [_answer_row(item, "", item.n, "mean", item.mean)]
    if item.kind == "text":
        return [_answer_row(item, "", item.texts, "texts", None)]
    return [_answer_row(item, one.value, one.n, "share", one.share) for one in item.answers]


def _answer_row(item: QuestionAnswers, answer: str, n: int, what: str, found: Known | None) -> dict[str, Value]:
    known = found if isinstance(found, Estimate) else None
    return {
        "question": item.question,
        "kind": item.kind,
        "wording": item.wording or None,
        "answer": answer or None,
        "n": n,
        "what": what,
        "value": None if known is None else known.value,
        "low": None if known is None else known.low,
        "high": None if known is None else known.high,
    }


def known_columns(name: str, found: Known) -> dict[str, Value]:
    """Returns the columns of a number that may not be known: itself and its interval."""
    if not isinstance(found, Estimate):
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


@dataclass(frozen=True)
class SurveyScore:
    """One number of a survey: a metric of one question, in one wording, on one scale.

    Attributes:
        question: the question's name.
        title: its words, where the log has them.
        metric: nps, csat, ces or rating.
        unit: how the number reads.
        wording: which wording, where there are several.
        versions: the first and the last version of the survey that asked it so.
        where: the condition that selects its answers.
        now: over the whole window.
        course: over time; it has no rows where nothing was answered.
    """

    question: str
    title: str
    metric: str
    unit: Unit
    wording: str
    versions: tuple[str, str]
    where: str
    now: Known
    course: Estimates


@dataclass(frozen=True)
class SurveyResults(Result):
    """A survey at a glance.

    Attributes:
        survey: its name.
        headline: the sentence a colleague would say first.
        sub: what it rests on.
        scores: its numbers, those of NPS first.
        responses: all that count: finished, unfinished and screened out.
        finished: answered to the end.
        unfinished: begun and not ended.
        screened: told that no more answers of their kind are wanted.
        flagged: responses whose answers may be no honest ones, and that count all the same.
        left_out: responses that a person has left out: none of the numbers here counts them.
        answered: share of those reached by an invitation who answered; None where nobody was invited.
        first_at: the first response, UTC; None where there is none.
        last_at: the last.
        notes: what should be known before the numbers are used.
        how: method and the same call elsewhere.
    """

    survey: str
    headline: str
    sub: str
    scores: tuple[SurveyScore, ...]
    responses: int
    finished: int
    unfinished: int
    screened: int
    flagged: int
    left_out: int
    answered: Known | None
    first_at: datetime | None
    last_at: datetime | None
    notes: tuple[str, ...] = ()
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per score."""
        return [
            {
                "question": score.question,
                "metric": score.metric,
                "wording": score.wording or None,
                **known_columns("value", score.now),
                "n": score.now.n,
                "method": score.now.method if isinstance(score.now, Estimate) else f"needs {score.now.needed} answers",
            }
            for score in self.scores
        ]

    def __str__(self) -> str:
        return f"{self.headline} {self.sub}".strip()


@dataclass(frozen=True, slots=True)
class Quoted:
    """What one customer wrote, with the score of the same response. `occurred_at` is UTC without zone."""

    interaction_id: int
    customer_id: int | None
    occurred_at: datetime
    question: str
    text: str
    language: str | None
    response: str | None
    channel: str | None
    touchpoint: str | None
    metric: str | None
    score: float | None
    scale_max: float | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SurveyVerbatims(Result):
    """Some of the `total` texts of a survey."""

    survey: str
    total: int
    rows: tuple[Quoted, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per text."""
        return [{**asdict(row), "flags": ", ".join(row.flags)} for row in self.rows]

    def __str__(self) -> str:
        if not self.total:
            return f"Nobody wrote anything in {self.survey}."
        return f"{count(len(self.rows))} of {count(self.total)} {'text' if self.total == 1 else 'texts'}."


@dataclass(frozen=True)
class SurveyRows(Records):
    """The responses of a survey, one row each, with a column for each question."""

    main: ClassVar[tuple[str, ...]] = ("response", "customer", "started_at", "state", "channel", "flags")
