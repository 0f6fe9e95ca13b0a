"""A customer's timeline as it stands on the page: days, and what happened on each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from cxloop.core import wording
from cxloop.unify.results import Step
from cxloop.web import words
from cxloop.web.words import _

__all__ = ["Day", "Moment", "days_of"]


@dataclass(frozen=True)
class Moment:
    """One step of a timeline as it stands on the page."""

    moment: datetime
    clock: str
    title: str
    details: tuple[str, ...]
    text: str | None
    mark: str
    mark_tone: str
    tone: str


@dataclass(frozen=True)
class Day:
    """The steps of one day, in the order of the page."""

    day: date
    steps: tuple[Moment, ...]


def days_of(steps: Iterable[Step], zone: ZoneInfo) -> Iterable[Day]:
    """Yields the days of a timeline with their steps, in the order of the page."""
    for on, group in groupby(steps, key=lambda step: words.local(step.occurred_at, zone).date()):
        yield Day(on, tuple(_moment(step, zone) for step in group))


def _moment(step: Step, zone: ZoneInfo) -> Moment:
    at = words.local(step.occurred_at, zone)
    mark, mark_tone = _mark(step, zone)
    return Moment(
        moment=at,
        clock="" if step.occurred_precision == "day" else words.clock(at),
        title=_title(step),
        details=tuple(_details(step)),
        text=step.text,
        mark=mark,
        mark_tone=mark_tone,
        tone=_tone(step),
    )


def _title(step: Step) -> str:
    name = words.readable(step.name or step.kind)
    return name[:1].upper() + name[1:]


def _details(step: Step) -> Iterable[str]:
    yield from (words.readable(part) for part in (step.touchpoint, step.channel) if part)
    if step.score is not None:
        yield f"{wording.label(step.metric) if step.metric else _('score')} {step.score:g}"
    if step.value is not None:
        yield f"{step.value:,.2f} {step.currency or ''}".strip()
    yield from (part for part in (step.product, step.location, step.outcome, step.answer_value) if part)


def _mark(step: Step, zone: ZoneInfo) -> tuple[str, str]:
    """The promise of a step in words, and its tone."""
    if step.due_at is None or step.promise_state is None:
        return "", ""
    due = wording.day(words.local(step.due_at, zone))
    if step.promise_state == "kept":
        return f"{_('promised for')} {due}: {_('kept')}", "good"
    if step.promise_state == "open":
        return f"{_('promised for')} {due}", ""
    if step.kept_at is None:
        return f"{_('promised for')} {due}: {_('not seen yet')}", "warn"
    return f"{_('promised for')} {due}: {_late(step.due_at, step.kept_at, zone)}", "bad"


def _late(due_at: datetime, kept_at: datetime, zone: ZoneInfo) -> str:
    days = (words.local(kept_at, zone).date() - words.local(due_at, zone).date()).days
    late = words.plural(days, _("day"), _("days")) if days else words.duration(kept_at - due_at)
    return f"{late} {_('late')}"


def _tone(step: Step) -> str:
    states: dict[Any, str] = {"kept": "kept", "broken": "broken", "overdue": "broken"}
    if step.promise_state in states:
        return states[step.promise_state]
    return "voice" if step.text or step.score is not None else ""
