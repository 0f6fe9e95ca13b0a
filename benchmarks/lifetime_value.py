"""Lifetime value: the published numbers of CDNOW, a million customers in seconds, and pymc-marketing beside it.

Customers are drawn from the models themselves, with days as the unit of time, so that few histories are alike: the
worst case for compressing them. Fitting and predicting runs in a process of its own, whose resident memory is its peak.

pymc-marketing fits the same customers by MAP with flat priors, which is maximum likelihood. Both read the same arrays
(frequency, recency, T, monetary value) from memory, each in a fresh process. Its time is that of its two fits alone;
ours is that of both fits and of orders and money expected of each customer within a year, so that what it would still
need for these is not held against it. Ours is a matter of seconds, and the median of several runs. The largest size is
the largest of those below that it is expected to do within the memory of this machine and four minutes; it takes some
0.4 KB for each customer, ten times the arrays.

Run: python benchmarks/lifetime_value.py
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CDNOW = Path(__file__).resolve().parents[2] / "shared/data/cdnow/cdnow_sample.parquet"
PEER = ROOT / ".venv/peers/bin/python"
CUSTOMERS, SECONDS, MEMORY, FASTER, ALIKE = 1_000_000, 10.0, 2e9, 50.0, 0.01
SIZES, PATIENCE, RUNS = (1_000_000, 10_000_000, 30_000_000), 240.0, 3
MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 0.8
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "p": 6.25, "q": 3.74, "gamma": 15.44}
"""Fader, Hardie and Lee (2005), table 2; Fader and Hardie (2013), The Gamma-Gamma model of monetary value."""
LIKELIHOOD, LATE, CORRELATION = -9582.4, -0.04, 0.626
"""Of the fit; of the forecast at the end of week 78; between forecast and actual purchases (section 5)."""
ACTUAL = (0.2367, 0.6970, 1.3925, 1.5600, 2.5323, 2.9474, 3.8621, 6.3594)
"""Purchases of weeks 40 to 78 by those of before, as the walkthrough of the R package BTYD prints them."""


def synthetic(count: int, seed: int = 7) -> dict[str, Any]:
    """Returns customers of two years, in days, who do what the models say."""
    rng = np.random.default_rng(seed)
    age = rng.integers(60, 731, count).astype(float)
    rate, leaving = rng.gamma(0.5, 1 / 60.0, count), rng.beta(0.8, 2.5, count)
    frequency, recency, at = np.zeros(count), np.zeros(count), np.zeros(count)
    active = np.arange(count)
    while active.size:
        wait = rng.exponential(1 / np.maximum(rate[active], 1e-9))
        at[active] += np.maximum(np.ceil(wait), 1.0)
        active = active[at[active] <= age[active]]
        frequency[active] += 1
        recency[active] = at[active]
        active = active[rng.random(active.size) > leaving[active]]
    level = rng.gamma(3.7, 1 / 15.4, count)
    amounts = rng.gamma(np.maximum(6.2 * frequency, 1e-9)) / level / np.maximum(frequency, 1)
    value = np.where(frequency > 0, amounts, 0.0)
    return {"frequency": frequency, "recency": recency, "T": age, "monetary_value": value}


def fitted(path: str) -> dict[str, Any]:
    """Fits both models to the customers of a file, predicts a year for each, and says what that took."""
    from cxloop.stats.lifetime.buying import Buying, alive, expected
    from cxloop.stats.lifetime.spending import Spending, expected_spend

    held = np.load(path)
    frequency, recency, age, value = (held[name] for name in ("frequency", "recency", "T", "monetary_value"))
    started = perf_counter()
    names, likelihood = fits(frequency, recency, age, value)
    seconds = perf_counter() - started
    buying = Buying(*(names[name] for name in ("r", "alpha", "a", "b")))
    orders = alive(buying, frequency, recency, age)
    orders *= expected(buying, frequency, age, 365.0)
    money = expected_spend(Spending(*(names[name] for name in ("p", "q", "v"))), frequency, value)
    money *= orders
    return {
        "seconds": seconds,
        "with_predictions": perf_counter() - started,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "orders": float(orders.sum()),
        "money": float(money.sum()),
        "log_likelihood": likelihood,
        "parameters": names,
    }


def fits(frequency: Any, recency: Any, age: Any, value: Any) -> tuple[dict[str, float], float]:
    """Fits both models; returns the parameters and the log-likelihood of buying."""
    from cxloop.stats.lifetime.buying import fit_buying
    from cxloop.stats.lifetime.cells import compress
    from cxloop.stats.lifetime.spending import fit_spending

    buying, fit = fit_buying(compress(frequency, recency, age))
    paid = np.flatnonzero((frequency > 0) & (value > 0))
    spending, _ = fit_spending(frequency[paid], value[paid])
    names = {"r": buying.r, "alpha": buying.alpha, "a": buying.a, "b": buying.b}
    return names | {"p": spending.p, "q": spending.q, "v": spending.gamma}, fit.log_likelihood


def apart(program: Path | str, *arguments: str, patience: float | None = None) -> dict[str, Any]:
    """Runs a program in a process of its own and returns the JSON of its last line."""
    ran = subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=patience, check=False)
    if ran.returncode:
        raise RuntimeError(ran.stderr[-2000:])
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found


def cdnow() -> Iterator[tuple[bool, str]]:
    """Judges the fit of the sample of the papers, and its forecasts of weeks 40 to 78."""
    import pyarrow.parquet as pq

    from cxloop.stats.lifetime.buying import alive, expected, fit_buying
    from cxloop.stats.lifetime.cells import compress
    from cxloop.stats.lifetime.spending import fit_spending

    days: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in pq.read_table(CDNOW).to_pylist():
        days[row["sample_id"]][row["date"].date()] += row["amount"]
    middle, start = date(1997, 9, 30), date(1997, 1, 1)
    orders = [sorted(each.items()) for each in days.values()]
    early = [[one for one in each if one[0] <= middle] for each in orders]
    x = np.array([len(each) - 1 for each in early], float)
    recency = np.array([(each[-1][0] - each[0][0]).days / 7 for each in early])
    age = np.array([(middle - each[0][0]).days / 7 for each in early])
    later = np.array([len(each) for each in orders]) - x - 1
    mean = np.array([np.mean([amount for _, amount in each[1:]]) if len(each) > 1 else 0.0 for each in early])
    model, fit = fit_buying(compress(x, recency, age))
    spending, _ = fit_spending(x[mean > 0], mean[mean > 0])
    found = {"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b}
    found |= {"p": spending.p, "q": spending.q, "gamma": spending.gamma}
    off = max(abs(found[name] / value - 1) for name, value in PUBLISHED.items())
    said = ", ".join(f"{name} {found[name]:.3f} ({value:g})" for name, value in PUBLISHED.items())
    yield off < 0.002, f"CDNOW: {said}; log-likelihood {fit.log_likelihood:.1f} ({LIKELIHOOD}), published in brackets"
    yield abs(fit.log_likelihood - LIKELIHOOD) < 0.05, f"CDNOW: log-likelihood {fit.log_likelihood:.2f} ({LIKELIHOOD})"
    ahead = alive(model, x, recency, age) * expected(model, x, age, 39.0)
    groups = [x == k if k < 7 else x >= 7 for k in range(8)]
    print("  purchases before   customers   expected   actual   published actual")
    for k, group in enumerate(groups):
        print(
            f"  {k:>16} {group.sum():>11} {ahead[group].mean():>10.3f} {later[group].mean():>8.3f} {ACTUAL[k]:>18.3f}"
        )
    close = max(abs(float(later[group].mean()) - ACTUAL[k]) for k, group in enumerate(groups)) < 1e-4
    related = float(np.corrcoef(ahead, later)[0, 1])
    yield close and abs(related - CORRELATION) < 5e-4, f"CDNOW hold-out: correlation {related:.3f} ({CORRELATION})"
    births = np.array([(each[0][0] - start).days / 7 for each in orders])
    spans, many = np.unique(78 - births, return_counts=True)
    course = sum(
        expected(model, np.zeros(1), np.zeros(1), float(span))[0] * n for span, n in zip(spans, many, strict=True)
    )
    missed = course / sum(len(each) - 1 for each in orders) - 1
    yield abs(missed - LATE) < 0.005, f"CDNOW hold-out: cumulative purchases of week 78 {missed:+.1%} ({LATE:+.0%})"


def million(folder: Path) -> Iterator[tuple[bool, str]]:
    """Judges time and memory of a million customers."""
    path = folder / "customers.npz"
    np.savez(path, **synthetic(CUSTOMERS))
    took = apart(sys.executable, __file__, str(path))
    print(f"  {CUSTOMERS:,} customers: fits alone {took['seconds']:.2f} s")
    said = f"BG/NBD and Gamma-Gamma with predictions of {CUSTOMERS:,} customers"
    yield took["with_predictions"] < SECONDS, f"{said}: {took['with_predictions']:.2f} s (under {SECONDS:g} s)"
    yield took["memory"] < MEMORY, f"{said}: {took['memory'] / 1e9:.2f} GB resident at most (under {MEMORY / 1e9:g} GB)"


class Compared(NamedTuple):
    """How many customers, what pymc-marketing said of them, and what was found here."""

    size: int
    theirs: dict[str, Any]
    ours: dict[str, Any]

    @property
    def faster(self) -> float:
        """How many times: its fits alone by our fits with predictions."""
        return float(self.theirs["seconds"] / self.ours["with_predictions"])

    def can_do(self, size: int) -> bool:
        """Whether pymc-marketing is expected to do so many within the time and the memory that there are."""
        times = size / self.size
        return bool(self.theirs["seconds"] * times < PATIENCE and self.theirs["memory"] * times < MACHINE)


def beside(folder: Path) -> Iterator[tuple[bool, str]]:
    """Judges speed and parameters beside pymc-marketing, on the largest size that it does."""
    done: Compared | None = None
    for size in SIZES:
        if done is not None and not done.can_do(size):
            break
        try:
            done = compared(size, folder / "beside.npz")
        except (subprocess.TimeoutExpired, RuntimeError) as failure:
            print(f"  pymc-marketing with {size:,} customers: {str(failure)[-300:]}")
            break
        ours, theirs = done.ours, done.theirs
        print(f"  {size:,} customers: our fits {ours['seconds']:.2f} s, with predictions", end=" ")
        print(f"{ours['with_predictions']:.2f} s, {ours['memory'] / 1e9:.1f} GB; pymc-marketing's fits", end=" ")
        print(f"{theirs['seconds']:.1f} s, {theirs['memory'] / 1e9:.1f} GB; {done.faster:.0f} times faster", flush=True)
    if done is None:
        yield False, "pymc-marketing fits nothing here"
        return
    took = (
        f"{done.ours['with_predictions']:.2f} s with predictions, pymc-marketing's MAP {done.theirs['seconds']:.1f} s"
    )
    said = f"{done.size:,} customers: {took}, {done.faster:.0f} times faster (at least {FASTER:g})"
    yield done.faster >= FASTER, said
    pairs = {name: (value, done.theirs["parameters"][name]) for name, value in done.ours["parameters"].items()}
    off = max(abs(own / other - 1) for own, other in pairs.values())
    print("  " + ", ".join(f"{name} {own:.4f} / {other:.4f}" for name, (own, other) in pairs.items()))
    yield off < ALIKE, f"{done.size:,} customers: parameters differ by at most {off:.2%} (under {ALIKE:.0%})"


def compared(size: int, path: Path) -> Compared:
    """Lets both fit the same customers; of our runs the median."""
    np.savez(path, **synthetic(size, seed=size))
    theirs = apart(PEER, str(ROOT / "benchmarks/_pymc_value.py"), str(path), patience=PATIENCE + 60)
    runs = [apart(sys.executable, __file__, str(path)) for _ in range(RUNS)]
    return Compared(size, theirs, sorted(runs, key=lambda run: run["with_predictions"])[RUNS // 2])


def main() -> int:
    """Prints what was promised, what was measured and whether it holds."""
    held = True
    with tempfile.TemporaryDirectory() as folder:
        parts = [cdnow() if CDNOW.exists() else iter(()), million(Path(folder))]
        if PEER.exists():
            parts.append(beside(Path(folder)))
        for part in parts:
            for good, sentence in part:
                print(f"{'PASS' if good else 'FAIL'}  {sentence}", flush=True)
                held &= good
    return 0 if held else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(fitted(sys.argv[1])))
    else:
        sys.exit(main())
