"""Axes without a browser: round numbers and dates to label, what they read, and how wide a text is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cxloop.core.results import Unit
from cxloop.core.wording import MONTHS, duration_unit

__all__ = ["Scale", "dates", "numbers", "text_width", "tick_label", "ticks", "without_overlap"]

_THIN, _WIDE = frozenset("iljtfrI.,:;|!'()[]· -"), frozenset("mwMW@%")
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAY_STEPS = (1, 2, 7, 14)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to pixels.

    Attributes:
        low: the value at `start`.
        high: the value at `end`.
        start: pixels.
        end: pixels; less than `start` where values rise upwards.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Returns the pixels of a value; the middle where all values are one."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def numbers(low: float, high: float, wanted: int) -> list[float]:
    """Returns about `wanted` round numbers between two: steps of 1, 2 or 5 times a power of ten, as d3 chooses them.

    Example:
        >>> numbers(-3.2, 47.0, 4)
        [0.0, 10.0, 20.0, 30.0, 40.0]
    """
    if high <= low:
        return [low]
    rough = (high - low) / wanted
    power = math.floor(math.log10(rough))
    error = rough / 10.0**power
    factor = 10 if error >= math.sqrt(50) else 5 if error >= math.sqrt(10) else 2 if error >= math.sqrt(2) else 1
    step = factor * 10.0**power
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


def ticks(low: float, high: float, wanted: int, unit: Unit) -> list[float]:
    """Returns about `wanted` values to label between two; durations are round in the unit that they are read in.

    Example:
        >>> ticks(0, 300_000, 4, "duration")
        [0.0, 86400.0, 172800.0, 259200.0]
    """
    size = duration_unit(high - low)[1] if unit == "duration" else 1
    return [value * size for value in numbers(low / size, high / size, wanted)]


def tick_label(value: float, unit: Unit, span: float) -> str:
    """Returns the label of a number on an axis; axes that span little need more digits.

    Example:
        >>> tick_label(-50, "points", 100), tick_label(0.8, "share", 0.3), tick_label(4.5, "score", 2.0)
        ('−50', '80 %', '4.5')
        >>> tick_label(1500, "money", 900), tick_label(172_800, "duration", 300_000)
        ('1,500', '2 days')
    """
    if unit == "points":
        text = f"{value:+.12g}" if value else "0"
    elif unit == "share":
        text = f"{100 * value:.{0 if span > 0.05 else 1}f} %"
    elif unit == "money":
        text = f"{value:,.{0 if span > 6 else 2}f}"
    elif unit == "duration":
        name, size = duration_unit(span)
        text = f"{value / size:,.{0 if span > 3 * size else 1}f} {name}"
    else:
        text = f"{value:.{1 if span > 0.6 else 2}f}"
    return text.replace("-", "−")


def dates(first: date, last: date, most: int) -> list[tuple[date, str]]:
    """Returns at most about `most` dates between two, with their labels: days, then months, then years.

    Example:
        >>> dates(date(2025, 11, 3), date(2026, 2, 9), 6)
        [(datetime.date(2025, 12, 1), 'December'), (datetime.date(2026, 1, 1), '2026'), (datetime.date(2026, 2, 1), \
'February')]
    """
    days = (last - first).days
    for step in _DAY_STEPS:
        if days < step * most and days < 45:
            places = [first + timedelta(days=step * place) for place in range(days // step + 1)]
            return [(place, f"{place.day} {MONTHS[place.month - 1][:3]}") for place in places]
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    step = next((step for step in _MONTH_STEPS if len(months) <= step * most), _MONTH_STEPS[-1])
    starts = [date(month // 12, month % 12 + 1, 1) for month in months if month % step == 0]
    return [(start, _month(start)) for start in starts if start >= first]


def _month(start: date) -> str:
    return str(start.year) if start.month == 1 else MONTHS[start.month - 1]


def text_width(text: str, size: float = 12) -> float:
    """Returns about how wide a text is in pixels, a little more rather than less: labels must not be cut off."""
    return size * sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> float:
    if letter in _THIN:
        return 0.36
    if ord(letter) > 0x2E80:  # scripts whose signs are square
        return 1.05
    return 0.9 if letter in _WIDE else 0.72 if letter.isupper() else 0.58


def without_overlap(labels: Sequence[tuple[float, str]], gap: float = 10) -> list[tuple[float, str]]:
    """Returns the labels, each around its middle in pixels, that do not touch the one kept before."""
    kept: list[tuple[float, str]] = []
    reached = -math.inf
    for middle, text in labels:
        half = text_width(text) / 2
        if middle - half >= reached:
            kept.append((middle, text))
            reached = middle + half + gap
    return kept
