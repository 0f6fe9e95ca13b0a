"""The pages that customers answer on: what a visit transfers, how soon it begins, how many at a time.

The survey page is measured against a bare page of as many bytes from the same server, in turns, so that what else the
machine does hits both. Then so many people at the same moment, each on a connection of its own, answer a survey of
three pages to its end: every answer of every one has to be in the records afterwards.

Run: python benchmarks/survey_pages.py [--quick]
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._ports import free_port, wait_until_it_listens

from cxloop.entry.listening import raise_file_limit
from cxloop.runtime.folder import create
from cxloop.store import documents
from cxloop.store.base import open_store
from cxloop.store.surveys import responses, surveys

HERE = Path(__file__).resolve().parent
MOST_BYTES, MOST_FIRST_BYTE_MS, LEAST_SHARE, PEOPLE = 30_000, 30.0, 0.5, 1_000
CONNECTIONS, ROUNDS, ROUND_SECONDS, RATE = 32, 3, 4.0, 50
HOST = "127.0.0.1"
TEMPLATE = re.compile("<template.*?</template>", re.DOTALL)
"""What only a script shows."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
NPS = {"type": "rating", "name": "nps", "rateMin": 0, "rateMax": 10, "isRequired": True, "title": "Recommend?"}
WHY = {"type": "comment", "name": "why", "title": "You gave {nps}: why?", "visibleIf": "{nps} notempty"}
GOOD = {"type": "checkbox", "name": "good", "title": "What was good?", "choices": ["Speed", "Price", "People"]}
PARTS = {"type": "matrix", "name": "parts", "rows": ["Box", "Courier"], "columns": [1, 2, 3], "title": "How well?"}
SURVEY: dict[str, Any] = {
    "title": {"default": "Your delivery", "de": "Ihre Lieferung"},
    "pages": [
        {"name": "score", "elements": [NPS, WHY]},
        {"name": "details", "elements": [GOOD, PARTS]},
        {"name": "end", "elements": [{"type": "text", "name": "city", "title": "Where?"}]},
    ],
}


def prepared(folder: Path) -> None:
    """Makes a workspace with the survey in it."""
    made = create(folder)
    store = open_store(made.store)
    version = documents.save(store, surveys.PUBLISHED, "delivery", SURVEY, author_id=None).version
    surveys.create(store, "delivery", title="Delivery", settings={"once": False})
    surveys.set_state(store, "delivery", "live", version=version)
    store.close()


@contextmanager
def served(folder: Path, size: int) -> Iterator[int]:
    """Runs a collector process, and gives its port."""
    port = free_port()
    words = [sys.executable, str(HERE / "_survey_app.py"), str(folder), str(port), str(size)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)
    try:
        wait_until_it_listens(port, process)
        yield port
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(30)


class Client:
    """A browser's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Client:
        """Connects; a full queue of the machine is tried again, as browsers do."""
        for _ in range(5):
            try:
                return cls(*await asyncio.open_connection(HOST, port))
            except OSError:
                await asyncio.sleep(0.2)
        raise ConnectionError("no connection")

    async def ask(
        self, method: str, path: str, body: bytes = b"", *, packed: bool = False
    ) -> tuple[int, dict[str, str], bytes, int]:
        """Returns status, headers, body, and how many bytes came."""
        lines = [f"{method} {path} HTTP/1.1", f"host: {HOST}", f"user-agent: {BROWSER}", "accept: text/html"]
        lines += ["accept-encoding: gzip"] if packed else []
        if body:
            lines += ["content-type: application/x-www-form-urlencoded", f"content-length: {len(body)}"]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)}
        content = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, content, len(head) + len(content)

    def close(self) -> None:
        """Ends the connection."""
        self._writer.close()


def request(path: str) -> bytes:
    """Returns a request for a page, for the load generator."""
    lines = [f"GET {path} HTTP/1.1", f"host: {HOST}", f"user-agent: {BROWSER}", "accept: text/html"]
    content = "\r\n".join([*lines, "accept-encoding: gzip", "", ""]).encode()
    return len(content).to_bytes(4, "big") + content


def load(port: int, folder: Path, path: str, seconds: float, rate: float) -> tuple[float, float]:
    """Returns requests a second, and the 95th percentile of the milliseconds to an answer's first bytes."""
    file = folder / "requests"
    file.write_bytes(request(path))
    words = [HOST, port, seconds, CONNECTIONS, file, rate]
    told = subprocess.run(
        [sys.executable, str(HERE / "_collector_load.py"), *map(str, words)], capture_output=True, text=True, check=True
    ).stdout
    found = json.loads(told)
    if set(found["statuses"]) != {"200"}:
        raise SystemExit(f"{path}: {found['statuses']}")
    return len(found["took"]) / found["seconds"], 1000 * statistics.quantiles(found["took"], n=100)[94]


async def transferred(port: int) -> int:
    """Returns the bytes of a first visit: the page, its style sheet and its script, as a browser asks for them."""
    client = await Client.to(port)
    _, headers, page, total = await client.ask("GET", "/s/delivery", packed=True)
    if headers.get("content-encoding") == "gzip":
        raise SystemExit("the page of this benchmark is small and comes as it is")
    for address in re.findall(r'(?:href|src)="(/s/-/[^"]+)"', page.decode()):
        status, _, _, size = await client.ask("GET", address, packed=True)
        if status != 200:
            raise SystemExit(f"{address}: {status}")
        total += size
    client.close()
    return total


async def begun(port: int) -> str:
    """Answers a first page, and returns the address of the second one, which is drawn for this response alone."""
    client = await Client.to(port)
    _, _, page, _ = await client.ask("GET", "/s/delivery")
    action = re.search(r'action="([^"]+)"', page.decode())
    assert action
    body = urlencode({"q:nps": "9", "_asked": ":nps", "_at": "1"}).encode()
    _, headers, _, _ = await client.ask("POST", unescape(action[1]), body)
    _, _, page, _ = await client.ask("POST", unescape(action[1]), body + b"&_asked=:why")
    client.close()
    return headers.get("location") or action[1].replace("/1", "/2")


async def answered(port: int, number: int, told: Counter[str]) -> None:
    """One person answers three pages to their end."""
    client = await Client.to(port)
    path = "/s/delivery"
    answers = [
        {"q:nps": str(number % 11), "q:why": f"reason {number}"},
        {"q:good": "Price", "r:0:parts": "2", "r:1:parts": "3"},
        {"q:city": f"city {number}"},
    ]
    turn = 0
    for _ in range(8):
        status, _, page, _ = await client.ask("GET", path)
        told[str(status)] += 1
        form = page.decode()
        if 'data-told="thanks"' in form:
            told["thanks"] += 1
            break
        while True:
            seen = TEMPLATE.sub("", form)
            fields = [("_asked", unescape(asked)) for asked in re.findall(r'name="_asked" value="([^"]+)"', seen)]
            at = re.search(r'name="_at" value="(\d+)"', form)
            action = re.search(r'action="([^"]+)"', form)
            assert at
            assert action
            body = urlencode([*fields, *answers[turn].items(), ("_at", at[1]), ("_do", "next")]).encode()
            status, headers, page, _ = await client.ask("POST", unescape(action[1]), body)
            told[str(status)] += 1
            if status == 303:
                path, turn = headers["location"], min(turn + 1, 2)
                break
            form = page.decode()
            if status != 200:
                client.close()
                return
    client.close()


async def crowd(port: int, people: int) -> tuple[Counter[str], float]:
    """So many people answer at the same moment."""
    told: Counter[str] = Counter()
    began = time.perf_counter()
    done = await asyncio.gather(*(answered(port, number, told) for number in range(people)), return_exceptions=True)
    told["broken off"] += sum(isinstance(each, BaseException) for each in done)
    return +told, time.perf_counter() - began


def stored(folder: Path, people: int) -> tuple[int, int]:
    """Returns how many responses are finished, and how many of those have every answer that was sent."""
    store = open_store(folder / "app.sqlite")
    found = responses.of_survey(store, "delivery", state="finished", limit=people + 1)
    store.close()
    whole = sum(
        each.answers.get("why") == f"reason {number}"
        and each.answers.get("nps") == number % 11
        and each.answers.get("good") == ["Price"]
        and each.answers.get("parts") == {"Box": 2, "Courier": 3}
        for each in found
        for number in [int(str(each.answers.get("city", "city -1")).split()[1])]
    )
    return len(found), whole


def verdict(held: bool, sentence: str) -> bool:
    """Prints one promise."""
    print(f"{'PASS' if held else 'FAIL'}  {sentence}", flush=True)
    return held


def main(*, quick: bool) -> int:
    """Measures, and returns 1 where a promise is broken."""
    raise_file_limit()
    people, seconds, rounds = (100, 1.0, 1) if quick else (PEOPLE, ROUND_SECONDS, ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "acme"
        prepared(folder)
        with served(folder, 1) as port:
            visit = asyncio.run(transferred(port))
            size = len(asyncio.run(fetched(port, "/s/delivery")))
        with served(folder, size) as port:
            middle = asyncio.run(begun(port))
            waits = {
                path: statistics.median(load(port, Path(name), path, seconds, RATE)[1] for _ in range(rounds))
                for path in ("/s/delivery", middle)
            }
            shares = []
            for _ in range(rounds):
                bare, _ = load(port, Path(name), "/bare", seconds, 0)
                page, _ = load(port, Path(name), "/s/delivery", seconds, 0)
                shares.append(page / bare)
                print(f"bare page {bare:,.0f}/s, survey page {page:,.0f}/s", flush=True)
            told, took = asyncio.run(crowd(port, people))
        finished, whole = stored(folder, people)
    print(f"{people:,} people in {took:.1f} s: {dict(told)}; finished {finished:,}, whole {whole:,}", flush=True)
    share = statistics.median(shares)
    errors = sum(count for status, count in told.items() if status not in ("200", "303", "thanks"))
    held = [
        verdict(visit < MOST_BYTES, f"a survey page transfers {visit:,} bytes in all (less than {MOST_BYTES:,})"),
        verdict(
            max(waits.values()) < MOST_FIRST_BYTE_MS,
            f"the first byte takes {waits['/s/delivery']:.1f} ms, in the middle of a survey {waits[middle]:.1f} ms "
            f"at the 95th percentile, {RATE} a second (less than {MOST_FIRST_BYTE_MS:g})",
        ),
        verdict(
            share >= LEAST_SHARE,
            f"{share:.2f} of the requests a second of a bare page of the same server (at least {LEAST_SHARE:g})",
        ),
        verdict(
            errors == 0 and told["thanks"] == finished == whole == people,
            f"{people:,} people at the same moment finish with {errors} errors, {whole:,} with every answer",
        ),
    ]
    return 0 if all(held) else 1


async def fetched(port: int, path: str) -> bytes:
    """Returns a page."""
    client = await Client.to(port)
    _, _, page, _ = await client.ask("GET", path)
    client.close()
    return page


if __name__ == "__main__":
    sys.exit(main(quick="--quick" in sys.argv))
