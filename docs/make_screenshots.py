"""Takes the screenshots of the documentation from the app itself: `python docs/make_screenshots.py WORKSPACE`.

WORKSPACE is one that `cxloop demo --no-serve` made. Needs Chromium and the development requirements.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.browser import chromium
from tests.support.servers import answers, end, free_port, until

IMAGES = Path(__file__).parent / "images"
PAGES = {
    "pulse": "/?period=90d",
    "explore": "/explore?metric=nps&by=channel&every=month&since=365d",
    "sources": "/sources",
    "segments": "/customers/segments",
    "review": "/customers/review",
}
PERSON = "identity"
"""The picture of a customer's evidence: whoever was seen last is asked for, since numbers differ."""


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """Serves a workspace and gives its address."""
    port = free_port()
    words = [sys.executable, "-m", "cxloop", "serve", "--workspace", str(workspace), "--port", str(port)]
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


def main(workspace: Path) -> None:
    """Writes one PNG per page into docs/images."""
    IMAGES.mkdir(exist_ok=True)
    with served(workspace) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page.goto(sign_in_link(workspace))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Not now").click()
        page.wait_for_url(f"{address}/")
        for name, path in PAGES.items():
            page.goto(address + path)
            page.screenshot(path=IMAGES / f"{name}.png", full_page=name == "pulse")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
