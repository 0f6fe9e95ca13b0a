"""Events survive a dead line, a closed page and a busy collector, and each counts once."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from tests.frontend.snippet.conftest import BUILT

if TYPE_CHECKING:
    from tests.frontend.snippet.conftest import Receiver, Site, Visit

pytestmark = pytest.mark.browser

MOST_BYTES = 6_000


def waiting(visit: Visit) -> list[str]:
    """Names of the events that the browser keeps until they have arrived."""
    return sorted(name for name in visit.stored()["local"] if name.startswith("cx.q."))


def named(receiver: Receiver) -> list[str]:
    """Names of events, each once: that is how the log takes them."""
    return list({event["messageId"]: event.get("event", event["type"]) for event in receiver.events()}.values())


def test_events_wait_for_the_line_to_come_back_and_are_sent_once(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/", pages="off"))
    visit.call("() => cx.track('Before')")
    visit.told(receiver, 1)
    visit.context.set_offline(True)
    visit.call("() => { cx.track('One'); cx.track('Two'); }")
    visit.quiet(1500)
    kept = len(waiting(visit))
    visit.context.set_offline(False)
    visit.until(lambda: len(receiver.events()) == 3)
    visit.until(lambda: waiting(visit) == [])

    ids = [event["messageId"] for event in receiver.events()]
    assert (kept, named(receiver), len(set(ids))) == (2, ["Before", "One", "Two"], len(ids))


def test_a_page_that_was_closed_offline_leaves_its_events_to_the_next_one(
    site: Site, receiver: Receiver, visit: Visit
) -> None:
    address = site.page("/", pages="off")
    visit.page.goto(address)
    visit.call("() => undefined")
    visit.context.set_offline(True)
    visit.call("() => cx.track('Lost?')")
    visit.quiet(500)
    visit.page.close()
    visit.context.set_offline(False)
    visit.page = visit.context.new_page()
    visit.page.goto(address)
    visit.until(lambda: named(receiver) == ["Lost?"])
    visit.until(lambda: waiting(visit) == [])

    assert len({event["messageId"] for event in receiver.events()}) == 1


def test_what_was_not_sent_yet_leaves_with_the_page(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/", pages="off"))
    visit.call("() => { cx.track('Bye'); location.href = '/elsewhere'; }")
    visit.page.wait_for_url("**/elsewhere")
    visit.until(lambda: named(receiver) == ["Bye"])

    assert visit.complaints == []


def test_a_busy_collector_is_left_alone_for_as_long_as_it_asks(site: Site, receiver: Receiver, visit: Visit) -> None:
    answers: list[int] = []

    def answer(route: Any) -> None:
        answers.append(429 if not answers else 200)
        if len(answers) > 1:
            route.continue_()
            return
        headers = {
            "Retry-After": "3",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "retry-after",
        }
        route.fulfill(status=429, headers=headers, body="{}")

    visit.page.route("**/v1/batch", answer)
    visit.page.goto(site.page("/", pages="off"))
    visit.call("() => cx.track('Patient')")
    visit.until(lambda: len(answers) == 1)
    visit.call("() => cx.track('Later')")
    visit.quiet(1500)
    early = len(answers)
    visit.until(lambda: waiting(visit) == [])

    assert (early, named(receiver)) == (1, ["Patient", "Later"])


def test_an_event_that_will_never_be_taken_is_not_sent_for_ever(site: Site, receiver: Receiver, visit: Visit) -> None:
    sent: list[str] = []

    def answer(route: Any) -> None:
        sent.append(route.request.post_data)
        route.fulfill(status=400, headers={"Access-Control-Allow-Origin": "*"}, body="{}")

    visit.page.route("**/v1/batch", answer)
    visit.page.goto(site.page("/", pages="off"))
    visit.call("() => cx.track('Broken')")
    visit.until(lambda: len(sent) == 1)
    visit.until(lambda: waiting(visit) == [])
    visit.quiet(2500)

    assert len(sent) == 1


def test_what_waits_stays_within_its_bounds(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/", pages="off"))
    visit.call("() => undefined")
    visit.context.set_offline(True)
    visit.call("() => { for (let n = 0; n < 400; n++) cx.track('Many', { n }); }")
    many = waiting(visit)
    visit.call("() => { for (let n = 0; n < 60; n++) cx.track('Large', { n, text: 'x'.repeat(20000) }); }")
    large = visit.stored()["local"]

    assert len(many) == 300
    assert sum(len(text) for name, text in large.items() if name.startswith("cx.q.")) <= 400_000
    assert '"n":59' in large[waiting(visit)[-1]]


def test_many_events_arrive_in_batches_that_the_collector_takes(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/", pages="off"))
    visit.call("() => { for (let n = 0; n < 250; n++) cx.track('Many', { n, text: 'ä'.repeat(100) }); }")
    visit.until(lambda: len(receiver.events()) == 250)

    assert [event["properties"]["n"] for event in receiver.events()] == list(range(250))
    assert len(receiver.spool.read(receiver.after, 50_000_000)) >= 3


def test_an_event_that_is_too_large_is_left_out_with_a_word(site: Site, receiver: Receiver, visit: Visit) -> None:
    warnings: list[str] = []
    visit.page.on("console", lambda message: warnings.append(message.text))
    visit.page.goto(site.page("/", pages="off"))
    visit.call("() => { cx.track('Huge', { text: 'x'.repeat(40000) }); cx.track('Fine'); }")
    visit.until(lambda: len(receiver.events()) == 1)

    assert (named(receiver), warnings) == (["Fine"], ["cx: an event of more than 32 KB is not sent"])


def test_storage_that_is_not_there_does_not_stop_events(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"
    )
    visit.page.goto(site.page("/"))
    visit.call("() => cx.track('Still')")
    visit.until(lambda: len(receiver.events()) == 2)

    assert len({event["anonymousId"] for event in receiver.events()}) == 1
    assert visit.complaints == []


def test_the_snippet_is_small_and_runs_under_a_strict_policy(receiver: Receiver) -> None:
    script = BUILT.read_bytes()

    assert len(gzip.compress(script, 9)) < MOST_BYTES
    assert [word for word in (b"eval(", b"Function(", b"document.cookie", b"innerHTML") if word in script] == []
