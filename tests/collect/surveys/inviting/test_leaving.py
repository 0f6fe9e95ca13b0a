"""From the invitation to the mail, and from the one click in it back to the log and to the next wave."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.mailserver import MailServer, mail_server

from cxloop.collect.sending.running import due, run_due
from cxloop.collect.surveys.inviting import running, verbs
from cxloop.core.sending import Outreach
from cxloop.outreach.delivery import Pauses
from cxloop.outreach.links import open_link
from cxloop.outreach.pages.app import PreferencePages
from cxloop.store.messages import messages, preferences
from cxloop.store.messages.messages import Change
from cxloop.store.surveys import invitations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.collect.surveys.inviting.conftest import Town

THREE = ["ada", "ben", "cleo"]


@pytest.fixture
def server(town: Town) -> Iterator[MailServer]:
    """A mail server, which the workspace sends through."""
    with mail_server() as running_server:
        smtp = {"host": "127.0.0.1", "port": running_server.port, "tls": "none", "sender": "cx@acme.example"}
        outreach = Outreach.model_validate({"smtp": smtp})
        town.desk.settings = town.desk.settings.model_copy(update={"outreach": outreach})
        yield running_server


def invite(town: Town, names: list[str]) -> None:
    verbs.invite(town.desk, "delivery", people=tuple(f"{name}@example.org" for name in names))
    running.run_due(town.desk)


def states(town: Town) -> dict[str, tuple[str, str]]:
    names = {number: name for name, number in town.numbers.items()}
    found = invitations.some(town.desk.store, survey="delivery", limit=100)
    return {names[each.key_id]: (each.state, each.reason) for each in found}


def post(town: Town, path: str) -> int:
    pages = PreferencePages(town.desk.store, lambda: (town.desk.settings, town.desk.experience))
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"List-Unsubscribe=One-Click", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}
    asyncio.run(pages(scope, receive, send))
    return int(sent[0]["status"])


def test_an_invitation_leaves_with_its_first_question_and_the_survey_knows(town: Town, server: MailServer) -> None:
    town.settle(THREE)
    invite(town, THREE)
    before = due(town.desk, Pauses())

    done = run_due(town.desk, Pauses())

    assert (before, done.outcomes, due(town.desk, Pauses())) == (True, {"sent": 3}, False)
    assert set(server.counts.values()) == {1}
    assert states(town) == dict.fromkeys(THREE, ("sent", ""))
    taps = [link for link in server.links() if "nps=" in link]
    assert [parse_qs(urlsplit(link).query)["nps"] for link in taps] == [[str(value)] for value in range(11)]
    token = urlsplit(taps[0]).path.rpartition("/")[2]
    assert open_link(town.desk.store.vault, token, now=town.desk.now()).kind == "invitation"


def test_one_click_in_the_mail_counts_for_what_waits_in_the_log_and_for_the_next_wave(
    town: Town, server: MailServer
) -> None:
    town.settle(THREE)
    invite(town, ["ada"])
    run_due(town.desk, Pauses())
    link = str(server.mail()["list-unsubscribe"]).strip("<>")

    assert post(town, urlsplit(link).path) == 200
    assert run_due(town.desk, Pauses()).outcomes == {}
    assert not preferences.waits(town.desk.store)
    assert town.desk.rows("select purpose, granted, source from consents") == [("survey", False, "cxloop")]

    town.pass_time(days=100)
    invite(town, ["ada", "ben"])
    run_due(town.desk, Pauses())

    assert server.counts == {"ada@example.org": 1, "ben@example.org": 1}
    told = {
        (each.key_id, each.state, each.reason) for each in invitations.some(town.desk.store, survey="delivery", limit=9)
    }
    assert (town.numbers["ada"], "held", "NO_CONSENT") in told


def test_an_invitation_in_doubt_is_in_doubt_and_a_refused_one_has_bounced(town: Town, server: MailServer) -> None:
    town.settle(THREE)
    invite(town, THREE)
    store = town.desk.store
    (lost,) = [each.id for each in messages.some(store, ["waiting"], 9) if each.address.startswith("ada")]
    messages.change(store, [Change(lost, ("waiting",), "sending")])
    server.recipient = lambda address: "550 5.1.1 nobody" if address.startswith("ben") else None

    run_due(town.desk, Pauses())

    assert {name: state for name, (state, _) in states(town).items()} == {
        "ada": "in_doubt",
        "ben": "bounced",
        "cleo": "sent",
    }
