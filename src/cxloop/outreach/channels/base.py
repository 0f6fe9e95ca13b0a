"""What every way out has in common: it hands one message over, and says what became of it.

The one rule: `hand_over` is awaited before the first thing that could make the message arrive. It writes down that the
message is on its way; where it answers False, the message may not go any more, and nothing of it may leave.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from cxloop.outreach.templates.writing import Written
    from cxloop.store.messages.messages import MessageRecord

__all__ = ["Channel", "HandOver", "Outcome", "Outgoing", "Session", "UnreachableError", "secret_of"]

HandOver: TypeAlias = Callable[[], Awaitable[bool]]
Kind = Literal["sent", "later", "failed", "bounced", "in_doubt", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it leaves: its record, and what its template has made of it."""

    record: MessageRecord
    written: Written


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    Attributes:
        kind: sent: the other side took it. later: nothing was handed over, it may be tried again. failed: it was
            refused for good. bounced: its address was. in_doubt: it was handed over and nobody knows. withdrawn:
            `hand_over` said no.
        reason: why, in words that hold no address and nothing of what the other side quoted.
        external_id: what the other side calls it.
        suppress: whether nothing may be sent to the address any more.
    """

    kind: Kind
    reason: str = ""
    external_id: str = ""
    suppress: bool = False


class UnreachableError(Exception):
    """The other side cannot be reached, or takes nothing just now: no message was handed over. Says why."""


class Session(Protocol):
    """One connection to the other side; used for one message at a time."""

    async def send(self, message: Outgoing, hand_over: HandOver) -> Outcome:
        """Hands a message over; raises UnreachableError where the other side takes none at all."""

    async def close(self) -> None:
        """Says goodbye; never raises."""


class Channel(Protocol):
    """A way out."""

    @property
    def name(self) -> str:
        """email, sms or whatsapp."""

    @property
    def connections(self) -> int:
        """How many sessions may be open at the same time."""

    @property
    def per_minute(self) -> int:
        """How many messages may leave in a minute; 0: no limit."""

    async def open(self) -> Session:
        """Returns a new session; raises UnreachableError where the other side cannot be reached."""


def secret_of(variable: str) -> str:
    """Returns the secret that env:NAME names; raises UnreachableError where it is not set."""
    name = variable.removeprefix("env:")
    if not name:
        return ""
    found = os.environ.get(name, "")
    if not found:
        raise UnreachableError(f"${name}, which cxloop.toml names, is not set")
    return found
