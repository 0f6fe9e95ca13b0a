"""Matching at size: the time of a full run beside plain Splink on the same settings, and of an increment.

Plain Splink gets the records normalised, the same comparisons and blocking rules, and trains on as many pairs; then it
predicts and clusters. Its conditions stand as its own library writes them. cxloop also normalises, chooses the rules,
sets prior and threshold, and gathers groups. Records are synthetic: people with names, birth dates, addresses, e-mails
and phones, half of them known twice or more with slips and gaps.

Increments are measured as users have them: `unify match` on a workspace whose records were matched before, and of which
sources tell 1 % more, from reading who is new to who is who afterwards. The full run beside them is that of the same
workspace. Records are written straight into its tables: admission has a benchmark of its own.

Run: python benchmarks/identity_batch.py [RECORDS]     (by default 1,000,000: four minutes, 4 GB of memory)
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from cxloop.core.host import LOCAL
from cxloop.engine.duckdb.linkage import scratch
from cxloop.runtime.folder import create
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.unify.matching.comparisons import comparisons_for, splink_comparison
from cxloop.unify.matching.link import link
from cxloop.unify.matching.model import CONVERGENCE, SAMPLED_PAIRS, Model, learn
from cxloop.unify.matching.records import prepare

RECORDS = 1_000_000
LIMIT, INCREMENT_LIMIT = 1.3, 0.1
INCREMENTS = 3
"""They are short enough to be taken three times: the middle one counts."""
SOURCES = 4
TELL = """
    insert into traits select record, '{name}', {name}, 's' || (record % {sources}), timestamp '2026-01-01',
    timestamp '2026-01-01' from told where {name} is not null
"""
SYLLABLES = np.array([first + second for first in "bdklmnrst" for second in "aeiou"])
LETTERS = list("abcdefghijklmnopqrstuvwxyz")


def words(chance: np.random.Generator, count: int, syllables: int) -> np.ndarray:
    """Returns invented words."""
    found = SYLLABLES[chance.integers(0, len(SYLLABLES), (count, syllables))]
    return np.array(["".join(row) for row in found])


def popular(chance: np.random.Generator, values: np.ndarray, count: int) -> np.ndarray:
    """Draws from values of which some are frequent and many are rare, as names are."""
    weights = 1.0 / np.arange(5, len(values) + 5)
    return chance.choice(values, count, p=weights / weights.sum())


def slips(chance: np.random.Generator, values: np.ndarray, share: float) -> np.ndarray:
    """Returns values of which some have one letter replaced."""
    out = values.astype(object)
    for at in np.flatnonzero(chance.random(len(values)) < share):
        text = out[at]
        place = int(chance.integers(0, max(len(text), 1)))
        out[at] = text[:place] + str(chance.choice(LETTERS)) + text[place + 1 :]
    return out


def synthetic(count: int, seed: int = 3) -> pa.Table:
    """Returns records of about 0.6 as many people."""
    chance = np.random.default_rng(seed)
    people = int(0.6 * count)
    given = popular(chance, words(chance, 2_000, 2), people)
    family = popular(chance, words(chance, 20_000, 3), people)
    streets, cities = words(chance, 30_000, 4), words(chance, 800, 3)
    born = np.datetime64("1940-01-01") + chance.integers(0, 24_000, people).astype("timedelta64[D]")
    place = chance.integers(0, len(cities), people)
    told = {
        "first_name": given,
        "last_name": family,
        "dob": born.astype(str),
        "street": np.char.add(
            popular(chance, streets, people), np.char.add(" ", chance.integers(1, 150, people).astype(str))
        ),
        "postcode": (10_000 + place * 97 + chance.integers(0, 40, people)).astype(str),
        "city": cities[place],
        "email": np.char.add(
            np.char.add(np.char.add(given, family), chance.integers(1, 999, people).astype(str)), "@example.org"
        ),
        "phone": np.char.add("+4930", chance.integers(1_000_000, 9_999_999, people).astype(str)),
    }
    who = np.concatenate([np.arange(people), chance.integers(0, people, count - people)])
    missing = {"dob": 0.1, "street": 0.2, "email": 0.4, "phone": 0.4, "first_name": 0.05}
    columns = {}
    for name, values in told.items():
        noisy = slips(chance, values[who], 0.06)
        gone = chance.random(count) < missing.get(name, 0.02)
        columns[name] = pa.array(noisy, pa.string(), mask=gone)
    order = chance.permutation(count)
    return pa.table(columns).take(order)


class Took(NamedTuple):
    """Seconds on the clock, and of the processor's work: the second is the same on a busy machine."""

    clock: float
    work: float

    def __str__(self) -> str:
        return f"{self.clock:.1f} s ({self.work:.1f} s of work)"


def timed(run: Callable[[], Any]) -> tuple[Took, Any]:
    """Returns what a run took, and its result."""
    start, work = perf_counter(), process_time()
    result = run()
    return Took(perf_counter() - start, process_time() - work), result


def plain(people: pa.Table, model: Model) -> int:
    """Trains, predicts and clusters with Splink on the settings of a model; returns how many records it clustered."""
    from cxloop.unify.matching.blocking import KEYS, rule_condition

    known = {key.name: key for key in KEYS}
    rules = [rule_condition([known[name] for name in rule], apart=False) for rule in model.rules]
    learning = model.about["learning"]
    with scratch() as room:
        room.put("people", people)
        settings = {
            "link_type": "dedupe_only",
            "unique_id_column_name": "record",
            "comparisons": [splink_comparison(each, plain=True) for each in comparisons_for(model.columns)],
            "blocking_rules_to_generate_predictions": rules,
            "retain_matching_columns": False,
            **CONVERGENCE,
        }
        linker, _ = room.linker("people", settings)
        linker.training.estimate_u_using_random_sampling(
            max_pairs=SAMPLED_PAIRS, seed=1, min_count_per_level=None, num_chunks=1
        )
        for rule in learning:
            learn(linker, [known[name] for name in rule])
        pairs = linker.inference.predict(threshold_match_probability=0.1)
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.9)
        return int(room.read(clusters.physical_name, ("cluster_id",)).num_rows)


def tell(host: LocalHost, records: pa.Table) -> None:
    """Writes records into a workspace, as if its sources had told them."""
    cursor = host.workspace.engine.cursor()  # type: ignore[attr-defined]
    cursor.register("told", records)
    cursor.execute(f"insert into keys select record, 's' || (record % {SOURCES}), 'number', 'C' || record from told")
    for name in records.column_names:
        if name != "record":
            cursor.execute(TELL.format(name=name, sources=SOURCES))
    cursor.unregister("told")
    host.derive()


def increments(records: pa.Table) -> tuple[Took, list[tuple[Took, Any]]]:
    """Returns what the first run of a workspace takes, and then each of some with 1 % of its records more."""
    count = records.num_rows
    numbered = records.append_column("record", pa.array(np.arange(1, count + 1)))
    parts = np.random.default_rng(5).permutation(count)
    late = [np.sort(part) for part in np.split(parts[: INCREMENTS * (count // 100)], INCREMENTS)]
    with tempfile.TemporaryDirectory(prefix="cxloop-matching-") as temporary:
        host = LocalHost(open_workspace(create(Path(temporary) / "w")))
        try:
            tell(host, numbered.take(np.sort(parts[INCREMENTS * (count // 100) :])))
            full, first = timed(lambda: host.run("unify.match", {}, actor=LOCAL))
            print(f"a workspace of {first.record_count:,} records: {first.linked:,} links, {full}")
            done = []
            for part in late:
                tell(host, numbered.take(part))
                done.append(timed(lambda: host.run("unify.match", {}, actor=LOCAL)))
                took, run = done[-1]
                print(f"  {run.compared:,} more, {run.mode}: {run.linked:,} links, {took}")
            return full, done
        finally:
            host.close()


def against_splink(records: pa.Table) -> bool:
    """Prints a full run beside plain Splink; returns whether the promise holds."""
    count = records.num_rows
    marks: list[tuple[str, float]] = []
    begun = perf_counter()
    ours, full = timed(lambda: link(records, progress=lambda what, _: marks.append((what, perf_counter() - begun))))
    print(f"{count:,} records, {full.pairs:,} pairs kept, {len(full.links):,} links, {len(full.model.rules)} rules")
    for what, at in marks:
        print(f"  {at:7.1f} s  {what}")
    people = prepare(records)
    people = people.add_column(0, "record", pa.array(np.arange(count)))
    theirs, _ = timed(lambda: plain(people, full.model))
    print(f"cxloop {ours}, plain Splink {theirs}; {ours.work / theirs.work:.2f} times by the processor's work")
    ratio = ours.clock / theirs.clock
    return verdict(ratio <= LIMIT, f"{count:,} records: {ratio:.2f} times plain Splink (at most {LIMIT})")


def of_the_full_run(records: pa.Table) -> bool:
    """Prints an increment beside the full run of the same workspace; returns whether the promise holds."""
    whole, done = increments(records)
    part, run = sorted(done, key=lambda each: each[0].clock)[INCREMENTS // 2]
    share = part.clock / whole.clock
    return verdict(
        share < INCREMENT_LIMIT and run.mode == "incremental",
        f"an increment of {run.compared:,} among {run.record_count:,}: {share:.3f} of the full run, "
        f"{part.work / whole.work:.3f} by the processor's work (under {INCREMENT_LIMIT})",
    )


def verdict(held: bool, sentence: str) -> bool:
    """Prints whether a promise holds."""
    print(f"{'PASS' if held else 'FAIL'}  {sentence}", flush=True)
    return held


def main(count: int = RECORDS) -> int:
    """Prints times and ratios; returns 1 where a promise is broken."""
    warnings.simplefilter("ignore")
    # whoever runs first would pay for loading the libraries of both
    link(synthetic(1_000))
    records = synthetic(count)
    return 0 if all([against_splink(records), of_the_full_run(records)]) else 1


if __name__ == "__main__":
    asked = sys.argv[1:]
    sys.exit(main(int(asked[0]) if asked else RECORDS))
