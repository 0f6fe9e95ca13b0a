"""What has been sent to customers and what waits, as columns: the budget reckons with hundreds of thousands at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, or_, select

from cxloop.store.models import Invitation, Message, Preference, Suppression, SurveyResponse

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["Answered", "Preferred", "Sent", "answered", "any_suppressed", "pauses", "preferred", "sent_since"]

_GONE = ("sending", "sent", "in_doubt", "bounced", "complained")
"""States in which a customer may have been reached: in doubt counts, too."""
_AT_ONCE = 30_000


class Sent(NamedTuple):
    """A message that went to a key, or that waits; times are UTC without zone.

    Attributes:
        message_id: its number.
        key_id: to whom.
        purpose: what for.
        channel: in which.
        reminder: whether it reminds of one that was sent.
        survey: of an invitation or a reminder; None for anything else.
        waits: whether it is still to go.
        at: when it went, or is due.
        not_after: until when it may go; None for any time.
    """

    message_id: int
    key_id: int
    purpose: str
    channel: str
    reminder: bool
    survey: str | None
    waits: bool
    at: datetime
    not_after: datetime | None


class Answered(NamedTuple):
    """When a key answered a survey."""

    key_id: int
    survey: str
    at: datetime


def sent_since(store: Store, since: datetime, keys: Sequence[int] | None = None) -> list[Sent]:
    """Returns what went to customers from a moment on, and everything that waits.

    Args:
        store: the records.
        since: from when.
        keys: only to these; None for all, which one pass over the table tells faster than many look-ups.
    """
    gone = and_(Message.state.in_(_GONE), func.coalesce(Message.sent_at, Message.changed_at) >= since)
    at = func.coalesce(Message.sent_at, Message.changed_at)
    chosen = (
        select(
            Message.id, Message.key_id, Message.purpose, Message.channel, Message.about == "reminder",
            Invitation.survey, Message.state == "waiting", at, Message.due_at, Message.not_after,
        )
        .outerjoin(
            Invitation, and_(Message.about.in_(("invitation", "reminder")), Invitation.id == Message.reference)
        )
        .where(or_(gone, Message.state == "waiting"))
    )  # fmt: skip
    parts = [None] if keys is None else [list(keys[n : n + _AT_ONCE]) for n in range(0, len(keys), _AT_ONCE)]
    found: list[Sent] = []
    with store.read() as work:
        for part in parts:
            rows = work.execute(chosen if part is None else chosen.where(Message.key_id.in_(part)))
            found += [Sent(*row[:7], row[8] if row[6] else row[7], row[9]) for row in rows]
    return found


def answered(store: Store, surveys: Sequence[str], since: datetime) -> list[Answered]:
    """Returns who answered some surveys from a moment on, by personal link; the log may not have it yet."""
    chosen = select(SurveyResponse.key_id, SurveyResponse.survey, SurveyResponse.changed_at).where(
        SurveyResponse.survey.in_(list(surveys)),
        SurveyResponse.state.in_(("finished", "partial")),
        SurveyResponse.changed_at >= since,
        SurveyResponse.key_id.is_not(None),
    )
    with store.read() as work:
        return [Answered(key, survey, at) for key, survey, at in work.execute(chosen) if key is not None]


def pauses(store: Store, now: datetime) -> dict[int, datetime]:
    """Returns the keys whose customers asked not to hear from us for a while, with until when."""
    chosen = select(Preference.key_id, Preference.paused_until).where(Preference.paused_until > now)
    with store.read() as work:
        return {int(key): until for key, until in work.execute(chosen) if until is not None}


class Preferred(NamedTuple):
    """How the customer of a key wants to be written to; None where they said nothing."""

    key_id: int
    channel: str | None
    language: str | None


def preferred(store: Store) -> list[Preferred]:
    """Returns who chose a channel or a language."""
    chosen = select(Preference.key_id, Preference.channel, Preference.language).where(
        or_(Preference.channel.is_not(None), Preference.language.is_not(None))
    )
    with store.read() as work:
        return [Preferred(*row) for row in work.execute(chosen.order_by(Preference.changed_at))]


def any_suppressed(store: Store, channel: str) -> bool:
    """Whether any address is suppressed in a channel: where none is, none has to be looked up."""
    with store.read() as work:
        return work.scalar(select(Suppression.digest).where(Suppression.channel == channel).limit(1)) is not None
