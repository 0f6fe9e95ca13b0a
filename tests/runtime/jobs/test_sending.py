"""A server sends what waits by itself, says what is in doubt when it starts, and stops saying no twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.support.mailserver import MailServer, mail_server

from cxloop.core.host import LOCAL
from cxloop.outreach.messages import NewMessage, put
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.jobs.sending import Sending
from cxloop.runtime.schedule import Schedule
from cxloop.runtime.workspace import open_workspace
from cxloop.store.messages import messages
from cxloop.store.messages.messages import Change


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
def host(bare_workspace: Path, server: MailServer) -> Iterator[LocalHost]:
    """The host of a workspace that sends mail through it."""
    settings = bare_workspace / "cxloop.toml"
    smtp = f'\n[outreach.smtp]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\nsender = "cx@acme.example"\n'
    settings.write_text(settings.read_text() + smtp)
    opened = LocalHost(open_workspace(Folder(bare_workspace)))
    yield opened
    opened.close()


def mails_of(host: LocalHost, count: int, **other: object) -> list[int]:
    given = {
        "purpose": "", "about": "note", "reference": None, "key_id": 1, "channel": "email", "language": "en",
        "template": "test",
    }  # fmt: skip
    new = [
        NewMessage(**{**given, "once": f"n:{number}", "address": f"c{number}@example.org", **other})  # type: ignore[arg-type]
        for number in range(count)
    ]
    return put(host.workspace.store, new)


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, "it did not happen"
        time.sleep(0.05)


def test_a_running_server_sends_what_waits_and_tells_what_it_found_on_its_way(
    host: LocalHost, server: MailServer
) -> None:
    lost, *_ = mails_of(host, 4)
    store = host.workspace.store
    messages.change(store, [Change(lost, ("waiting",), "sending")])
    schedule = Schedule(host, look_seconds=0.1)
    schedule.start()
    try:
        wait_for(lambda: messages.counts(store) == {"sent": 3, "in_doubt": 1})
    finally:
        schedule.stop()

    assert set(server.counts.values()) == {1}
    assert "c0@example.org" not in server.counts


def test_a_job_has_nothing_to_do_where_nothing_is_due(host: LocalHost) -> None:
    job = Sending(host, lambda: False)
    before = list(job.due())
    mails_of(host, 1, due_at=datetime(2100, 1, 1))
    later = list(job.due())
    mails_of(host, 1, once="now")

    assert (before, later, list(job.due())) == ([], [], [""])
    assert job.run("") == "done"
    assert list(job.due()) == []


def test_a_server_that_is_down_is_left_alone_for_a_while(host: LocalHost, server: MailServer) -> None:
    job = Sending(host, lambda: False)
    mails_of(host, 2)
    server.recipient = lambda _address: "421 4.3.2 closing"

    assert job.run("") == "done"
    assert list(job.due()) == []
    assert messages.counts(host.workspace.store) == {"waiting": 2}


def test_the_verbs_say_what_became_of_messages_and_end_a_doubt(host: LocalHost, server: MailServer) -> None:
    lost, _ = mails_of(host, 2)
    store = host.workspace.store
    messages.change(store, [Change(lost, ("waiting",), "sending")])

    sent = host.run("collect.deliver", {}, actor=LOCAL)
    doubt = host.run("collect.messages", {"state": "in_doubt"}, actor=LOCAL)
    after = host.run("collect.resolve_message", {"message_id": lost, "outcome": "failed"}, actor=LOCAL)

    assert str(sent) == "This round: 1 in doubt, 1 sent."
    assert str(doubt).startswith("Messages: 1 sent, 1 in doubt. Say of each in doubt")
    assert [row["message_id"] for row in doubt.records()] == [lost]
    assert str(after) == "Messages: 1 sent, 1 failed."


def test_a_test_message_leaves_at_once_and_alone(host: LocalHost, server: MailServer) -> None:
    mails_of(host, 1)

    told = host.run("collect.test_message", {"to": "me@example.org"}, actor=LOCAL)
    server.recipient = lambda _address: "550 5.7.1 no"
    refused = host.run("collect.test_message", {"to": "you@example.org"}, actor=LOCAL)

    assert str(told) == "The test message left by email, and the other side took it."
    assert "does not take mail for this address from here: 550 5.7.1" in str(refused)
    assert server.to == ["me@example.org"]
    assert server.mail()["subject"] == f"Test message of {host.settings.company.name}"


def test_a_doubt_that_nobody_has_is_told(host: LocalHost) -> None:
    from cxloop.core.errors import InputError, NotFoundError

    (waiting,) = mails_of(host, 1)
    with pytest.raises(NotFoundError, match="no message 4711"):
        host.run("collect.resolve_message", {"message_id": 4711, "outcome": "sent"}, actor=LOCAL)
    with pytest.raises(InputError, match="is waiting"):
        host.run("collect.resolve_message", {"message_id": waiting, "outcome": "sent"}, actor=LOCAL)


def test_what_was_said_on_the_public_page_is_in_the_log_once(host: LocalHost) -> None:
    from cxloop.collect.sending.statements import log_statements
    from cxloop.store.messages import preferences
    from cxloop.store.messages.preferences import Said

    _a_customer(host)
    engine, store = host.workspace.engine, host.workspace.store
    ((key,),) = engine.cursor().execute("select key_id from keys where value = 'anna'").fetchall()  # type: ignore[attr-defined]
    said = Said(key, "research", None, False, "unsubscribe link", host.workspace.now() - timedelta(hours=1))
    preferences.say(store, [said, Said(4711, "research", None, False, "of nobody", said.said_at)])

    first = log_statements(host.workspace)
    again = log_statements(host.workspace)

    rows = engine.cursor().execute("select purpose, granted, source, evidence from consents").fetchall()  # type: ignore[attr-defined]
    assert (first, again) == (2, 0)
    assert rows == [("research", False, "cxloop", "unsubscribe link")]


def _a_customer(host: LocalHost) -> None:
    import pyarrow as pa

    words = {"message_id": "1", "source": "shop", "kind": "order", "name": "order", "key_namespace": "shop"}
    row = {**words, "key_type": "customer", "key_value": "anna"}
    table = pa.table(
        {**{name: pa.array([value]) for name, value in row.items()}}
        | {"occurred_at": pa.array([datetime(2026, 4, 1)], pa.timestamp("us"))}
    )
    host.workspace.engine.admit(table, now=host.workspace.now())
