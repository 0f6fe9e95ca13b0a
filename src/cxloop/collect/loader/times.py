"""When it happened: the sender's clock, corrected by how far it was off when the request left.

As Segment documents it: timestamp = receivedAt - (sentAt - originalTimestamp). Everything is in microseconds since
1970 UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cxloop.core.errors import InputError
from cxloop.core.time import parse_zone

__all__ = ["corrected", "is_absurd", "local_offset", "microseconds", "readable"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = (datetime(1990, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST_AHEAD = timedelta(days=1) // _MICROSECOND
_HOUR = 3_600_000_000


def microseconds(moment: datetime) -> int:
    """Returns a moment as microseconds since 1970 UTC; one without a zone is UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def readable(moment: int) -> str:
    """Returns a moment as people and machines write it: 2026-11-22T12:00:00+00:00."""
    return (_EPOCH + moment * _MICROSECOND).isoformat()


def corrected(original: int, sent: int | None, received: int) -> int:
    """Returns when it happened by the collector's clock; without `sent` the sender's clock has to be believed.

    Args:
        original: by the sender's clock.
        sent: when the request left, by the same clock.
        received: when it arrived, by the collector's.

    Example:
        >>> corrected(original=100, sent=130, received=1_000_130)
        1000100
    """
    return original if sent is None else received - (sent - original)


def is_absurd(moment: int, received: int) -> bool:
    """Whether a moment cannot be meant: more than a day after its receipt, or before 1990."""
    return not _EARLIEST <= moment <= received + _LATEST_AHEAD


def local_offset(zone: str | None, moment: int) -> int | None:
    """Returns how many minutes the clocks of a time zone were ahead of UTC, or None for an unknown zone."""
    return None if zone is None else _offset(zone, moment // _HOUR)


@lru_cache(maxsize=20_000)
def _offset(zone: str, hour: int) -> int | None:
    try:
        ahead = (_EPOCH + timedelta(hours=hour)).astimezone(parse_zone(zone)).utcoffset()
    except (InputError, OverflowError):
        return None
    return None if ahead is None else ahead // timedelta(minutes=1)
