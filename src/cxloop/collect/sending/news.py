"""What becomes of messages, told to those who wait for it: invitations are sent, refused or in doubt with theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cxloop.outreach.delivery import Listener
from cxloop.store.messages.messages import MessageRecord
from cxloop.store.surveys import invitations
from cxloop.store.surveys.invitations import State, Step

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["LISTENERS", "invitations_heard"]

_STATES: Mapping[str, State] = {
    "sent": "sent",
    "in_doubt": "in_doubt",
    "failed": "failed",
    "bounced": "bounced",
    "complained": "sent",
    "cancelled": "failed",
}
_OPEN: tuple[State, ...] = ("planned", "queued", "sent", "in_doubt", "failed", "bounced")
"""What is held or has expired stays so."""


def invitations_heard(store: Store, changed: Sequence[MessageRecord]) -> None:
    """Writes down with each invitation what has become of its message; the same news twice changes nothing more."""
    steps = [
        Step(each.reference, state=_STATES[each.state], reason=_reason(each), sent_at=each.sent_at)
        for each in changed
        if each.reference is not None and each.state in _STATES
    ]
    invitations.set_states(store, steps, only=_OPEN)


def _reason(message: MessageRecord) -> str | None:
    return message.failure or None


LISTENERS: Mapping[str, Listener] = {"invitation": invitations_heard}
"""By the kind of record that a message belongs to."""
