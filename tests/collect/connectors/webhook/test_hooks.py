"""The door of the webhooks: who gets in, who does not, and what those are told."""

from __future__ import annotations

import gzip
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.connectors.webhook.conftest import SECRET, Post, review, signed

from cxloop.collect.connectors.forms import checked
from cxloop.collect.connectors.webhook.connector import CONNECTOR
from cxloop.collect.connectors.webhook.hooks import Hooks
from cxloop.collect.connectors.webhook.payload import body_rows
from cxloop.core.errors import InputError, MistakesError
from cxloop.store import connections

BODY = json.dumps(review(1)).encode()


def test_a_signed_delivery_is_taken(hooks: Hooks) -> None:
    assert hooks.check("reviews", signed(BODY), BODY) is None


@pytest.mark.parametrize("name", ["other", "", "../reviews", "reviews\x00"])
def test_an_unknown_name_learns_nothing(hooks: Hooks, name: str) -> None:
    refusal = hooks.check(name, signed(BODY), BODY)

    assert refusal is not None
    assert (refusal.status, refusal.reason) == (404, "There is nothing here.")


def test_a_connection_of_another_system_has_no_door(post: Post, hooks: Hooks) -> None:
    connections.save(
        post.desk.store, "mail", "mailbox", settings={}, secrets={}, mapping=None, every="1h", next_due=None
    )

    refusal = hooks.check("mail", signed(BODY), BODY)

    assert refusal is not None
    assert refusal.status == 404


def test_a_wrong_signature_is_refused_before_anything_is_said_of_the_rest(post: Post, hooks: Hooks) -> None:
    connections.pause(post.desk.store, "reviews", paused=True)

    refusal = hooks.check("reviews", signed(b"other"), b"no json")

    assert refusal is not None
    assert (refusal.status, refusal.code) == (401, "signature")


def test_a_paused_webhook_asks_to_send_again_later(post: Post, hooks: Hooks) -> None:
    connections.pause(post.desk.store, "reviews", paused=True)

    refusal = hooks.check("reviews", signed(BODY), BODY)

    assert refusal is not None
    assert (refusal.status, refusal.code) == (503, "paused")


def test_the_former_secret_is_good_while_there_is_one(post: Post, hooks: Hooks) -> None:
    connections.save(
        post.desk.store,
        "reviews",
        "webhook",
        settings=post.settings,
        secrets={"secret": "the-new-secret-of-the-sender", "former_secret": SECRET},
        mapping=None,
        every=None,
        next_due=None,
    )

    assert hooks.check("reviews", signed(BODY), BODY) is None
    assert hooks.check("reviews", signed(BODY, "the-new-secret-of-the-sender"), BODY) is None
    assert hooks.check("reviews", signed(BODY, "yet-another-secret-altogether"), BODY) is not None


def test_a_change_of_settings_counts_within_a_second(post: Post, hooks: Hooks) -> None:
    assert hooks.check("reviews", signed(BODY), BODY) is None
    connections.remove(post.desk.store, "reviews")
    gone = threading.Event()

    found = None
    for _ in range(20):  # a second at most
        found = hooks.check("reviews", signed(BODY), BODY)
        if found is not None:
            break
        gone.wait(0.05)

    assert found is not None
    assert found.status == 404


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"[]", b"[1]", b"{}", b"{", b"[" * 100_000, b"\x1f\x8bno", b"\xff\xfe", b"null"]
)
def test_a_body_without_rows_is_refused_to_the_senders_face(hooks: Hooks, body: bytes) -> None:
    refusal = hooks.check("reviews", signed(body), body)

    assert refusal is not None
    assert (refusal.status, refusal.code) == (400, "payload")


def test_a_packed_body_is_unpacked_and_a_bomb_is_not() -> None:
    assert body_rows(gzip.compress(BODY), "") == [json.loads(BODY, parse_float=str)]
    with pytest.raises(InputError, match="unpacks to more"):
        body_rows(gzip.compress(b" " * 30_000_000), "")


def test_a_form_is_a_row_and_json_in_a_form_as_well() -> None:
    assert body_rows(b"id=7&text=hello+you", "") == [{"id": "7", "text": "hello you"}]
    assert body_rows(b"payload=%7B%22id%22%3A7%7D", "") == [{"id": 7}]


@given(st.binary(max_size=200))
def test_any_body_gives_rows_or_a_reason(body: bytes) -> None:
    try:
        rows = body_rows(body, "data.events")
    except InputError:
        return
    assert all(isinstance(row, dict) for row in rows)


def test_the_senders_own_id_is_kept_for_trying_again(hooks: Hooks) -> None:
    assert hooks.about("reviews", {"X-GitHub-Delivery": "d-1"}) == {"delivery": "d-1"}
    assert hooks.about("reviews", {"X-Other": "d-1"}) == {}


def test_settings_that_protect_nothing_are_refused() -> None:
    with pytest.raises(MistakesError) as failure:
        checked(CONNECTOR, {"scheme": "hmac", "secret": "short", "header": "X Y"}, "settings")

    assert [mistake.where for mistake in failure.value.mistakes] == ["secret", "header"]
    assert "short" not in str(failure.value)
