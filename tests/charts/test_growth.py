"""The chart of growth: each operation a panel, and nothing but what was given."""

from __future__ import annotations

from typing import Any

from cxloop.charts import growth_chart, svg


def rows() -> list[dict[str, Any]]:
    return [
        {"operation": name, "engine": engine, "n": n, "seconds": n / 1e7 * times, "part": part}
        for name in ("Ask", "Write", "Hide", "Count")
        for engine, times in (("DuckDB", 1.0), ("Spark", 4.0))
        for n, part in (
            (1e6, "measured"),
            (1e6, "fitted"),
            (2e7, "fitted"),
            (2e7, "extrapolated"),
            (1e9, "extrapolated"),
        )
    ]


def test_each_operation_has_a_panel_with_both_engines() -> None:
    drawn = svg(growth_chart(rows(), limit=10))

    for name in ("Ask", "Write", "Hide", "Count"):
        assert drawn.count(f">{name}<") == 1
    assert drawn.count(">DuckDB<") == drawn.count(">Spark<") == 4


def test_it_says_what_it_shows_to_who_cannot_see_it() -> None:
    drawn = svg(growth_chart(rows(), limit=10))

    assert "Seconds of Ask, Write, Hide, Count against interactions, on DuckDB and Spark." in drawn
