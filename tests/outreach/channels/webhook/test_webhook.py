"""Text messages through a gateway: signed, once, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.outreach.channels.gateway import SECRET, Gateway, gateway
from tests.outreach.conftest import new

from cxloop.core.config import Settings
from cxloop.core.errors import MistakesError
from cxloop.outreach.addresses import house_of
from cxloop.outreach.bounces import take_receipt
from cxloop.outreach.channels.setup import channels_of
from cxloop.outreach.delivery import Delivery
from cxloop.outreach.messages import put
from cxloop.store.base import Store
from cxloop.store.messages import messages, preferences, suppressions

Send = Callable[..., dict[str, int]]


@pytest.fixture
def phone() -> Iterator[Gateway]:
    """A gateway."""
    with gateway() as running:
        yield running


@pytest.fixture
def send(store: Store, phone: Gateway, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Sends so many text messages and says what became of them."""
    monkeypatch.setenv("GATEWAY_SECRET", SECRET)

    def some(count: int = 1, **other: Any) -> dict[str, int]:
        own = {"url": phone.url, "secret": "env:GATEWAY_SECRET", "sender": "Acme", **other}
        settings = Settings.model_validate(
            {"server": {"public_url": "https://cx.acme.example"}, "outreach": {"name": "Acme", "sms": own}}
        )
        put(store, [new(n, channel="sms", address=f"+4917012345{n}") for n in range(1, count + 1)])
        ways = channels_of(settings, store.vault, store.clock)
        return dict(Delivery(store, ways, house_of(settings, store.vault)).run().outcomes)

    return some


def test_a_text_message_is_signed_short_and_goes_once(send: Send, phone: Gateway, store: Store) -> None:
    assert send(3) == {"sent": 3}
    assert send(3) == {}

    assert (phone.forged, sorted(each["to"] for each in phone.taken)) == (
        0,
        ["+49170123451", "+49170123452", "+49170123453"],
    )
    first = next(each for each in phone.taken if each["to"].endswith("1"))
    assert (first["channel"], first["from"], first["language"]) == ("sms", "Acme", "en")
    assert first["text"].startswith(
        "Acme: your opinion? https://cx.acme.example/s/i/t1 Stop: https://cx.acme.example/u/"
    )
    assert messages.some(store, ["sent"], 1)[0].external_id == "gw-1"


@pytest.mark.parametrize(
    ("status", "answer", "state", "suppressed"),
    [
        (429, b"", "waiting", 0),
        (503, b"", "waiting", 0),
        (400, b"{}", "failed", 0),
        (422, b'{"code": "bad_address"}', "bounced", 1),
        (302, b"", "in_doubt", 0),
        (500, b"oops", "in_doubt", 0),
        (502, b"", "in_doubt", 0),
    ],
)
def test_an_answer_that_does_not_say_leaves_the_message_in_doubt(
    send: Send, phone: Gateway, store: Store, status: int, answer: bytes, state: str, suppressed: int
) -> None:
    phone.status, phone.answer = status, answer
    send()

    assert messages.counts(store) == {state: 1}
    assert len(suppressions.every_one(store, 5)) == suppressed


def test_a_gateway_that_hangs_up_leaves_it_in_doubt_and_one_that_is_away_lets_it_wait(
    send: Send, phone: Gateway, store: Store
) -> None:
    phone.hang_up = True
    assert send() == {"in_doubt": 1}
    assert send(2, url="http://127.0.0.1:1/away") == {"later": 1}
    assert messages.counts(store) == {"waiting": 1, "in_doubt": 1}


def test_a_secret_that_is_not_set_sends_nothing(
    send: Send, phone: Gateway, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEWAY_SECRET")

    assert send() == {"later": 1}
    assert messages.some(store, ["waiting"], 1)[0].failure == "$GATEWAY_SECRET, which cxloop.toml names, is not set"
    assert phone.taken == []


@pytest.mark.parametrize("own", [{"url": "http://gateway.example/x", "secret": "env:S"}, {"url": "https://x.example"}])
def test_a_gateway_needs_a_secret_and_a_safe_way(own: dict[str, str]) -> None:
    with pytest.raises((MistakesError, ValueError)):
        Settings.model_validate({"outreach": {"sms": own}})


def test_receipts_end_a_doubt_suppress_and_withdraw(send: Send, phone: Gateway, store: Store) -> None:
    phone.hang_up = True
    send(4)
    names = [each["id"] for each in sorted(phone.taken, key=lambda each: str(each["to"]))]

    taken = [
        take_receipt(store, name, state)
        for name, state in zip(names, ["delivered", "failed", "bad_address", "complained"], strict=True)
    ]
    again = take_receipt(store, names[3], "complained")

    assert taken == [None, "soft", "hard", "complaint"]
    assert (again, take_receipt(store, "m1-0000000000000000", "failed")) == ("already_known", "not_ours")
    assert messages.counts(store) == {"sent": 1, "bounced": 2, "complained": 1}
    assert suppressions.suppressed(store, "sms", [f"+4917012345{n}" for n in range(1, 5)]) == {
        "+49170123453",
        "+49170123454",
    }
    assert [each.key_id for each in preferences.unlogged(store, 5)] == [4]
