"""What a mail server answers, and what it means for a message (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cxloop.outreach.channels.base import Outcome

__all__ = ["Reply", "final_outcome", "recipient_outcome"]

_ENHANCED = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_NO_SUCH_ADDRESS = re.compile(r"^5\.1\.(0|1|2|3|6|10)$|^5\.2\.1$")
"""Bad mailbox, bad system, bad syntax, moved, no mail taken by RFC 7505, mailbox disabled."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of a mail server: its code, and its lines without it."""

    code: int
    lines: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether it says yes."""
        return 200 <= self.code < 400

    @property
    def temporary(self) -> bool:
        """Whether another time may go better."""
        return 400 <= self.code < 500

    @property
    def enhanced(self) -> str:
        """The enhanced status code, such as 5.1.1; "" where there is none."""
        found = _ENHANCED.match(self.lines[0]) if self.lines else None
        return found.group() if found else ""

    def __str__(self) -> str:
        """The codes alone: the words of a server quote addresses."""
        return f"{self.code} {self.enhanced}".strip()


def recipient_outcome(reply: Reply) -> Outcome:
    """Returns what it means that a server does not take a recipient.

    A refusal of the address suppresses it. One of policy (5.7.x: relaying denied, a blocked sender) says something of
    us and nothing of the address; a full mailbox (5.2.2) says nothing of tomorrow.
    """
    if reply.temporary:
        return Outcome("later", f"the mail server said {reply} to the address")
    if reply.enhanced.startswith("5.7.") or (reply.code in (530, 535, 554) and not reply.enhanced):
        return Outcome("failed", f"the mail server does not take mail for this address from here: {reply}")
    unknown = not reply.enhanced or _NO_SUCH_ADDRESS.match(reply.enhanced) is not None
    return Outcome("bounced", f"the mail server refused the address: {reply}", suppress=unknown)


def final_outcome(reply: Reply) -> Outcome:
    """Returns what it means that a server does not take a message that it has read to the end."""
    if reply.temporary:
        return Outcome("later", f"the mail server said {reply} to the message")
    if _NO_SUCH_ADDRESS.match(reply.enhanced):
        return Outcome("bounced", f"the mail server refused the address: {reply}", suppress=True)
    return Outcome("failed", f"the mail server refused the message: {reply}")
