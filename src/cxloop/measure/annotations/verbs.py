"""The verb that reads annotations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import verb
from cxloop.engine.base import Analysis
from cxloop.measure.annotations.results import Annotations

__all__ = ["annotations_"]


@verb(part="measure", right="read")
def annotations_(
    ws: Analysis, *, metric: Annotated[str, Field(min_length=1, max_length=64)] | None = None
) -> Annotations:
    """What happened when: the annotations that charts over time show.

    Args:
        metric: Only those that charts of this metric show.
    """
    from cxloop.measure.annotations.reading import list_annotations

    return list_annotations(ws, metric)
