"""What a person chooses on their page, and what follows from it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cxloop.core.config import Purpose
from cxloop.outreach.addresses import NoToPurpose
from cxloop.store.messages import messages, preferences, suppressions
from cxloop.store.messages.preferences import PreferenceRecord, Said

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["CHANNELS", "PAUSES", "Standing", "changeable", "refuse", "save_choices"]

CHANNELS = ("email", "sms", "whatsapp")
PAUSES = (30, 90, 180)
"""Days of a pause."""
_CAN_BE_REFUSED = frozenset({"consent", "legitimate interest", "public task"})
"""Bases that a refusal ends: Articles 7 (3) and 21 GDPR."""
BY_LINK = "unsubscribe link"
BY_PAGE = "preference page"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on file about a person: for each purpose whether it is allowed, and masked, where they are reached."""

    allowed: Mapping[str, bool]
    addresses: Sequence[str] = ()


def changeable(purpose: Purpose) -> bool:
    """Whether a no ends a purpose; a yes may be given to each that it ends."""
    return purpose.basis in _CAN_BE_REFUSED


def refuse(store: Store, no: NoToPurpose) -> None:
    """Writes down a no: on the disk when this returns, and messages that wait for that purpose are taken back.

    A message of no purpose, or of one that is not declared any more, is answered by its address: nothing more is sent
    to where the person was written to.
    """
    if no.purpose:
        preferences.say(store, [Said(no.key_id, no.purpose, None, False, BY_LINK, store.clock())])
        messages.cancel(store, "the customer has said no", keys=[no.key_id], purpose=no.purpose)
        return
    for address in {each.address for each in messages.of_keys(store, [no.key_id]) if each.channel == no.channel}:
        suppressions.add(store, no.channel, address, "unsubscribed")
    messages.cancel(store, "the customer has said no", keys=[no.key_id], channel=no.channel)


def save_choices(
    store: Store,
    key_id: int,
    form: Mapping[str, str],
    purposes: Sequence[Purpose],
    standing: Standing | None,
    languages: Sequence[str],
) -> PreferenceRecord:
    """Writes down what a person chose on their page; only what differs from what is on file is a statement.

    Args:
        store: the records.
        key_id: the person.
        form: the fields of the page; values that it does not offer count as left alone.
        purposes: those that are declared.
        standing: what is on file, None where that is not known.
        languages: that can be chosen.
    """
    now = store.clock()
    said: list[Said] = []
    for each in purposes:
        chosen = {"yes": True, "no": False}.get(form.get(f"purpose.{each.name}", ""))
        known = None if standing is None else standing.allowed.get(each.name)
        if chosen is not None and chosen != known and changeable(each):
            said.append(Said(key_id, each.name, None, chosen, BY_PAGE, now))
    if said:
        preferences.say(store, said)
    for each_said in said:
        if not each_said.granted:
            messages.cancel(store, "the customer has said no", keys=[key_id], purpose=each_said.purpose)
    channel, language = form.get("channel", ""), form.get("language", "")
    return preferences.save(
        store,
        key_id,
        channel=channel if channel in CHANNELS else None,
        language=language if language in languages else None,
        paused_until=_paused(store, key_id, form.get("pause", ""), now),
    )


def _paused(store: Store, key_id: int, chosen: str, now: datetime) -> datetime | None:
    if chosen == "keep":
        before = preferences.get(store, key_id)
        return None if before is None else before.paused_until
    days = next((each for each in PAUSES if str(each) == chosen), None)
    return None if days is None else now + timedelta(days=days)
