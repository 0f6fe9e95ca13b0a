"""The chart of how time grows with the log."""

from __future__ import annotations

from cxloop.charts import growth_chart, svg


def test_each_question_has_a_panel_and_each_engine_a_name_in_it() -> None:
    rows: list[dict[str, str | float]] = [
        {"engine": engine, "operation": operation, "millions": size, "seconds": factor * size}
        for engine, factor in (("DuckDB", 0.1), ("Spark", 2.0))
        for operation in ("NPS", "funnel")
        for size in (1.0, 5.0, 20.0)
    ]

    drawn = svg(growth_chart(rows))

    assert drawn.count(">DuckDB</text>") == drawn.count(">Spark</text>") == 2
    for words in (">NPS</text>", ">funnel</text>", "Seconds by millions of interactions", ">20</text>"):
        assert words in drawn
