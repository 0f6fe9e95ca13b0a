"""Which dashboard goes to whom, and when: written down, listed and stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxloop.core.errors import InputError, NotFoundError
from cxloop.definitions.measure.numbering import number_anew, numbered
from cxloop.definitions.measure.occasions import Every, next_occasion
from cxloop.measure.boards.passing import Mailing, Mailings, SavedMailing, StoppedMailing
from cxloop.measure.boards.reading import read_dashboard
from cxloop.outreach.channels.smtp.mime import AddressError, ascii_address
from cxloop.outreach.reports import MAILING, digest_of, refused
from cxloop.store import documents

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.documents import Definition

__all__ = ["STATE", "addresses_in", "list_mailings", "require_mail", "schedule", "unschedule"]

STATE = "mailing_state"
"""The kind of document that says how far a mailing is: its last occasion, whether it went, and why not."""
MOST_ADDRESSES = 50
_DAYS = {"day": 1, "week": 7, "month": 28}


def schedule(ws: Operations, name: str, to: Sequence[str], every: Every, day: int, hour: int) -> SavedMailing:
    """Has a dashboard go out; raises as the verb says."""
    board = read_dashboard(ws, name).board
    require_mail(ws)
    if not 1 <= day <= _DAYS[every]:
        said = {"day": "no day", "week": "a day from 1 (Monday) to 7", "month": "a day from 1 to 28"}[every]
        raise InputError(f"Every {every} goes with {said}, not with {day}.")
    content = {
        "board": board.name,
        "title": board.title,
        "to": addresses_in(to),
        "every": every,
        "day": day,
        "hour": hour,
        "since": ws.now().isoformat(),
    }
    number = number_anew(ws, MAILING, content)
    return SavedMailing(next(row for row in list_mailings(ws, "").rows if row.number == number))


def list_mailings(ws: Operations, name: str) -> Mailings:
    """Returns the mailings of one dashboard, or of all, newest first."""
    rows = [_mailing(ws, number, kept) for number, kept in numbered(ws, MAILING)]
    return Mailings(tuple(row for row in reversed(rows) if name in ("", row.board)))


def unschedule(ws: Operations, number: int) -> StoppedMailing:
    """Has a mailing go out no more; raises NotFoundError where there is none."""
    kept = dict(numbered(ws, MAILING)).get(number)
    if kept is None:
        raise NotFoundError(f"There is no mailing {number}. `measure.scheduled_dashboards` lists them.")
    content = {**kept.content, "to": [], "removed": True}
    documents.save(ws.store, MAILING, str(number), content, author_id=ws.actor.account_id)
    return StoppedMailing(number)


def require_mail(ws: Operations) -> None:
    """Raises InputError where no mail can be sent."""
    if "email" not in ws.settings.outreach.channels:
        raise InputError("Mail is not set up. Set [outreach.smtp] in cxloop.toml: docs/how-to/send-mail.md.")


def addresses_in(to: Sequence[str]) -> list[str]:
    """Returns e-mail addresses, each once.

    Raises:
        InputError: there is none, there are too many, or one cannot be one; says which by its place, not by its text.
    """
    found = list(dict.fromkeys(each.strip() for each in to if each.strip()))
    if not 1 <= len(found) <= MOST_ADDRESSES:
        raise InputError(f"A dashboard goes to 1 to {MOST_ADDRESSES} addresses, and not to {len(found)}.")
    for place, each in enumerate(found, start=1):
        try:
            ascii_address(each)
        except AddressError:
            raise InputError(
                f"Address {place} is none that mail can be sent to. Write them as name@example.org."
            ) from None
    return found


def _mailing(ws: Operations, number: int, kept: Definition) -> Mailing:
    said, zone = kept.content, ZoneInfo(ws.settings.company.time_zone)
    no, to = refused(ws.store, number), tuple(said["to"])
    state = next((each.content for each in documents.newest(ws.store, STATE) if each.name == str(number)), {})
    return Mailing(
        number=number,
        board=said["board"],
        title=said["title"],
        every=said["every"],
        day=said["day"],
        hour=said["hour"],
        to=to,
        stopped=tuple(each for each in to if digest_of(ws.store.vault, each) in no),
        next_at=next_occasion(said["every"], said["day"], said["hour"], zone, ws.now()),
        last_at=datetime.fromisoformat(state["sent_at"]) if state.get("sent_at") else None,
        failure=str(state.get("failure", "")),
    )
