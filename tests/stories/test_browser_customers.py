"""One person over all channels: seen, signed in, on the phone and in a survey; tied to a stranger, and set right."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from tests.stories.conftest import SCREENS, Product, Visitor, barriers, cxloop, new_link, serve

pytestmark = pytest.mark.browser

HOME = {"birthday": "1984-03-12", "street": "Lindenallee 12", "city": "Leipzig", "postcode": "04103"}
LANDLINE = "+49 341 5550100"
PRAISE, STRANGE = "Lovely kettle, here in time.", "I have never had a kettle of yours."
GIVEN = (
    "Anna",
    "Ben",
    "Carla",
    "David",
    "Elif",
    "Fritz",
    "Greta",
    "Hanna",
    "Igor",
    "Jana",
    "Karl",
    "Lena",
    "Max",
    "Uwe",
)
FAMILY = ("Adler", "Becker", "Conrad", "Dietz", "Engel", "Fuchs", "Gruber", "Huber", "Jansen", "Kaiser", "Lang", "Vogt")
STREETS = ("Ahornweg", "Birkenstrasse", "Dorfplatz", "Eichenallee", "Gartenweg", "Hauptstrasse", "Kirchgasse")
TOWNS = (("Leipzig", "04103"), ("Dresden", "01067"), ("Halle", "06108"), ("Jena", "07743"), ("Erfurt", "99084"))
MEMBERS, IN_BOTH, RENAMED, CALLERS = 80, 40, 6, 12
TRAITS = "".join(
    f'{name} = "{column}"\n'
    for name, column in (
        ("name", "name"),
        ("birthday", "born"),
        ("street", "street"),
        ("city", "city"),
        ("postcode", "postcode"),
    )
)
NPS = 'metric = "nps"\nscale = [0, 10]\nscore = "score"\ntext = "words"\nname = "nps answered"\nkind = "answer"\n'
MAPPINGS = {
    "club": f"""
source = "club"
[[key]]
type = "member_id"
value = "id"
[[interaction]]
name = "joined"
kind = "touch"
id = "id"
occurred_at = "when"
[interaction.traits]
{TRAITS}""",
    "calls": """
source = "calls"
[[key]]
type = "user_id"
namespace = "web"
value = "who"
[[key]]
type = "phone"
value = "line"
[[interaction]]
name = "called"
kind = "call"
id = "id"
occurred_at = "when"
channel = '"phone"'
""",
    "survey": f"""
source = "survey"
[[key]]
type = "email"
value = "mail"
[[key]]
type = "user_id"
namespace = "web"
value = "who"
[[interaction]]
id = "id"
occurred_at = "when"
channel = '"email"'
{NPS}""",
    "crm": f"""
source = "crm"
[[key]]
type = "contact_id"
value = "id"
[[interaction]]
id = "id"
occurred_at = "when"
channel = '"store"'
{NPS}[interaction.traits]
{TRAITS}""",
}


def people() -> tuple[str, str]:
    """Members of a club, and the contacts of a shop: many in both, some by another name, and Marta's stranger."""
    rng = random.Random(5)
    members = [
        f"{rng.choice(GIVEN)} {rng.choice(FAMILY)},{rng.randrange(1950, 2005)}-{rng.randrange(1, 13):02}-"
        f"{rng.randrange(1, 29):02},{rng.choice(STREETS)} {rng.randrange(1, 60)},{','.join(rng.choice(TOWNS))}"
        for _ in range(MEMBERS)
    ]
    club = [f"w{n},{member},2026-10-{n % 28 + 1:02}" for n, member in enumerate(members)]
    contacts = [f"c-{100 + n},{member},{n % 11},2026-11-09," for n, member in enumerate(members[:IN_BOTH])]
    for n, member in enumerate(members[IN_BOTH : IN_BOTH + RENAMED]):  # who goes by another name now, and has moved
        name, born, _street, town = member.split(",", 3)
        contacts.append(f"c-{200 + n},{name.split()[0]} Zorn,{born},,{town},{n},2026-11-09,")
    stranger = f"c-9,Marta Berg,{','.join(HOME.values())},2,2026-11-09,{STRANGE}"
    head = "id,name,born,street,city,postcode"
    return "\n".join([f"{head},when", *club]), "\n".join([f"{head},score,when,words", stranger, *contacts])


def files() -> dict[str, str]:
    """What other systems hand over: a club, a call centre, a survey, and a CRM."""
    club, crm = people()
    sharing = [f"k{n},{who},{LANDLINE},2026-11-0{n + 5}" for n, who in enumerate(("m-1", "ben-2", "cleo-3"))]
    alone = [f"k{n},u-{n},+49 351 77{n:04},2026-11-05" for n in range(10, 10 + CALLERS)]
    answers = [f"s{n},,u-{n},{n % 11},2026-11-08," for n in range(10, 10 + CALLERS)]
    survey = [f"s1,Marta.Berg@example.org,,9,2026-11-08,{json.dumps(PRAISE)}", *answers]
    return {
        "club": club,
        "calls": "\n".join(["id,who,line,when", *sharing, *alone]),
        "survey": "\n".join(["id,mail,who,score,when,words", *survey]),
        "crm": crm,
    }


def browse_and_sign_in(product: Product) -> None:
    """A stranger looks around on a phone, and signs in there: sent to the real collector, like any site does."""
    made = cxloop("admin", "create-key", "write", "web", "--workspace", str(product.folder))
    secret = re.search(r"cxw_\S+", made.stdout)
    assert secret, made.stdout + made.stderr
    traits = {"name": "Marta Berg", "email": "marta.berg@example.org", **HOME}
    phone = {"anonymousId": "phone-77", "context": {"userAgent": "Mozilla/5.0 (iPhone)"}}
    batch: list[dict[str, Any]] = [
        {"type": "page", "name": name, "messageId": f"p{n}", "timestamp": f"2026-11-0{n + 1}T10:00:00Z", **phone}
        for n, name in enumerate(("Home", "Kettles", "Cart"))
    ]
    batch.append(
        {
            "type": "identify",
            "userId": "m-1",
            "traits": traits,
            "messageId": "i1",
            "timestamp": "2026-11-04T10:00:00Z",
            **phone,
        }
    )
    request = Request(
        f"{product.address}/v1/batch",
        json.dumps({"batch": batch}).encode(),
        {
            "authorization": f"Basic {base64.b64encode(f'{secret[0]}:'.encode()).decode()}",
            "content-type": "application/json",
        },
    )
    with urlopen(request, timeout=30) as answer:
        assert answer.status == 200


@contextmanager
def furnished(room: Path) -> Iterator[Product]:
    """Serves a workspace into which all of that has come, and where matching has run once."""
    folder = room / "kettles"
    assert cxloop("init", str(folder)).returncode == 0
    running = serve(folder)
    product = next(running)
    browse_and_sign_in(product)
    for name, text in files().items():
        file, mapping = folder.parent / f"{name}.csv", folder.parent / f"{name}.toml"
        file.write_text(text + "\n")
        mapping.write_text(MAPPINGS[name])
        taken = cxloop("collect", "file", str(file), "--mapping", str(mapping), "--workspace", str(folder))
        assert taken.returncode == 0, taken.stdout + taken.stderr
        assert "rejected" not in taken.stdout, taken.stdout
    matched = cxloop("unify", "match", "--workspace", str(folder))
    assert matched.returncode == 0, matched.stderr
    try:
        yield product
    finally:
        running.close()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """That company."""
    with furnished(tmp_path_factory.mktemp("people")) as product:
        yield product


@pytest.fixture(scope="module")
def analyst(browser: Any, company: Product) -> Visitor:
    """Somebody who is signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(new_link(company))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/welcome")
    page.get_by_role("link", name="Not now").click()
    page.wait_for_url(f"{company.address}/")
    kept: dict[str, Any] = context.storage_state()
    context.close()
    return Visitor(browser, company, kept)


def inside(page: Any, address: str) -> str:
    """The row of those who are in the segment, on the page of a question."""
    page.goto(address)
    row = page.get_by_role("row", name=re.compile("^in callers"))
    return " ".join(row.inner_text().split())


def test_one_page_tells_a_person_s_story_and_a_wrong_merge_is_found_explained_and_undone(
    analyst: Visitor, screenshots: Path | None
) -> None:
    page = analyst.page()

    def look(name: str) -> None:
        if screenshots is not None:
            page.screenshot(path=screenshots / f"{name}-1440-light.png", full_page=True)

    page.goto("/customers")
    page.get_by_role("searchbox").fill("marta berg")
    page.wait_for_url("**q=marta+berg")
    page.get_by_role("link", name="Marta Berg").click()
    story = page.locator(".steps").all_inner_texts()
    told = "\n".join(story)
    for part in ("Home", "Kettles", "Cart", "Called", PRAISE, STRANGE):
        assert part in told, part
    assert "Known by 5 identifiers; the weakest link is" in page.locator(".sub").inner_text()
    look("customer")

    page.goto("/customers/segments/new")
    page.get_by_label("Name").fill("callers")
    page.get_by_label("Definition").fill('count(kind = "call") >= 1')
    page.get_by_role("button", name="See what it means").click()
    assert "=" in page.locator(".mistake mark").inner_text()
    page.get_by_label("Definition").fill('count(kind == "call") >= 1')
    page.get_by_role("button", name="See what it means").click()
    assert f"{CALLERS + 3} customers of" in page.locator(".meant").inner_text()
    page.get_by_role("button", name="Save it").click()
    page.wait_for_url("**/customers/segments/callers?done=defined")
    look("segment")
    question = "/explore?metric=nps&by=segment.callers&every=none&since=all"
    before = inside(page, question)
    assert f" {CALLERS + 2} " in before  # the stranger's answer counts as one of them

    page.goto("/customers?q=marta+berg")
    page.get_by_role("link", name="Marta Berg").click()
    page.get_by_role("link", name="Identity and evidence").click()
    page.wait_for_url("**/identity")
    weakest = page.locator("#links details").first
    assert "web:user_id:m-1" in weakest.inner_text()
    assert "crm:contact_id:c-9" in weakest.inner_text()
    waterfall = weakest.get_by_role("list", name="What speaks for one person, and what against")
    assert waterfall.locator("svg.fall").count() >= 4
    assert "1984-03-12" in waterfall.inner_text()
    assert "times likelier for one person" in waterfall.inner_text()
    page.locator("#idle > summary").click()
    assert LANDLINE in page.locator("#idle").inner_text()
    assert "ties nobody" in page.locator("#idle").inner_text()
    look("identity")

    weakest.locator("summary", has_text="Undo").click()
    weakest.get_by_label("Why").fill("She has never had a kettle: somebody typed Marta's address.")
    weakest.get_by_role("button", name="Yes, undo it").click()
    page.wait_for_url("**done=undone**")
    assert "Every number is restated." in page.get_by_role("status").inner_text()
    assert "is known by 4 identifiers" in page.locator("h1").inner_text()
    assert "somebody typed Marta's address" in page.locator("#decisions").inner_text()
    page.get_by_role("link", name=re.compile("The other one")).click()
    page.get_by_role("link", name="Overview").click()
    page.locator(".steps").first.wait_for()
    assert "\n".join(page.locator(".steps").all_inner_texts()).count("NPS answered") == 1
    assert STRANGE in page.locator(".timeline").inner_text()

    after = inside(page, question)
    assert f" {CALLERS + 1} " in after
    assert "Restated: since this window ended, decisions have changed who is who" in page.locator(".known").inner_text()
    look("restated")
    page.get_by_role("link", name="The numbers as they were").click()
    page.wait_for_url("**identity=**")
    earlier = page.get_by_role("row", name=re.compile("^in callers")).inner_text()
    assert " ".join(earlier.split()) != after
    page.context.close()
    assert [text for text in analyst.complaints if "400" not in text] == []  # the definition that had a mistake


def test_doubtful_pairs_are_decided_by_keyboard_alone(analyst: Visitor, screenshots: Path | None) -> None:
    page = analyst.page()
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers")
    page.goto("/customers/review")
    waiting = int(re.findall(r"(\d+) pairs? wait", page.locator(".answers").inner_text())[0])
    page.keyboard.press("?")
    assert "two persons" in page.get_by_role("dialog").inner_text()
    page.keyboard.press("y")  # a key means nothing while the list of keys is open
    page.keyboard.press("Escape")

    page.keyboard.press("s")
    page.wait_for_url("**did=skip**")
    assert "Left for later." in page.locator("main").inner_text()
    page.goto("/customers/review")
    first = page.locator("h1").inner_text()  # what was left for later may come last now
    page.keyboard.press("n")
    page.wait_for_url("**did=reject**")
    assert page.locator("h1").inner_text() != first
    assert "Two persons: they are kept apart for good." in page.locator("main").inner_text()
    page.keyboard.press("u")
    page.wait_for_url(re.compile(r"/customers/review\?entry=\d+$"))
    assert page.locator("h1").inner_text() == first
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**did=accept**")
    page.goto("/customers/review")
    left = page.locator(".answers")
    assert (f"{waiting - 1} pair" in left.inner_text()) if waiting > 1 else left.count() == 0
    if screenshots is not None:
        page.screenshot(path=screenshots / "review-1440-light.png", full_page=True)
    page.context.close()


@SCREENS
def test_the_pages_of_customers_have_no_barrier_and_fit_their_screen(
    analyst: Visitor, axe: str, screenshots: Path | None, width: int, scheme: str
) -> None:
    page = analyst.page(width=width, scheme=scheme)
    page.goto("/customers?q=marta+berg")
    address = page.get_by_role("link", name="Marta Berg").first.get_attribute("href")
    found: dict[str, Any] = {}
    for name, path in {
        "one": address,
        "who": f"{address}/identity?q=berg",
        "data": f"{address}/data",
        "review": "/customers/review",
        "shared": "/customers/shared",
        "segments": "/customers/segments",
        "segment-new": "/customers/segments/new",
        "groups": "/customers/groups",
        "privacy": "/settings/privacy",
        "erasures": "/settings/privacy/erasures",
        "as-known": "/explore?metric=nps&every=none&since=all&certainty=0.99",
    }.items():
        page.goto(path)
        found |= barriers(page, axe, name)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[f"{name} too wide"] = page.evaluate("document.documentElement.scrollWidth")
        if screenshots is not None:
            page.screenshot(path=screenshots / f"customers-{name}-{width}-{scheme}.png", full_page=True)
    page.context.close()
    assert found == {}


def test_a_merge_and_a_note_need_no_script(analyst: Visitor) -> None:
    page = analyst.page(width=360, java_script_enabled=False)
    page.goto("/customers?q=anna")
    page.get_by_role("link", name=re.compile("Anna")).first.click()
    page.get_by_label("A note for everybody who serves this customer").fill("Speaks Polish.")
    page.get_by_role("button", name="Write it down").click()
    page.wait_for_url("**?done=note")
    assert "Speaks Polish." in page.locator("#notes").inner_text()
    page.get_by_role("link", name="Identity and evidence").click()
    page.get_by_label("Search the other customer").fill("anna")
    page.locator("#merge").get_by_role("button", name="Search").click()
    page.locator("#merge summary").first.click()
    page.get_by_role("button", name="They are one person").first.click()
    page.wait_for_url("**done=merged**")
    assert "They are one customer now." in page.get_by_role("status").inner_text()
    page.context.close()
