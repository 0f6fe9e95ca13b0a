"""The addresses that every message carries: where its reader unsubscribes, and where their preferences stand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxloop.outreach.links import sign_link
from cxloop.outreach.reports import REPORT, no_report_link
from cxloop.outreach.templates.writing import House

if TYPE_CHECKING:
    from cxloop.core.config import Purpose, Settings
    from cxloop.store.messages.messages import MessageRecord
    from cxloop.store.secrets import Vault

__all__ = ["NoToPurpose", "house_of", "preferences_link", "read_no", "unsubscribe_link"]

_NO = re.compile(r"(?P<key>-?[0-9]{1,19})_(?P<purpose>[0-9a-f]{12})_(?P<channel>[a-z]{1,20})")


@dataclass(frozen=True, slots=True)
class NoToPurpose:
    """What an unsubscribe link says no to. `purpose` is None for one that is not declared any more."""

    key_id: int
    purpose: str | None
    channel: str


def house_of(settings: Settings, vault: Vault) -> Callable[[MessageRecord], House]:
    """Returns who writes, with the addresses that belong to a message.

    Args:
        settings: of the workspace: the company's name, and the address that people reach.
        vault: signs the links.
    """
    company = settings.outreach.name or settings.company.name

    def house(message: MessageRecord) -> House:
        if message.template == REPORT:
            return House(company, no_report_link(settings, vault, message), settings.server.address)
        return House(
            company=company,
            unsubscribe=unsubscribe_link(settings, vault, message.key_id, message.purpose, message.channel),
            preferences=preferences_link(settings, vault, message.key_id),
        )

    return house


def preferences_link(settings: Settings, vault: Vault, key_id: int) -> str:
    """Returns the address of a person's preferences; it works as long as the person is known."""
    return f"{settings.server.address}/p/{sign_link(vault, 'person', key_id)}"


def unsubscribe_link(settings: Settings, vault: Vault, key_id: int, purpose: str, channel: str) -> str:
    """Returns the address that says no to a purpose. It needs no record: it works long after the message is gone."""
    name = f"{key_id}_{_short(purpose)}_{channel}"
    return f"{settings.server.address}/u/{sign_link(vault, 'unsubscribe', name)}"


def read_no(name: str, purposes: Sequence[Purpose]) -> NoToPurpose | None:
    """Returns what the name in an unsubscribe link says no to; None where it says nothing.

    Args:
        name: as the signed link had it.
        purposes: those that are declared.
    """
    found = _NO.fullmatch(name)
    if found is None:
        return None
    known = [*(each.name for each in purposes), ""]
    purpose = next((each for each in known if _short(each) == found["purpose"]), None)
    return NoToPurpose(int(found["key"]), purpose, found["channel"])


def _short(purpose: str) -> str:
    return hashlib.sha256(purpose.encode()).hexdigest()[:12]
