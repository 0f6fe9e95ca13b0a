"""Nothing is stored and nothing is sent before a visitor agreed, and nothing stays when they change their mind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.frontend.snippet.conftest import NOTHING

if TYPE_CHECKING:
    from tests.frontend.snippet.conftest import Receiver, Site, Visit

pytestmark = pytest.mark.browser

GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });"
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' });"
CALLS = """() => {
    cx.identify("u-1", { name: "Anna" }); cx.track("Looked"); cx.group("g-1"); history.pushState({}, "", "/b");
}"""


def requests(visit: Visit, receiver: Receiver) -> list[str]:
    """What goes to the collector from now on, but for the script itself."""
    sent: list[str] = []

    def listen(request: Any) -> None:
        if request.url.startswith(receiver.address) and not request.url.endswith("/cx.js"):
            sent.append(request.url)

    visit.context.on("request", listen)
    return sent


def test_nothing_is_stored_or_sent_before_consent(site: Site, receiver: Receiver, visit: Visit) -> None:
    sent = requests(visit, receiver)
    visit.page.goto(site.page("/a", consent="required"))
    visit.call(CALLS)
    visit.quiet()
    before = visit.stored()
    visit.page.goto(site.page("/next", consent="required"))
    visit.quiet(500)

    assert (before, visit.stored(), sent, receiver.events()) == (NOTHING, NOTHING, [], [])


def test_what_happened_before_consent_is_sent_with_its_own_time(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/a", consent="required"))
    visit.call(CALLS)
    visit.quiet(1000)
    visit.call("() => cx.consent({ analytics: true, marketing: false })")
    visit.until(lambda: len(receiver.events()) == 6)

    page, who, looked, group, moved, choice = receiver.events()
    assert [page["properties"]["path"], moved["properties"]["path"]] == ["/a", "/b"]
    assert (who["userId"], looked["event"], group["groupId"]) == ("u-1", "Looked", "g-1")
    assert page["timestamp"] < looked["timestamp"] < choice["timestamp"]
    assert choice["context"]["consent"] == {"categoryPreferences": {"analytics": True, "marketing": False}}


def test_consent_holds_on_the_next_page(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/a", consent="required"))
    visit.call("() => cx.consent({ analytics: true })")
    visit.told(receiver, 2)
    visit.page.goto(site.page("/b", consent="required"))
    visit.until(lambda: len(receiver.events()) == 3)

    assert receiver.events()[2]["properties"]["path"] == "/b"


def test_refused_events_are_dropped_and_never_sent(site: Site, receiver: Receiver, visit: Visit) -> None:
    sent = requests(visit, receiver)
    visit.page.goto(site.page("/a", consent="required"))
    visit.call(CALLS)
    visit.call("() => cx.consent({ analytics: false })")
    visit.call("() => cx.track('After')")
    visit.quiet()
    refused = visit.stored()
    visit.call("() => cx.consent({ analytics: true })")
    visit.until(lambda: len(receiver.events()) == 1)

    assert refused == NOTHING
    assert [event["event"] for event in receiver.events()] == ["Segment Consent Preference Updated"]
    assert len(sent) == 1


def test_withdrawn_consent_deletes_what_was_stored(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/a", consent="required"))
    visit.call("() => cx.consent({ analytics: true })")
    visit.call("() => cx.identify('u-1')")
    visit.told(receiver, 3)
    kept = visit.stored()["local"]
    visit.context.set_offline(True)
    visit.call("() => cx.track('Waiting')")
    visit.quiet(500)
    waiting = visit.stored()["local"]
    visit.call("() => { cx.consent({ analytics: false }); cx.track('After'); }")
    withdrawn = visit.stored()
    visit.context.set_offline(False)
    visit.quiet(2500)

    assert set(kept) == {"cx.anonymous", "cx.consent", "cx.user"}
    assert len(waiting) == len(kept) + 1
    assert (withdrawn, visit.stored(), len(receiver.events())) == (NOTHING, NOTHING, 3)


def test_without_the_attribute_a_site_says_that_it_needs_no_consent(
    site: Site, receiver: Receiver, visit: Visit
) -> None:
    visit.page.goto(site.page("/a"))
    visit.told(receiver, 1)

    assert set(visit.stored()["local"]) <= {"cx.anonymous"}
    assert visit.context.cookies() == []


@pytest.mark.parametrize(
    ("signal", "respect", "sends"),
    [
        (GPC, None, False),
        (GPC, "none", True),
        (DNT, None, True),
        (DNT, "gpc dnt", False),
        ("", "gpc dnt", True),
    ],
)
def test_a_signal_that_the_site_respects_is_a_refusal(
    site: Site, receiver: Receiver, visit: Visit, signal: str, respect: str | None, sends: bool
) -> None:
    sent = requests(visit, receiver)
    visit.context.add_init_script(signal)
    visit.page.goto(site.page("/a", **({} if respect is None else {"respect": respect})))
    visit.call("() => undefined")
    if sends:
        visit.until(lambda: len(receiver.events()) == len(sent) == 1)  # each is told by another way
    else:
        visit.quiet()
        assert visit.stored() == NOTHING

    assert (len(receiver.events()), len(sent)) == (sends, sends)


def test_a_choice_made_on_the_site_outweighs_the_signal(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.context.add_init_script(GPC)
    visit.page.goto(site.page("/a"))
    visit.call("() => { cx.consent({ analytics: true }); cx.track('Agreed'); }")
    visit.until(lambda: len(receiver.events()) == 2)

    assert receiver.events()[1]["event"] == "Agreed"
