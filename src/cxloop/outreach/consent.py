"""Whether a customer's data may be used for a purpose, from what was said: the one door, and a pure function.

The rules, in order:

1. A purpose that is not declared has no answer. A channel that the purpose is not for is refused.
2. Of the statements known at that time, over all keys of the customer, the latest one counts; of two at the same moment
   the refusal. One about the channel goes before one about all channels, unless the latter is a later refusal.
3. A consent ends when it expires; then it is as if it had never been said. A refusal never ends.
4. Nothing said: the lawful basis of the purpose decides. Where it is "consent", the answer is no.
5. A refusal is heard for consent, legitimate interest and public task (Articles 7 (3) and 21 GDPR). What a contract,
   the law or somebody's life needs goes on, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cxloop.core.config import Purpose
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.time import moved
from cxloop.core.wording import day

__all__ = ["History", "Statement", "Status", "Verdict", "may"]

Status = Literal["granted", "denied", "withdrawn", "expired"]
"""denied: a no. withdrawn: a no after a yes. expired: a yes whose time is over."""
_HEARD = frozenset({"consent", "legitimate interest", "public task"})
"""Bases that a refusal ends."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a customer said about a purpose. Times are UTC without zone.

    Attributes:
        purpose: as it was called.
        granted: yes or no.
        occurred_at: when it was said.
        known_at: when it could have been known.
        channel: the channel that it is about; None for all.
        expires_at: until when it was given, where that was said.
        key_id: which of the customer's keys said it.
        basis: the lawful basis that was named.
        source: where it came from.
        wording: version of the text that was shown.
        evidence: how it was said.
        author: who wrote it down.
    """

    purpose: str
    granted: bool
    occurred_at: datetime
    known_at: datetime
    channel: str | None = None
    expires_at: datetime | None = None
    key_id: int = 0
    basis: str | None = None
    source: str = ""
    wording: str | None = None
    evidence: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is allowed, why, since when and until when; times are None where nothing limits it."""

    allowed: bool
    because: str
    since: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What one customer said, over all keys that are theirs, and the purposes that are declared."""

    purposes: Sequence[Purpose]
    statements: Sequence[Statement] = field(default=())

    def purpose(self, name: str) -> Purpose:
        """Returns the purpose called `name`, or by an alias; raises InputError for one that is not declared."""
        for purpose in self.purposes:
            if name in (purpose.name, *purpose.aliases):
                return purpose
        if not self.purposes:
            raise InputError(
                f"The purpose {name!r} is not declared, and no other is. Add a [[purpose]] to experience.toml."
            )
        raise UnknownNameError("purpose", name, [purpose.name for purpose in self.purposes])

    def about(self, purpose: Purpose) -> list[Statement]:
        """Returns the statements about a purpose, under any of its names, oldest first; of a tie the refusal last."""
        names = {purpose.name, *purpose.aliases}
        return sorted((each for each in self.statements if each.purpose in names), key=_order)

    def statuses(self, purpose: Purpose, at: datetime) -> list[tuple[Statement, Status]]:
        """Returns each statement about a purpose with what became of it at `at`, oldest first."""
        told: list[tuple[Statement, Status]] = []
        agreed: set[str | None] = set()
        for each in self.about(purpose):
            if each.granted:
                agreed.add(each.channel)
                told.append((each, "expired" if _expired(purpose, each, at) else "granted"))
            else:
                before = bool(agreed) if each.channel is None else bool(agreed & {None, each.channel})
                told.append((each, "withdrawn" if before else "denied"))
        return told


def may(history: History, purpose: str, channel: str | None, at: datetime) -> Verdict:
    """Returns whether the customer's data may be used for `purpose` in `channel`, by what was known at `at`.

    Args:
        history: of the customer.
        purpose: name or alias of a declared purpose.
        channel: in which channel; None for a use that needs none, to which only statements about all channels speak.
        at: when, UTC without zone.

    Raises:
        InputError: the purpose is not declared.

    Example:
        >>> news = Purpose(name="newsletter", expires="2y")
        >>> yes = Statement("newsletter", True, datetime(2026, 1, 5), datetime(2026, 1, 5))
        >>> may(History([news], [yes]), "newsletter", "email", datetime(2026, 6, 1)).allowed
        True
        >>> may(History([news]), "newsletter", "email", datetime(2026, 6, 1)).because
        'Nobody has asked yet: without a consent this purpose is not allowed.'
    """
    declared = history.purpose(purpose)
    if channel is not None and declared.channels and channel not in declared.channels:
        return Verdict(False, f"The purpose is declared for {', '.join(declared.channels)} only, not for {channel}.")
    known = [each for each in history.about(declared) if each.occurred_at <= at and each.known_at <= at]
    counting = [each for each in known if not (each.granted and _expired(declared, each, at))]
    deciding = _deciding(counting, channel)
    if deciding is None:
        return _unsaid(declared, [each for each in known if each.channel in (None, channel)])
    said = _said(deciding)
    if deciding.granted:
        return Verdict(True, f"{said} yes.", deciding.occurred_at, _end(declared, deciding))
    if declared.basis in _HEARD:
        return Verdict(False, f"{said} no.", deciding.occurred_at)
    return Verdict(True, f"{said} no, but the basis is {declared.basis}, which a refusal does not end.")


def _order(statement: Statement) -> tuple[datetime, bool, datetime]:
    return statement.occurred_at, not statement.granted, statement.known_at


def _deciding(statements: Iterable[Statement], channel: str | None) -> Statement | None:
    """The statement that counts, of those that are in order: the last one of each kind is the latest."""
    own = general = None
    for each in statements:
        if each.channel is None:
            general = each
        elif each.channel == channel:
            own = each
    if own is None or general is None:
        return own or general
    stops = not general.granted and general.occurred_at >= own.occurred_at
    return general if stops else own


def _end(purpose: Purpose, statement: Statement) -> datetime | None:
    """When a consent ends: when it says, or after the term of the purpose, whichever is earlier."""
    ends = [] if statement.expires_at is None else [statement.expires_at]
    if purpose.expires is not None:
        ends.append(moved(statement.occurred_at, purpose.expires))
    return min(ends, default=None)


def _expired(purpose: Purpose, statement: Statement, at: datetime) -> bool:
    end = _end(purpose, statement)
    return end is not None and end <= at


def _unsaid(purpose: Purpose, expired: Sequence[Statement]) -> Verdict:
    """The verdict where nothing counts: nothing was said, or it has expired."""
    if purpose.basis != "consent":
        return Verdict(True, f"Nothing was said against it, and the basis is {purpose.basis}.")
    ended = max((end for each in expired if (end := _end(purpose, each)) is not None), default=None)
    if ended is None:
        return Verdict(False, "Nobody has asked yet: without a consent this purpose is not allowed.")
    return Verdict(False, f"The consent has expired on {day(ended.date())}.", since=ended)


def _said(statement: Statement) -> str:
    about = f" about {statement.channel}" if statement.channel else ""
    return f"On {day(statement.occurred_at.date())} the customer said{about}:"
