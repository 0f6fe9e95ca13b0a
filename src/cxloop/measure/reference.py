"""The reference pages of the metrics, written from their definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cxloop.core.wording import plural
from cxloop.measure.metrics import METRICS, Metric
from cxloop.measure.units import UNITS
from cxloop.measure.units.words import counted_in_words

__all__ = ["metric_pages", "metrics_reference"]

_HEAD = """# Metrics

Every number comes with its n, a 95 % interval (setting `level`) and its method; under the minimum n (setting
`minimum_n`, 10 unless you change it) there is no number but "cannot say". What customers do repeatedly is clustered:
see [honest numbers](../concepts/honest-numbers.md). Any metric is asked for by its name with
`ws.measure.metric("name")`; NPS, CSAT, CES and ratings are verbs of their own as well. How to define one of your own:
[a metric of your own](../how-to/define-a-metric.md).
"""
_READS = {
    "points": "points, −100 to 100",
    "share": "share, shown in %",
    "score": "score on its own scale",
    "money": "amount of money, in one currency",
    "duration": "duration, from seconds",
    "count": "how many, on average",
}


def metrics_reference() -> str:
    """Returns docs/reference/metrics.md as Markdown: every metric in a line, and what metrics can count."""
    rows = [f"| [{item.label}](metrics/{_place(item)}.md) | {item.noun} | {item.definition} |" for item in METRICS]
    units = [f"| `{item.name}` | {item.noun} | {item.about} |" for item in UNITS.values()]
    counted = "What own metrics can count (`units`). Those marked with days need `days`."
    return "\n".join(
        [
            _HEAD,
            "| metric | n counts | what it is |",
            "|---|---|---|",
            *rows,
            "",
            "## What can be counted",
            "",
            counted,
            "",
            "| units | n counts | what one is |",
            "|---|---|---|",
            *units,
        ]
    )


def metric_pages(asked: Callable[[Metric], str]) -> Mapping[str, str]:
    """Returns the page of each metric as Markdown, by its place below docs/reference/metrics.

    Args:
        asked: gives the SQL of a metric over everything, as an engine would run it.
    """
    return {_place(item): _page(item, asked(item)) for item in METRICS}


def _place(item: Metric) -> str:
    """Returns the file name of a metric's page: the first of a name has it."""
    first = next(each for each in METRICS if each.name == item.name)
    return item.name if item is first else f"{item.name}_{item.statistic}"


def _page(item: Metric, sql: str) -> str:
    scale = "any, one at a time" if item.scale is None else f"{item.scale[0]:g} to {item.scale[1]:g} only"
    facts = {
        "name": f"`{item.name}`, version {item.version}",
        "question": item.question or "none: it is read from what happens",
        "n counts": plural(item.noun),
        "unit": _READS[item.unit],
        "scale": scale if item.on_scales or item.scale else "",
        "better is": "more" if item.direction > 0 else "less",
        "interval": item.method,
        "minimum n": "the setting `minimum_n`" if item.minimum_n is None else str(item.minimum_n),
        "source": item.source,
    }
    counted = " ".join(counted_in_words(item))
    return "\n".join(
        [
            f"# {item.label}",
            "",
            item.definition,
            "",
            "| | |",
            "|---|---|",
            *(f"| {name} | {text} |" for name, text in facts.items() if text),
            "",
            *(["## What is counted, and what is left out", "", counted, ""] if counted else []),
            "## What it does not say",
            "",
            item.reading,
            "",
            "## Ask for it",
            "",
            "```text",
            item.call,
            item.command,
            "```",
            "",
            "In SQL, over everything (the panel beside each number shows the SQL that made it):",
            "",
            "```sql",
            sql,
            "```",
            "",
            "[All metrics](../metrics.md)",
        ]
    )
