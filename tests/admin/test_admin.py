"""Accounts, keys and the audit log, as verbs: for owners, and without a server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cxloop.admin.results import AuditCheck, Done, Invitation, IssuedKey, Keys
from cxloop.core.errors import AccessDeniedError, InputError, MistakesError, NotFoundError
from cxloop.core.host import LOCAL, ROLES, Actor
from cxloop.core.results import Result
from cxloop.entry.cli import command_line
from cxloop.runtime import parts
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.store import audit
from cxloop.store.keys import ApiKeys, WriteKeys

OWNER = Actor(1, "Olga", "owner", address="203.0.113.0")


@pytest.fixture
def host(bare_workspace: Path) -> Iterator[LocalHost]:
    """The host of an empty workspace."""
    made = LocalHost(open_workspace(Folder(bare_workspace)))
    made.workspace.store.accounts.first_owner_link()  # account 1
    yield made
    made.close()


def _run(host: LocalHost, name: str, /, actor: Actor = OWNER, **arguments: Any) -> Any:
    return host.run(f"admin.{name}", arguments, actor=actor)


def _invite(host: LocalHost, email: str = "marta.nowak@example.org", **more: Any) -> Invitation:
    made: Invitation = _run(host, "invite", email=email, **more)
    return made


def test_an_invitation_lets_somebody_in_by_its_link(host: LocalHost) -> None:
    made = _invite(host, role="agent", team=["North"])

    entrance = host.workspace.store.accounts.sign_in(made.token)
    actor = host.workspace.store.accounts.actor_of_session(entrance.session or "")

    assert actor == Actor(made.account_id, "Marta Nowak", "agent", (("team", ("North",)),))
    assert made.link == f"http://127.0.0.1:8440/signin?token={made.token}"
    assert str(made).endswith(made.link)


def test_a_second_invitation_is_a_new_link_and_ends_the_first(host: LocalHost) -> None:
    first, second = _invite(host), _invite(host)

    with pytest.raises(AccessDeniedError):
        host.workspace.store.accounts.sign_in(first.token)
    assert host.workspace.store.accounts.sign_in(second.token).session
    assert first.account_id == second.account_id


def test_a_new_link_changes_no_right(host: LocalHost) -> None:
    _invite(host, role="viewer")

    with pytest.raises(InputError, match="has an account already, as viewer"):
        _invite(host, role="owner")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"email": "marta"}, "is no e-mail address"),
        ({"email": "a@example.org", "role": "boss"}, "role: Input should be"),
        ({"email": "a@example.org", "role": "owner", "team": "North"}, "An owner sees every row"),
        ({"email": "a@example.org", "lasts": "7"}, "7"),
    ],
)
def test_what_cannot_be_is_refused(host: LocalHost, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        _run(host, "invite", **arguments)


def test_an_account_is_changed_by_number_or_address(host: LocalHost) -> None:
    made = _invite(host)

    limited: Done = _run(host, "change", account=made.email, role="analyst", region=["DE", "AT"])
    lifted: Done = _run(host, "change", account=str(made.account_id), all_rows=True)

    assert str(limited) == "Marta Nowak has changed (analyst, limited to region = AT or DE)."
    assert (lifted.values["role"], lifted.values["limits"]) == ("analyst", None)
    assert lifted.target == f"account {made.account_id}"


def test_a_change_of_nothing_of_nobody_or_of_two_minds_is_refused(host: LocalHost) -> None:
    with pytest.raises(InputError, match="Nothing to change"):
        _run(host, "change", account="1")
    with pytest.raises(InputError, match="all_rows takes all limits away"):
        _run(host, "change", account="1", all_rows=True, team="North")
    with pytest.raises(NotFoundError, match="no account 'nobody"):
        _run(host, "change", account="nobody@example.org", role="viewer")
    with pytest.raises(InputError, match="is the last owner"):
        _run(host, "change", account="1", role="viewer")


def test_who_is_locked_out_is_out_at_once_and_may_be_let_in_again(host: LocalHost) -> None:
    made = _invite(host)
    accounts = host.workspace.store.accounts
    session = accounts.sign_in(made.token).session or ""

    _run(host, "disable", account=made.email)
    out = accounts.actor_of_session(session)
    _run(host, "enable", account=made.email)

    assert out is None
    assert accounts.actor_of_session(session) is None  # the session has ended for good
    assert accounts.sign_in(_invite(host).token).session


def test_sessions_are_listed_and_ended(host: LocalHost) -> None:
    made = _invite(host)
    host.workspace.store.accounts.sign_in(made.token)

    before = _run(host, "sessions", account=made.email)
    done = _run(host, "sign_out", account=made.email)

    assert str(before) == "1 browser is signed in."
    assert str(done) == "Marta Nowak was signed out of 1 browser."
    assert _run(host, "sessions").records() == []


def test_a_key_is_made_rotated_and_revoked(host: LocalHost) -> None:
    store = host.workspace.store
    recognised = WriteKeys(store)
    made: IssuedKey = _run(host, "create_key", kind="write", name="Shop", source="shop", origins="https://a.example")

    rotated: IssuedKey = _run(host, "rotate_key", key="Shop", overlap="1d")
    both = [recognised.find(key.secret) is not None for key in (made, rotated)]
    _run(host, "revoke_key", key=str(made.key_id))
    recognised._ring._living.forget()
    neither = [recognised.find(key.secret) is not None for key in (made, rotated)]
    recognised.close()

    assert (both, neither) == ([True, True], [False, False])
    assert "The former secret works until" in str(rotated)
    assert _run(host, "keys").records() == []
    listed: Keys = _run(host, "keys", revoked=True)
    assert [(row["name"], row["state"], row["origins"]) for row in listed.records()] == [
        ("Shop", "revoked", "https://a.example")
    ]


def test_a_write_key_collects_for_the_source_of_its_name_and_read_keys_read_as_viewers(host: LocalHost) -> None:
    write: IssuedKey = _run(host, "create_key", kind="write", name="shop")
    read: IssuedKey = _run(host, "create_key", kind="read", name="BI", team="North")
    recognised = ApiKeys(host.workspace.store)

    actor = recognised.find(read.secret)
    recognised.close()

    assert (write.source, write.expires_at) == ("shop", None)
    assert actor == Actor(1, "BI", "viewer", (("team", ("North",)),), key_id=read.key_id)


def test_a_key_reads_and_changes_nothing_even_where_its_role_could(host: LocalHost) -> None:
    key = Actor(1, "BI", "analyst", key_id=7)

    with pytest.raises(AccessDeniedError, match=r"needs the right to write.*; this is a read key"):
        host.run("collect.file", {"path": "x.csv"}, actor=key)


def test_a_secret_given_in_place_of_a_name_is_not_repeated(host: LocalHost) -> None:
    made: IssuedKey = _run(host, "create_key", kind="admin", name="Terraform")

    with pytest.raises(InputError, match="This is a key's secret") as refused:
        _run(host, "revoke_key", key=made.secret)

    assert made.secret not in refused.value.message


def test_secrets_are_in_the_answer_and_nowhere_in_the_workspace(host: LocalHost, bare_workspace: Path) -> None:
    link = _invite(host).token
    key: IssuedKey = _run(host, "create_key", kind="read", name="BI")

    written = b"".join(file.read_bytes() for file in bare_workspace.rglob("*") if file.is_file())

    assert b"Marta Nowak" in written  # otherwise the test could not see them
    assert link.encode() not in written
    assert key.secret.encode() not in written


def test_each_change_is_in_the_log_with_who_what_and_from_where(host: LocalHost) -> None:
    made = _invite(host)
    _run(host, "create_key", kind="write", name="shop")
    with pytest.raises(AccessDeniedError):
        _run(host, "keys", actor=Actor(made.account_id, "Marta", "viewer"))
    with pytest.raises(AccessDeniedError):
        _run(host, "create_key", actor=Actor(made.account_id, "Marta", "viewer"), kind="admin", name="x")

    log = _run(host, "audit").records()

    told = [(row["who"], row["verb"], row["target"], row["outcome"], row["address"]) for row in log]
    assert told == [
        ("Marta Nowak", "admin.create_key", None, "refused", None),
        ("Owner", "admin.create_key", "key 1", "done", "203.0.113.0"),
        ("Owner", "admin.invite", f"account {made.account_id}", "done", "203.0.113.0"),
    ]
    assert "marta.nowak" not in json.dumps(log, default=str)


def test_the_log_is_filtered_and_paged(host: LocalHost) -> None:
    made = _invite(host)
    _run(host, "disable", account=made.email)
    _run(host, "enable", account=made.email, actor=LOCAL)

    def verbs(**arguments: Any) -> list[Any]:
        return [row["verb"] for row in _run(host, "audit", **arguments).records()]

    assert verbs(account="1", until="2200-01-01")[-2:] == ["admin.disable", "admin.invite"]
    assert verbs(verb="admin.enable") == ["admin.enable"]
    assert verbs(target=f"account {made.account_id}", offset=1, limit=1) == ["admin.disable"]
    assert verbs(since="2200-01-01") == []


def test_a_log_that_nobody_touched_is_whole_and_can_be_held_against_an_earlier_look(host: LocalHost) -> None:
    _invite(host)
    first: AuditCheck = _run(host, "verify_audit")
    _invite(host)

    assert first.whole
    assert re.fullmatch(r"The audit log is whole: 1 entries\. Its head is [0-9a-f]{64}\.", str(first))
    assert _run(host, "verify_audit", head=first.head).whole
    assert not _run(host, "verify_audit", head="0" * 64).whole


@pytest.mark.parametrize("verb", [verb.path for verb in parts.load("admin").of("admin")])
@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
def test_nobody_but_owners_gets_at_any_of_it(host: LocalHost, verb: str, role: Any) -> None:
    with pytest.raises(AccessDeniedError, match="needs the right to admin"):
        host.run(verb, {}, actor=Actor(7, "Max", role))


def test_nothing_of_it_is_kept_for_pages(host: LocalHost) -> None:
    for verb in parts.load("admin").of("admin"):
        with pytest.raises((AccessDeniedError, MistakesError)):
            host.snapshot(verb.path, {}, actor=OWNER)


def test_a_result_comes_through_the_socket_as_it_was(host: LocalHost) -> None:
    for result in (_invite(host), _run(host, "create_key", kind="write", name="shop"), _run(host, "audit")):
        plain = json.loads(json.dumps(result.to_dict()))

        assert Result.from_dict(plain) == result


def test_the_command_line_makes_a_key_while_no_server_runs(
    bare_workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line()(["admin", "create-key", "write", "shop", "--workspace", str(bare_workspace), "--json"])

    told = json.loads(capsys.readouterr().out)
    assert (ended.value.code, told["source"]) == (0, "shop")
    host = LocalHost(open_workspace(Folder(bare_workspace)))
    recognised = WriteKeys(host.workspace.store)
    found, entries = recognised.find(told["secret"]), audit.entries(host.workspace.store)
    recognised.close()
    host.close()
    assert found is not None
    assert [(entry.verb, entry.who) for entry in entries] == [("admin.create_key", None)]


def test_a_key_that_is_called_like_the_number_of_another_is_not_taken_for_it(host: LocalHost) -> None:
    first: IssuedKey = _run(host, "create_key", kind="write", name="shop")
    second: IssuedKey = _run(host, "create_key", kind="write", name=str(first.key_id), source="app")

    assert _run(host, "revoke_key", key=str(first.key_id)).target == f"key {first.key_id}"
    assert second.key_id != first.key_id
