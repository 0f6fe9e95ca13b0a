"""What the budget is reckoned from, and what it says: columns of numpy, one row for each want, contact or rest.

Customers and names (of surveys, purposes, channels) are numbers that the caller chose; `NOBODYS` stands for none. Times
are microseconds since 1970 UTC, so that windows are sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from cxloop.core.time import parse_duration

__all__ = [
    "FAR",
    "NOBODYS",
    "REASONS",
    "Clock",
    "Contacts",
    "Flags",
    "Plan",
    "Reason",
    "Rests",
    "Times",
    "Wants",
    "moment_of",
    "span_of",
    "us_of",
]

Times: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Reason = Literal[
    "", "NOT_SAMPLED", "QUIET_HOURS", "OVER_BUDGET", "NO_CONSENT", "NO_ADDRESS", "SUPPRESSED", "PAUSED", "DUPLICATE"
]
"""Why somebody is not asked; empty for whoever is."""
REASONS: tuple[Reason, ...] = get_args(Reason)
NOBODYS = -1
FAR = 1 << 62
"""A time that never comes."""
_YEAR_DAYS = 365
"""A clock's year: windows have one length, whatever the calendar says."""


@dataclass(frozen=True)
class Clock:
    """At most `most` contacts in any half-open window of `within` microseconds.

    Attributes:
        name: what people are told.
        most: how many.
        within: the length of the window, microseconds.
        purpose: counts and limits only what is for this purpose; None for all.
        survey: only this survey.
        channel: only this channel.
        spares_reminders: whether reminders neither count nor are limited: the clock is about being asked anew.
    """

    name: str
    most: int
    within: int
    purpose: int | None = None
    survey: int | None = None
    channel: int | None = None
    spares_reminders: bool = False

    def is_about(self, rows: Wants | Contacts) -> Flags:
        """Returns which rows count for it."""
        about = np.ones(len(rows.customer), dtype=bool)
        for name in ("purpose", "survey", "channel"):
            wanted = getattr(self, name)
            if wanted is not None:
                about &= getattr(rows, name) == wanted
        return about & ~rows.reminder if self.spares_reminders else about


@dataclass(frozen=True)
class Contacts:
    """Contacts that have been, or that nothing can move any more."""

    customer: Times
    at: Times
    purpose: Times
    survey: Times
    channel: Times
    reminder: Flags

    def take(self, chosen: Flags | Times) -> Contacts:
        """Returns some of the rows."""
        return Contacts(*(getattr(self, name)[chosen] for name in _CONTACT))

    def and_more(self, more: Contacts) -> Contacts:
        """Returns the rows of both."""
        return Contacts(*(np.concatenate([getattr(self, name), getattr(more, name)]) for name in _CONTACT))

    @classmethod
    def none(cls) -> Contacts:
        """Returns no contact at all."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, empty, empty, empty, empty.astype(bool))


_CONTACT = ("customer", "at", "purpose", "survey", "channel", "reminder")


@dataclass(frozen=True)
class Rests:
    """Times in which a customer is left alone by one survey, or by all (`NOBODYS`): after an answer, or paused.

    `start` and `end` do not belong to it; `pause` says whether the customer asked for it.
    """

    customer: Times
    start: Times
    end: Times
    survey: Times
    pause: Flags

    @classmethod
    def none(cls) -> Rests:
        """Returns no rest."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, empty, empty, empty.astype(bool))


@dataclass(frozen=True)
class Wants:
    """Messages that somebody wants to send.

    Attributes:
        customer: to whom.
        at: not before.
        until: not after; in between it may wait for its place.
        priority: who goes first where several want the same customer; higher wins.
        standing: whether it had its place before, which it keeps against others of the same priority.
        purpose: what for.
        survey: of which survey.
        channel: in which channel.
        reminder: whether it reminds of one that was sent.
        free: whether it needs no place and takes none; hours count for it, too.
        hours: which hours of the day are open for it: a place in the list of hours of the plan.
        refused: place in REASONS of why it may not go at all; 0 where nothing stands against it.
    """

    customer: Times
    at: Times
    until: Times
    priority: Times
    standing: Flags
    purpose: Times
    survey: Times
    channel: Times
    reminder: Flags
    free: Flags
    hours: Times
    refused: Times

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, chosen: Flags | Times) -> Wants:
        """Returns some of the rows."""
        return Wants(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def and_more(self, more: Wants) -> Wants:
        """Returns the rows of both, these first."""
        names = self.__dataclass_fields__
        return Wants(*(np.concatenate([getattr(self, name), getattr(more, name)]) for name in names))

    def contacts(self, chosen: Flags | Times, at: Times) -> Contacts:
        """Returns some of the wants as contacts at the times that they were given."""
        rows = self.take(chosen)
        return Contacts(rows.customer, at[chosen], rows.purpose, rows.survey, rows.channel, rows.reminder)


@dataclass(frozen=True)
class Plan:
    """What was decided of each want, in their order.

    Attributes:
        when: when it goes; of one that does not, when it could at the earliest (FAR for never).
        reason: place in REASONS of why it does not go; 0 where it goes.
        rule: place of the clock that moved or ended it, in the plan's clocks; NOBODYS where none did, -2 for a pause,
            -3 for the rest after an answer.
    """

    when: Times
    reason: Times
    rule: Times

    @property
    def goes(self) -> Flags:
        """Which wants go, now or later."""
        goes: Flags = self.reason == 0
        return goes


def us_of(moment: datetime) -> int:
    """Returns a moment, UTC without zone, as microseconds since 1970."""
    since = moment - _NAIVE
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment_of(us: int) -> datetime | None:
    """Returns microseconds since 1970 as a moment, UTC without zone; None for a time that never comes."""
    return None if us >= _END else (_EPOCH + timedelta(microseconds=int(us))).replace(tzinfo=None)


def span_of(term: str) -> int:
    """Returns the length of a term such as 36h, 90d or 1y in microseconds; a year has 365 days.

    Raises:
        InputError: it is none.
    """
    text = term.strip()
    years = text.endswith("y") and text[:-1].isdigit()
    length = timedelta(days=_YEAR_DAYS * int(text[:-1])) if years else parse_duration(text)
    return length // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE = datetime(1970, 1, 1)
_END = us_of(datetime(9999, 1, 1))
