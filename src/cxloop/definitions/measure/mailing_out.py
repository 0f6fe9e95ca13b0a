"""Sends dashboards: each occasion once and never twice, also where the process is killed in the middle.

What makes it so: a message's `once` names mailing, occasion and address, so that what is put up again is there already;
that the occasion is done is written down last. An occasion that was missed is made up for, the latest one only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from cxloop.charts.paper import PaperTile
from cxloop.core.boards import Filters
from cxloop.core.errors import CxloopError
from cxloop.definitions.measure.mailing import STATE, addresses_in, require_mail
from cxloop.definitions.measure.numbering import numbered
from cxloop.definitions.measure.occasions import last_occasion
from cxloop.definitions.measure.printing import Answered, answered, on_pages
from cxloop.measure.boards.passing import MailedDashboard
from cxloop.outreach.messages import NewMessage, put
from cxloop.outreach.reports import BY_HAND, MAILING, REPORT, digest_of, forget_files, keep_file, refused
from cxloop.store import documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cxloop.store.context import Operations

__all__ = ["due", "mail_now", "send_due"]

WORTH_SENDING = timedelta(days=2)
"""After this a mail that could not leave tells nothing new."""
KEPT = timedelta(days=7)
MOST_TRIES = 5
PAUSE = timedelta(minutes=5)
MOST_SAID = 4
"""Groups of a split number that the mail itself names; the PDF has all."""


@dataclass(frozen=True)
class _Round:
    """One dashboard that goes to some people: what they may not get twice, and which mailing it is of."""

    once: str
    number: int
    to: Sequence[str]


def mail_now(ws: Operations, name: str, to: Sequence[str], once: str) -> MailedDashboard:
    """Puts a dashboard up for sending; raises as the verb says."""
    require_mail(ws)
    found = answered(ws, name, Filters())
    done = _Round(f"hand-{once or token_hex(8)}", BY_HAND, addresses_in(to))
    sent = _put_up(ws, found, done)
    return MailedDashboard(name, found.board.title, sent, len(done.to) - sent)


def due(ws: Operations) -> list[int]:
    """Returns the numbers of mailings that are due: some look-ups, and no question to the log."""
    states = {each.name: each.content for each in documents.newest(ws.store, STATE)}
    return [number for number, kept in numbered(ws, MAILING) if _is_due(ws, kept.content, states.get(str(number), {}))]


def send_due(ws: Operations, number: int) -> str:
    """Sends a mailing where it is still due, and says how that ended. What fails is tried again some times."""
    kept = dict(numbered(ws, MAILING)).get(number)
    state = next((each.content for each in documents.newest(ws.store, STATE) if each.name == str(number)), {})
    if kept is None or not _is_due(ws, kept.content, state):
        return "not due"
    occasion = _occasion(ws, kept.content)
    same = state.get("occasion") == occasion.isoformat()
    tries = (int(state.get("tries", 0)) if same else 0) + 1
    now = ws.now().isoformat()
    said = {"occasion": occasion.isoformat(), "tries": tries, "tried_at": now, "sent_at": state.get("sent_at")}
    try:
        found = answered(ws, str(kept.content["board"]), Filters())
        _put_up(ws, found, _Round(f"{number}-{occasion:%Y%m%dt%H%M}", number, list(kept.content["to"])))
        outcome, more = "done", {"done": True, "sent_at": now, "failure": ""}
    except CxloopError as failure:
        outcome, more = failure.code, {"done": False, "failure": failure.message}
    documents.save(ws.store, STATE, str(number), {**said, **more}, author_id=None)
    forget_files(ws.path, ws.now() - KEPT)
    return outcome


def _is_due(ws: Operations, said: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    occasion = _occasion(ws, said)
    if occasion <= datetime.fromisoformat(said["since"]):  # it was before anybody asked for it
        return False
    if state.get("occasion") != occasion.isoformat():
        return True
    again = datetime.fromisoformat(state["tried_at"]) + PAUSE * int(state["tries"])
    return not state["done"] and state["tries"] < MOST_TRIES and ws.now() >= again


def _occasion(ws: Operations, said: Mapping[str, Any]) -> datetime:
    zone = ZoneInfo(ws.settings.company.time_zone)
    return last_occasion(said["every"], said["day"], said["hour"], zone, ws.now())


def _put_up(ws: Operations, found: Answered, done: _Round) -> int:
    """Puts a mail up for each who has not said no, and returns how many."""
    no = refused(ws.store, done.number)
    digests = {each: digest_of(ws.store.vault, each) for each in done.to}
    to = [each for each in done.to if digests[each] not in no]
    if not to:
        return 0
    made, board = on_pages(ws, found), found.board
    file = f"{board.name}-{done.once}.pdf"
    keep_file(ws.path, file, made.pdf)
    told = {
        "title": board.title,
        "about": board.about,
        "period": found.under,
        "lede": found.lede,
        "lines": _said(found),
        "link": f"{ws.settings.server.address}/explore/dashboards/{quote(board.name, safe='')}",
        "file": file,
        "file_name": made.file_name,
        "by_hand": done.number == BY_HAND,
    }
    now = ws.now()
    new = [
        NewMessage(
            once=f"{REPORT}:{board.name}:{done.once}:{digests[each]}", purpose="", about=REPORT, reference=done.number,
            key_id=0, channel="email", address=each, language="en", template=REPORT, parameters=told, due_at=now,
            not_after=now + WORTH_SENDING,
        )
        for each in to
    ]  # fmt: skip
    put(ws.store, new)
    return len(to)


def _said(found: Answered) -> list[dict[str, str]]:
    over_time = [bool(tile.arguments.get("every")) for tile in found.board.tiles]
    said = [(tile.title, _sentence(tile, latest)) for tile, latest in zip(found.tiles, over_time, strict=True)]
    return [{"title": title, "text": text} for title, text in said if text]


def _sentence(tile: PaperTile, latest: bool) -> str:
    """The number of a tile with its interval and n; of a split the first ones, of a course the latest."""
    if tile.number:
        held = ", ".join(part for part in (f"{tile.number} {tile.interval}".strip(), tile.count) if part)
        return f"{held}. {tile.change}".strip()
    if tile.lines:
        lines = tile.lines[-MOST_SAID:] if latest else tile.lines[:MOST_SAID]
        told = "; ".join(f"{name}: {number}" for name, number, _interval, _n in lines)
        more = len(tile.lines) - MOST_SAID
        return f"{told}; {more} more in the PDF." if more > 0 else f"{told}."
    return tile.sentence
