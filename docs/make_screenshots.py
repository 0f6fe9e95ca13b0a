"""Takes the screenshots of the documentation from the app itself: `python docs/make_screenshots.py WORKSPACE`.

WORKSPACE is one that `cxloop demo --no-serve` made. Needs Chromium and the development requirements.
"""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
PAGES = {
    "pulse": "/?period=90d",
    "explore": "/explore?metric=nps&by=channel&every=month&since=365d",
    "sources": "/sources",
}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """Serves a workspace and gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "cxloop", "serve", "--workspace", str(workspace), "--port", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _wait_for(port: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("The server did not start.")


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
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(exist_ok=True)
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    with served(workspace) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page.goto(sign_in_link(workspace))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Not now").click()
        page.wait_for_url(f"{address}/")
        for name, path in PAGES.items():
            page.goto(address + path)
            page.screenshot(path=IMAGES / f"{name}.png", full_page=name == "pulse")
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
