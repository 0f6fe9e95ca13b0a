"""How time, memory and disk grow with the log, on DuckDB and on Spark, and from where on a cluster is worth it.

For each size a process of its own fills a log (a year of 40 kinds of events, 20 per customer, and one customer who did
1 % of everything) and measures what people wait for. The cost model seconds = fixed + per_million * millions is fitted
to that (`_growth_model.py`). Promised is:

* no question grows faster than the log: the exponent of a power law, with its interval, is at most 1.1;
* the model can be planned with: fitted to all sizes but the largest, it gives the largest within a factor of 1.5, for
  whatever takes a second or more there.

Then it says up to where one machine answers within the limit, and from where on a cluster is quicker. That is
calculated, not measured, beyond the largest size and beyond two cores, and it is said so.

Run: python benchmarks/growth.py [--sizes 1,2,5] [--spark 1,2] [--draw]   (--draw renews the chart of the docs)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._growth_model import Cost, change_over, exponent, fit

SIZES, SPARK_SIZES = "1,2,5", "0.5,1,2"
DUCKDB, SPARK = "duckdb", "local[2]"
CHART = Path(__file__).parents[1] / "docs" / "concepts" / "growth.svg"
SIZE_SCRIPT = Path(__file__).with_name("_growth_size.py")
MOST_EXPONENT, MOST_OFF, WORTH_SECONDS = 1.1, 1.5, 1.0
LIMIT_SECONDS = 10.0
"""What somebody waits for a question that is worked out while they look."""
CORES = 2
MACHINES, CLUSTERS = (8, 16, 32), (64, 128, 256)
GREW = ("NPS by channel and week", "retention by month", "response funnel")
"""Questions over the whole log; everything else touches a part of it."""


class Measured(NamedTuple):
    """One figure of one engine at one size."""

    engine: str
    millions: float
    operation: str
    value: float


def measure(engine: str, millions: float) -> Iterator[Measured]:
    """Runs one size in a process of its own, so that its memory is its own."""
    words = [sys.executable, str(SIZE_SCRIPT), engine, str(millions)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{engine} at {millions} million failed:\n{done.stderr[-3000:]}")
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            told = json.loads(line)
            yield Measured(engine, millions, told["operation"], told["value"])


def all_measured(sizes: Mapping[str, Sequence[float]]) -> list[Measured]:
    """Measures every size of every engine and prints each figure."""
    found = []
    for engine, millions in ((engine, each) for engine, given in sizes.items() for each in given):
        for one in measure(engine, millions):
            print(f"{one.engine:<9} {one.millions:>6g} million  {one.operation:<36} {one.value:>10.3f}", flush=True)
            found.append(one)
    return found


def series(found: Sequence[Measured], engine: str, operation: str) -> tuple[list[float], list[float]]:
    """Returns sizes and figures of one operation."""
    rows = [one for one in found if (one.engine, one.operation) == (engine, operation)]
    return [one.millions for one in rows], [one.value for one in rows]


def judged(found: Sequence[Measured], engine: str) -> bool:
    """Prints fits and verdicts of an engine; returns whether all promises hold."""
    held = True
    for operation in dict.fromkeys(one.operation for one in found if one.engine == engine):
        millions, values = series(found, engine, operation)
        if len(set(millions)) < 3 or operation.startswith(("memory", "disk")):
            continue
        cost, grown = fit(millions, values), exponent(millions, values)
        told = f"{cost.fixed:.2f} s + {cost.per_million:.3f} s a million"
        print(f"{engine:<9} {operation:<36} {told}, exponent {grown.exponent:.2f} [{grown.low:.2f}, {grown.high:.2f}]")
        fine = grown.low <= MOST_EXPONENT
        sentence = (
            f"{engine}: {operation} grows with exponent {grown.exponent:.2f}, not shown to be over {MOST_EXPONENT}"
        )
        print(f"{'PASS' if fine else 'FAIL'}  {sentence}", flush=True)
        held = held and fine and _foreseen(engine, operation, millions, values)
    return held


def _foreseen(engine: str, operation: str, millions: list[float], values: list[float]) -> bool:
    """Whether the largest size is what the smaller ones say."""
    if values[-1] < WORTH_SECONDS:
        return True
    said = fit(millions[:-1], values[:-1]).seconds(millions[-1])
    off = max(said / values[-1], values[-1] / said)
    held = bool(off <= MOST_OFF)
    sentence = f"{engine}: {operation} at {millions[-1]:g} million was {values[-1]:.2f} s, foreseen from smaller sizes"
    print(f"{'PASS' if held else 'FAIL'}  {sentence} as {said:.2f} s, a factor of {off:.2f} (at most {MOST_OFF})")
    return held


def planned(found: Sequence[Measured]) -> None:
    """Prints how far one machine reaches and from where on a cluster is quicker; all of it is calculated."""
    print(f"\nCalculated from the fits, as if what grows were shared out evenly among cores (measured on {CORES}):")
    for operation in GREW:
        machine = _cost(found, DUCKDB, operation)
        cluster = _cost(found, SPARK, operation)
        if machine is None:
            continue
        reach = ", ".join(f"{machine.millions(LIMIT_SECONDS, cores):,.0f} on {cores}" for cores in MACHINES)
        print(f"{operation}: one machine answers in {LIMIT_SECONDS:g} s up to millions of interactions: {reach} cores")
        if cluster is None:
            continue
        reach = ", ".join(f"{cluster.millions(LIMIT_SECONDS, cores):,.0f} on {cores}" for cores in CLUSTERS)
        print(f"{operation}: a cluster does up to {reach} cores")
        for cores in CLUSTERS:
            over = change_over(machine, cluster, MACHINES[-1], cores)
            told = "never" if over is None else f"from {over:,.0f} million on"
            print(f"  change-over: {cores} cores of a cluster are quicker than {MACHINES[-1]} of one machine {told}")


def _cost(found: Sequence[Measured], engine: str, operation: str) -> Cost | None:
    millions, values = series(found, engine, operation)
    return fit(millions, values) if len(set(millions)) > 1 else None


def draw(found: Sequence[Measured]) -> None:
    """Writes the chart of docs/concepts/growth.md."""
    from cxloop.charts import growth_chart, svg

    rows: list[dict[str, str | float]] = []
    for engine, name in ((DUCKDB, "DuckDB"), (SPARK, "Spark")):
        for operation in GREW:
            millions, values = series(found, engine, operation)
            rows += [
                {"engine": name, "operation": operation, "millions": at, "seconds": value}
                for at, value in zip(millions, values, strict=True)
            ]
    CHART.write_text(svg(growth_chart(rows), theme="light"), encoding="utf-8")
    print(f"chart: {CHART}")


def main(words: Sequence[str]) -> int:
    """Measures, fits and plans; returns 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description="How time grows with the log.")
    parser.add_argument("--sizes", default=SIZES, help="millions of interactions on DuckDB")
    parser.add_argument("--spark", default=SPARK_SIZES, help="the same on Spark; empty for none")
    parser.add_argument("--draw", action="store_true", help="renew the chart of the docs")
    given = parser.parse_args(words)
    sizes = {
        engine: [float(each) for each in text.split(",") if each]
        for engine, text in ((DUCKDB, given.sizes), (SPARK, given.spark))
    }
    print(f"{os.cpu_count()} cores; seconds are the middle of three, after one that is not counted\n")
    found = all_measured(sizes)
    print()
    held = [judged(found, engine) for engine in sizes]
    planned(found)
    if given.draw:
        draw(found)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
