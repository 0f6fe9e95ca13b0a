"""Reading annotations from what people have written down."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from cxloop.measure.annotations.results import Annotation, Annotations

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["KIND", "list_annotations"]

KIND = "annotation"


def list_annotations(ws: Analysis, metric: str | None = None) -> Annotations:
    """Returns the annotations that are not removed, by day; with a metric, those that its charts show."""
    found = [
        Annotation(
            int(name), date.fromisoformat(item.content["at"]), item.content["text"], item.content.get("metric", "")
        )
        for name, item in ws.defined(KIND).items()
        if not item.content.get("removed")
    ]
    wanted = [each for each in found if metric is None or each.metric in ("", metric)]
    return Annotations(tuple(sorted(wanted, key=lambda each: (each.at, each.number))))
