"""The simulated company of 50,000 customers and 24 months: under 30 s on two cores.

Times depend on the machine, so the time is also given as a ratio to two peers of the same run: writing the very same
rows to Parquet with Arrow, which nobody gets around who wants to keep them, and drawing as many normal numbers with
numpy, the floor of any simulation.

Run: python benchmarks/simulate.py [CUSTOMERS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cxloop import simulate

CUSTOMERS, MONTHS, SEED = 50_000, 24, 1
LIMIT_SECONDS = 30.0
LIMIT_RATIO = 10.0
"""At most so many times what writing the same rows takes; measured on two quiet cores: about 3."""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the seconds that the work took, and its result."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def made(customers: int) -> tuple[simulate.Company, list[pa.Table]]:
    """Returns the company and its log as Arrow tables."""
    company = simulate.company(customers, MONTHS, SEED)
    return company, list(company.batches())


def write(batches: list[pa.Table], path: Path) -> None:
    """Writes the rows to one Parquet file."""
    with pq.ParquetWriter(path, batches[0].schema) as writer:
        for batch in batches:
            writer.write_table(batch)


def main(customers: int = CUSTOMERS) -> int:
    """Prints times, ratios and the verdict; returns 1 where a promise is broken."""
    simulate.company(100, 3, SEED)  # imports and the patterns of the texts
    seconds, (company, batches) = timed(lambda: made(customers))
    values = company.interactions * batches[0].num_columns
    with tempfile.TemporaryDirectory() as folder:
        writing, _ = timed(lambda: write(batches, Path(folder) / "interactions.parquet"))
    drawing, _ = timed(lambda: np.random.default_rng(SEED).standard_normal(values))
    print(f"{company.interactions:,} interactions in {seconds:.1f} s: {company.interactions / seconds:,.0f} a second")
    print(f"writing them to Parquet takes {writing:.1f} s; drawing {values:,} normal numbers takes {drawing:.1f} s")
    return verdict(f"simulating {customers:,} customers: {seconds:.1f} s", seconds, LIMIT_SECONDS, "s") | verdict(
        f"simulating: {seconds / writing:.1f} times the writing of the same rows", seconds / writing, LIMIT_RATIO, ""
    )


def verdict(sentence: str, figure: float, limit: float, unit: str) -> int:
    """Prints one promise; returns 1 where it is broken."""
    passed = figure <= limit
    print(f"{'PASS' if passed else 'FAIL'}  {sentence} (at most {limit:.0f}{' ' if unit else ''}{unit})")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS))
