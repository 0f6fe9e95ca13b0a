"""What the door is asked and what it says: how surveys ask, what is known of customers, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cxloop.outreach.budget.agreeing import Statements
from cxloop.outreach.budget.hours import Hours
from cxloop.outreach.budget.values import NOBODYS, Reason, Times

__all__ = ["ALWAYS", "Asks", "People", "Policy", "Told", "Verdict"]

Texts = NDArray[np.object_]
ALWAYS = Hours()


@dataclass(frozen=True)
class Policy:
    """How one survey wants to ask; other messages have the ordinary one.

    Attributes:
        survey: its name; "" for messages that are of none.
        priority: who goes first where several want the same customer; higher wins.
        every: how long a customer has rest from it after being asked; None for no rest.
        after_answer: how long after an answer.
        hours: when it asks, by the customer's own clock.
    """

    survey: str = ""
    priority: int = 50
    every: str | None = None
    after_answer: str | None = None
    hours: Hours = ALWAYS


@dataclass(frozen=True)
class People:
    """What the log knows of some customers. `customers` is sorted; everything else counts by places in it.

    Attributes:
        customers: their numbers.
        keys: further keys of theirs; each customer's number is a key as well.
        owners: whose those are, as places.
        zones: the time zones that each may be in.
        said: what they said about purposes.
        answers: when they answered surveys: place, survey, moment in microseconds.
    """

    customers: Times
    keys: Times
    owners: Times
    zones: Sequence[tuple[str, ...]]
    said: Statements
    answers: Sequence[tuple[int, str, int]] = ()

    def places(self, keys: Times) -> Times:
        """Returns whose some keys are, as places; NOBODYS for those of others."""
        every = np.concatenate([self.customers, self.keys])
        whose = np.concatenate([np.arange(len(self.customers)), self.owners])
        if not len(every):
            return np.full(len(keys), NOBODYS, dtype=np.int64)
        order = np.argsort(every, kind="stable")
        found = np.minimum(np.searchsorted(every[order], keys), len(every) - 1)
        return np.where(every[order][found] == keys, whose[order][found], NOBODYS).astype(np.int64)


@dataclass(frozen=True)
class Asks:
    """Customers whom somebody wants to write to, for one purpose and survey.

    Attributes:
        people: what is known of them.
        who: place of each in `people`.
        at: not before, microseconds UTC.
        until: not after.
        addresses: of each channel in which it may go, preferred first, an address for each; "" where there is none.
        preferred: the channel that each customer prefers; "" where nothing is known.
        refused: place in REASONS of why one is not to be asked at all; 0 for the others.
        purpose: what for; "" for none.
        survey: of which survey; "" for none.
        reminder: whether it reminds of one that was sent.
    """

    people: People
    who: Times
    at: Times
    until: Times
    addresses: Mapping[str, Texts]
    preferred: Texts
    refused: Times
    purpose: str = ""
    survey: str = ""
    reminder: bool = False


@dataclass(frozen=True)
class Told:
    """What the door says of each ask, in their order.

    Attributes:
        when: when it goes; of one that does not, when it could at the earliest; microseconds, FAR for never.
        reason: why it does not go; "" for one that goes.
        rule: which clock moved or ended it; "" where none did.
        channel: in which channel; "" where none will do.
        address: where to.
    """

    when: Times
    reason: Sequence[Reason]
    rule: Sequence[str]
    channel: Texts
    address: Texts


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the door says of one message that is about to be sent.

    Attributes:
        answer: go, later (then `when` says when) or no.
        when: UTC without zone; of a no, when it could go at the earliest; None for never.
        reason: why not; "" for one that goes.
        rule: which clock or rule spoke.
    """

    answer: Literal["go", "later", "no"]
    when: datetime | None = None
    reason: Reason = ""
    rule: str = ""
