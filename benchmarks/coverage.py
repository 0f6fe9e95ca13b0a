"""Do the 95 % intervals hold the truth 95 times in 100? Prints the table, draws the chart, says PASS or FAIL.

Coverage at n = 10, 30, 100 and 1000 over a grid of populations: the promise is 93 to 97.5 % on average at each n, and
nowhere under 90 %. NPS and CSAT are enumerated: every outcome with its probability, no chance involved. Scales are
enumerated while that is feasible and simulated with a fixed seed beyond.

Run: python benchmarks/coverage.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
from scipy.special import gammaln, xlogy

from cxloop.stats import intervals
from cxloop.stats.sums import Array, Cells, Clusters, tally

__all__ = ["GRID", "SIZES", "Population", "coverage", "outcomes"]

SIZES = (10, 30, 100, 1000)
MOST_OUTCOMES = 600_000
DRAWS = 10_000
SEED = 20_260_101
CUSTOMERS = (8, 20, 60, 300)
CLUSTER_SUMS = ("customers", "total_squares", "total_sizes", "size_squares")
CHART = Path(__file__).parents[1] / "docs" / "concepts" / "coverage.svg"


@dataclass(frozen=True)
class Population:
    """A population whose score is known: shares of the cells, their values, and the formula that is tried."""

    family: str
    name: str
    shares: tuple[float, ...]
    values: tuple[float, ...]
    formula: Callable[[Cells], intervals.Intervals]

    @property
    def truth(self) -> float:
        """The score of the whole population."""
        return float(np.dot(self.shares, self.values))


def _nps(*shares: float) -> Population:
    return Population("NPS", " / ".join(f"{part:.2f}" for part in shares), shares, intervals.NPS_VALUES, intervals.nps)


def _csat(satisfied: float) -> Population:
    return Population("CSAT", f"{100 * satisfied:.0f} %", (1 - satisfied, satisfied), (0.0, 1.0), intervals.share)


def _scale(name: str, *shares: float) -> Population:
    points = len(shares)
    values = tuple(float(point) for point in range(1, points + 1))
    return Population(f"{points}-point mean", name, shares, values, intervals.scale_mean)


GRID = (
    _nps(0.1, 0.2, 0.7),
    _nps(0.2, 0.3, 0.5),
    _nps(0.4, 0.3, 0.3),
    _nps(0.05, 0.15, 0.8),
    _nps(0.55, 0.25, 0.2),
    _nps(0.15, 0.35, 0.5),
    _nps(0.02, 0.08, 0.9),
    *(_csat(satisfied) for satisfied in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)),
    _scale("skewed", 0.03, 0.05, 0.12, 0.30, 0.50),
    _scale("bimodal", 0.35, 0.10, 0.05, 0.10, 0.40),
    _scale("extreme", 0.02, 0.01, 0.02, 0.10, 0.85),
    _scale("skewed", 0.02, 0.03, 0.05, 0.10, 0.20, 0.30, 0.30),
    _scale("bimodal", 0.25, 0.15, 0.05, 0.05, 0.05, 0.15, 0.30),
    _scale("extreme", 0.02, 0.01, 0.01, 0.01, 0.02, 0.08, 0.85),
)
"""NPS as detractors / passives / promoters, CSAT as the share satisfied, scales from the lowest point up."""


def outcomes(n: int, cells: int) -> Array:
    """Returns every way in which n answers can fall into cells, shape (outcomes, cells).

    Example:
        >>> outcomes(2, 2)
        array([[0., 2.],
               [1., 1.],
               [2., 0.]])
    """
    if cells == 2:
        first = np.arange(n + 1, dtype=float)
        return np.column_stack([first, n - first])
    if cells == 3:
        first, second = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij")
        fits = first + second <= n
        return np.column_stack([first[fits], second[fits], n - first[fits] - second[fits]])
    bars = np.array(list(combinations(range(n + cells - 1), cells - 1)), dtype=float)
    ends = np.column_stack([np.full(len(bars), -1.0), bars, np.full(len(bars), n + cells - 1.0)])
    return np.diff(ends, axis=1) - 1


def singles(values: tuple[float, ...], counts: Array) -> Cells:
    """Returns the statistics of answers of which each customer gave one."""
    worth, n = np.asarray(values), counts.sum(axis=1)
    return Cells(worth, counts, Clusters(n, counts @ worth**2, counts @ worth, n))


def coverage(population: Population, n: int, *, draws: int = DRAWS, seed: int = SEED) -> float:
    """Returns how often the interval from n answers holds the population's score."""
    shares = np.asarray(population.shares)
    if comb(n + shares.size - 1, shares.size - 1) <= MOST_OUTCOMES:
        counts = outcomes(n, shares.size)
        chance = np.exp(gammaln(n + 1) - gammaln(counts + 1).sum(axis=1) + xlogy(counts, shares).sum(axis=1))
        likely = chance > 1e-12
        counts, chance = counts[likely], chance[likely]
    else:
        counts = np.random.default_rng(seed).multinomial(n, shares, size=draws).astype(float)
        chance = np.full(draws, 1 / draws)
    found = population.formula(singles(population.values, counts))
    return float(chance @ ((found.low <= population.truth) & (population.truth <= found.high)))


def measure() -> list[dict[str, str | int | float]]:
    """Returns the coverage of every population at every n."""
    return [
        {"family": item.family, "population": item.name, "n": n, "coverage": coverage(item, n)}
        for n in SIZES
        for item in GRID
    ]


def verdicts(rows: list[dict[str, str | int | float]]) -> Iterator[tuple[str, bool]]:
    """Yields each promise as a sentence, and whether it holds."""
    for n in SIZES:
        found = [float(row["coverage"]) for row in rows if row["n"] == n]
        mean, least = sum(found) / len(found), min(found)
        held = 0.93 <= mean <= 0.975 and least >= 0.90
        yield f"n = {n:>4}: {mean:.2%} on average (93 to 97.5), {least:.2%} at least (90)", held


def repeated(population: Population, customers: int, *, worlds: int = 1500, seed: int = SEED) -> float:
    """Returns how often the clustered interval holds the truth where customers answer again and mostly the same.

    Each customer answers three times on average (a geometric number), four times in five as the customer always does.
    """
    rng, worth = np.random.default_rng(seed), np.asarray(population.values)
    cells, parts = worth.size, []
    for _ in range(worlds):
        who = np.repeat(np.arange(customers), rng.geometric(1 / 3, customers))
        own = rng.choice(cells, customers, p=population.shares)[who]
        given = np.where(rng.random(who.size) < 0.8, own, rng.choice(cells, who.size, p=population.shares))
        parts.append(tally(given.tolist(), population.values, who.tolist()))
    clusters = {name: np.concatenate([getattr(part.clusters, name) for part in parts]) for name in CLUSTER_SUMS}
    found = population.formula(Cells(worth, np.vstack([part.counts for part in parts]), Clusters(**clusters)))
    return float(((found.low <= population.truth) & (population.truth <= found.high)).mean())


def print_repeated() -> None:
    """Prints the coverage for few and many customers: no promise, but who knows it trusts the right numbers."""
    print("\ncustomers who answer three times each and mostly repeat themselves")
    print(f"{'':<36}" + "".join(f"{'C = ' + str(customers):>10}" for customers in CUSTOMERS))
    for item in (GRID[1], GRID[6], GRID[9], GRID[13]):
        found = [repeated(item, customers) for customers in CUSTOMERS]
        print(f"{item.family:<14}{item.name:<22}" + "".join(f"{value:>10.2%}" for value in found))


def main() -> int:
    """Prints the table and the verdicts, writes the chart; returns 1 where a promise is broken."""
    rows = measure()
    print(f"{'':<14}{'population':<22}" + "".join(f"{'n = ' + str(n):>10}" for n in SIZES))
    for item in GRID:
        found = [row["coverage"] for row in rows if (row["family"], row["population"]) == (item.family, item.name)]
        print(f"{item.family:<14}{item.name:<22}" + "".join(f"{value:>10.2%}" for value in found))
    results = list(verdicts(rows))
    for sentence, held in results:
        print(f"{'PASS' if held else 'FAIL'}  {sentence}")
    print_repeated()
    draw_chart(rows)
    return 0 if all(held for _, held in results) else 1


def draw_chart(rows: list[dict[str, str | int | float]]) -> None:
    """Writes the chart of docs/concepts/honest-numbers.md."""
    from cxloop.charts import coverage_chart, svg

    CHART.write_text(svg(coverage_chart(rows), theme="light"), encoding="utf-8")
    print(f"chart: {CHART}")


if __name__ == "__main__":
    sys.exit(main())
