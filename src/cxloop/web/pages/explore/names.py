"""From what a page shows back to what the log says: the value behind a label, and the days of a period."""

from __future__ import annotations

from datetime import date, timedelta

from cxloop.web.access import Door

__all__ = ["next_period", "raw_value"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def raw_value(door: Door, dimension: str, label: str | None) -> str | None:
    """Returns the value behind a label: groups come with the names that people use, conditions take the log's own."""
    experience = door.experience
    named = {
        "touchpoint": {item.label: item.name for item in experience.touchpoint if item.label},
        "stage": {item.label: item.name for item in experience.stage if item.label},
        **{item.name: {text: value for value, text in item.labels.items()} for item in experience.dimension},
    }
    return None if label is None else named.get(dimension, {}).get(label, label)


def next_period(start: date, every: str) -> date:
    """Returns the first day of the period after the one that begins with `start`.

    Example:
        >>> next_period(date(2026, 11, 1), "quarter"), next_period(date(2026, 12, 28), "week")
        (datetime.date(2027, 2, 1), datetime.date(2027, 1, 4))
    """
    if every in ("day", "week"):
        return start + timedelta(days=1 if every == "day" else 7)
    place = start.year * 12 + start.month - 1 + _MONTHS[every]
    return date(place // 12, place % 12 + 1, 1)
