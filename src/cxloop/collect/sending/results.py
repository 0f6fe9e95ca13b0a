"""What the verbs of sending return: messages with their states, suppressed addresses, what a bounce did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cxloop.core.results import Result, Value
from cxloop.core.wording import count, many

__all__ = ["Bounces", "MessageRow", "MessageState", "Messages", "Sending", "SuppressionRow", "Suppressions", "Tested"]

MessageState = str
"""waiting, sending, sent, in_doubt, failed, bounced, complained or cancelled."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message, without where it went. Times are UTC without zone."""

    message_id: int
    state: str
    about: str
    reference: int | None
    customer_key: int
    channel: str
    template: str
    purpose: str
    tries: int
    failure: str
    due_at: datetime
    changed_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class Messages(Result):
    """Messages to customers: how many are in each state, and those that were asked for, changed last first."""

    counts: Mapping[str, int]
    state: str | None
    rows: tuple[MessageRow, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per message."""
        return [{name: getattr(row, name) for name in MessageRow.__dataclass_fields__} for row in self.rows]

    def __str__(self) -> str:
        if not self.counts:
            return "No message was put up yet."
        told = ", ".join(f"{count(number)} {state.replace('_', ' ')}" for state, number in self.counts.items())
        doubt = self.counts.get("in_doubt", 0)
        more = f" Say of each in doubt what became of it: collect resolve-message ({doubt})." if doubt else ""
        return f"Messages: {told}.{more}"


@dataclass(frozen=True)
class Sending(Result):
    """What one round of sending did, by outcome; `trouble` is why a way out took nothing, by channel."""

    outcomes: Mapping[str, int]
    trouble: Mapping[str, str]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per outcome."""
        return [{"outcome": name, "messages": number} for name, number in self.outcomes.items()]

    def __str__(self) -> str:
        told = ", ".join(f"{count(number)} {name.replace('_', ' ')}" for name, number in self.outcomes.items())
        trouble = "".join(f" {channel}: {why}." for channel, why in self.trouble.items())
        return (f"This round: {told}." if told else "Nothing was due.") + trouble


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """One address to which nothing is sent, as its digest; since when is UTC without zone."""

    digest: str
    channel: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Suppressions(Result):
    """Addresses to which nothing is sent any more, newest first. Only their digests are kept."""

    rows: tuple[SuppressionRow, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per address."""
        return [{name: getattr(row, name) for name in SuppressionRow.__dataclass_fields__} for row in self.rows]

    def __str__(self) -> str:
        if not self.rows:
            return "No address is suppressed."
        reasons = [row.reason for row in self.rows]
        told = ", ".join(f"{count(reasons.count(each))} {each}" for each in sorted(set(reasons)))
        return f"Nothing is sent to {_addresses(len(self.rows))}: {told}."


@dataclass(frozen=True)
class Tested(Result):
    """How a test message went."""

    channel: str
    outcome: str
    reason: str

    def records(self) -> list[dict[str, Value]]:
        """Returns the one row."""
        return [{"channel": self.channel, "outcome": self.outcome, "reason": self.reason}]

    def __str__(self) -> str:
        if self.outcome == "sent":
            return f"The test message left by {self.channel}, and the other side took it."
        return f"The test message did not leave by {self.channel}: {self.reason}."


@dataclass(frozen=True)
class Bounces(Result):
    """What returned mail said: how many addresses are gone, had a bad moment, or complained; the rest was not ours."""

    hard: int
    soft: int
    complaints: int
    already_known: int
    not_ours: int

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per kind."""
        names = ("hard", "soft", "complaints", "already_known", "not_ours")
        return [{"kind": name, "mails": getattr(self, name)} for name in names]

    def __str__(self) -> str:
        return (
            f"{_addresses(self.hard)} gone, {many(self.soft, 'soft bounce')}, "
            f"{many(self.complaints, 'complaint')}; {count(self.already_known)} known before, "
            f"{count(self.not_ours)} about no message from here."
        )


def _addresses(amount: int) -> str:
    return f"{count(amount)} {'address' if amount == 1 else 'addresses'}"
