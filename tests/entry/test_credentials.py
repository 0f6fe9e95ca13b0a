"""The API with a key: what each kind may do, and that nobody guesses one."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cxloop.entry.app import create_app
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.store import audit, keys
from cxloop.store.accounts import create_account, disable
from cxloop.store.keys import NewKey

ELSEWHERE = ("203.0.113.77", 50_000)


class Api:
    """The API of an empty workspace, asked from elsewhere."""

    def __init__(self, host: LocalHost) -> None:
        self.host = host
        self.store = host.workspace.store
        self.app = create_app(host)

    def key(self, kind: Any, **more: Any) -> str:
        """Makes a key and returns its secret."""
        return keys.create(self.store, NewKey(kind=kind, name=f"{kind} {len(keys.keys(self.store))}", **more)).secret

    def ask(self, address: str, key: str | None = None, *, method: str = "GET", **more: Any) -> httpx.Response:
        """Sends one request."""
        headers = {} if key is None else {"authorization": f"Bearer {key}"}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=ELSEWHERE)
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                return await client.request(method, address, headers={**headers, **more.pop("headers", {})}, **more)

        return asyncio.run(send())


@pytest.fixture
def api(bare_workspace: Path) -> Iterator[Api]:
    """The API."""
    host = LocalHost(open_workspace(Folder(bare_workspace)))
    yield Api(host)
    host.close()


def test_a_read_key_reads_and_an_admin_key_does_what_an_owner_may(api: Api) -> None:
    read, admin = api.key("read", role="viewer"), api.key("admin")

    assert api.ask("/api/collect/sources", read).status_code == 200
    assert api.ask("/api/admin/keys", read).status_code == 403
    assert len(api.ask("/api/admin/keys", admin).json()["cells"]) == 2


def test_a_key_may_stand_where_the_user_name_does(api: Api) -> None:
    given = base64.b64encode(f"{api.key('read', role='viewer')}:".encode()).decode()

    assert api.ask("/api/collect/sources", headers={"authorization": f"Basic {given}"}).status_code == 200


def test_what_changes_something_needs_no_other_header_beside_a_key(api: Api) -> None:
    made = api.ask("/api/admin/create_key", api.key("admin"), method="POST", json={"kind": "write", "name": "shop"})

    assert made.status_code == 200
    assert made.json()["secret"].startswith("cxw_")


def test_an_admin_key_reads_no_files_beside_the_inbox(api: Api, tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text("a\n1\n")

    answer = api.ask("/api/collect/file", api.key("admin"), method="POST", json={"path": str(tmp_path / "outside.csv")})

    assert answer.status_code == 403
    assert "inbox" in answer.json()["message"]


def test_a_write_key_is_refused_with_what_it_is_for(api: Api) -> None:
    answer = api.ask("/api/collect/sources", api.key("write", source="shop"))

    assert answer.status_code == 403
    assert answer.json()["message"].startswith("This is a write key: it sends events to /v1 and reads nothing.")


@pytest.mark.parametrize(
    "header", ["Bearer cxr_made_up", "Bearer ", "Basic !!!", "Basic /w==", "Digest x", "nonsense", "Bearer \xff"]
)
def test_an_unknown_key_is_refused_and_no_session_stands_in_for_it(api: Api, header: str) -> None:
    answer = api.ask("/api/collect/sources", headers={"authorization": header.encode("latin-1")})

    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


def test_guessing_keys_is_slowed_down_and_a_right_one_still_works(api: Api) -> None:
    right = api.key("read", role="viewer")

    answers = [api.ask("/api/collect/sources", f"cxr_{number}") for number in range(8)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert answers[-1].headers["retry-after"] == "2"
    assert api.ask("/api/collect/sources", right).status_code == 200


def test_the_key_of_somebody_who_left_is_refused_within_a_moment(api: Api) -> None:
    store = api.store
    for name, role in (("Olga", "owner"), ("Max", "analyst")):
        create_account(store, name=name, email=None, role=role, now=store.clock())  # type: ignore[arg-type]
    key = api.key("read", role="analyst", account_id=2)
    before = api.ask("/api/collect/sources", key).status_code

    disable(store, 2, now=store.clock())
    time.sleep(0.3)  # how long a kept value may be behind

    assert (before, api.ask("/api/collect/sources", key).status_code) == (200, 401)


def test_personal_data_that_a_key_reads_is_in_the_audit_log_with_key_and_neighbourhood(api: Api) -> None:
    key = api.key("read", role="analyst")

    api.ask("/api/unify/customers", key)
    api.ask("/api/unify/customers", key)
    api.ask("/api/unify/customers", api.key("read", role="viewer"))

    entries = [(entry.verb, entry.key, entry.outcome, entry.address) for entry in audit.entries(api.store)][::-1]
    assert entries == [
        ("key.used", "read 0", "done", "203.0.113.0"),
        ("unify.customers", "read 0", "done", "203.0.113.0"),
        ("unify.customers", "read 0", "done", "203.0.113.0"),
        ("key.used", "read 1", "done", "203.0.113.0"),
        ("unify.customers", "read 1", "refused", "203.0.113.0"),
    ]


def test_the_description_is_not_for_strangers_and_says_how_to_ask(api: Api) -> None:
    assert api.ask("/api/openapi.json").status_code == 401

    document = api.ask("/api/openapi.json", api.key("read", role="viewer")).json()

    assert set(document["components"]["securitySchemes"]) == {"key", "key_as_user", "session"}
    assert document["security"] == [{"key": []}, {"key_as_user": []}, {"session": []}]


def test_a_key_opens_no_page(api: Api) -> None:
    assert api.ask("/settings", api.key("admin")).status_code == 401
