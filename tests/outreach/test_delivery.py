"""Nobody gets a message twice, whoever could not be reached is tried again, and what cannot be known is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from tests.outreach.conftest import NOON, Clock, delivery_to, new
from tests.support.mailserver import MailServer, mail_server

from cxloop.core.errors import WorkspaceError
from cxloop.outreach import delivery as module
from cxloop.outreach.asks import Verdict
from cxloop.outreach.delivery import Delivery, recover, tell
from cxloop.outreach.messages import put
from cxloop.store.base import Store
from cxloop.store.messages import messages, preferences, suppressions
from cxloop.store.messages.messages import Change, MessageRecord
from cxloop.store.messages.preferences import Said

PutUp = Callable[..., list[int]]


def test_everybody_gets_one_mail_and_one_connection_carries_them(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store
) -> None:
    put_up(20)

    assert delivery.run().outcomes == {"sent": 20}
    assert delivery.run().outcomes == {}
    assert server.counts == {f"c{number}@example.org": 1 for number in range(1, 21)}
    assert server.connections == 1
    assert messages.counts(store) == {"sent": 20}


def test_several_connections_share_the_work(store: Store, put_up: PutUp, server: MailServer) -> None:
    put_up(40)

    assert delivery_to(store, server.port, connections=4).run().moved == 40
    assert server.connections == 4
    assert set(server.counts.values()) == {1}


def test_a_message_is_on_its_way_on_the_disk_before_its_last_byte_leaves(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store
) -> None:
    seen: list[str] = []
    put_up(2)

    def look(address: str) -> None:
        found = {each.address: each.state for each in messages.some(store, [], 10)}
        seen.append(found[address])

    server.message = lambda address: look(address)
    delivery.run()

    assert seen == ["sending", "sending"]


def test_what_was_on_its_way_when_the_process_ended_is_in_doubt_and_not_sent_again(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store
) -> None:
    lost, _ = put_up(2)
    messages.change(store, [Change(lost, ("waiting",), "sending")])

    assert delivery.run().outcomes == {"in_doubt": 1, "sent": 1}
    assert server.to == ["c2@example.org"]
    assert recover(store) == []


def test_a_connection_that_breaks_after_the_message_leaves_it_in_doubt_and_the_next_one_waits(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store, clock: Clock
) -> None:
    put_up(3)
    server.lose = lambda address: address == "c1@example.org"

    assert delivery.run().outcomes == {"in_doubt": 1, "sent": 2}
    assert server.counts == {f"c{number}@example.org": 1 for number in (1, 2, 3)}
    clock.forward(days=1)
    assert delivery.run().outcomes == {}


def test_a_mail_server_that_is_down_for_an_hour_gets_everything_once_when_it_is_back(
    store: Store, put_up: PutUp, clock: Clock
) -> None:
    put_up(30, not_after=NOON + timedelta(hours=3))
    with mail_server() as gone:
        port = gone.port
    delivery = delivery_to(store, port)
    tried = 0
    for _ in range(60):
        result = delivery.run()
        tried += result.outcomes.get("later", 0)
        clock.forward(minutes=1)
    assert messages.counts(store) == {"waiting": 30}
    assert 0 < tried <= 240

    with mail_server(port=port) as back:
        assert delivery.run().outcomes == {"sent": 30}
        assert set(back.counts.values()) == {1}
        assert len(back.counts) == 30


def test_a_server_that_is_down_is_not_asked_at_each_look(store: Store, put_up: PutUp, clock: Clock) -> None:
    put_up(5)
    with mail_server() as gone:
        port = gone.port
    delivery = delivery_to(store, port, connections=1)

    assert "cannot be reached" in delivery.run().trouble["email"]
    assert delivery.run().trouble == {}
    clock.forward(seconds=6)
    assert delivery.run().trouble != {}


def test_what_could_not_be_sent_in_time_is_given_up(store: Store, put_up: PutUp, clock: Clock) -> None:
    put_up(2, not_after=NOON + timedelta(minutes=30))
    clock.forward(minutes=31)

    assert delivery_to(store, 1).run().outcomes == {"failed": 2}
    assert {each.failure for each in messages.some(store, ["failed"], 5)} == {module.TOO_LATE}


@pytest.mark.parametrize(
    ("reply", "state", "suppressed"),
    [
        ("550 5.1.1 no such user", "bounced", True),
        ("550 no such user", "bounced", True),
        ("552 5.2.2 mailbox full", "bounced", False),
        ("550 5.7.1 relaying denied", "failed", False),
        ("451 4.7.1 greylisted, come back", "waiting", False),
    ],
)
def test_a_refused_address_is_told_from_a_refused_sender_and_from_a_bad_moment(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store, reply: str, state: str, suppressed: bool
) -> None:
    put_up(2)
    server.recipient = lambda address: reply if address == "c1@example.org" else None

    delivery.run()

    found = {each.address: each.state for each in messages.some(store, [], 5)}
    assert found == {"c1@example.org": state, "c2@example.org": "sent"}
    assert bool(suppressions.suppressed(store, "email", ["c1@example.org"])) is suppressed


def test_a_message_that_has_to_wait_goes_out_after_a_pause_that_doubles(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store, clock: Clock
) -> None:
    (number,) = put_up(1)
    server.message = lambda _address: "452 4.3.1 try later"
    pauses = []
    for _ in range(3):
        delivery.run()
        found = messages.get(store, number)
        assert found is not None
        pauses.append((found.due_at - clock.now).total_seconds() / 60)
        clock.now = found.due_at
    server.message = lambda _address: None

    assert pauses == [1, 2, 4]
    assert delivery.run().outcomes == {"sent": 1}
    assert server.to == ["c1@example.org"]


def test_a_message_refused_for_what_it_says_has_failed_and_its_address_stays_good(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store
) -> None:
    put_up(1)
    server.message = lambda _address: "554 5.6.0 this looks like spam to c1@example.org"

    assert delivery.run().outcomes == {"failed": 1}
    (found,) = messages.some(store, ["failed"], 5)
    assert found.failure == "the mail server refused the message: 554 5.6.0"
    assert suppressions.every_one(store, 5) == []


def test_a_suppressed_address_gets_nothing(delivery: Delivery, put_up: PutUp, server: MailServer, store: Store) -> None:
    put_up(2)
    suppressions.add(store, "email", "C1@EXAMPLE.org", "complained")

    assert delivery.run().outcomes == {"cancelled": 1, "sent": 1}
    assert server.to == ["c2@example.org"]


def test_a_no_that_was_said_after_the_message_was_put_up_counts(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store
) -> None:
    put_up(4)
    preferences.say(
        store,
        [
            Said(1, "research", None, False, "unsubscribe link", NOON),
            Said(2, "newsletter", None, False, "unsubscribe link", NOON),
            Said(3, "research", "sms", False, "unsubscribe link", NOON),
            Said(4, "research", None, False, "unsubscribe link", NOON - timedelta(days=1)),
        ],
    )

    assert delivery.run().outcomes == {"cancelled": 1, "sent": 3}
    assert "c1@example.org" not in server.to


def test_a_message_taken_back_at_the_last_moment_does_not_arrive(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store
) -> None:
    put_up(3)

    def withdraw(address: str) -> None:
        if address == "c2@example.org":
            messages.cancel(store, "withdrawn", keys=[2])

    server.during = withdraw

    assert delivery.run().outcomes == {"sent": 2, "withdrawn": 1}
    assert server.to == ["c1@example.org", "c3@example.org"]


def test_a_last_look_may_say_no_or_later(store: Store, put_up: PutUp, server: MailServer, clock: Clock) -> None:
    one, two, _ = put_up(3)
    delivery = delivery_to(store, server.port)
    later = NOON + timedelta(hours=8)
    delivery.last_look = lambda _messages: {one: Verdict("no", reason="PAUSED"), two: Verdict("later", later)}

    assert delivery.run().outcomes == {"cancelled": 1, "sent": 1}
    found = {each.id: (each.state, each.failure, each.due_at) for each in messages.some(store, [], 5)}
    assert found[one] == ("cancelled", "PAUSED", NOON)
    assert found[two] == ("waiting", "", later)


def test_a_full_disk_stops_everything_before_anything_leaves(
    delivery: Delivery, put_up: PutUp, server: MailServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_up(5)
    real = messages.change

    def full(given: Store, changes: Sequence[Change]) -> list[bool]:
        if any(each.state == "sending" for each in changes):
            raise WorkspaceError("the disk is full")
        return real(given, changes)

    monkeypatch.setattr(messages, "change", full)
    with pytest.raises(WorkspaceError, match="the disk is full"):
        delivery.run()

    assert server.to == []
    assert messages.counts(store) == {"waiting": 5}


def test_a_stop_ends_a_round_between_two_messages(delivery: Delivery, put_up: PutUp, server: MailServer) -> None:
    put_up(5)
    delivery.stopped = lambda: len(server.to) >= 2

    assert delivery.run().outcomes == {"sent": 2}


def test_who_waits_for_news_hears_each_state_once_and_again_after_a_crash(
    delivery: Delivery, put_up: PutUp, store: Store
) -> None:
    put_up(2)
    put(store, [new(3, about="case", once="case:3")])
    heard: list[tuple[int | None, str]] = []

    def listen(_store: Store, changed: Sequence[MessageRecord]) -> None:
        heard.extend((each.reference, each.state) for each in changed)

    def crash(_store: Store, _changed: Sequence[MessageRecord]) -> None:
        raise RuntimeError

    delivery.run()
    with pytest.raises(RuntimeError):
        tell(store, {"invitation": crash})

    assert tell(store, {"invitation": listen}) == 3
    assert tell(store, {"invitation": listen}) == 0
    assert heard == [(1, "sent"), (2, "sent")]


def test_no_more_leave_in_a_minute_than_may(store: Store, put_up: PutUp, server: MailServer) -> None:
    put_up(10)

    assert delivery_to(store, server.port, per_minute=6000, connections=1).run().outcomes == {"sent": 10}
