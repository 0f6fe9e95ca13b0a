"""Which metric is meant: by its name, in its newest version or in one that was."""

from __future__ import annotations

from collections.abc import Iterator

from cxloop.core.errors import InputError, NotFoundError, UnknownNameError
from cxloop.engine.base import Analysis
from cxloop.measure.metrics.builtin import METRICS
from cxloop.measure.metrics.model import Metric
from cxloop.measure.metrics.own import KIND, OwnMetric, as_metric

__all__ = ["known_metrics", "own_metrics", "resolve"]


def resolve(ws: Analysis, name: str, *, version: int | None = None) -> Metric:
    """Returns a metric, built in or defined in this workspace.

    Args:
        ws: the workspace.
        name: of the metric.
        version: the version wanted; without it, the newest one.

    Raises:
        UnknownNameError: there is no such metric; suggests the nearest one.
        NotFoundError: it has no such version.
        InputError: it was retired, and no version is named.
    """
    found = [item for item in METRICS if item.name == name]
    if found:
        return _built_in(found, version)
    own = ws.defined(KIND)
    if name not in own:
        raise UnknownNameError("metric", name, {*(item.name for item in METRICS), *own})
    newest = own[name]
    if version is None and newest.content.get("retired"):
        last = newest.version - 1
        raise InputError(f"The metric {name!r} was retired. Ask for version {last}, or define it anew.")
    wanted = newest if version in (None, newest.version) else ws.defined_before(KIND, name, version)
    return as_metric(name, wanted.version, wanted.content)


def own_metrics(ws: Analysis) -> Iterator[Metric]:
    """Yields the metrics that people of this workspace defined and have not retired, by name."""
    for name, defined in sorted(ws.defined(KIND).items()):
        if not OwnMetric.model_validate(dict(defined.content)).retired:
            yield as_metric(name, defined.version, defined.content)


def known_metrics(ws: Analysis) -> list[Metric]:
    """Returns every metric that may be asked for by name: those that come with cxloop, then those of the workspace."""
    first = {item.name: item for item in reversed(METRICS)}
    return [*(first[name] for name in dict.fromkeys(item.name for item in METRICS)), *own_metrics(ws)]


def _built_in(found: list[Metric], version: int | None) -> Metric:
    """Returns one of the metrics of a name: the first of them is its default."""
    if version is None:
        return found[0]
    for item in found:
        if item.version == version:
            return item
    versions = sorted({item.version for item in found})
    told = f"It has version {', '.join(map(str, versions))}; it comes with cxloop, and another release may have more."
    raise NotFoundError(f"The metric {found[0].name!r} has no version {version}. {told}")
