"""Kills the product while it works on identities, matches, segments and erasures: is everything whole afterwards?

A workspace holds a simulated company. A process does one thing over and over - people's merges and undos, new events
with the step that ties them, imports of a file, the computing of a segment, a run of matching, erasures - and is ended
by `kill -9` at a random moment after it has acknowledged its first piece of work, within the time that the next one
takes. Then the workspace is opened again, catches up, and everything is computed once more from the beginning: both
have to be the same. What was acknowledged has to be there (a decision, a segment), or gone (an erased customer); what
was not acknowledged has to be there whole or not at all.

Run: python benchmarks/faults_unify.py [KILLS [KIND ...]]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cxloop import simulate
from cxloop.core.errors import CxloopError
from cxloop.core.host import LOCAL
from cxloop.runtime.folder import Folder, create
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

KILLS, CUSTOMERS, MONTHS, SEED = 24, 300, 6, 11
KINDS = ("merge", "events", "import", "segment", "match", "erase")
"""Kills are shared out among the kinds."""
LEAST_SECONDS = 1.0
"""Some kinds have done many pieces of work by then."""
IMPORTED = 200
"""Rows of each imported file."""
CRM = """
source = "crm"
time_zone = "UTC"
[[key]]
type = "contact_id"
value = "id"
[[interaction]]
kind = "profile"
name = "imported"
id = "id"
occurred_at = "since"
traits = { email = "email" }
"""
TABLES = {
    "customer_keys": "key_id, customer_id, since, until",
    "customer_strength": "key_id, customer_id, above, up_to",
    "identity_doubts": "key_id, other_key, doubt, links, since",
    "customers": "customer_id, label, interactions, latest_score",
}


@dataclass
class Office:
    """An open workspace."""

    host: LocalHost

    @classmethod
    def open(cls, folder: Path) -> Office:
        """Opens a workspace for this process."""
        return cls(LocalHost(open_workspace(Folder(folder))))

    def run(self, path: str, /, **arguments: object) -> Any:
        """Runs a verb."""
        return self.host.run(path, arguments, actor=LOCAL)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns what a query over the tables gives."""
        found: list[tuple[Any, ...]] = self.host.workspace.engine.cursor().execute(sql).fetchall()  # type: ignore[attr-defined]
        return found

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Returns what is derived; times that are empty only tell that something changed."""
        found = {}
        for table, columns in TABLES.items():
            where = "where until is null or since < until" if "until" in columns else ""
            found[table] = sorted(self.rows(f"select {columns} from {table} {where}"), key=repr)
        return found

    def start_over(self) -> None:
        """Computes everything once more from the beginning."""
        import pyarrow as pa

        names = [name for (name,) in self.rows("select derivation from watermarks where derivation like 'unify.%'")]
        now = self.host.workspace.now()
        marks = {"derivation": names, "version": ["none"] * len(names), "position": [0] * len(names)}
        self.host.workspace.engine.replace("watermarks", pa.table({**marks, "updated_at": [now] * len(names)}))
        self.host.derive()

    def close(self) -> None:
        """Gives the workspace up."""
        self.host.close()


def filled(folder: Path) -> None:
    """Makes a workspace with a company in it."""
    create(folder)
    office = Office.open(folder)
    try:
        for batch in simulate.company(CUSTOMERS, MONTHS, SEED).batches():
            office.host.workspace.engine.admit(batch, now=office.host.workspace.now())
        office.host.derive()
    finally:
        office.close()


def work(folder: Path, kind: str, seed: int) -> None:
    """Does one thing over and over; prints a line whenever something is acknowledged. Runs in a process of its own."""
    office, rng = Office.open(folder), random.Random(seed)
    print("ready", flush=True)
    turn = 0
    while True:
        turn += 1
        told = ACTS[kind](office, rng, f"{seed}_{turn}")
        print(told, flush=True)


def _merge(office: Office, rng: random.Random, _name: str) -> str:
    people = [customer for (customer,) in office.rows("select customer_id from customers order by 1")]
    one, two = rng.sample(people, 2)
    merged = office.run("unify.merge", customer=str(one), other=str(two))
    undone = office.run("unify.undo", decision=merged.decision_id) if rng.random() < 0.7 else merged
    return f"decision {merged.decision_id} decision {undone.decision_id}"


def _events(office: Office, rng: random.Random, name: str) -> str:
    import pyarrow as pa

    now = office.host.workspace.now()
    rows = [
        {
            "message_id": f"{name}-{number}",
            "source": "kills",
            "kind": "touch",
            "name": "logged_in",
            "key_namespace": "shop",
            "key_type": "customer_id",
            "key_value": f"C{1_000_000 + rng.randrange(CUSTOMERS)}",
            "other_keys": f'[["web","device","k-{rng.randrange(200)}"]]',
            "occurred_at": now,
        }
        for number in range(300)
    ]
    office.host.workspace.engine.admit(pa.Table.from_pylist(rows), now=now)
    office.host.derive()
    return f"events {name}"


def _import(office: Office, rng: random.Random, name: str) -> str:
    inbox = office.host.workspace.path / "inbox"
    inbox.mkdir(exist_ok=True)
    mapping, file = inbox / "crm.toml", inbox / f"{name}.csv"
    mapping.write_text(CRM)
    rows = (f"{name}-{number},c{rng.randrange(CUSTOMERS)}@example.org,2026-03-01" for number in range(IMPORTED))
    file.write_text("\n".join(["id,email,since", *rows]))
    office.run("collect.file", path=file, mapping=mapping)
    return f"imported {name}"


def _segment(office: Office, rng: random.Random, name: str) -> str:
    least = rng.randrange(2, 9)
    office.run("unify.define_segment", name=f"s{name}", where=f'count(kind == "touch", within="60d") >= {least}')
    return f"segment s{name}"


def _match(office: Office, _rng: random.Random, _name: str) -> str:
    office.run("unify.match", full=True)
    return "match"


def _erase(office: Office, rng: random.Random, _name: str) -> str:
    people = [customer for (customer,) in office.rows("select customer_id from customers order by 1")]
    chosen = rng.choice(people)
    office.run("unify.erase", customers=str(chosen))
    return f"erased {chosen}"


ACTS = {"merge": _merge, "events": _events, "import": _import, "segment": _segment, "match": _match, "erase": _erase}


def killed(folder: Path, kind: str, seed: int) -> list[str]:
    """Starts the work, kills it at a random moment, and returns what it had acknowledged."""
    words = [sys.executable, __file__, "--work", str(folder), kind, str(seed)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise SystemExit(process.communicate()[1])
        began = time.perf_counter()
        first = process.stdout.readline()
        if not first:
            raise SystemExit(process.communicate()[1])
        time.sleep(random.Random(seed).uniform(0.0, max(LEAST_SECONDS, time.perf_counter() - began)))
        process.kill()
        rest, failed = process.communicate()
    if failed.strip():
        print(f"    {failed.strip().splitlines()[-1]}")
    return (first + rest).splitlines()


def wrong(folder: Path, acknowledged: Sequence[str]) -> list[str]:
    """Opens the workspace, catches up, and returns what is not as it has to be."""
    office = Office.open(folder)
    try:
        office.host.derive()
        caught_up = office.state()
        office.start_over()
        anew = office.state()
        found = [f"{table} is not what it is from the beginning" for table in TABLES if caught_up[table] != anew[table]]
        found += [f"lost: {line}" for line in acknowledged if not _holds(office, line.split())]
        halves = office.rows(
            "select decision_id from identity_links group by decision_id having min(entry_id) <> decision_id"
        )
        return found + [f"decision {number} is there by half" for (number,) in halves]
    finally:
        office.close()


def _holds(office: Office, words: list[str]) -> bool:
    """Whether something that was acknowledged is so."""
    if words[0] == "decision":
        wanted = ", ".join({words[1], words[3]})
        return len(office.rows(f"select distinct decision_id from identity_links where decision_id in ({wanted})")) == (
            1 if words[1] == words[3] else 2
        )
    if words[0] == "events":
        return office.rows(f"select count(*) from interactions where message_id like '{words[1]}-%'") == [(300,)]
    if words[0] == "imported":
        return office.rows(f"select count(*) from keys where value like '{words[1]}-%'") == [(IMPORTED,)]
    if words[0] == "segment":
        return office.rows(f"select count(*) from segments where segment = '{words[1]}'") == [(1,)]
    if words[0] == "erased":
        try:
            office.run("unify.timeline", customer=words[1])
        except CxloopError:
            return True
        return False
    return True


def main(kills: int, kinds: Sequence[str] = KINDS) -> int:
    """Kills each kind of work its share of times, and prints what was found."""
    told = []
    with tempfile.TemporaryDirectory() as scratch:
        for place, kind in enumerate(kinds):
            share = len(range(place, kills, len(kinds)))
            done, found = tried(Path(scratch) / kind, kind, share)
            for line in found[:10]:
                print(f"    {line}")
            print(f"  {kind}: {share} kills, {done} acknowledged before them, {len(found)} things wrong", flush=True)
            told.append((not found and done >= share, f"{kind} {share} (after {done} acknowledged)"))
    held = all(right for right, _ in told)
    print(
        f"{'PASS' if held else 'FAIL'}  after {kills} kills all that was acknowledged holds, and tables are what they "
        f"are from the beginning: {', '.join(said for _, said in told)}"
    )
    return 0 if held else 1


def tried(folder: Path, kind: str, kills: int) -> tuple[int, list[str]]:
    """Kills one kind of work some times; returns how much was acknowledged before, and what is wrong."""
    filled(folder)
    done, found = 0, list[str]()
    for kill in range(kills):
        acknowledged = killed(folder, kind, kill)
        done += len(acknowledged)
        found += wrong(folder, acknowledged)
    return done, found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS, sys.argv[2:] or KINDS))
