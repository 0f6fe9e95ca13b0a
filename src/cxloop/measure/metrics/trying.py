"""Trying a definition: what it takes of what is there, and what number it gives."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from cxloop.core.errors import InputError
from cxloop.engine.base import Analysis
from cxloop.engine.customers import present_identity
from cxloop.engine.dimensions import log_source
from cxloop.engine.query import Query
from cxloop.measure.conditions import kept
from cxloop.measure.estimate import Request, estimate
from cxloop.measure.metrics.listing import entry
from cxloop.measure.metrics.model import Metric
from cxloop.measure.metrics.results import DefinedMetric, Share
from cxloop.measure.sources import source_of

__all__ = ["TAKEN", "tried"]

DAYS = 365
TAKEN = Query(
    name="measure.taken",
    sql="""
        select
            count(*) as units,
            count(case when $counts then 1 end) as counted,
            count(case when $counts then $value end) as scored
        from $log
    """,
    inputs=("interactions", "event_catalogue", "customer_keys"),
    slots=("counts", "value", "log"),
    output={"units": "bigint", "counted": "bigint", "scored": "bigint"},
)
"""How many units there are, how many of them a definition counts, and how many of those have a value."""


def tried(ws: Analysis, item: Metric) -> DefinedMetric:
    """Returns what a definition means on the data of the last year, nothing written down."""
    found = DefinedMetric(entry(item), written=False, before=None, changed=(), taken=_taken(ws, item), days=DAYS)
    since = f"{DAYS}d"
    try:
        number = estimate(ws, Request(item.name, since=since), item)
        months = estimate(ws, Request(item.name, since=since, every="month"), item)
    except InputError as failure:
        return replace(found, trouble=failure.message)
    return replace(found, number=number, months=months, how=number.how)


def _taken(ws: Analysis, item: Metric) -> Share:
    source = source_of(ws, item, kept(ws, ordinary=True))
    plain = replace(source, counts=None, value=None, needed=())
    identity = present_identity(ws.engine)
    slots = {
        "counts": source.counts if source.counts is not None else exp.true(),
        "value": source.value if source.value is not None else exp.column("score", table="i", quoted=True),
        "log": log_source(source.needed, identity, rows=plain.rows(identity)),
    }
    row = ws.engine.fetch(TAKEN, {}, slots).to_pylist()[0]
    return Share(row["units"], row["counted"], row["scored"])
