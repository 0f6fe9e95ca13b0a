"""What the verbs return that are about answers: responses, short links, and how many answers are needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cxloop.core.results import Records, Result, Value
from cxloop.core.wording import count, many

__all__ = [
    "ResponseAnswer",
    "ResponseDetails",
    "ResponseFile",
    "Responses",
    "SamplePlan",
    "SessionRecord",
    "ShortLink",
    "ShortLinks",
]


@dataclass(frozen=True)
class Responses(Records):
    """The responses of a survey, the newest first: one row each, also of those that are still open."""

    main: ClassVar[tuple[str, ...]] = ("response", "state", "started_at", "customer", "answers", "flags", "left_out")


@dataclass(frozen=True, slots=True)
class ResponseAnswer:
    """One answer: the question's name, what was asked in the respondent's language, and what was said."""

    question: str
    title: str
    answer: str


@dataclass(frozen=True)
class ResponseDetails(Result):
    """One response in full.

    Attributes:
        said: what was just done to it; empty where somebody only looks.
        customer_id: whose it is now; None where nobody knows.
        seconds: by page, how long it was looked at.
        variables: what the link said.
        flags: why it may be no honest answer.
        left_out: whether a person has taken it out of the numbers.
        files: that came with it: question, name and size.
    """

    response: str
    survey: str
    version: int
    state: str
    mode: str
    channel: str
    language: str
    customer_id: int | None
    customer: str | None
    started_at: datetime
    finished_at: datetime | None
    seconds: dict[str, float]
    answers: tuple[ResponseAnswer, ...]
    variables: dict[str, str]
    flags: tuple[str, ...]
    left_out: bool
    files: tuple[str, ...]
    said: str = ""

    @property
    def target(self) -> str:
        """Which response: for the audit log."""
        return f"response {self.response}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per answer."""
        return [{"question": each.question, "title": each.title, "answer": each.answer} for each in self.answers]

    def __str__(self) -> str:
        if self.said:
            return self.said
        who = f" of customer {self.customer_id}" if self.customer_id is not None else ""
        out = "; left out of every number" if self.left_out else ""
        flags = "".join(f"\n  Flagged: {each}" for each in self.flags)
        files = "".join(f"\n  File: {each}" for each in self.files)
        head = f"{self.response}{who} to {self.survey}, version {self.version}: {self.state}"
        return f"{head}, {many(len(self.answers), 'answer')}{out}.{flags}{files}"


@dataclass(frozen=True)
class ResponseFile(Result):
    """A file that somebody uploaded as an answer; `content` is base64. It is a stranger's: open it with care."""

    number: int
    response: str
    question: str
    name: str
    media_type: str
    size: int
    content: str
    written_to: str = ""

    @property
    def target(self) -> str:
        """Which response: for the audit log."""
        return f"response {self.response}"

    def records(self) -> list[dict[str, Value]]:
        """Returns it as one row, without its content."""
        return [{"file": self.number, "question": self.question, "name": self.name, "size": self.size}]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        where = f" is written to {self.written_to}" if self.written_to else "; --to FILE writes it, --json gives it"
        return f"{self.name} ({self.media_type}, {count(self.size)} bytes){where}."


@dataclass(frozen=True)
class ShortLinks(Records):
    """The short links of surveys: where they hang, and how many responses came by each."""

    main: ClassVar[tuple[str, ...]] = ("code", "survey", "label", "address", "responses")


@dataclass(frozen=True)
class ShortLink(Result):
    """A short link; `qr` is its QR code as an SVG document, to be printed."""

    code: str
    survey: str
    label: str
    channel: str
    address: str
    variables: dict[str, str]
    expires_at: datetime | None
    qr: str

    def records(self) -> list[dict[str, Value]]:
        """Returns it as one row, without the picture."""
        return [{"code": self.code, "survey": self.survey, "label": self.label, "address": self.address}]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        until = f", until {self.expires_at:%Y-%m-%d %H:%M} UTC" if self.expires_at else ""
        return f"{self.address} leads to {self.survey} ({self.label}){until}. --json gives its QR code as SVG."


@dataclass(frozen=True)
class SessionRecord(Result):
    """What was written down of a session: one remark a row."""

    survey: str
    session: str
    added: int
    already_there: int
    speakers: tuple[str, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns the speakers, one a row."""
        return [{"speaker": each} for each in self.speakers]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        known = f"; {many(self.already_there, 'remark')} had been written down before" if self.already_there else ""
        return f"{many(self.added, 'remark')} of {many(len(self.speakers), 'speaker')} in {self.session} added{known}."


@dataclass(frozen=True)
class SamplePlan(Result):
    """How many answers are needed, and how many invitations bring them.

    Attributes:
        change: the smallest change between two periods that is to be found; None where `precision` was asked.
        precision: half the width of the interval that is wanted; None where `change` was asked.
        power: probability of finding such a change; None for a precision.
        spread: standard deviation of one answer that was reckoned with, in `unit`.
        spread_from: from how many answers it is known; 0 where it is the widest possible.
        answers: that are needed; for a change, in each of the two periods.
        sent: invitations that the response rate is known from.
        finished: those of them that were answered.
        needed_for_rate: fewer invitations tell no rate.
        rate: share of invitations that is answered; None where nobody can say.
        rate_low: lower limit of its interval.
        rate_high: upper limit.
        invitations: that bring the answers at this rate; None without a rate.
        invitations_low: at the upper limit of the rate.
        invitations_high: at its lower limit.
    """

    metric: str
    unit: str
    change: float | None
    precision: float | None
    power: float | None
    level: float
    spread: float
    spread_from: int
    answers: int
    sent: int
    finished: int
    needed_for_rate: int
    rate: float | None
    rate_low: float | None
    rate_high: float | None
    invitations: int | None
    invitations_low: int | None
    invitations_high: int | None

    def records(self) -> list[dict[str, Value]]:
        """Returns the numbers as one row."""
        return [dict(vars(self))]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        each = "" if self.change is None else " in each of the two periods"
        answers = f"{self._aim()} you need {many(self.answers, 'answer')}{each}"
        return f"{answers}; {self._invitations()}.\n  {self._grounds()}"

    def _aim(self) -> str:
        if self.change is not None:
            return f"To see a change of {self.change:g} {self.unit} in {self.power or 0:.0%} of cases"
        return f"To know the score to plus and minus {self.precision or 0:g} {self.unit}"

    def _invitations(self) -> str:
        if self.invitations is None or self.rate is None:
            least = many(self.needed_for_rate, "invitation")
            return f"how many invitations that takes nobody can say yet: the response rate needs {least} sent"
        between = ""
        if self.rate_low != self.rate_high:
            low, high = self.invitations_low or 0, self.invitations_high or 0
            between = f" ({count(low)} to {count(high)})"
        whose = "this" if self.rate_low == self.rate_high else "your"
        return f"at {whose} response rate of {self.rate:.1%}, {count(self.invitations)} invitations{between}"

    def _grounds(self) -> str:
        if self.spread_from:
            return f"Answers spread by {self.spread:.3g} {self.unit}, as {count(self.spread_from)} answers show."
        return f"Nobody knows yet how answers spread; {self.spread:.3g} {self.unit} is the most that is possible."
