"""Sends what is due, with the ways out that the settings name; and says, cheaply, whether anything is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from cxloop.collect.sending.news import LISTENERS
from cxloop.collect.sending.statements import log_statements
from cxloop.outreach.addresses import house_of
from cxloop.outreach.channels.base import Channel
from cxloop.outreach.channels.setup import channels_of
from cxloop.outreach.delivery import Delivery, Pauses, Round, recover, tell
from cxloop.outreach.reports import REPORT, files_of
from cxloop.store.messages import messages, preferences
from cxloop.store.messages.messages import MessageRecord

_TO_COLLEAGUES = frozenset({"test", REPORT})
"""Templates of what goes to no customer, so that no consent and no budget of contacts is about it."""

if TYPE_CHECKING:
    from cxloop.outreach.asks import Verdict
    from cxloop.store.context import Operations

__all__ = ["begin", "due", "run_due", "ways"]


def ways(ws: Operations) -> Mapping[str, Channel]:
    """Returns the ways out that are set up, by channel."""
    return channels_of(ws.settings, ws.store.vault, ws.now)


def begin(ws: Operations) -> list[MessageRecord]:
    """Marks what was on its way when the last process ended, and tells who waits for it; once, at a start."""
    lost = recover(ws.store)
    _tell(ws)
    return lost


def due(ws: Operations, pauses: Pauses) -> bool:
    """Whether there is anything to send, to tell or to log now: some look-ups by index."""
    now = ws.now()
    ready = [name for name in ws.settings.outreach.channels if pauses.over(name, now)]
    if preferences.waits(ws.store) or messages.untold(ws.store, 1):
        return True
    first = messages.earliest(ws.store, ready)
    return first is not None and first <= now


def run_due(ws: Operations, pauses: Pauses, stopped: Callable[[], bool] = lambda: False) -> Round:
    """Logs what was said, sends one round of what is due, and tells who waits for what has become of it.

    Raises:
        WorkspaceError: the records cannot be written.
    """
    log_statements(ws)  # first: a no that was just said has to count for what is about to leave
    delivery = Delivery(
        ws.store,
        ways(ws),
        house_of(ws.settings, ws.store.vault),
        last_look=lambda leaving: _asked_at_the_door(ws, leaving),
        stopped=stopped,
        pauses=pauses,
        files=lambda message: files_of(ws.path, message),
    )
    done = delivery.run()
    _tell(ws)
    return done


def _asked_at_the_door(ws: Operations, leaving: Sequence[MessageRecord]) -> Mapping[int, Verdict]:
    from cxloop.collect.surveys.inviting.people import door_of

    asked = [each for each in leaving if each.template not in _TO_COLLEAGUES]
    return door_of(ws).still_may(asked, ws.now()) if asked else {}


def _tell(ws: Operations) -> None:
    while tell(ws.store, LISTENERS):
        pass
