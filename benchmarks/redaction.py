"""What redaction costs the loader of live events: CPU time for an event with everything taken out, beside none.

The events are those of benchmarks/loader.py, and one in ten is an answer of some 150 characters; one answer in five
holds an e-mail address, a telephone, card or account number or a name. Both are loaded in turn, and the least of each
counts: CPU time hardly depends on what else the machine does. Printed with it: what is found of 2,000 planted numbers
and addresses, and how many of 20,000 order numbers are eaten.

Run: python benchmarks/redaction.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.loader import IN_A_REQUEST, MARK, event, fill

from cxloop.collect.intake import open_spool
from cxloop.collect.loader import Loader
from cxloop.collect.redaction import Redactor
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace

MOST_RATIO = 2.5
LEAST_FOUND = 1.0
MOST_EATEN_RATIO = 0.002
"""One in ten numbers with an issuer's prefix and length passes the check of card numbers by chance."""
REDACT = '[privacy]\nredact = ["email", "phone", "card", "iban", "names"]\ncountry = "DE"\n'
PLANTED = (
    "anna.schmidt@example.org",
    "+49 171 1234567",
    "0171 / 123 45 67",
    "4242 4242 4242 4242",
    "5555-5555-5555-4444",
    "DE89 3704 0044 0532 0130 00",
    "GB29NWBK60161331926819",
)
WORDS = """mein paket kam leider zu spät und niemand konnte mir sagen wann es ankommt the driver was friendly but the
box was open je suis très content du service mais la livraison est chère"""


def said(chance: random.Random, planted: str = "") -> str:
    """Returns some 150 characters of somebody's words, with something planted in the middle."""
    words = chance.choices(WORDS.split(), k=26)
    return " ".join([*words[:13], *([planted] if planted else []), *words[13:]])


def mixed(chance: random.Random, place: int) -> dict[str, object]:
    """Returns an event; one in ten is an answer in words."""
    told: dict[str, object] = event(chance, place)
    if place % 10 == 0:
        text = said(chance, chance.choice(PLANTED) if chance.random() < 0.2 else "")
        told["properties"] = {"metric": "nps", "score": chance.randrange(11), "text": text}
    return told


def loaded(settings: str, requests: int) -> float:
    """Returns the microseconds of CPU time that loading one event takes."""
    chance = random.Random(5)
    bodies = [
        json.dumps({"batch": [mixed(chance, place) for place in range(IN_A_REQUEST)]}).encode() for _ in range(50)
    ]
    assert all(MARK in body for body in bodies)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "cxloop.toml").write_text(settings)
        (Path(folder) / "experience.toml").touch()
        opened = open_workspace(Folder(Path(folder)))
        spool = open_spool(opened.path, opened.settings)
        fill(spool, bodies, 0, requests)
        loader = Loader(opened, spool)
        began = time.process_time()
        while loader.step() is not None:
            pass
        spent = time.process_time() - began
        assert opened.engine.count("interactions") == requests * IN_A_REQUEST
        loader.close()
        spool.close()
        opened.close()
    events: int = requests * IN_A_REQUEST
    return spent / events * 1e6


def found_and_eaten() -> tuple[float, float]:
    """Returns the share of what was planted that is found, and of order numbers that are taken for something else."""
    redactor, chance = Redactor(frozenset({"email", "phone", "card", "iban"}), "DE"), random.Random(11)
    texts = [(planted, said(chance, planted)) for planted in chance.choices(PLANTED, k=2_000)]
    found = sum(planted not in redactor.text(text) for planted, text in texts)
    orders = [str(chance.randrange(10**7, 10 ** chance.randint(8, 14))) for _ in range(20_000)]
    eaten = sum(order not in redactor.text(said(chance, f"Bestellung {order}")) for order in orders)
    return found / len(texts), eaten / len(orders)


def verdict(held: bool, told: str) -> bool:
    """Prints a promise with its verdict."""
    print(f"{'PASS' if held else 'FAIL'}  {told}")
    return held


def main() -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer events")
    requests = 300 if parser.parse_args().quick else 1_000
    print(f"{datetime.now():%H:%M:%S}  {requests * IN_A_REQUEST:,} events, three times each")
    loaded("", 50)  # what is loaded once in a process
    pairs = [(loaded("", requests), loaded(REDACT, requests)) for _ in range(3)]
    plain, redacted = (min(each) for each in zip(*pairs, strict=True))
    print(f"      {plain:.1f} µs of CPU for an event without redaction, {redacted:.1f} µs with it")
    ratio = redacted / plain
    held = [verdict(ratio <= MOST_RATIO, f"redaction: {ratio:.2f} times the loader without it (at most {MOST_RATIO})")]
    found, eaten = found_and_eaten()
    held.append(verdict(found >= LEAST_FOUND, f"found: {found:.1%} of what was planted (at least {LEAST_FOUND:.0%})"))
    most = f"at most {MOST_EATEN_RATIO:.1%}"
    held.append(verdict(eaten <= MOST_EATEN_RATIO, f"order numbers eaten: {eaten:.2%} of 20,000 ({most})"))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
