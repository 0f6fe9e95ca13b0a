"""Services of apprise: one message to one number; what was not clearly taken is in doubt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.outreach.channels.gateway import gateway
from tests.outreach.conftest import new

from cxloop.core.sending import Gateway as Service
from cxloop.outreach.channels.apprise.channel import AppriseChannel
from cxloop.outreach.delivery import Delivery
from cxloop.outreach.messages import put
from cxloop.outreach.templates.writing import House
from cxloop.store.base import Store
from cxloop.store.messages import messages

Outcomes = dict[str, int]
pytestmark = pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")
"""The library imports a module of Python 3.11 that 3.13 does not have, and knows it."""


@pytest.fixture
def send(store: Store) -> Callable[[str], Outcomes]:
    """Sends one text message to an address of apprise."""

    def one(url: str) -> Outcomes:
        put(store, [new(1, channel="sms", address="+491701")])
        channel = AppriseChannel("sms", Service(kind="apprise", url=url))
        house = House("Acme", "https://cx.acme.example/u/x", "https://cx.acme.example/p/x")
        return dict(Delivery(store, {"sms": channel}, lambda _message: house).run().outcomes)

    return one


def test_a_service_gets_the_text_and_the_number(send: Callable[[str], Outcomes], store: Store) -> None:
    with gateway() as service:
        place = service.url.removeprefix("http://").removesuffix("/messages")

        # "json" is apprise's plainest service: it posts what it is told
        assert send(f"json://{place}/{{to}}") == {"sent": 1}

    assert service.forged == 1  # it came, and without a signature of ours
    assert messages.counts(store) == {"sent": 1}


def test_a_no_of_the_library_says_too_little(send: Callable[[str], Outcomes], store: Store) -> None:
    with gateway() as service:
        service.status = 500
        place = service.url.removeprefix("http://").removesuffix("/messages")

        assert send(f"json://{place}/{{to}}") == {"in_doubt": 1}


def test_an_address_without_a_place_for_the_number_sends_nothing(send: Callable[[str], Outcomes], store: Store) -> None:
    assert send("json://127.0.0.1/x") == {"later": 1}
    assert "no {to}" in messages.some(store, ["waiting"], 1)[0].failure


def test_an_address_that_nobody_knows_has_failed(send: Callable[[str], Outcomes]) -> None:
    assert send("nosuchservice://x/{to}") == {"failed": 1}
