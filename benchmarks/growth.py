"""How time, memory and disk grow with the log, on DuckDB and on Spark, and from where on one machine is not enough.

Each engine at each size has a process of its own (`_growth_measured.py`), which fills a workspace with a drawn company
(`_growth_company.py`) and measures what the product does with it: admitting batches of 100,000 events, deriving what
hangs on them, three questions, hiding one customer from every answer; three runs of each (on Spark one, of what
changes the log), and the most memory that the process and Spark's held. Through the runs go lines (`_growth_fit.py`),
and from them come the size at which DuckDB breaks a limit, the size at which a cluster is quicker, and the cluster that
ten billion interactions need. What is said of sizes that were not measured is an extrapolation and is called one.

By default seconds are those of processors: they are what is paid for, and a machine that others use changes them
little. What they make on the wall's clock follows from the number of cores, as far as the work divides.
What a cluster costs is reckoned with the prices you give, in whatever money; the defaults are nobody's.

Promises: nothing grows faster than its log (the 95 % interval of the exponent is not above 1.1, where the runs can tell
one), and lines through the smaller sizes foretell the largest to within a half. Without arguments it takes ten minutes.
All of the paper (docs/concepts/growth.md) is --sizes 1,5,20,50 --spark-sizes 1,5 --record docs/concepts/growth.json,
which needs an hour, 9 GB of memory and 10 GB of disk.

Run: python benchmarks/growth.py [--sizes 1,2,5] [--spark-sizes 1] [--record FILE] [--read FILE] [--clock wall] [...]
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._growth_fit import FLAT, Curve, change_over, divided, exponent, fit, plan, reaches

CHART = Path(__file__).parents[1] / "docs" / "concepts" / "growth.svg"
SPARK = "local[2]"
MILLION = 1_000_000
TITLES = {
    "append": "admit a batch of 100,000",
    "derive": "derive after a batch",
    "nps": "NPS by channel and week",
    "retention": "retention by month",
    "journeys": "journeys from cart to order",
    "erase": "hide one customer everywhere",
    "derive_all": "derive everything once",
}
QUESTIONS = ("nps", "retention", "journeys")
MOST_EXPONENT, MOST_OFF = 1.1, 0.5
WIDEST = 1.0
"""Of an exponent's interval that says something."""
MEASURED_ON = 2
MACHINES = (2, 16)
CORES = (16, 64, 256)
FOREVER = 1e14
PLANNED = (1e9, 10e9)
CLOCKS = {"wall": "seconds", "cpu": "cpu_seconds"}


@dataclass(frozen=True)
class Assumed:
    """What nobody can measure here: the limit of a question, prices, and how much of a core a cluster loses."""

    within: float
    memory: float
    core_hour: float
    gb_month: float
    efficiency: float


def measured(engine: str, millions: float, memory: str) -> dict[str, Any] | None:
    """Measures one engine at one size and shows what it prints; None where it broke off."""
    print(f"  -- {engine}, {millions:g} million", flush=True)
    command = [str(Path(__file__).with_name("_growth_measured.py")), engine, str(round(millions * MILLION)), memory]
    last = ""
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.startswith("    "):
                print(line, end="", flush=True)
            last = line
    found: dict[str, Any] | None = json.loads(last) if process.returncode == 0 else None
    return found


class Runs:
    """What was measured, by engine and operation."""

    def __init__(self, found: Sequence[dict[str, Any]], clock: str = "seconds") -> None:
        self.found = sorted(found, key=lambda one: float(one["interactions"]))
        self.clock = clock
        # on the wall's clock a second is one of both cores
        self.cores = 1 if clock == CLOCKS["cpu"] else MEASURED_ON

    def of(self, spark: bool) -> list[dict[str, Any]]:
        """The sizes of an engine, the smallest first."""
        return [one for one in self.found if (one["engine"] != "duckdb") == spark]

    def points(self, name: str, *, spark: bool = False, most: float = math.inf) -> tuple[list[float], list[float]]:
        """Interactions and seconds of every run of an operation."""
        pairs = [
            (float(one["interactions"]), float(seconds))
            for one in self.of(spark)
            for seconds in one[self.clock].get(name, ())
            if one["interactions"] <= most
        ]
        return [n for n, _ in pairs], [seconds for _, seconds in pairs]

    def sizes(self, *, spark: bool = False) -> list[float]:
        """The sizes at which an engine was measured."""
        return [float(one["interactions"]) for one in self.of(spark)]

    def curve(self, name: str, *, spark: bool = False, most: float = math.inf) -> Curve | None:
        """The line through an operation's runs; None with fewer than two sizes."""
        n, seconds = self.points(name, spark=spark, most=most)
        return fit(n, seconds) if len(set(n)) > 1 else None

    def bytes(self, what: str, *, spark: bool = False) -> Curve | None:
        """The line through the bytes on disk, or through the peak memory of everything but filling."""
        values = [
            float(one["disk_bytes"] if what == "disk" else max(v for k, v in one["peak_bytes"].items() if k != "fill"))
            for one in self.of(spark)
        ]
        return fit(self.sizes(spark=spark), values) if len(values) > 1 else None


def print_curves(runs: Runs) -> None:
    """Prints medians at each size, the line, the residuals and the exponent."""
    for spark in (False, True):
        sizes = runs.sizes(spark=spark)
        if not sizes:
            continue
        clock = "seconds of processors" if runs.clock == CLOCKS["cpu"] else "seconds"
        print(f"\n{'Spark, ' + SPARK if spark else 'DuckDB'}: median {clock} of 3 runs at each number of interactions")
        heads = "".join(f"{size / MILLION:>8g} M" for size in sizes)
        print(f"{'':<30}{heads}   fixed + each million     off  exponent")
        for name, title in TITLES.items():
            n, seconds = runs.points(name, spark=spark)
            medians = [np.median([s for at, s in zip(n, seconds, strict=True) if at == size]) for size in sizes]
            line = f"{title:<30}" + "".join(f"{each:>10.2f}" for each in medians)
            curve, found = runs.curve(name, spark=spark), exponent(n, seconds)
            if curve is not None:
                line += f"   {curve.fixed:6.2f} + {curve.slope * MILLION:<10.4f}{curve.off:>7.0%}"
            if found is not None:
                line += f"  {found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
            print(line)
        for what, title in (("disk", "GB on disk"), ("memory", "GB of memory at most")):
            line, curve = f"{title:<30}", runs.bytes(what, spark=spark)
            for one in runs.of(spark):
                most = max(peak for name, peak in one["peak_bytes"].items() if name != "fill")
                line += f"{(one['disk_bytes'] if what == 'disk' else most) / 1e9:>10.2f}"
            if curve is not None:
                line += f"   {curve.fixed / 1e9:6.2f} + {curve.slope * MILLION / 1e9:<10.4f}{curve.off:>7.0%}"
            print(line)


def print_limits(runs: Runs, assumed: Assumed) -> None:
    """Prints where one machine breaks a limit, and from where on clusters are quicker."""
    largest = max(runs.sizes())
    print(f"\nChange-over, for questions (limit {assumed.within:g} s)")
    for name in QUESTIONS:
        curve, cluster = runs.curve(name), runs.curve(name, spark=True)
        if curve is None:
            continue
        for machine in MACHINES:
            one = divided(curve, machine, measured_on=runs.cores, efficiency=assumed.efficiency)
            broken = told(reaches(one, assumed.within), largest)
            print(f"  {TITLES[name]:<30}one machine of {machine} cores breaks the limit at {broken}")
            for cores in CORES if cluster is not None else ():
                assert cluster is not None
                many = divided(cluster, cores, measured_on=runs.cores, efficiency=assumed.efficiency)
                print(
                    f"  {'':<30}{cores:>5} cores of a cluster are quicker from {told(change_over(one, many), largest)}"
                )
    held = runs.bytes("memory")
    if held is not None:
        full = told(reaches(held, assumed.memory), largest)
        print(f"  {'memory of one machine':<30}{assumed.memory / 1e9:g} GB are full at {full}")


def told(n: float, largest: float) -> str:
    """Returns a number of interactions in words, with how far from anything measured it is."""
    if n > FOREVER:
        return "no size"
    beyond = f" (extrapolated: {n / largest:.0f} times the largest measured)" if n > 1.5 * largest else ""
    return f"{n / MILLION:,.0f} million{beyond}"


def print_plans(runs: Runs, assumed: Assumed) -> None:
    """Prints clusters for sizes that no one machine has, and what they cost a month."""
    disk = runs.bytes("disk", spark=True) or runs.bytes("disk")
    print(f"\nClusters that answer within {assumed.within:g} s: extrapolated from {SPARK}, each further core worth")
    print(f"{assumed.efficiency:.0%} of one; a month of 730 hours at {assumed.core_hour:g} for a core's hour and")
    print(f"{assumed.gb_month:g} for a gigabyte's month")
    for n in PLANNED:
        for name in QUESTIONS:
            cluster = runs.curve(name, spark=True)
            found = None
            if cluster is not None and disk is not None:
                core = divided(cluster, 1, measured_on=runs.cores)
                found = plan(n, core, disk, within=assumed.within, efficiency=assumed.efficiency)
            start = f"  {n / 1e9:>3g} billion, {TITLES[name]:<30}"
            if found is None:
                print(f"{start}not told: the fixed part alone takes that long, or Spark was measured at one size only")
                continue
            money = found.cores * 730 * assumed.core_hour + found.bytes / 1e9 * assumed.gb_month
            print(
                f"{start}{found.cores:>6,} cores, {found.bytes / 1e9:>6,.0f} GB in {found.files:,} files, {money:,.0f}"
            )


def verdicts(runs: Runs) -> Iterator[tuple[bool, str]]:
    """Yields whether each promise holds, and the sentence."""
    sizes = runs.sizes()
    for name, title in TITLES.items():
        found = exponent(*runs.points(name))
        medians = [float(np.median(one[runs.clock][name])) for one in runs.of(False)]
        if found is not None and found.high - found.low > WIDEST:
            continue  # says nothing: a promise would hold whatever is true
        if found is not None:
            within = f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
            yield found.low <= MOST_EXPONENT, f"{title}: grows with exponent {within} (at most {MOST_EXPONENT})"
        elif max(medians) < FLAT * min(medians):
            yield (
                True,
                f"{title}: hardly grows, {medians[0]:.2f} s at the smallest and {medians[-1]:.2f} s at the largest",
            )
    if len(sizes) < 3:
        return
    for name in QUESTIONS:
        curve = runs.curve(name, most=sizes[-2])
        actual = float(np.median(runs.of(False)[-1][runs.clock][name]))
        expected = curve(sizes[-1]) if curve is not None else math.nan
        off = expected / actual - 1
        sentence = (
            f"{expected:.2f} s foretold from the smaller sizes, {actual:.2f} s measured at {sizes[-1] / MILLION:g} M"
        )
        yield abs(off) <= MOST_OFF, f"{TITLES[name]}: {sentence}, {off:+.0%} (at most {MOST_OFF:.0%})"


def chart_rows(runs: Runs) -> list[dict[str, Any]]:
    """Returns what the chart draws: medians, and the lines from the smallest to ten times the largest size."""
    rows: list[dict[str, Any]] = []
    for spark, engine in ((False, "DuckDB"), (True, "Spark")):
        for name, title in TITLES.items():
            if name == "derive_all" or not runs.sizes(spark=spark):
                continue
            about = {"operation": title[0].upper() + title[1:], "engine": engine}
            for one in runs.of(spark):
                median = float(np.median(one[runs.clock][name]))
                rows.append({**about, "n": one["interactions"], "seconds": median, "part": "measured"})
            curve, sizes = runs.curve(name, spark=spark), runs.sizes(spark=spark)
            if curve is not None:
                ends = (sizes[0], sizes[-1], max(runs.sizes()) * 20)
                for part, (low, high) in zip(("fitted", "extrapolated"), pairwise(ends), strict=True):
                    places = np.geomspace(low, high, 12)
                    rows += [{**about, "n": float(n), "seconds": curve(n), "part": part} for n in places]
    return rows


def draw(runs: Runs, within: float) -> None:
    """Writes the chart of docs/concepts/growth.md."""
    from cxloop.charts import growth_chart, svg

    unit = "seconds of processors" if runs.clock == CLOCKS["cpu"] else "seconds"
    CHART.write_text(svg(growth_chart(chart_rows(runs), limit=within, clock=unit), theme="light"), encoding="utf-8")
    print(f"chart: {CHART}")


def collect(given: argparse.Namespace) -> tuple[Runs, bool]:
    """Measures, or reads what was recorded; returns it, and whether all of it is there."""
    if given.read:
        return Runs(json.loads(given.read.read_text(encoding="utf-8")), CLOCKS[given.clock]), True
    found, whole = [], True
    wanted = [("duckdb", size, given.memory) for size in given.sizes]
    wanted += [(SPARK, size, given.spark_memory) for size in given.spark_sizes]
    for engine, millions, memory in sorted(wanted, key=lambda one: one[1]):
        one = measured(engine, millions, memory)
        whole = whole and one is not None
        found += [one] if one is not None else []
        if given.record:
            given.record.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return Runs(found, CLOCKS[given.clock]), whole


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="How time, memory and disk grow with the log.")

    def millions(text: str) -> list[float]:
        return sorted(float(each) for each in text.split(",") if each)

    parser.add_argument("--sizes", type=millions, default=[1.0, 2.0, 5.0], help="millions of interactions on DuckDB")
    parser.add_argument("--spark-sizes", type=millions, default=[1.0], help="the same on Spark; empty for none")
    parser.add_argument("--record", type=Path, help="a file for what was measured; with it the chart is drawn anew")
    parser.add_argument("--read", type=Path, help="a file that was recorded: measures nothing")
    parser.add_argument("--memory", default="8GB", help="DuckDB's limit")
    parser.add_argument("--spark-memory", default="3GB", help="of Spark's driver")
    parser.add_argument("--clock", choices=CLOCKS, default="cpu", help="cpu: of processors")
    parser.add_argument("--within", type=float, default=10.0, help="seconds that a question may take")
    parser.add_argument("--machine-gb", type=float, default=64.0, help="memory of the one machine, in GB")
    parser.add_argument("--core-hour", type=float, default=0.05, help="assumed price of a core for an hour")
    parser.add_argument("--gb-month", type=float, default=0.02, help="assumed price of a gigabyte for a month")
    parser.add_argument("--efficiency", type=float, default=0.7, help="assumed share of a cluster's core that is left")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Measures, prints curves, change-over and plans; returns 1 where a promise is broken."""
    given = arguments(words)
    runs, whole = collect(given)
    if len(runs.sizes()) < 2:
        print("FAIL  DuckDB was measured at fewer than two sizes")
        return 1
    assumed = Assumed(given.within, given.machine_gb * 1e9, given.core_hour, given.gb_month, given.efficiency)
    print_curves(runs)
    print_limits(runs, assumed)
    print_plans(runs, assumed)
    results = [*verdicts(runs), (whole, "every engine was measured at every size asked for")]
    print()
    for held, sentence in results:
        print(f"{'PASS' if held else 'FAIL'}  {sentence}")
    if given.record or given.read:
        draw(runs, given.within)
    return 0 if all(held for held, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
