"""Moments as exports write them, of which few say their order of day and month, or their time zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cxloop.core.errors import InputError

__all__ = ["Clock", "clock_of"]

_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y.%m.%d")
_TIMES = (" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "")
_AMBIGUOUS = {"%m/%d/%Y": "%d/%m/%Y"}
_ZONED = re.compile(r"\s*(?:GMT|UTC)(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?$")
_FRACTION = re.compile(r"(:\d{2})\.\d{1,6}(?=$|Z)")
_LOOKED_AT = 2_000


class Clock:
    """Reads the moments of one column."""

    def __init__(self, form: str, zone: ZoneInfo) -> None:
        self.form = form
        self.zone = zone

    def utc(self, text: str) -> datetime | None:
        """Returns a moment as UTC without zone; None where the text is none."""
        said, offset = _offset(_clean(text))
        try:
            found = datetime.fromisoformat(said) if self.form == "iso" else datetime.strptime(said, self.form)
        except ValueError:
            return None
        if offset:
            found = datetime.strptime(f"{found:%Y-%m-%d %H:%M:%S} {offset}", "%Y-%m-%d %H:%M:%S %z")
        if found.tzinfo is None:
            found = found.replace(tzinfo=self.zone)
        return found.astimezone(UTC).replace(tzinfo=None)


def _clean(text: str) -> str:
    """The text without what formats differ in for no reason: narrow blanks, fractions, the letters of p. m."""
    said = " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())
    said = _FRACTION.sub(r"\1", said)
    return re.sub(r"\b([ap])\.?\s?m\.?(?=$|\s)", lambda half: f"{half[1].upper()}M", said, flags=re.IGNORECASE)


def _offset(said: str) -> tuple[str, str]:
    """A text without the offset behind it, such as GMT+1, and the offset as strptime reads it."""
    found = _ZONED.search(said)
    if found is None:
        return said, ""
    given = (found["offset"] or "+0").replace(":", "")
    sign, digits = given[0], given[1:]
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "00")
    return said[: found.start()], f"{sign}{int(hours):02d}{minutes}"


def clock_of(texts: Sequence[str], zone: ZoneInfo, *, column: str, form: str | None = None) -> Clock:
    """Returns how the moments of a column are read.

    Where day and month could be the other way round, the order in which responses come decides: exports are sorted by
    time, one way or the other.

    Args:
        texts: the column.
        zone: of moments that do not name theirs.
        column: what to call it in messages.
        form: how they are written, such as %d/%m/%Y %H:%M; found out by looking where it is None.

    Raises:
        InputError: no format fits, or several do and nothing tells which.
    """
    if form is not None:
        return Clock(form, zone)
    sample = [text for text in texts if text.strip()][:_LOOKED_AT]
    forms = ["iso", *(day + time for day in _DAYS for time in _TIMES)]
    fits = {each: sum(Clock(each, zone).utc(text) is not None for text in sample) for each in forms}
    most = max(fits.values(), default=0)
    best = [each for each in forms if fits[each] == most]
    if not sample or most < 0.5 * len(sample):
        example = f", such as {sample[0]!r}" if sample else ""
        raise InputError(
            f'{column} holds no dates that can be read{example}. Say how they are written: dates="%d/%m/%Y %H:%M".'
        )
    return Clock(_decided(best, sample, zone, column), zone)


def _decided(best: Sequence[str], sample: Sequence[str], zone: ZoneInfo, column: str) -> str:
    american = next((form for form in best if form.startswith("%m/%d/%Y")), None)
    other = None if american is None else american.replace("%m/%d/%Y", "%d/%m/%Y")
    if american is None or other not in best or other is None:
        return best[0]
    sorted_ones = [form for form in (american, other) if _in_order(Clock(form, zone), sample)]
    if len(sorted_ones) == 1:
        return sorted_ones[0]
    raise InputError(
        f"{column}: {sample[0]!r} may be the day or the month first, and nothing in the file tells which. "
        f'Say so: dates="{american}" or dates="{other}".'
    )


def _in_order(clock: Clock, sample: Sequence[str]) -> bool:
    moments = [moment for text in sample if (moment := clock.utc(text)) is not None]
    return len(moments) > 1 and (moments == sorted(moments) or moments == sorted(moments, reverse=True))
