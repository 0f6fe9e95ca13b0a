"""What the snippet sends: page views, calls, clicks and forms."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.frontend.snippet.conftest import Receiver, Site, Visit

pytestmark = pytest.mark.browser


def names(receiver: Receiver) -> list[str]:
    """What came, in order: names of events, kinds of other calls."""
    return [event.get("event") or event["type"] for event in receiver.events()]


def test_a_page_view_tells_the_page_and_its_campaign_and_nothing_else_of_the_address(
    site: Site, receiver: Receiver, visit: Visit
) -> None:
    address = site.page("/basket", title="Your basket", query="tab")

    visit.page.goto(f"{address}?token=s3cret&tab=2&utm_source=news&utm_campaign=May#anna@example.org")
    visit.until(lambda: len(receiver.events()) == 1)

    (event,) = receiver.events()
    page = {"path": "/basket", "url": f"{address}?tab=2", "title": "Your basket", "referrer": ""}
    assert (event["type"], event["properties"], event["context"]["page"]) == ("page", page, page)
    assert event["context"]["campaign"] == {"source": "news", "name": "May"}
    assert b"s3cret" not in receiver.raw()
    assert b"anna@example.org" not in receiver.raw()
    assert visit.complaints == []


def test_the_context_holds_nothing_that_tells_browsers_apart(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/"))
    visit.until(lambda: len(receiver.events()) == 1)

    assert set(receiver.events()[0]["context"]) == {"library", "locale", "timezone", "page"}


def test_every_call_of_the_protocol_arrives_with_who_it_was(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/", pages="off"))
    visit.call(
        """() => {
            cx.track("Product Viewed", { price: 9.5, tags: ["a"], gone: undefined });
            cx.identify("u-1", { plan: "pro" });
            cx.group("g-1", { name: "Acme" });
            cx.alias("u-2", "u-1");
            cx.page("Checkout", { step: 2 });
            cx.reset();
            cx.track("Left");
        }"""
    )
    visit.until(lambda: len(receiver.events()) == 6)

    viewed, who, group, alias, page, left = receiver.events()
    assert (viewed["event"], viewed["properties"]) == ("Product Viewed", {"price": 9.5, "tags": ["a"]})
    assert (who["userId"], who["traits"]) == ("u-1", {"plan": "pro"})
    assert (group["groupId"], group["userId"], group["traits"]) == ("g-1", "u-1", {"name": "Acme"})
    assert (alias["userId"], alias["previousId"]) == ("u-2", "u-1")
    assert (page["name"], page["properties"]["step"], page["context"]["groupId"]) == ("Checkout", 2, "g-1")
    first = {event["anonymousId"] for event in (viewed, who, group, alias, page)}
    assert len(first) == 1
    assert left["anonymousId"] not in first
    assert "userId" not in left


def test_calls_before_the_snippet_has_loaded_are_not_lost(site: Site, receiver: Receiver, visit: Visit) -> None:
    early = '(window.cx = window.cx || []).push(["track", "Early", { n: 1 }]); cx.push(["identify", "u-1"]);'

    visit.page.goto(site.page("/", script=early))
    visit.until(lambda: len(receiver.events()) == 3)

    assert names(receiver) == ["page", "Early", "identify"]


def test_the_anonymous_id_stays_the_same_on_the_next_page(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/one"))
    visit.told(receiver, 1)
    visit.page.goto(site.page("/two"))
    visit.until(lambda: len(receiver.events()) == 2)

    assert len({event["anonymousId"] for event in receiver.events()}) == 1


def test_navigation_within_a_page_is_a_page_view(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/app"))
    visit.call("() => { history.pushState({}, '', '/app/products'); document.title = 'Products'; }")
    visit.until(lambda: len(receiver.events()) == 2)
    visit.call("() => { history.replaceState({}, '', '/app/products'); location.hash = 'x'; }")
    visit.page.go_back()
    visit.page.go_back()
    visit.until(lambda: len(receiver.events()) == 3)
    visit.quiet()

    told = [(event["properties"]["path"], event["properties"]["title"]) for event in receiver.events()]
    assert told == [("/app", "Shop"), ("/app/products", "Products"), ("/app", "Products")]
    assert receiver.events()[1]["properties"]["referrer"] == f"{site.address}/app"


BUTTONS = """
<button data-cx-track="Signed up" data-cx-prop-plan="pro"><b id="inner">Anna Secret</b></button>
<a id="other" href="#s3cret">Anna Secret</a>
"""


def test_only_marked_clicks_are_told_and_only_their_marks(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/", BUTTONS, pages="off"))
    visit.call("() => document.addEventListener('click', (event) => event.stopImmediatePropagation(), true)")
    visit.page.click("#other")
    visit.page.click("#inner")
    visit.until(lambda: len(receiver.events()) == 1)
    visit.quiet()

    assert [(event["event"], event["properties"]) for event in receiver.events()] == [("Signed up", {"plan": "pro"})]
    assert b"Secret" not in receiver.raw()
    assert b"s3cret" not in receiver.raw()


FORM = """
<form action="/sent" method="post" data-cx-form="Contact" {more}>
  <input name="email" type="email"><input name="phone"><input name="pin" type="password">
  <input name="token" type="hidden" value="h1dden"><textarea name="text"></textarea>
  <input type="checkbox" name="news"><input type="checkbox" name="terms" checked><button>Send</button>
</form>
<form id="unmarked" action="/sent" method="post"><input name="card"><button id="pay">Pay</button></form>
"""
SECRETS = ("anna@example.org", "s3cret", "h1dden", "4711")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {"form": "Contact"}),
        ("data-cx-fields", {"form": "Contact", "fields": ["email", "text", "terms"]}),
    ],
)
def test_a_form_is_told_without_what_stands_in_it(
    site: Site, receiver: Receiver, visit: Visit, more: str, expected: dict[str, Any]
) -> None:
    visit.page.goto(site.page("/", FORM.replace("{more}", more), pages="off"))
    visit.call("() => undefined")
    visit.page.fill("[name=email]", "anna@example.org")
    visit.page.fill("[name=pin]", "4711")
    visit.page.fill("[name=text]", "s3cret")
    visit.page.click("text=Send")
    visit.page.wait_for_url("**/sent")
    visit.until(lambda: len(receiver.events()) >= 1)

    (event,) = {event["messageId"]: event for event in receiver.events()}.values()
    assert (event["event"], event["properties"]) == ("Form Submitted", expected)
    assert [secret for secret in SECRETS if secret.encode() in receiver.raw()] == []


def test_a_form_that_is_not_marked_is_not_told(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/", FORM, pages="off"))
    visit.call("() => undefined")
    visit.page.fill("[name=card]", "4711")
    visit.page.click("#pay")
    visit.page.wait_for_url("**/sent")
    visit.quiet()

    assert receiver.events() == []


def test_the_collector_takes_what_the_snippet_sends(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/"))
    visit.call("() => { cx.identify('u-1', { a: 1 }); cx.group('g'); cx.alias('u-2', 'u-1'); cx.track('x'); }")
    visit.until(lambda: len(receiver.events()) == 5)

    spooled = receiver.spool.read(receiver.after, 50_000_000)
    assert [each.envelope.about.get("refused") for each in spooled if each.envelope.about.get("refused")] == []
    assert {each.envelope.source for each in spooled} == {"website"}


def test_a_mistake_of_the_site_does_not_stop_the_site(site: Site, receiver: Receiver, visit: Visit) -> None:
    visit.page.goto(site.page("/", pages="off"))
    visit.call("() => { const a = {}; a.a = a; cx.track('Circle', a); cx.push(['nonsense']); cx.track('Fine'); }")
    visit.until(lambda: len(receiver.events()) == 1)

    assert Counter(names(receiver)) == Counter({"Fine": 1})
    assert visit.complaints == []
