"""What a metric counts and what it leaves out, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.core.wording import plural
from cxloop.measure.units import UNITS

if TYPE_CHECKING:
    from cxloop.measure.metrics.model import Metric

__all__ = ["counted_in_words"]


def counted_in_words(item: Metric) -> list[str]:
    """Returns what is counted, what each scores, and which are left out; nothing of plain answers."""
    if item.of_answers:
        return []
    units = UNITS[item.units]
    nouns = plural(units.noun)
    days = [f"The limit is {item.days} days."] if item.days is not None else []
    counts = [f"Only {nouns} with {item.counts} count."] if item.counts else []
    value = [f"Each scores {item.value}; {nouns} of which that cannot be told are left out."] if item.value else []
    return [units.about, *days, *counts, *value]
