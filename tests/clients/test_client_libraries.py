"""The client libraries of Segment and RudderStack, unchanged: host and write key are all that a program says.

The programs are in programs/; each makes the same five calls. What has to be in the log is what those calls say.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import HERE, SOURCES, Collecting
from tests.support.browser import chromium
from tests.support.servers import SECONDS

SENT_AT = datetime(2026, 11, 2, 9, 30, 0, 250_000)
"""What the programs on a server say; their clock is the collector's, so nothing has to be corrected."""
SERVERS = SOURCES[:3]
CALLS = 5


class Quiet(SimpleHTTPRequestHandler):
    """The shop's own site: the page of programs/ and the library as npm delivers it."""

    def translate_path(self, path: str) -> str:
        """Returns the file of an address."""
        name = path.partition("?")[0]
        library = HERE / "node_modules" / "@segment" / "analytics-next" / "dist"
        return str(library / name[1:] if name.startswith("/umd/") else HERE / "programs" / Path(name).name)

    def log_message(self, *words: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def shop(node: list[str]) -> Iterator[str]:
    """The address of the shop's site: another one than the collector's."""
    del node  # installs the library
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def log(collecting: Collecting, node: list[str], shop: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Every row of the log after all libraries have sent, by source and call."""
    for program, words in {
        "segment_python": [sys.executable, "segment_python.py"],
        "rudder_python": [sys.executable, "rudder_python.py"],
        "segment_node": [*node, "segment_node.mjs"],
    }.items():
        run = [*words, collecting.address, collecting.keys[program]]
        done = subprocess.run(run, cwd=HERE / "programs", capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    send_from_a_browser(shop, collecting)
    collecting.wait_for(CALLS * len(SOURCES))
    rows = collecting.log()
    found = {(row["source"], call_of(row)): row for row in rows}
    assert len(found) == len(rows) == CALLS * len(SOURCES), [(row["source"], row["name"]) for row in rows]
    return found


def send_from_a_browser(shop: str, collecting: Collecting) -> None:
    """Opens the shop's page in Chromium and waits until its calls were answered."""
    answers: list[int] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("response", lambda answer: answers.append(answer.status) if "/v1/" in answer.url else None)
        page.goto(f"{shop}/page.html?host={collecting.address}&key={collecting.keys['segment_browser']}")
        page.evaluate("send()")
        latest = time.monotonic() + SECONDS
        while answers.count(200) < CALLS and time.monotonic() < latest:
            page.wait_for_timeout(50)
    assert set(answers) <= {200, 204}, answers


def call_of(row: dict[str, Any]) -> str:
    name = str(row["name"])
    return {"Order Completed": "track", "Pricing": "page"}.get(name, name)


@pytest.mark.browser
@pytest.mark.parametrize("source", SOURCES)
def test_a_tracked_order_arrives_with_its_money_its_order_and_both_keys(
    log: dict[tuple[str, str], dict[str, Any]], source: str
) -> None:
    row = log[source, "track"]

    told = json.loads(row["properties"])
    assert (row["kind"], row["value"], row["currency"], row["objects"]) == ("order", 39.9, "EUR", ["order:o-7"])
    assert (row["key_type"], row["key"]) == ("user_id", "ada")
    assert any(each.startswith("anonymous_id:") for each in row["other_keys"])
    assert "198.51.100.77" not in json.dumps(told)


@pytest.mark.browser
@pytest.mark.parametrize("source", SOURCES)
def test_an_identified_customer_arrives_with_traits_and_address(
    log: dict[tuple[str, str], dict[str, Any]], source: str
) -> None:
    row = log[source, "identify"]

    assert (row["kind"], row["key"]) == ("profile", "ada")
    assert set(row["traits"]) == {"email=ada@example.org", "plan=gold"}
    assert "email:ada@example.org" in row["other_keys"]


@pytest.mark.browser
@pytest.mark.parametrize("source", SOURCES)
def test_a_page_arrives_with_its_name_and_path(log: dict[tuple[str, str], dict[str, Any]], source: str) -> None:
    row = log[source, "page"]

    assert (row["kind"], row["name"], row["key"]) == ("touch", "Pricing", "ada")
    assert row["path"] == ("/page.html" if source == "segment_browser" else "/pricing")


@pytest.mark.browser
@pytest.mark.parametrize("source", SOURCES)
def test_a_group_arrives_as_the_account_of_the_customer(
    log: dict[tuple[str, str], dict[str, Any]], source: str
) -> None:
    row = log[source, "group"]

    assert (row["key"], row["account"]) == ("ada", "acme")


@pytest.mark.browser
@pytest.mark.parametrize("source", SOURCES)
def test_an_alias_arrives_with_both_names_of_the_customer(
    log: dict[tuple[str, str], dict[str, Any]], source: str
) -> None:
    row = log[source, "alias"]

    assert row["key"] == "ada"
    assert "anonymous_id:anon-1" in row["other_keys"]


@pytest.mark.browser
@pytest.mark.parametrize("source", SERVERS)
def test_the_time_of_a_call_is_the_one_that_the_program_gave(
    log: dict[tuple[str, str], dict[str, Any]], source: str
) -> None:
    calls = ("identify", "track", "page", "group", "alias")

    # between sending and receiving lie milliseconds, by which the correction of clocks moves it
    off = [abs(log[source, call]["occurred_at"] - SENT_AT) for call in calls]
    assert max(off) < timedelta(seconds=5)
    assert log[source, "track"]["campaign"] == "spring"


@pytest.mark.browser
def test_the_time_of_a_browsers_call_is_when_it_was_made(log: dict[tuple[str, str], dict[str, Any]]) -> None:
    at = log["segment_browser", "track"]["occurred_at"]

    assert abs(at - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=5)


@pytest.mark.browser
@pytest.mark.parametrize("source", SERVERS)
def test_the_message_ids_are_the_programs_own(log: dict[tuple[str, str], dict[str, Any]], source: str) -> None:
    short = {"segment_python": "sp", "rudder_python": "rp", "segment_node": "sn"}[source]
    calls = ("identify", "track", "page", "group", "alias")

    assert [log[source, call]["message_id"] for call in calls] == [f"{short}-{place}" for place in range(1, 6)]
