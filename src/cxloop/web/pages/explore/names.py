"""From what a page shows back to what the log says: the value behind a label."""

from __future__ import annotations

from cxloop.web.access import Door

__all__ = ["raw_value"]


def raw_value(door: Door, dimension: str, label: str | None) -> str | None:
    """Returns the value behind a label: groups come with the names that people use, conditions take the log's own."""
    experience = door.experience
    named = {
        "touchpoint": {item.label: item.name for item in experience.touchpoint if item.label},
        "stage": {item.label: item.name for item in experience.stage if item.label},
        **{item.name: {text: value for value, text in item.labels.items()} for item in experience.dimension},
    }
    return None if label is None else named.get(dimension, {}).get(label, label)
