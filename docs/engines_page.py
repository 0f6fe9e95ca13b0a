"""reference/engines.md: what the tests on a cluster have compared, as they have noted it in engines.json."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["engines_reference"]

NOTED = Path(__file__).resolve().parent / "engines.json"


def engines_reference(made: str) -> str:
    """Returns the page.

    Args:
        made: the sentence that says how pages of the reference come about.
    """
    told = json.loads(NOTED.read_text(encoding="utf-8"))
    queries: dict[str, list[int]] = told["queries"]
    questions, rows = (sum(each[place] for each in queries.values()) for place in (0, 1))
    about = (
        f"DuckDB {told['versions']['duckdb']} and Spark {told['versions']['pyspark']}, a master and two workers: "
        f"{questions:,} questions of {len(queries)} queries had the same {rows:,} rows of answers on both, and "
        f"{len(told['derivations'])} derivations came to the same tables, from nothing and after further rows. Sums of "
        "floating-point numbers may differ by one part in a billion: they are added up in another order."
    )
    lines = [
        *("# Both engines answer alike", "", made, about, ""),
        "`make test-spark` compares them, and fails where a query is asked of one engine only. Queries that stand",
        "inside of others (what a metric counts) and those that keep segments right are compared by what they do.",
        *("", "## Derivations", "", ", ".join(f"`{name}`" for name in told["derivations"]) + "."),
        *("", "## Queries", "", "| query | questions with equal answers | rows |", "|---|---|---|"),
        *(f"| `{name}` | {asked:,} | {same:,} |" for name, (asked, same) in queries.items()),
    ]
    return "\n".join(lines)
