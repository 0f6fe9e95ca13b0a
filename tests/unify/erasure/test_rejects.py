"""Events of somebody are taken out of a rejected request, and nobody else loses one."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from cxloop.unify.erasure.rejects import without
from cxloop.unify.erasure.searching import Finder

ANNA, BEN = {"userId": "42", "event": "Seen"}, {"userId": "420", "event": "Seen"}
ABOUT_ANNA = {"userId": "7", "event": "Told", "properties": {"mail": "Anna.Secret@example.org"}}
FINDER = Finder(["anna.secret@example.org"])


def batch(*events: dict[str, Any]) -> bytes:
    return json.dumps({"batch": events, "sentAt": "2026-05-01T10:00:00Z"}).encode()


def test_others_keep_their_places() -> None:
    rest = without(batch(ANNA, BEN, ABOUT_ANNA, BEN), "", frozenset({"42"}), FINDER)

    assert rest is not None
    assert json.loads(rest) == {"batch": [None, BEN, None, BEN], "sentAt": "2026-05-01T10:00:00Z"}


def test_a_packed_request_is_unpacked_where_it_changes() -> None:
    packed = gzip.compress(batch(ANNA, BEN))

    rest = without(packed, "gzip", frozenset({"42"}), FINDER)

    assert rest is not None
    assert json.loads(rest)["batch"] == [None, BEN]
    assert without(packed, "gzip", frozenset({"43"}), FINDER) == packed


@pytest.mark.parametrize(
    "body",
    [batch(ANNA), json.dumps(ANNA).encode(), b'{"broken": "anna.secret@example.org', b"\xff anna.secret@example.org"],
)
def test_nothing_is_left_of_a_request_that_is_theirs_alone(body: bytes) -> None:
    assert without(body, "", frozenset({"42"}), FINDER) is None


def test_what_is_nobodys_stays_as_it_is() -> None:
    for body in (batch(BEN), b"broken", json.dumps(BEN).encode()):
        assert without(body, "", frozenset({"42"}), FINDER) == body
