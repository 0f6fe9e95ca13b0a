"""What becomes of a message is written at its invitation: sent, bounced, in doubt, failed or taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cxloop.collect.surveys.desk import read_settings
from cxloop.core.time import moved
from cxloop.outreach.budget.values import REASONS
from cxloop.outreach.delivery import SUPPRESSED
from cxloop.store.surveys import invitations, surveys
from cxloop.store.surveys.invitations import State, Step

if TYPE_CHECKING:
    from cxloop.store.base import Store
    from cxloop.store.messages.messages import MessageRecord

__all__ = ["ABOUT", "hear_of_invitations", "hear_of_reminders"]

ABOUT = ("invitation", "reminder")
"""The kinds of record whose messages are heard of here."""
_BECOMES: dict[str, State] = {
    "sent": "sent",
    "in_doubt": "in_doubt",
    "failed": "failed",
    "bounced": "bounced",
    "complained": "sent",
    "cancelled": "held",
}


def hear_of_invitations(store: Store, changed: Sequence[MessageRecord]) -> None:
    """Writes at invitations what became of their messages; hearing of the same again changes nothing."""
    records = {each.name: each for each in surveys.every_one(store)}
    rows = invitations.several(store, [each.reference for each in changed if each.reference is not None])
    steps = []
    for message in changed:
        row = rows.get(message.reference or 0)
        if row is None or message.state not in _BECOMES:
            continue
        state = _BECOMES[message.state]
        if row.state == state or (row.state == "expired" and state == "held"):
            continue
        terms = read_settings(records[row.survey]).reminders if row.survey in records else ()
        steps.append(_step(row.id, state, message, terms))
    invitations.set_states(store, steps)


def _step(number: int, state: State, message: MessageRecord, terms: Sequence[str]) -> Step:
    if state == "sent":
        sent_at = message.sent_at or message.changed_at
        return Step(number, "sent", sent_at=sent_at, remind_at=_first_reminder(sent_at, terms))
    if state == "held":
        reason, rule = _why(message.failure)
        return Step(number, "held", reason=reason, rule=rule, clear_reminder=True)
    return Step(number, state, rule=message.failure, clear_reminder=True)


def _why(failure: str) -> tuple[str, str]:
    """The reason and the rule for which a message was taken back: as the door said it, or in the sender's words."""
    said, _, rule = failure.partition(" ")
    if said in REASONS:
        return said, rule
    return "SUPPRESSED" if failure == SUPPRESSED else "NO_CONSENT", failure


def _first_reminder(sent_at: datetime, terms: Sequence[str]) -> datetime | None:
    return moved(sent_at, terms[0]) if terms else None


def hear_of_reminders(store: Store, changed: Sequence[MessageRecord]) -> None:
    """Reminders are known by their messages; what bounced or is complained of ends the reminding."""
    over = [each for each in changed if each.state in ("bounced", "complained") and each.reference is not None]
    invitations.set_states(store, [Step(each.reference or 0, clear_reminder=True) for each in over])
