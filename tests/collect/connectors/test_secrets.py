"""What is kept secret stays where it was meant to go, whoever may connect systems."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.collect.connectors.conftest import Office

from cxloop.collect import connections as verbs
from cxloop.core.errors import MistakesError
from cxloop.core.host import LOCAL, Actor
from cxloop.store.connections import secrets_of

OWNER = Actor(account_id=7, name="Ada", role="owner")
ADMIN_KEY = Actor(account_id=None, name="deploy", role="owner", key_id=3)
SYSTEMS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "sql": ("password", {"url": "postgresql://reader@db.example/shop", "table": "orders"}, {"cursor": "id"}),
    "mailbox": ("password", {"host": "imap.acme.example", "user": "help", "own": "@acme.example"}, {"folders": "A, B"}),
    "zendesk": ("token", {"subdomain": "acme", "email": "ann@acme.example"}, {"timeout_seconds": 30}),
    "folder": (
        "secret",
        {"where": "bucket", "bucket": "exports", "endpoint": "https://s3.acme.example", "key_id": "k"},
        {"prefix": "orders/"},
    ),
}
ELSEWHERE: dict[str, list[dict[str, Any]]] = {
    "sql": [
        {"url": "postgresql://reader@evil.example/shop"},
        {"url": "postgresql://reader@db.example:5433/shop"},
        {"url": "postgresql://reader@db.example/shop?sslmode=disable"},
        {"url": "mysql+pymysql://reader@db.example/shop"},
    ],
    "mailbox": [{"host": "evil.example"}, {"port": 1143}, {"security": "starttls"}],
    "zendesk": [{"subdomain": "evil"}, {"address": "https://evil.example"}],
    "folder": [{"endpoint": "https://evil.example"}, {"endpoint": None}],
}
MAPPING = """
time_zone = "UTC"

[[interaction]]
name = "order"
kind = "order"
id = "id"
occurred_at = "at"
"""


@pytest.fixture
def office(office_of: Callable[[Path], Office], tmp_path: Path) -> Office:
    """A workspace without connections."""
    return office_of(tmp_path / "office")


def _connect(office: Office, system: str, **settings: Any) -> None:
    mapping = MAPPING if system in ("sql", "folder") else ""
    verbs.connect(office, system, "it", settings=json.dumps(settings), mapping_text=mapping)


def _refused(office: Office, system: str, **settings: Any) -> str:
    with pytest.raises(MistakesError) as failure:
        _connect(office, system, **settings)
    return failure.value.message


@pytest.mark.parametrize("actor", [OWNER, ADMIN_KEY], ids=["owner", "admin key"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_kept_secret_goes_to_no_other_address_than_it_was_entered_for(
    office: Office, system: str, actor: Actor
) -> None:
    secret, settings, harmless = SYSTEMS[system]
    office.actor = actor
    _connect(office, system, **settings, **{secret: "hush-hush-hush"})

    _connect(office, system, **settings, **harmless)
    for change in ELSEWHERE[system]:
        for blank in ({}, {secret: ""}):
            said = _refused(office, system, **{**settings, **change, **blank})
            assert "It was entered for another address" in said
            assert "hush" not in said
    assert secrets_of(office.store, "it") == {secret: "hush-hush-hush"}

    _connect(office, system, **{**settings, **ELSEWHERE[system][0], secret: "another-secret"})
    assert secrets_of(office.store, "it") == {secret: "another-secret"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_account_names_no_variable_of_the_server_s_environment(office: Office, system: str) -> None:
    secret, settings, harmless = SYSTEMS[system]
    office.actor = OWNER
    assert "at the machine itself only" in _refused(office, system, **settings, **{secret: "env:STRIPE_KEY"})

    office.actor = LOCAL
    _connect(office, system, **settings, **{secret: "env:HELP_PASSWORD"})
    office.actor = OWNER
    _connect(office, system, **settings, **harmless)
    assert office.connection("it").settings[secret] == "env:HELP_PASSWORD"
    assert "at the machine itself only" in _refused(office, system, **settings, **{secret: "env:STRIPE_KEY"})
    for change in ELSEWHERE[system]:
        assert "at the machine itself only" in _refused(office, system, **{**settings, **change})


LOCAL_ADDRESSES = (
    "sqlite:////etc/shadow.db",
    "sqlite:///../app.sqlite",
    "sqlite+pysqlite:////etc/shadow.db",
    "sqlite:///%2Fetc/shadow.db",
    "postgresql:///postgres",
    "postgresql://cxloop@/postgres",
    "postgresql://db.example/shop?host=/var/run/postgresql",
    "postgresql://db.example/shop?host=@abstract",
    "postgresql://db.example/shop?passfile=/home/ada/.pgpass",
    "postgresql://?service=billing",
    "duckdb:////etc/shadow.duckdb",
)


def test_an_account_reaches_no_database_file_or_socket_of_this_machine(office: Office) -> None:
    office.actor = OWNER
    for url in LOCAL_ADDRESSES:
        assert "outside of the workspace's inbox" in _refused(office, "sql", url=url, table="orders"), url

    _connect(office, "sql", url="sqlite:///shop.db", table="orders")
    _connect(office, "sql", url="sqlite:///shop.db", table="clients")


def test_a_password_in_an_address_is_taken_out_of_it_wherever_it_stands(office: Office) -> None:
    for number, url in enumerate(
        (
            "postgresql://reader:hush%21@db/shop?sslmode=require",
            "postgresql://reader@db/shop?password=hush!&sslmode=require",
        )
    ):
        verbs.connect(
            office, "sql", f"it{number}", settings=json.dumps({"url": url, "table": "t"}), mapping_text=MAPPING
        )

        assert office.connection(f"it{number}").settings["url"] == "postgresql://reader@db/shop?sslmode=require"
        assert secrets_of(office.store, f"it{number}") == {"password": "hush!"}
    assert "no address of a database" in _refused(office, "sql", url="postgresql://[", table="t")
