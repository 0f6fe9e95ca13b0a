"""What a page that was sent changes, in the transaction that changes it. Everything else about answering is around it.

A page may be sent twice, from two tabs, late, or for a page that is not shown any more: what can be kept is kept, what
nobody touched overwrites nothing, and the same page sent again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from cxloop.collect.surveys import quality
from cxloop.collect.surveys.checking import spoken
from cxloop.collect.surveys.definition import Definition, Quota
from cxloop.collect.surveys.definition.questions import File
from cxloop.collect.surveys.flow import Accepted, Problem, accept, begin, first_page, next_page, previous_page, run
from cxloop.collect.surveys.flow.settling import COMMENT
from cxloop.collect.surveys.flow.showing import shown_questions
from cxloop.collect.surveys.flow.values import Refused, fitting, is_empty
from cxloop.collect.surveys.responding.places import full, take_places
from cxloop.collect.surveys.responding.uploads import Upload, kept, proposed
from cxloop.collect.surveys.responding.values import digest
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.core.time import parse_duration
from cxloop.store.surveys.responses import NewResponse, ResponseRecord, Writing
from cxloop.store.surveys.surveys import SurveyRecord

__all__ = ["Kind", "Live", "Outcome", "Sent", "current_page", "opened", "refusal", "take"]

Kind = Literal["page", "finished", "screened", "ended", "closed", "paused", "not_open", "unknown"]
Move = Literal["next", "back", "later", "stay"]
LONGEST_LOOK = 3600.0
"""Seconds that count of one look at a page: whoever left it open over lunch did not read it all the time."""
ALIKE_FOR = "30d"


@dataclass(frozen=True)
class Live:
    """A survey as it is now, and its earlier versions, which those go on with who began with them."""

    record: SurveyRecord
    settings: SurveySettings
    definition: Definition
    definition_of: Callable[[int], Definition]

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that it is there in."""
        return spoken(self.definition)


@dataclass(frozen=True)
class Sent:
    """A page that somebody sent.

    Attributes:
        page: its name.
        given: its answers by question, and by question with -Comment the words beside them.
        was: for each question that was asked on it, the digest of what was stored when it was drawn.
        move: where to: on, back, away with an address to come back, or nowhere.
        seconds: how long it was looked at.
        marks: flags that the way it came gives it.
    """

    page: str
    given: Mapping[str, Any] = field(repr=False)
    was: Mapping[str, str] = field(default_factory=dict)
    move: Move = "next"
    language: str = ""
    seconds: float | None = None
    uploads: tuple[Upload, ...] = ()
    removed: frozenset[str] = frozenset()
    marks: tuple[quality.Flag, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of it.

    Attributes:
        record: the response as it is stored now; None where nothing is.
        page: the name of the page that comes next.
        problems: why the page is shown again.
        given: what was sent and is not kept, to be seen again.
        more: whether questions came up on the page that nobody had seen.
        quota: the one that was full.
    """

    kind: Kind
    record: ResponseRecord | None = None
    page: str | None = None
    problems: tuple[Problem, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict, repr=False)
    more: bool = False
    quota: Quota | None = None


def refusal(survey: SurveyRecord, now: datetime) -> Kind | None:
    """Returns why a survey takes no answers at `now` (UTC without zone), or None where it does."""
    if survey.state == "draft" or survey.version is None:
        return "unknown"
    if survey.state == "closed" or (survey.closes_at is not None and survey.closes_at <= now):
        return "closed"
    if survey.state == "paused":
        return "paused"
    return "not_open" if survey.opens_at is not None and survey.opens_at > now else None


def opened(desk: Writing, invitation_id: int) -> None:
    """Notes that somebody, and no program, has opened an invitation."""
    desk.note_invitation(invitation_id, opened_at=desk.now)


def current_page(definition: Definition, record: ResponseRecord | None, *, now: datetime) -> str | None:
    """Returns the page that somebody is on: the one that comes next, or the nearest that is shown."""
    answers = record.answers if record else {}
    state = run(definition, answers, now=now)
    if record and record.page and state.page(record.page):
        return record.page
    if record and record.page:
        return next_page(definition, answers, record.page, now=now) or (state.pages[-1].name if state.pages else None)
    return first_page(definition, answers, now=now)


def take(desk: Writing, live: Live, new: NewResponse, sent: Sent, *, then: datetime | None = None) -> Outcome:
    """Keeps what a page said, and returns what comes next.

    Args:
        desk: the transaction.
        live: the survey.
        new: the response as it begins, where nothing is stored of it yet.
        sent: the page.
        then: when it was answered, with its time zone, where a kiosk without a network tells it later; whether the
            survey takes answers now plays no part.
    """
    record = desk.find(new.id)
    if record is not None and record.state in ("finished", "screened"):
        return Outcome("ended", record)
    state = desk.state_of(live.record.name)
    present = replace(live.record, state=state) if state else live.record  # type: ignore[arg-type]
    closed = None if then else refusal(present, desk.now)
    if closed is not None or (then and record is not None and record.ended):
        return Outcome(closed or "closed", record)
    now = then or desk.now.replace(tzinfo=UTC)
    if record is None:
        record = desk.begin(new)
        if record.revision == 1:
            started = begin(live.definition_of(record.version), record.hidden, now=now)
            record = replace(record, answers=started.answers)
    return _Taking(desk, live, record, sent, now).outcome()


class _Taking:
    """One page of one response, from what is stored to what is stored after it."""

    def __init__(self, desk: Writing, live: Live, record: ResponseRecord, sent: Sent, now: datetime) -> None:
        self.desk, self.live, self.record, self.sent, self.now = desk, live, record, sent, now
        self.definition = live.definition_of(record.version)
        self.here = current_page(self.definition, record, now=now)

    def outcome(self) -> Outcome:
        sent = self.sent
        on_the_way = sent.page in {*self.record.seconds, self.here}
        given, refused = self.given()
        accepted = accept(
            self.definition,
            self.record.answers,
            sent.page,
            given,
            now=self.now,
            locale=sent.language or self.record.language,
            whole=sent.move == "next" and on_the_way,
        )
        unseen = self.unseen(accepted)
        problems = tuple(p for p in (*refused, *accepted.problems) if p.question not in unseen)
        answers = kept(self.desk.files, self.record.id, accepted.answers, sent.uploads)
        stays = bool(problems or unseen) and sent.move == "next"
        if sent.move == "stay" or stays or not on_the_way or (sent.move == "later" and problems):
            page = self.record.page if not on_the_way else sent.page
            record = self.write(answers, page=page or self.here or "")
            shown = {name: value for name, value in given.items() if name.removesuffix(COMMENT) in _names(problems)}
            at = sent.page if stays or on_the_way else self.here
            return Outcome("page", record, at, problems, shown, more=bool(unseen) and not problems)
        return self.moved(answers)

    def given(self) -> tuple[dict[str, Any], list[Problem]]:
        """What was sent and touched, with uploaded files in the place of their questions."""
        found = dict(self.sent.given)
        refused: list[Problem] = []
        files = [each for each in self.definition.questions if isinstance(each, File) and each.name in self.sent.was]
        for question in files:
            try:
                stored = self.record.answers.get(question.name) or []
                found[question.name] = proposed(
                    self.desk.files, self.record.id, question, stored, self.sent.uploads, self.sent.removed
                )
            except Refused as failure:
                refused.append(Problem(question.name, failure.code, str(failure)))
        return {name: value for name, value in found.items() if self.touched(name, found)}, refused

    def touched(self, name: str, given: Mapping[str, Any]) -> bool:
        """Whether somebody changed an answer on this page: an old page in a second tab says what it was drawn with."""
        question = self.definition.by_name.get(name.removesuffix(COMMENT))
        was = self.sent.was.get(question.name) if question else None
        if question is None or was is None or digest(self.record.answers, question.name) == was:
            return True
        drawn = {question.name: given.get(question.name), question.name + COMMENT: given.get(question.name + COMMENT)}
        try:
            if not is_empty(drawn[question.name]):
                drawn[question.name] = fitting(question, drawn[question.name])
        except Refused:
            return True
        return digest({key: None if is_empty(value) else value for key, value in drawn.items()}, question.name) != was

    def unseen(self, accepted: Accepted) -> frozenset[str]:
        """Questions of the page that its answers have brought up, and that it did not ask."""
        if not self.sent.was:
            return frozenset()
        page = run(self.definition, accepted.answers, now=self.now)
        shown = page.page(self.sent.page)
        names = {question.name for question in shown_questions(shown.items)} if shown else set()
        return frozenset(names - set(self.sent.was))

    def moved(self, answers: Mapping[str, Any]) -> Outcome:
        page = self.sent.page
        if self.sent.move == "later":
            return Outcome("page", self.write(answers, page=page), page)
        if self.sent.move == "back":
            before = previous_page(self.definition, answers, page, now=self.now) or page
            return Outcome("page", self.write(answers, page=before, left=True), before)
        over = full(self.desk, self.definition, self.record, answers, now=self.now)
        if over is not None:
            return self.ended(answers, "screened", over)
        following = next_page(self.definition, answers, page, now=self.now)
        if following is not None:
            return Outcome("page", self.write(answers, page=following, left=True), following)
        taken = take_places(self.desk, self.definition, self.record, answers, now=self.now)
        return self.ended(answers, "finished" if taken.missed is None else "screened", taken.missed, taken.names)

    def ended(
        self, answers: Mapping[str, Any], state: Literal["finished", "screened"], quota: Quota | None, names: Any = ()
    ) -> Outcome:
        seconds = self.seconds()
        alike = 0
        if self.record.fingerprint and self.record.mode == "page" and not self.record.link:
            since = self.desk.now - parse_duration(ALIKE_FOR)
            alike = self.desk.alike(self.record.survey, self.record.fingerprint, but=self.record.id, since=since)
        language = self.sent.language or self.record.language
        flags = quality.flags(
            self.definition, answers, seconds=seconds, language=language, alike=alike, marks=self.marks()
        )
        over = [quota.name] if quota else []
        record = self.write(
            answers,
            page="",
            left=True,
            state=state,
            finished_at=self.desk.now,
            flags=[each.as_dict() for each in flags],
            quotas=[*dict.fromkeys((*self.record.quotas, *names, *over))],
        )
        if quota is not None and quota.action == "close":
            self.desk.close_survey(self.record.survey)
        elif names:
            self.close_when_full(names)
        return Outcome(state, record, None, quota=quota)

    def close_when_full(self, names: Any) -> None:
        taken = self.desk.taken(self.record.survey)
        limits = {each.name: each.limit for each in self.definition.quotas if each.action == "close"}
        if any(name in limits and taken.get(name, 0) >= limits[name] for name in names):
            self.desk.close_survey(self.record.survey)

    def marks(self) -> tuple[quality.Flag, ...]:
        there = tuple(quality.Flag(each["code"], each["reason"]) for each in self.record.flags)
        known = {each.code for each in there}
        return (*there, *(each for each in self.sent.marks if each.code not in known))

    def seconds(self) -> dict[str, float]:
        found = dict(self.record.seconds)
        if self.sent.seconds is not None:
            looked = min(max(self.sent.seconds, 0.0), LONGEST_LOOK)
            found[self.sent.page] = round(found.get(self.sent.page, 0.0) + looked, 1)
        return {**found, self.sent.page: found.get(self.sent.page, 0.0)}

    def write(self, answers: Mapping[str, Any], *, page: str, left: bool = False, **values: Any) -> ResponseRecord:
        """Writes what differs from what is stored; the same page sent again differs in nothing."""
        record = self.record
        if record.state == "partial":  # its survey was closed, and is open again
            values = {"state": "open", "finished_at": None, **values}
        values = {"answers": dict(answers), "page": page, "flags": [m.as_dict() for m in self.marks()], **values}
        if self.sent.language:
            values["language"] = self.sent.language
        stored = self.desk.find(record.id)
        differs = any(_plain(getattr(stored, name)) != _plain(value) for name, value in values.items())
        if left and (differs or self.sent.page not in record.seconds):
            values["seconds"] = self.seconds()
            differs = True
        if differs:
            record = self.desk.change(record.id, **values)
            self.drop_files(answers)
        if record.invitation_id is not None:
            moments = {"opened_at": self.desk.now, "started_at": self.desk.now}
            moments |= {"finished_at": self.desk.now} if "finished_at" in values else {}
            self.desk.note_invitation(record.invitation_id, **moments)
        return record

    def drop_files(self, answers: Mapping[str, Any]) -> None:
        names = [question.name for question in self.definition.questions if isinstance(question, File)]
        if names:
            held = {file["content"] for name in names for file in answers.get(name) or []}
            self.desk.files.keep_only(self.record.id, frozenset(int(each.removeprefix("file:")) for each in held))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _names(problems: tuple[Problem, ...]) -> set[str]:
    return {problem.question for problem in problems}
