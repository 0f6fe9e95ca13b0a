"""How well matching finds who is who, without labels, beside plain Splink with its tutorials' settings.

Truth is used to count only. Every set goes through the same function with the same defaults: what differs is which
columns there are, and that each file of Febrl 4 has every person once. F1 is over pairs of records of one cluster, with
a 95 % interval from drawing true persons again, 1,000 times.

Run: python benchmarks/identity_accuracy.py [SET ...]     (febrl1, febrl2, febrl3, febrl4, fake_1000)
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._splink_reference import reference

from cxloop.unify.matching.link import Standing, link

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
DRAWS = 1_000


class Records(NamedTuple):
    """A data set: its tables, the column that numbers the records, and whose each record is."""

    tables: list[pa.Table]
    key: str
    truth: list[str]

    @property
    def keys(self) -> list[str]:
        """The number of each record."""
        return [str(key) for table in self.tables for key in table[self.key].to_pylist()]


class Score(NamedTuple):
    """F1, precision and recall over pairs, and the interval of F1."""

    f1: float
    precision: float
    recall: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"F1 {self.f1:.4f} [{self.low:.4f}, {self.high:.4f}]  "
            f"precision {self.precision:.4f}  recall {self.recall:.4f}"
        )


def load(name: str) -> Records:
    """Returns a data set with its truth."""
    if name == "fake_1000":
        table = pq.read_table(DATA / "identity_fake_1000" / "fake_1000.parquet")
        return Records([table], "unique_id", [str(each) for each in table["cluster"].to_pylist()])
    number = name.removeprefix("febrl")
    files = ("4a", "4b") if number == "4" else (number,)
    tables = [pq.read_table(DATA / "febrl" / f"dataset{file}.parquet") for file in files]
    truth = ["-".join(str(key).split("-")[:2]) for table in tables for key in table["rec_id"].to_pylist()]
    return Records(tables, "rec_id", truth)


def score(found: Sequence[Hashable], truth: Sequence[str]) -> Score:
    """Returns how well clusters agree with the truth, pair by pair."""
    both, mine, theirs = Counter(zip(found, truth, strict=True)), Counter(found), Counter(truth)
    right: defaultdict[str, float] = defaultdict(float)
    said: defaultdict[str, float] = defaultdict(float)
    for (cluster, person), size in both.items():
        right[person] += size * (size - 1) / 2
        # a wrong pair is half of each of its two persons
        said[person] += size * (size - 1) / 2 + size * (mine[cluster] - size) / 2
    people = list(theirs)
    columns = np.array([[right[who], said[who], theirs[who] * (theirs[who] - 1) / 2] for who in people])
    drawn = np.random.default_rng(7).multinomial(len(people), np.full(len(people), 1 / len(people)), size=DRAWS)
    low, high = np.quantile(_f1(drawn @ columns), (0.025, 0.975))
    hit, claimed, true = columns.sum(axis=0)
    value = float(_f1(columns.sum(axis=0)[None, :])[0])
    return Score(value, hit / claimed if claimed else 1.0, hit / true, float(low), float(high))


def _f1(sums: np.ndarray) -> np.ndarray:
    hit, claimed, true = sums[:, 0], sums[:, 1], sums[:, 2]
    found: np.ndarray = 2 * hit / np.maximum(claimed + true, 1e-12)
    return found


def measure(name: str, least: float, *, with_number: bool) -> bool:
    """Prints one comparison and its verdict; returns whether it holds."""
    records = load(name)
    tables = records.tables
    if not with_number and name != "fake_1000":
        tables = [table.drop_columns(["soc_sec_id"]) for table in tables]
    sources = [str(place) for place, table in enumerate(tables) for _ in range(table.num_rows)]
    standing = Standing(alone=sources) if len(tables) > 1 else None
    hidden = [column for column in (records.key, "cluster") if column in tables[0].column_names]
    started = perf_counter()
    linked = link(pa.concat_tables(tables).drop_columns(hidden), standing=standing)
    seconds = perf_counter() - started
    ours = score(linked.clusters.tolist(), records.truth)
    beside = {
        threshold: score([clusters.get(key, key) for key in records.keys], records.truth)
        for threshold, clusters in reference(tables, name, records.key, with_number=with_number).items()
    }
    threshold, theirs = max(beside.items(), key=lambda each: each[1].f1)
    title = name + ("" if with_number or name == "fake_1000" else " without soc_sec_id")
    print(f"{title}\n  cxloop   {ours}   ({seconds:.1f} s)\n  Splink   {theirs}   (its best threshold: {threshold})")
    expected = linked.model.expected_precision
    print(f"  expected precision {0.0 if expected is None else expected:.4f}, {len(linked.proposals)} pairs to review")
    held = ours.f1 >= least and ours.f1 >= theirs.f1
    print(
        f"{'PASS' if held else 'FAIL'}  {title}: F1 by cluster {ours.f1:.4f} "
        f"(at least {least}; Splink's tutorial {theirs.f1:.4f})",
        flush=True,
    )
    return held


def main(names: list[str]) -> int:
    """Measures every set, or those named; returns 1 where a promise is broken."""
    # pandas and Splink warn of their own future
    warnings.simplefilter("ignore")
    if not DATA.is_dir():
        print(f"FAIL  the public data sets are not at {DATA}")
        return 1
    held = []
    for name in names or ["febrl1", "febrl2", "febrl3", "febrl4", "fake_1000"]:
        if name == "fake_1000":
            held.append(measure(name, 0.95, with_number=False))
        else:
            held += [measure(name, 0.997, with_number=True), measure(name, 0.995, with_number=False)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
