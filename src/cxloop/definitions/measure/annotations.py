"""Writing annotations down."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxloop.core.errors import NotFoundError
from cxloop.core.time import parse_moment
from cxloop.measure.annotations.reading import KIND, list_annotations
from cxloop.measure.annotations.results import Annotation, RemovedAnnotation, SavedAnnotation
from cxloop.measure.metrics.resolving import resolve
from cxloop.store import documents

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["annotate", "remove"]


def annotate(ws: Operations, at: str, text: str, metric: str) -> SavedAnnotation:
    """Writes down what happened on a day; raises as the verb says."""
    zone = ZoneInfo(ws.settings.company.time_zone)
    day = parse_moment(at, zone=zone, now=ws.now()).replace(tzinfo=UTC).astimezone(zone).date()
    if metric:
        resolve(ws, metric)
    number = max((int(name) for name in documents.names(ws.store, KIND)), default=0) + 1
    content = {"at": day.isoformat(), "text": text, "metric": metric}
    documents.save(ws.store, KIND, str(number), content, author_id=ws.actor.account_id)
    return SavedAnnotation(Annotation(number, day, text, metric))


def remove(ws: Operations, number: int) -> RemovedAnnotation:
    """Has charts show an annotation no more; raises NotFoundError where there is none."""
    found = next((each for each in list_annotations(ws).rows if each.number == number), None)
    if found is None:
        raise NotFoundError(f"There is no annotation {number}. `measure.annotations` lists them.")
    content = {"at": found.at.isoformat(), "text": found.text, "metric": found.metric, "removed": True}
    documents.save(ws.store, KIND, str(number), content, author_id=ws.actor.account_id)
    return RemovedAnnotation(number)
