"""What people ask and say about messages: what became of them, whom nothing is sent to, what came back."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cxloop.collect.sending.results import (
    Bounces,
    MessageRow,
    Messages,
    Sending,
    SuppressionRow,
    Suppressions,
    Tested,
)
from cxloop.collect.sending.running import begin, run_due, ways
from cxloop.core.errors import InputError, NotFoundError, UnknownNameError
from cxloop.outreach.addresses import house_of
from cxloop.outreach.bounces import MOST_BYTES, read_notice, take_notice
from cxloop.outreach.delivery import Delivery, Pauses
from cxloop.outreach.messages import NewMessage, put
from cxloop.store.messages import messages, suppressions
from cxloop.store.messages.messages import Change, State

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["deliver", "import_bounces", "list_messages", "list_suppressions", "resolve", "test_message", "unsuppress"]

_FIELDS = ("due_at", "changed_at", "sent_at", "state", "about", "reference", "channel", "template", "purpose")


def list_messages(ws: Operations, state: State | None, limit: int) -> Messages:
    """Returns how many messages are in each state, and some of them."""
    found = messages.some(ws.store, [] if state is None else [state], limit)
    rows = tuple(
        MessageRow(
            message_id=each.id,
            customer_key=each.key_id,
            tries=each.tries,
            failure=each.failure,
            **{name: getattr(each, name) for name in _FIELDS},
        )
        for each in found
    )
    return Messages({str(name): number for name, number in messages.counts(ws.store).items()}, state, rows)


def resolve(ws: Operations, message_id: int, outcome: Literal["sent", "failed"]) -> Messages:
    """Says of a message in doubt what became of it; raises as the verb says."""
    found = messages.get(ws.store, message_id)
    if found is None:
        raise NotFoundError(f"There is no message {message_id}. Ask for those in doubt: collect messages in_doubt.")
    sent_at = found.changed_at if outcome == "sent" else None
    step = Change(message_id, ("in_doubt",), outcome, f"resolved by {ws.actor.name}", sent_at=sent_at)
    if messages.change(ws.store, [step]) != [True]:
        raise InputError(f"Message {message_id} is {found.state}, and only one in doubt can be resolved.")
    begin(ws)
    return list_messages(ws, "in_doubt", 100)


def list_suppressions(ws: Operations, address: str | None, channel: str, limit: int) -> Suppressions:
    """Returns to whom nothing is sent, or whether that is so for one address."""
    if address is not None:
        found = suppressions.find(ws.store, channel, address)
        kept = [] if found is None else [found]
    else:
        kept = suppressions.every_one(ws.store, limit)
    return Suppressions(tuple(SuppressionRow(each.digest, each.channel, each.reason, each.since) for each in kept))


def unsuppress(ws: Operations, address: str, channel: str) -> Suppressions:
    """Allows an address again; raises NotFoundError where nothing stands against it."""
    if not suppressions.remove(ws.store, channel, address):
        raise NotFoundError(f"Nothing stands against sending to this address by {channel}.")
    return list_suppressions(ws, None, channel, 100)


def deliver(ws: Operations) -> Sending:
    """Sends until nothing is due any more, or nothing more goes through."""
    pauses, total, trouble = Pauses(), dict[str, int](), dict[str, str]()
    while True:
        done = run_due(ws, pauses)
        for name, number in done.outcomes.items():
            total[name] = total.get(name, 0) + number
        trouble |= done.trouble
        if not done.moved:
            return Sending(total, trouble)


def test_message(ws: Operations, to: str, channel: str) -> Tested:
    """Sends one test message at once; raises InputError where the channel is not set up."""
    there = ways(ws)
    if channel not in there:
        if not there:
            raise InputError("No way out is set up. Set [outreach.smtp] in cxloop.toml: docs/how-to/send-mail.md.")
        raise UnknownNameError("channel", channel, sorted(there))
    now = ws.now()
    new = NewMessage(
        once=f"test:{now.isoformat()}", purpose="", about="test", reference=None, key_id=0, channel=channel,
        address=to, language="en", template="test", due_at=now, not_after=now + timedelta(minutes=5),
    )  # fmt: skip
    (number,) = put(ws.store, [new])
    house = house_of(ws.settings, ws.store.vault)
    only = Delivery(ws.store, {channel: there[channel]}, house, only=frozenset({number}))
    only.run()
    found = messages.get(ws.store, number)
    assert found is not None
    if found.state == "waiting":
        messages.cancel(ws.store, "a test is not tried again", about="test", references=[number])
        messages.change(ws.store, [Change(number, ("waiting",), "cancelled", found.failure)])
    return Tested(channel, found.state, found.failure)


def import_bounces(ws: Operations, path: Path) -> Bounces:
    """Reads mails that came back: one mail, a folder of them, or an mbox; raises InputError where there is none."""
    counts = dict.fromkeys(("hard", "soft", "complaint", "already_known", "not_ours"), 0)
    for raw in _mails(path):
        counts[take_notice(ws.store, read_notice(raw))] += 1
    begin(ws)
    return Bounces(counts["hard"], counts["soft"], counts["complaint"], counts["already_known"], counts["not_ours"])


def _mails(path: Path) -> Iterator[bytes]:
    if not path.exists():
        raise InputError(f"{path} does not exist. Give a mail (.eml), a folder of them, a Maildir, or an mbox.")
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file() and each.stat().st_size <= MOST_BYTES:
                yield each.read_bytes()
        return
    with path.open("rb") as file:
        is_mbox = file.read(5) == b"From "
    if not is_mbox:
        yield path.read_bytes()
        return
    box = mailbox.mbox(path, factory=None, create=False)
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key)
    finally:
        box.close()
