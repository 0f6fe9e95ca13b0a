"""Matching at size: the time of a full run beside plain Splink on the same settings, and of an increment.

Plain Splink gets the records normalised, the same comparisons and blocking rules, and trains on as many pairs; then it
predicts and clusters. Its conditions stand as its own library writes them. cxloop also normalises, chooses the rules,
sets prior and threshold, and gathers groups. Records are synthetic: people with names, birth dates, addresses, e-mails
and phones, half of them known twice or more with slips and gaps. The increment is 1 % of the records, new, against all.

Run: python benchmarks/identity_batch.py [RECORDS]     (by default 1,000,000: two minutes, 2.2 GB of memory)
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from cxloop.engine.duckdb.linkage import scratch
from cxloop.unify.matching.comparisons import comparisons_for, splink_comparison
from cxloop.unify.matching.link import Standing, link
from cxloop.unify.matching.model import CONVERGENCE, SAMPLED_PAIRS, Model, learn
from cxloop.unify.matching.records import prepare

RECORDS = 1_000_000
LIMIT, INCREMENT_LIMIT = 1.3, 0.1
INCREMENTS = 3
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


def main(count: int = RECORDS) -> int:
    """Prints times and ratios; returns 1 where a promise is broken."""
    warnings.simplefilter("ignore")
    # whoever runs first would pay for loading the libraries of both
    link(synthetic(1_000))
    records = synthetic(count)
    marks: list[tuple[str, float]] = []
    begun = perf_counter()
    full_seconds, full = timed(
        lambda: link(records, progress=lambda what, _: marks.append((what, perf_counter() - begun)))
    )
    print(f"{count:,} records, {full.pairs:,} pairs kept, {len(full.links):,} links, {len(full.model.rules)} rules")
    for what, at in marks:
        print(f"  {at:7.1f} s  {what}")
    people = prepare(records)
    people = people.add_column(0, "record", pa.array(np.arange(count)))
    plain_seconds, _ = timed(lambda: plain(people, full.model))
    fresh = np.random.default_rng(5).choice(count, count // 100, replace=False)
    standing = Standing(
        groups=[int(each) for each in _without(full, fresh, count)], fresh=[int(each) for each in fresh]
    )
    # short enough to be taken three times: the middle one counts
    runs = [timed(lambda: link(records, standing=standing, model=full.model)) for _ in range(INCREMENTS)]
    increment_seconds, increment = sorted(runs, key=lambda run: run[0].clock)[INCREMENTS // 2]
    print(f"cxloop {full_seconds}, plain Splink {plain_seconds}, increment {increment_seconds}")
    print(
        f"by the processor's work: {full_seconds.work / plain_seconds.work:.2f} times plain Splink, "
        f"the increment {increment_seconds.work / full_seconds.work:.3f} of the full run"
    )
    print(f"the increment of {len(fresh):,} made {len(increment.links):,} links")
    ratio, share = full_seconds.clock / plain_seconds.clock, increment_seconds.clock / full_seconds.clock
    held = [ratio <= LIMIT, share < INCREMENT_LIMIT]
    print(f"{'PASS' if held[0] else 'FAIL'}  {count:,} records: {ratio:.2f} times plain Splink (at most {LIMIT})")
    print(
        f"{'PASS' if held[1] else 'FAIL'}  an increment of {len(fresh):,} among {count:,}: {share:.3f} of the full run "
        f"(under {INCREMENT_LIMIT})"
    )
    return 0 if all(held) else 1


def _without(full: Any, fresh: np.ndarray, count: int) -> np.ndarray:
    """Returns the groups as they were before the fresh records came."""
    groups: np.ndarray = full.clusters.copy()
    groups[fresh] = count + fresh
    return groups


if __name__ == "__main__":
    asked = sys.argv[1:]
    sys.exit(main(int(asked[0]) if asked else RECORDS))
