"""Every fault but kill -9 that the collector has to stand, against a real `cxloop serve`: each printed with its counts.

A full disk, damaged files of the spool, a clock set back, clients that retry, dawdle, or send what nobody should, and
two servers where only one can be. Each fault has a workspace of its own. (kill -9 is benchmarks/faults.py.)

Run: python benchmarks/hostile.py [FAULT ...]
"""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import _hostile_clients as clients
from benchmarks import _hostile_storage as storage

FAULTS: dict[str, Callable[[Path], Iterator[tuple[bool, str]]]] = {
    "disk": storage.full_disk,
    "rest": storage.spool_damaged_at_rest,
    "running": storage.spool_damaged_while_running,
    "clock": storage.clock_set_back,
    "retry": clients.everything_three_times,
    "batch": clients.one_bad_event,
    "garbage": clients.garbage,
    "slow": clients.slow_and_idle,
    "two": clients.two_servers,
    "documents": clients.made_from_the_documents,
}


def attempt(name: str, parent: Path) -> bool:
    """Tries one fault and prints its verdicts; returns whether all held."""
    print(f"  -- {name}", flush=True)
    began, held = time.monotonic(), True
    try:
        for each, sentence in FAULTS[name](parent):
            print(f"{'PASS' if each else 'FAIL'}  {sentence}", flush=True)
            held = held and each
    except Exception as failure:  # noqa: BLE001 - the other faults are tried all the same
        traceback.print_exc()
        print(f"FAIL  {name}: broke off with {type(failure).__name__}", flush=True)
        held = False
    print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    return held


def main(names: list[str]) -> int:
    """Tries the faults called `names`, or all; returns 1 where one did not hold."""
    for name in names:
        if name not in FAULTS:
            raise SystemExit(f"There is no fault {name!r}. Known: {', '.join(FAULTS)}.")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        held = [attempt(name, _folder(scratch, name)) for name in names or FAULTS]
    print(f"  {sum(held)} of {len(held)} kinds of faults held in {time.monotonic() - began:.0f} s")
    return 0 if all(held) else 1


def _folder(scratch: str, name: str) -> Path:
    folder = Path(scratch) / name
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
