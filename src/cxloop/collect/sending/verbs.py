"""The verbs of sending: what became of messages, whom nothing is sent to, a test, and what came back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cxloop.collect.sending.results import Bounces, Messages, Sending, Suppressions, Tested
from cxloop.core.verbs import verb
from cxloop.store.context import Operations

__all__ = ["deliver", "import_bounces", "messages", "resolve_message", "suppressions", "test_message", "unsuppress"]


def _none_if_empty(given: object) -> object:
    """A form that leaves a field out sends an empty text."""
    return None if given == "" else given


State = Annotated[
    Literal["waiting", "sending", "sent", "in_doubt", "failed", "bounced", "complained", "cancelled"] | None,
    BeforeValidator(_none_if_empty),
]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Address = Annotated[str, Field(min_length=3, max_length=320)]
MaybeAddress = Annotated[Annotated[str, Field(max_length=320)] | None, BeforeValidator(_none_if_empty)]
Channel = Literal["email", "sms", "whatsapp"]
Few = Annotated[int, Field(ge=1, le=10_000)]


@verb(part="collect", right="read", personal=True, limited="refuse")
def messages(ws: Operations, state: State = None, *, limit: Few = 100) -> Messages:
    """Messages to customers: how many wait, were sent, failed, bounced or are in doubt, and the latest of them.

    A message is in doubt where it was handed over and nobody knows whether it was taken: it is never sent again by
    itself. Say what became of it with resolve_message.

    Args:
        state: only those in this state.
        limit: how many at most.
    """
    from cxloop.collect.sending.desk import list_messages

    return list_messages(ws, state, limit)


@verb(part="collect", right="write", personal=True, changes="records")
def resolve_message(ws: Operations, message_id: Number, outcome: Literal["sent", "failed"]) -> Messages:
    """Say of a message in doubt what became of it, after a look into the log of the mail server.

    Args:
        message_id: which one.
        outcome: sent or failed. A failed one is not sent again either; its customer can be asked anew.

    Raises:
        NotFoundError: there is no such message.
        InputError: it is not in doubt.
    """
    from cxloop.collect.sending.desk import resolve

    return resolve(ws, message_id, outcome)


@verb(part="collect", right="read", personal=True, limited="refuse")
def suppressions(
    ws: Operations, address: MaybeAddress = None, *, channel: Channel = "email", limit: Few = 100
) -> Suppressions:
    """Addresses to which nothing is sent any more: they bounced, or their owner complained. Kept as digests alone.

    Args:
        address: only whether this one is among them.
        channel: of that address.
        limit: how many at most.
    """
    from cxloop.collect.sending.desk import list_suppressions

    return list_suppressions(ws, address, channel, limit)


@verb(part="collect", right="write", personal=True, changes="records")
def unsuppress(ws: Operations, address: Address, *, channel: Channel = "email") -> Suppressions:
    """Allow an address again, such as one whose mailbox was full for a while. A withdrawn consent stays withdrawn.

    Args:
        address: as it is written.
        channel: in which.

    Raises:
        NotFoundError: nothing stands against it.
    """
    from cxloop.collect.sending.desk import unsuppress as allow

    return allow(ws, address, channel)


@verb(part="collect", right="write", changes="records", waits=True)
def deliver(ws: Operations) -> Sending:
    """Send what is due now, where no server runs that does so by itself."""
    from cxloop.collect.sending.desk import deliver as send

    return send(ws)


@verb(part="collect", right="admin", changes="records", waits=True)
def test_message(ws: Operations, to: Address, *, channel: Channel = "email") -> Tested:  # noqa: PT028 - no test
    """Send one test message at once, to see that the settings of [outreach] work.

    Args:
        to: where: an address of your own.
        channel: by which way.

    Raises:
        InputError: this way out is not set up.
    """
    from cxloop.collect.sending.desk import test_message as send

    return send(ws, to, channel)


@verb(part="collect", right="write", changes="records")
def import_bounces(ws: Operations, path: Path) -> Bounces:
    """Read mail that came back: addresses that are gone get nothing more, and who complained is not asked again.

    A report is believed only about a message from here: it names it by a signature.

    Args:
        path: one mail (.eml), a folder of them (also a Maildir), or an mbox.

    Raises:
        InputError: there is no such file.
    """
    from cxloop.collect.sending.desk import import_bounces as read

    return read(ws, path)
