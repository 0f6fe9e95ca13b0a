"""Who is who in 20 simulated companies, against the truth and against connected components without guards.

Each company is one that nobody has seen, with 24 months of its log; beside it come households and firms that share
tablets, landlines, addresses and a counter in a store, default values of a CRM, and a test account that signs in
everywhere (`tests/support/identities.py` says which, and how pairs of keys count). The product resolves them in a
workspace of their own. The reference is networkx's connected components over the same statements.

Recall counts the pairs that the log ties by statements that are true of one person alone. Beside it stands the share of
all pairs of one person's keys: what nobody ever said (a browser that looks around and never signs in) nobody can find.

Run: python benchmarks/identity_truth.py [--quick]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.identities import (
    Answer,
    Key,
    Owners,
    Score,
    household_rows,
    naive,
    resolved,
    score,
    statements,
    truth_of,
)

from cxloop import simulate

CUSTOMERS, MONTHS, SEEDS, QUICK = 1_500, 24, 20, 3
LEAST_PRECISION, LEAST_RECALL = 0.995, 0.90
ACCOUNT = ("customer_id",)
NAMED = ("customer_id", "email", "phone", "card")


@dataclass(frozen=True)
class Outcome:
    """One company: ours, the reference, and how many customers hold accounts, or names, of several people."""

    ours: Score
    reference: Score
    accounts: int
    names: int


def of_several(owners: Owners, found: Iterable[set[Key]], types: tuple[str, ...]) -> int:
    """Returns how many customers hold keys of some types that are those of different people."""
    people = [{next(iter(owners[key])) for key in keys if key[1] in types and len(owners[key]) == 1} for keys in found]
    return sum(len(each) > 1 for each in people)


def one(seed: int, scratch: Path) -> Outcome:
    """Simulates and resolves one company; prints a line."""
    company = simulate.company(CUSTOMERS, MONTHS, seed)
    planted = household_rows(seed, CUSTOMERS)
    tables = [*company.batches(), planted.table]
    owners, told = truth_of(company) | planted.owners, statements(tables)
    started = time.perf_counter()
    found = resolved(scratch / f"company-{seed}", tables)
    seconds = time.perf_counter() - started
    ours, reference = score(owners, told, found), score(owners, told, naive(owners, told))
    outcome = Outcome(ours, reference, of_several(owners, found, ACCOUNT), of_several(owners, found, NAMED))
    print(
        f"  seed {seed:2}: {len(owners):,} keys; precision {ours.precision.share:.4f}, recall {ours.recall.share:.4f} "
        f"(of all pairs {ours.of_all.share:.4f}); of several people: {outcome.accounts} by account, {outcome.names} "
        f"with an address; reference: precision {reference.precision.share:.4f}, largest customer "
        f"{max(map(len, reference.fused))} keys, ours {max(map(len, found))}; {seconds:.1f} s",
        flush=True,
    )
    return outcome


def pooled(answers: Iterable[Answer]) -> Answer:
    """Returns the share over several companies."""
    return reduce(add, answers)


def told(held: bool, sentence: str) -> bool:
    """Prints a verdict."""
    print(f"{'PASS' if held else 'FAIL'}  {sentence}")
    return held


def main(seeds: int) -> int:
    """Resolves the companies and returns 1 where a promise is broken."""
    with tempfile.TemporaryDirectory() as scratch:
        found = [one(seed, Path(scratch)) for seed in range(1, seeds + 1)]
    precision, recall = pooled(each.ours.precision for each in found), pooled(each.ours.recall for each in found)
    print(f"  all pairs of one person's keys, also those that nothing ties: {pooled(e.ours.of_all for e in found)}")
    print(
        f"  reference (networkx, no guards): precision {pooled(each.reference.precision for each in found)}, "
        f"recall {pooled(each.reference.recall for each in found)}"
    )
    names, accounts = sum(each.names for each in found), Counter(each.accounts for each in found)
    print(
        f"  in {seeds} companies, {names} customers hold the address of a guest, who wrote in a chat from a device on "
        "which nobody else than its owner ever signed in: a device joins nobody who is named by something else"
    )
    held = [
        told(precision.share >= LEAST_PRECISION, f"precision {precision} (limit {LEAST_PRECISION})"),
        told(recall.share >= LEAST_RECALL, f"recall {recall} (limit {LEAST_RECALL:.2f})"),
        told(accounts[0] == seeds, f"in {accounts[0]} of {seeds} seeds no customer holds accounts of two people"),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(QUICK if "--quick" in sys.argv[1:] else SEEDS))
