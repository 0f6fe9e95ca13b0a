"""Sharing a dashboard by a signed link: it ends by itself, can be stopped, and opens this one dashboard only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from cxloop.core.errors import InputError, NotFoundError, UnknownNameError
from cxloop.definitions.measure.numbering import number_anew, numbered
from cxloop.measure.boards.passing import OpenedShare, SavedLink, SharedLink, SharedLinks, StoppedSharing
from cxloop.measure.boards.reading import list_dashboards, read_dashboard
from cxloop.outreach.links import LinkError, open_link, sign_link
from cxloop.store import documents, throttles

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["list_shares", "open_share", "share", "stop_share"]

KIND = "share"
MOST_LINKS = 100
"""Open at the same time, in one workspace: more, and nobody knows who reads what."""


def share(ws: Operations, name: str, days: int) -> SavedLink:
    """Signs a link; raises as the verb says."""
    board = read_dashboard(ws, name).board
    if len(list_shares(ws, "").rows) >= MOST_LINKS:
        raise InputError(f"{MOST_LINKS} links to dashboards are open, and no more can be. Stop one of them first.")
    until = (ws.now() + timedelta(days=days)).replace(microsecond=0)
    content = {"board": board.name, "until": until.isoformat()}
    number = number_anew(ws, KIND, content)
    return SavedLink(SharedLink(number, board.name, board.title, _link(ws, number, until), until, ws.now()))


def list_shares(ws: Operations, name: str) -> SharedLinks:
    """Returns the links that are open, of one dashboard or of all, newest first."""
    titles = {row.name: row.title for row in list_dashboards(ws).rows}
    rows = []
    for number, kept in numbered(ws, KIND):
        board, until = str(kept.content["board"]), datetime.fromisoformat(kept.content["until"])
        if board in titles and until > ws.now() and name in ("", board):
            link = _link(ws, number, until)
            rows.append(SharedLink(number, board, titles[board], link, until, kept.created_at))
    return SharedLinks(tuple(reversed(rows)))


def stop_share(ws: Operations, number: int) -> StoppedSharing:
    """Has a link open nothing any more; raises NotFoundError where there is none."""
    kept = dict(numbered(ws, KIND)).get(number)
    if kept is None:
        raise NotFoundError(f"There is no link {number}. `measure.shared_dashboards` lists them.")
    content = {**kept.content, "removed": True}
    documents.save(ws.store, KIND, str(number), content, author_id=ws.actor.account_id)
    return StoppedSharing(number)


def open_share(ws: Operations, token: str) -> OpenedShare:
    """Returns what a link opens; raises LinkError where nothing, ThrottledError for who tries too many that do not."""
    try:
        opened = open_link(ws.store.vault, token, now=ws.now())
    except LinkError as failure:
        if failure.code == "forged":
            _count_forged(ws, token)
        raise
    if opened.kind != "board" or opened.until is None:
        raise LinkError("This link opens no dashboard.", "forged")
    kept = dict(numbered(ws, KIND)).get(int(opened.name))
    if kept is None or kept.content["until"] != opened.until.isoformat():
        raise LinkError("This dashboard is not shared any more.", "stopped")
    try:
        return OpenedShare(read_dashboard(ws, str(kept.content["board"])).board, opened.until)
    except UnknownNameError:
        raise LinkError("This dashboard is not there any more.", "stopped") from None


def _count_forged(ws: Operations, token: str) -> NoReturn:
    with throttles.attempt(ws.store, token, ws.actor.address):
        raise LinkError("This link was not made here, or a part of it is missing.", "forged")


def _link(ws: Operations, number: int, until: datetime) -> str:
    return f"{ws.settings.server.address}/shared/{sign_link(ws.store.vault, 'board', number, until)}"
