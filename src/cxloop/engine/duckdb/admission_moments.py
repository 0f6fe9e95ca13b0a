"""Points in time as texts: read by the accepted formats, then from local clocks to UTC.

A time that does not exist (clocks went forward) or exists twice (they went back) is never guessed silently: the plan
says what to do with it. The clock changes come from zoneinfo as a CASE that halves the years at each step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from cxloop.core.time import parse_zone
from cxloop.engine.loading import Moment
from cxloop.engine.quoting import literal
from cxloop.engine.zones import offsets

__all__ = ["MomentSql", "moment_sql"]

_FIRST, _LAST = datetime(1970, 1, 1), datetime(2060, 1, 1)
_EARLIEST, _LATEST = "1900-01-02", "2200-01-01"
_EPOCH_RANGE = "-2208988800 and 7258118400"
_CLOCK_SIGNS = ("%H", "%I", "%c", "%X")
_EPOCHS = {"unix": 1_000_000, "unix_ms": 1_000}


@dataclass(frozen=True, slots=True)
class MomentSql:
    """SQL of one moment over the text column `text`, and the conditions under which it cannot be told.

    Attributes:
        local: the wall clock as written, TIMESTAMP; null where it fits no format.
        direct: the moment in UTC where the text itself says so, or null.
        utc: over columns `local` and `direct`: the moment in UTC, null where clocks changed and the plan says reject.
        precision: SQL of "day" or null.
        in_gap: over `local`: whether it falls where clocks went forward.
    """

    local: str
    direct: str | None
    utc: str
    precision: str
    in_gap: str


def moment_sql(moment: Moment, text: str, *, local: str, direct: str, precision: str) -> MomentSql:
    """Returns the SQL of a moment.

    Args:
        moment: formats, zone and policies.
        text: SQL of the text.
        local: name of the column that will hold `MomentSql.local`.
        direct: name of the column that will hold `MomentSql.direct`.
        precision: name of the column that will hold `MomentSql.precision`.
    """
    day = moment.precision == "day"
    found = _coalesced([_local(name, text) for name in moment.formats])
    found = f"date_trunc('day', {found})" if day else found
    direct_forms = [] if day else [form for name in moment.formats if (form := _direct(name, text))]
    changes = _changes(moment.zone)
    forms = [*([direct] if direct_forms else []), _utc(moment, local, changes)]
    if changes and moment.precision is None and "reject" in (moment.gap, moment.ambiguous):
        # a date without a clock is a day, and a day is never rejected for an hour it lacks
        forms.append(f"case when {precision} = 'day' then {_utc(replace(moment, precision='day'), local, changes)} end")
    return MomentSql(
        local=found,
        direct=_coalesced(direct_forms) if direct_forms else None,
        utc=_coalesced(forms),
        precision=_precision(moment, text),
        in_gap=_any_of(local, [change for change in changes if change.gap]),
    )


def _coalesced(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


def _local(name: str, text: str) -> str:
    if name == "iso":
        form = f"try_cast({text} as timestamp)"
    elif name in _EPOCHS:
        seconds = f"try_cast({text} as double) * {_EPOCHS[name] / 1e6}"
        microseconds = f"cast(round({seconds} * 1e6) as bigint)"
        form = f"case when {seconds} between {_EPOCH_RANGE} then make_timestamp({microseconds}) end"
    else:
        form = f"try_strptime({text}, {literal(name)})"
        if "%z" in name:
            form = f"try_strptime({text}, {literal(name)})::timestamp"
    # `infinity`, year 9999 and friends are no dates of customers
    in_range = f"between timestamp '{_EARLIEST}' and timestamp '{_LATEST}'"
    return f"case when {form} {in_range} then {form} end"


def _direct(name: str, text: str) -> str | None:
    """The moment where the text carries its own offset."""
    if name == "iso":
        offset = f"ends_with({text}, 'Z') or contains({text}[17:], '+') or contains({text}[17:], '-')"
        return (
            f"case when length({text}) <= 16 or (length({text}) = 19 and {text}[17] = ':') then null "
            f"when {offset} then timezone('UTC', try_cast({text} as timestamptz)) end"
        )
    if name in _EPOCHS:
        return _local(name, text)
    if "%z" in name:
        return f"timezone('UTC', try_strptime({text}, {literal(name)}))"
    return None


def _precision(moment: Moment, text: str) -> str:
    if moment.precision is not None:
        return literal(moment.precision)
    if all(_has_no_clock(name) for name in moment.formats):
        return "'day'"
    days = [
        f"(length({text}) <= 10 and contains({text}, '-'))" if name == "iso" else f"{_local(name, text)} is not null"
        for name in moment.formats
        if name == "iso" or _has_no_clock(name)
    ]
    return f"case when {' or '.join(days)} then 'day' end" if days else "cast(null as varchar)"


def _has_no_clock(name: str) -> bool:
    return name not in ("iso", *_EPOCHS) and not any(sign in name for sign in _CLOCK_SIGNS)


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of clocks, in local time: between `start` and `end` a wall clock reads nothing, or twice."""

    start: datetime
    end: datetime
    before: int
    after: int

    @property
    def gap(self) -> bool:
        return self.after > self.before


def _changes(zone: str) -> list[_Change]:
    known = offsets(parse_zone(zone), _FIRST, _LAST)
    changes = []
    for earlier, later in pairwise(known):
        assert later.since is not None  # only the first holds since always
        ends = sorted((earlier.seconds, later.seconds))
        start, end = (later.since + timedelta(seconds=seconds) for seconds in ends)
        changes.append(_Change(start, end, earlier.seconds, later.seconds))
    return changes


def _utc(moment: Moment, local: str, changes: list[_Change]) -> str:
    if not changes:
        seconds = offsets(parse_zone(moment.zone), _FIRST, _LAST)[0].seconds
        return local if seconds == 0 else _less(local, str(seconds * 1_000_000))
    steps: list[tuple[datetime, int | None]] = []
    for change in changes:
        inside = _inside(moment, change)
        if inside != change.before:
            steps.append((change.start, inside))
        if inside != change.after:
            steps.append((change.end, change.after))
    return _less(local, _tree(local, changes[0].before, steps))


def _inside(moment: Moment, change: _Change) -> int | None:
    """The offset that holds inside a change, None where the row is to be rejected."""
    if change.gap:
        # a day always begins: at the first moment that its clocks show
        return change.before if moment.gap == "shift" or moment.precision == "day" else None
    if moment.ambiguous == "reject" and moment.precision != "day":
        return None
    return change.after if moment.ambiguous == "later" else change.before


def _tree(local: str, first: int, steps: list[tuple[datetime, int | None]]) -> str:
    if not steps:
        return str(first * 1_000_000)
    middle = len(steps) // 2
    at, offset = steps[middle]
    earlier = _tree(local, first, steps[:middle])
    # an offset of None is a rejected hour: the tree then yields null there
    later = _tree_from(local, offset, steps[middle + 1 :])
    return f"case when {local} < timestamp '{at}' then {earlier} else {later} end"


def _tree_from(local: str, offset: int | None, steps: list[tuple[datetime, int | None]]) -> str:
    if offset is not None:
        return _tree(local, offset, steps)
    if not steps:
        return "null"
    at, following = steps[0]
    return f"case when {local} < timestamp '{at}' then null else {_tree_from(local, following, steps[1:])} end"


def _less(local: str, microseconds: str) -> str:
    return f"make_timestamp(epoch_us({local}) - cast({microseconds} as bigint))"


def _any_of(local: str, changes: list[_Change]) -> str:
    spans = [f"({local} >= timestamp '{change.start}' and {local} < timestamp '{change.end}')" for change in changes]
    return " or ".join(spans) or "false"
