"""The verbs that write down annotations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import verb
from cxloop.measure.annotations.results import RemovedAnnotation, SavedAnnotation
from cxloop.store.context import Operations

__all__ = ["annotate", "remove_annotation"]

_OUTDATED = ("measure.annotations",)


@verb(part="measure", right="write", changes="records", outdates=_OUTDATED)
def annotate(
    ws: Operations,
    at: Annotated[str, Field(min_length=1, max_length=40)],
    text: Annotated[str, Field(min_length=1, max_length=200)],
    *,
    metric: Annotated[str, Field(max_length=64)] = "",
) -> SavedAnnotation:
    """Say what happened on a day, so that charts over time show it.

    Args:
        at: The day, such as 2026-10-12.
        text: What happened, in a sentence without names of customers: everybody who sees a chart reads it.
        metric: Only charts of this metric show it; by default all.

    Raises:
        InputError: the day cannot be read.
        UnknownNameError: there is no such metric.
    """
    from cxloop.definitions.measure.annotations import annotate as write

    return write(ws, at, text, metric)


@verb(part="measure", right="write", changes="records", outdates=_OUTDATED)
def remove_annotation(ws: Operations, number: Annotated[int, Field(ge=1)]) -> RemovedAnnotation:
    """Remove an annotation from all charts.

    Args:
        number: Of the annotation; `measure.annotations` lists them.

    Raises:
        NotFoundError: there is no such annotation.
    """
    from cxloop.definitions.measure.annotations import remove

    return remove(ws, number)
