"""The reference page of the metrics, written from their definitions."""

from __future__ import annotations

from cxloop.measure.metrics import METRICS, Metric

__all__ = ["metrics_reference"]

_HEAD = """# Metrics

Every number comes with its n, a 95 % interval (setting `level`) and its method; under the minimum n (setting
`minimum_n`, 10 unless you change it) there is no number but "cannot say". Answers of customers who answer repeatedly
are clustered: see [honest numbers](../concepts/honest-numbers.md).
"""
_UNITS = {"points": "points, −100 to 100", "share": "share, shown in %", "score": "score on its own scale"}
_UNITS |= {"money": "amount of money", "duration": "duration", "count": "how many, on average"}


def metrics_reference() -> str:
    """Returns docs/reference/metrics.md as Markdown."""
    return "\n".join([_HEAD, *(_section(item) for item in METRICS)])


def _section(item: Metric) -> str:
    scale = "any, one at a time" if item.scale is None else f"{item.scale[0]:g} to {item.scale[1]:g} only"
    minimum = "the setting `minimum_n`" if item.minimum_n is None else str(item.minimum_n)
    better = "more" if item.direction > 0 else "less"
    return f"""## {item.label}

{item.definition}

| | |
|---|---|
| question | {item.question or "none: it is read from what happens"} |
| unit | {_UNITS[item.unit]} |
| scale | {scale} |
| better is | {better} |
| interval | {item.method} |
| minimum n | {minimum} |
| source | {item.source} |
| Python | `{item.call}` |

{item.reading}
"""
