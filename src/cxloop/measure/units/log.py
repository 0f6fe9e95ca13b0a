"""The log itself: single interactions and answers, for metrics that people define."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.measure.units.base import Units

__all__ = ["UNITS"]

_INTERACTIONS = Query(
    name="measure.units.interactions",
    sql="select $row, o.score as score from $log as o",
    inputs=("interactions",),
    slots=("row", "log"),
    output={"score": "double"},
)
_ANSWERS = Query(
    name="measure.units.answers",
    sql="select $row, o.score as score from $log as o where o.score is not null",
    inputs=("interactions",),
    slots=("row", "log"),
    output={"score": "double"},
)

UNITS = (
    Units(
        name="interactions",
        noun="interaction",
        about="One row of the log: whatever a customer or the company did. It scores what the metric's value says.",
        rows=_INTERACTIONS,
        scored=False,
    ),
    Units(
        name="answers",
        noun="answer",
        about="One answer with a score, to any question. Unless the metric's value says otherwise, it scores what was "
        "answered, on the answer's own scale.",
        rows=_ANSWERS,
    ),
)
