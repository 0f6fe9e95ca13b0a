"""What a definition would have held in past months: the line that a segment has before it has a history of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxloop.core.time import parse_zone, utc_naive
from cxloop.unify.segments.members import as_us
from cxloop.unify.segments.prepared import Prepared
from cxloop.unify.segments.results import SegmentPoint

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["replay"]

MONTHS = 6


def replay(ws: Operations, segment: str, prepared: Prepared) -> Iterator[SegmentPoint]:
    """Yields how many a segment would have held at the ends of the last months, as the log tells it today.

    Args:
        ws: the workspace.
        segment: name under which the facts of the definition lie.
        prepared: the definition.
    """
    zone = parse_zone(ws.settings.company.time_zone)
    for at in reversed(list(_month_ends(ws.as_of, zone))):
        members = ws.engine.fetch(prepared.size, {"segment": segment, "at": as_us(at)})["members"][0].as_py()
        day = (at - timedelta(microseconds=1)).replace(tzinfo=UTC).astimezone(zone).date()
        yield SegmentPoint(day, int(members), 0, 0)


def _month_ends(now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yields the first moments of this and the months before, latest first, UTC without zone."""
    local = now.replace(tzinfo=UTC).astimezone(zone)
    months = local.year * 12 + local.month - 1
    for month in range(months, months - MONTHS, -1):
        yield utc_naive(datetime(month // 12, month % 12 + 1, 1, tzinfo=zone))
