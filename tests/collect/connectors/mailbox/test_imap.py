"""Reading from a real IMAP server, on good days and bad ones. Nothing on the server is ever changed."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.collect.connectors.killing import kill_extraction
from tests.collect.connectors.mailbox.conftest import Post, mail
from tests.collect.connectors.mailbox.server import PASSWORD, USER
from tests.collect.connectors.mailbox.wire import Wire

from cxloop.collect.connectors.base import SourceError
from cxloop.collect.connectors.failures import explained
from cxloop.collect.connectors.forms import checked
from cxloop.collect.connectors.mailbox import imap as reading
from cxloop.collect.connectors.mailbox.connector import CONNECTOR
from cxloop.collect.connectors.mailbox.imap import FolderMissingError, SignInError
from cxloop.collect.connectors.mailbox.source import read_folders
from cxloop.core.errors import MistakesError
from cxloop.store import connections


def test_mails_become_interactions(post: Post) -> None:
    answer = mail(90, "It is on its way.\n", sender="Ann <ann@acme.example>", In_Reply_To="<m1@mail.example>")
    post.server.deliver([mail(number) for number in range(1, 41)])
    post.server.deliver([mail(41, "Away.\n", Auto_Submitted="auto-replied"), mail(42, Precedence="bulk")])
    post.server.deliver([answer.replace(b"To: help@acme.example", b"To: jo.1@mail.example")], "Sent")
    post.connect(folders=["INBOX", "Sent"])

    done = post.pull()

    assert (done.admitted, done.rejected) == (43, 0)
    kinds = dict(post.desk.rows("select kind, count(*) from interactions group by 1"))
    assert kinds == {"message": 40, "reply": 1, "touch": 2}
    assert post.texts() == {f"This is what I want to say, number {number}." for number in range(1, 41)} | {
        "It is on its way."
    }
    one = post.desk.rows(
        "select k.type, k.value, i.occurred_at, i.outcome, i.refers_to, i.language, e.claimed_channel, t.value "
        "from interactions i join keys k using (key_id) join event_codes e using (event_code) "
        "left join traits t on t.key_id = i.key_id and t.occurred_at = i.occurred_at "
        "where i.message_id = 'mail:m7@mail.example'"
    )
    assert [str(value) for value in one[0]] == [
        *("email", "jo.2@mail.example", "2026-05-31 22:07:00", "None", "None", "en", "email", "Custo Mer")
    ]
    reply = post.desk.rows("select refers_to, employee, key_id from interactions where kind = 'reply'")[0]
    first = post.desk.rows("select message_id, null, key_id from interactions where message_id like 'mail:m1@%'")[0]
    assert (reply[0], reply[1], reply[2]) == (first[0], "Ann", first[2])
    outcomes = {row[0] for row in post.desk.rows("select outcome from interactions where kind = 'touch'")}
    assert outcomes == {"auto_reply", "newsletter"}


def test_nothing_is_marked_as_seen_moved_or_deleted(post: Post) -> None:
    post.server.deliver([mail(number) for number in range(5)])
    before = {file.name.partition(":")[0] for file in post.server.files()}

    post.pull()

    after = post.server.files()
    assert {file.name.partition(":")[0] for file in after} == before
    assert not any("S" in file.name.partition(":2,")[2] for file in after)


def test_the_next_pull_reads_only_what_is_new(post: Post, tmp_path: Path) -> None:
    settings, scope = post.direct(tmp_path)
    state: dict[str, Any] = {}
    counts = []
    for new in (30, 0, 3):
        post.server.deliver([mail(number) for number in range(new)])
        counts.append(sum(len(page) for page in read_folders(settings, scope, state)))

    assert counts == [30, 0, 3]


def test_a_folder_that_is_numbered_anew_is_read_again_and_nothing_doubles(post: Post) -> None:
    post.server.deliver([mail(number) for number in range(12)])
    post.pull()
    post.server.renumber()
    post.server.deliver([mail(12)])

    done = post.pull()

    assert (done.admitted, done.already_there, done.rejected) == (1, 12, 0)
    assert any("numbered" in note for note in done.notes)


def test_an_emptied_mailbox_is_no_failure(post: Post, tmp_path: Path) -> None:
    post.server.deliver([mail(number) for number in range(4)])
    settings, scope = post.direct(tmp_path)
    state: dict[str, Any] = {}
    first = list(read_folders(settings, scope, state))
    for file in post.server.files():
        file.unlink()

    assert len(first[0]) == 4
    assert list(read_folders(settings, scope, state)) == []


def test_a_changed_password_is_told_and_the_new_one_goes_on(post: Post) -> None:
    post.server.deliver([mail(1)])
    post.pull()
    post.server.password("another-Wörd-9")
    post.server.deliver([mail(2)])

    with pytest.raises(SourceError) as failure:
        post.pull()
    state = connections.get(post.desk.store, "help")
    post.connect("another-Wörd-9")
    post.pull()

    assert failure.value.kind == "credentials"
    assert "app password" in failure.value.message
    assert PASSWORD not in failure.value.message
    assert (state.outcome, state.failure) == ("failed", "credentials")
    assert post.count() == 2


def test_mails_that_are_none_are_read_as_far_as_they_go(post: Post) -> None:
    broken = [b"\x00\xff\xfe not a mail", b"", b"Subject: only\n", b"From: <<<>>>\n\n\xe4\xf6\xfc", mail(1), mail(1)]
    post.server.deliver(broken)

    done = post.pull()

    assert done.rows == len(broken)
    assert post.count("message_id = 'mail:m1@mail.example'") == 1


def test_of_a_mail_beyond_the_limit_only_the_headers_are_read(post: Post, tmp_path: Path) -> None:
    big = EmailMessage()
    big["From"], big["To"], big["Message-ID"], big["Subject"] = "jo@mail.example", USER, "<big@mail.example>", "Scan"
    big.set_content("words")
    big.add_attachment(b"x" * 60_000, maintype="image", subtype="png")
    post.server.deliver([mail(1), big.as_bytes(), mail(2)])
    settings, scope = post.direct(tmp_path, largest_bytes=20_000)

    rows = [row for page in read_folders(settings, scope, {}) for row in page]

    assert [row["message_id"] for row in rows] == ["m1@mail.example", "big@mail.example", "m2@mail.example"]
    assert rows[1]["text"] is None
    assert "larger" in str(rows[1]["note"])


def test_a_missing_folder_is_told_with_those_there_are(post: Post, tmp_path: Path) -> None:
    post.server.deliver([mail(1)], "Entw&APw-rfe")
    settings, scope = post.direct(tmp_path, folders=["Spam"])

    with pytest.raises(FolderMissingError) as failure:
        list(read_folders(settings, scope, {}))
    told = explained(failure.value, CONNECTOR, settings)

    assert told.kind == "missing"
    assert "'Entwürfe'" in told.message
    entered, scope = post.direct(tmp_path, folders=["Entwürfe"])
    assert len(list(read_folders(entered, scope, {}))) == 1


def test_mails_from_before_the_day_are_left_out(post: Post, tmp_path: Path) -> None:
    post.server.deliver([mail(1)])
    settings, scope = post.direct(tmp_path, since="2100-01-01")

    assert list(read_folders(settings, scope, {})) == []


@pytest.mark.parametrize("after", [1_500, 20_000, 60_000])
def test_a_connection_that_breaks_on_the_way_is_opened_again(post: Post, tmp_path: Path, after: int) -> None:
    post.server.deliver([mail(number, "word " * 200) for number in range(60)])
    with Wire(post.server.port, breaks_after=[after]) as wire:
        settings, scope = post.direct(tmp_path, port=wire.port)

        rows = [row for page in read_folders(settings, scope, {}, lambda _: None) for row in page]

    assert len({row["message_id"] for row in rows}) == 60
    assert wire.opened == 2


def test_a_connection_that_keeps_breaking_keeps_what_was_read(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PAGE", 10)
    post.server.deliver([mail(number, "word " * 200) for number in range(60)])
    state: dict[str, Any] = {}
    with Wire(post.server.port, breaks_after=[30_000, 500, 500, 500, 500]) as wire:
        settings, scope = post.direct(tmp_path, port=wire.port)
        first = [row for page in read_folders(settings, scope, state, lambda _: None) for row in page]
        stopped = scope.stopped
    settings, scope = post.direct(tmp_path)
    rest = [row for page in read_folders(settings, scope, state) for row in page]

    assert stopped
    assert 0 < len(first) < 60
    assert [row["message_id"] for row in [*first, *rest]] == [f"m{number}@mail.example" for number in range(60)]


def test_a_wrong_password_is_not_tried_again(post: Post, tmp_path: Path) -> None:
    settings, scope = post.direct(tmp_path, user="nobody@acme.example")
    with Wire(post.server.port) as wire, pytest.raises(SignInError):
        list(read_folders(settings.model_copy(update={"port": wire.port}), scope, {}))

    assert wire.opened == 1


@pytest.mark.usefixtures("real_children")
def test_a_pull_that_is_killed_goes_on_where_it_was(post: Post) -> None:
    post.server.deliver([mail(number, "word " * 300) for number in range(150)])
    killed: list[int] = []
    with Wire(post.server.port, at=(40_000, lambda: killed.append(kill_extraction()))) as wire:
        post.connect(port=wire.port)
        with pytest.raises(SourceError):
            post.pull()
    post.connect()
    post.pull()

    assert killed == [1]
    assert post.count() == 150
    assert len(post.desk.rows("select distinct message_id from interactions")) == 150


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"security": "none", "host": "mail.acme.example"}, ["security"]),
        ({"own": []}, ["own"]),
        ({"own": ["acme"]}, ["own.0", "own"]),
        ({"folders": [""]}, ["folders"]),
    ],
)
def test_settings_that_would_leak_or_fail_are_refused(wrong: dict[str, Any], where: list[str]) -> None:
    given = {"host": "imap.acme.example", "user": USER, "password": PASSWORD, "own": ["@acme.example"], **wrong}

    with pytest.raises(MistakesError) as failure:
        checked(CONNECTOR, given, "settings")

    assert [mistake.where for mistake in failure.value.mistakes] == where
    assert PASSWORD not in str(failure.value)


def test_a_server_that_speaks_no_tls_is_told_so(post: Post, tmp_path: Path) -> None:
    settings, scope = post.direct(tmp_path, security="tls")

    with pytest.raises(OSError) as failure:  # noqa: PT011 - which one is the platform's choice
        list(read_folders(settings, scope, {}, lambda _: None))

    told = explained(failure.value, CONNECTOR, settings)
    assert told.kind in ("settings", "unreachable")
    assert json.dumps(told.message).count(PASSWORD) == 0
