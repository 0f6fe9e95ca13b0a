"""Takes the screenshots of the documentation from the app itself: `python docs/make_screenshots.py WORKSPACE`.

WORKSPACE is one that `cxloop demo --no-serve` made. The pictures about identity are those of a small company beside it,
whose systems hold the same people under several names: the one of the story in tests/stories/test_browser_customers.py.
Needs Chromium and the development requirements.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.stories.test_browser_customers import furnished
from tests.support.browser import chromium
from tests.support.servers import answers, end, free_port, until

IMAGES = Path(__file__).parent / "images"
PAGES = {
    "pulse": "/?period=90d",
    "explore": "/explore?metric=nps&by=channel&every=month&since=365d",
    "sources": "/sources",
    "segments": "/customers/segments",
}
PERSON = "marta berg"
"""Whose evidence is shown: at least one link of hers is a guess of matching."""


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """Serves a workspace and gives its address."""
    port = free_port()
    words = [sys.executable, "-m", "cxloop", "serve", "--workspace", str(workspace), "--port", str(port)]
    words += ["--collect-port", "0"]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(f"{address}/healthz"), "an answer of the server", of=server)
        yield address
    finally:
        end(server)


def sign_in_link(workspace: Path) -> str:
    """Returns an address that signs in once."""
    words = [sys.executable, "-m", "cxloop", "link", "--workspace", str(workspace)]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout  # noqa: S603 (our own command)
    found = re.search(r"http\S+", told)
    if found is None:
        raise SystemExit(f"cxloop link printed no address: {told}")
    return found[0]


def take_company(page: Any, address: str) -> None:
    """Takes the pages of the whole company."""
    for name, path in PAGES.items():
        page.goto(address + path)
        page.screenshot(path=IMAGES / f"{name}.png", full_page=name == "pulse")


def take_identity(page: Any, address: str) -> None:
    """Takes the pages about who is who: a pair to decide on, and the evidence for one customer."""
    page.goto(f"{address}/customers/review")
    page.screenshot(path=IMAGES / "review.png")
    page.goto(f"{address}/customers?{urlencode({'q': PERSON})}")
    page.locator("main td a").first.click()
    page.get_by_role("link", name="Identity and evidence").click()
    page.screenshot(path=IMAGES / "identity.png")  # the weakest link lies open by itself


def take_survey(page: Any, address: str) -> None:
    """Takes the editor of a survey that was begun from a template."""
    page.goto(f"{address}/surveys/new?template=relational_nps")
    page.get_by_role("button", name="Begin with it").click()
    page.frame_locator("#frame").locator("#questions").wait_for()
    page.goto(page.url.partition("?")[0])
    page.frame_locator("#frame").locator("#questions").wait_for()
    page.screenshot(path=IMAGES / "survey-editor.png")


def taken(browser: Any, address: str, link: str, take: Callable[[Any, str], None]) -> None:
    """Signs in and takes pictures."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Not now").click()
    page.wait_for_url(f"{address}/")
    take(page, address)
    page.close()


def main(workspace: Path) -> None:
    """Writes one PNG per page into docs/images."""
    IMAGES.mkdir(exist_ok=True)
    with chromium() as browser:
        with served(workspace) as address:
            taken(browser, address, sign_in_link(workspace), take_company)
        with TemporaryDirectory() as room, furnished(Path(room)) as small:
            taken(browser, small.address, sign_in_link(small.folder), take_identity)
            taken(browser, small.address, sign_in_link(small.folder), take_survey)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
