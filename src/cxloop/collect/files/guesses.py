"""What the columns of a file may be, each guess with its confidence and reason.

Names are hints, values decide: a column called "score" that holds texts is no score.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cxloop.engine.loading import ColumnProfile

__all__ = ["FORMATS", "Question", "Role", "guess_questions", "guess_roles"]

FORMATS = (
    "iso",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%Y%m%d",
)
"""Date formats that are tried, in this order of preference."""

_SURE = 0.95
_NAMES: Mapping[str, re.Pattern[str]] = {
    role: re.compile(pattern, re.IGNORECASE)
    for role, pattern in {
        "time": r"date|time|created|_at$|when|timestamp|datum|fecha|data_",
        "key": r"^who$|customer|client|user|member|person|e-?mail|contact|respondent|resp_?(num|no|id)|kunde|account",
        "id": r"^id$|_id$|_?uuid|number$|num$|_no$|ref(erence)?$|key$",
        "order": r"order|purchase|basket|invoice|pedido|bestell",
        "value": r"amount|price|total|revenue|value$|paid|spend|betrag|valor|importe",
        "text": r"text|comment|review|message|verbatim|remark|feedback|note|kommentar|coment",
        "nps": r"nps|net_?pro|promoter|recommend|empfehl|recomend",
        "rating": r"rating|score|stars?$|satisf|csat|grade|note$|overall|zufrieden",
        "channel": r"^channel$|^medium$|touchpoint_?channel",
        "region": r"country|state$|region|land$|pais",
        "location": r"store|branch|shop|location|filiale|gate",
        "product": r"product|item|article|sku|^category",
        "brand": r"brand|airline|marke|marca",
        "language": r"^lang(uage)?$|locale",
        "event": r"^event(_?(name|type))?$|^action$|^activity$",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Role:
    """A column and the field it may become; `detail` is a date format where it is a time."""

    field: str
    column: str
    confidence: float
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A column of answers: its metric, scale, and values that mean "no answer"."""

    column: str
    metric: str
    scale: tuple[int, int]
    missing: tuple[str, ...]
    confidence: float
    reason: str


def guess_roles(profiles: Sequence[ColumnProfile], taken: Iterable[str]) -> dict[str, Role]:
    """Returns the surest column for each field, none used twice.

    Args:
        profiles: a look at each column.
        taken: columns that are questions already.
    """
    free = {profile.name: profile for profile in profiles if profile.filled}
    for name in taken:
        free.pop(name, None)
    roles: dict[str, Role] = {}
    for field, guess in _GUESSES.items():
        candidates = [role for profile in free.values() if (role := guess(field, profile)) is not None]
        if candidates:
            best = max(candidates, key=lambda role: role.confidence)
            roles[field] = best
            if field not in ("key", "id"):  # the customer's key may well be the row's id
                free.pop(best.column)
    return roles


def _time(field: str, profile: ColumnProfile) -> Role | None:
    fits = {form: rows for form, rows in profile.dates.items() if rows}
    if not fits:
        return None
    best = max(fits.values())
    formats = [form for form in FORMATS if fits.get(form) == best]
    share = best / profile.filled
    if share < 0.5 or (formats[0] == "%Y%m%d" and not _hinted(field, profile)):
        return None
    unclear = {"%d/%m/%Y", "%m/%d/%Y"} <= set(formats) or {"%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"} <= set(formats)
    confidence = min(0.99, share * (0.97 if _hinted(field, profile) else 0.8)) * (0.6 if unclear else 1)
    doubt = "; day and month could be the other way round" if unclear else ""
    return Role(field, profile.name, confidence, f"{share:.0%} of its values are dates{doubt}", formats[0])


def _key(field: str, profile: ColumnProfile) -> Role | None:
    if not _hinted(field, profile) or profile.distinct < 2 or profile.longest > 200:
        return None
    spread = profile.distinct / profile.filled
    confidence = 0.5 + 0.4 * min(1.0, spread * 5)
    return Role(field, profile.name, confidence, f"its name says so, {profile.distinct:,} different values")


def _id(field: str, profile: ColumnProfile) -> Role | None:
    if profile.distinct < profile.filled or profile.filled < profile.rows or profile.longest > 200:
        return None
    confidence = 0.95 if _hinted(field, profile) else 0.7
    return Role(field, profile.name, confidence, "different in every row, never empty")


def _value(field: str, profile: ColumnProfile) -> Role | None:
    if not _hinted(field, profile) or profile.numbers < _SURE * profile.filled:
        return None
    return Role(field, profile.name, 0.8, f"its name says so, and it is a number from {_range(profile)}")


def _text(field: str, profile: ColumnProfile) -> Role | None:
    shown = sum(rows for _, rows in profile.values)
    prose = sum(rows for value, rows in profile.values if " " in value) / max(1, shown)
    various = profile.distinct > 0.3 * profile.filled
    if profile.longest < 30 or not various or prose < 0.5:
        return None
    return Role(field, profile.name, 0.95 if _hinted(field, profile) else 0.7, "long texts, hardly two alike")


def _label(field: str, profile: ColumnProfile) -> Role | None:
    if not _hinted(field, profile) or profile.numbers > 0.5 * profile.filled or profile.longest > 80:
        return None
    if not 2 <= profile.distinct <= max(50, profile.filled // 10):
        return None
    return Role(field, profile.name, 0.75, f"its name says so, {profile.distinct:,} different values")


def _order(field: str, profile: ColumnProfile) -> Role | None:
    if not (_hinted(field, profile) and _hinted("id", profile)):
        return None
    return Role(field, profile.name, 0.85, "its name says so")


_GUESSES = {
    "time": _time,
    "text": _text,
    "value": _value,
    "order": _order,
    "key": _key,
    "id": _id,
    "event": _label,
    "channel": _label,
    "brand": _label,
    "product": _label,
    "location": _label,
    "region": _label,
    "language": _label,
}


def _hinted(role: str, profile: ColumnProfile) -> bool:
    return _NAMES[role].search(profile.name) is not None


def _range(profile: ColumnProfile) -> str:
    return f"{profile.lowest:g} to {profile.highest:g}"


def guess_questions(profiles: Sequence[ColumnProfile]) -> list[Question]:
    """Returns the columns that are answers on a scale, the surest metric first."""
    found = [question for profile in profiles if (question := _nps(profile) or _rating(profile)) is not None]
    known = {question.column for question in found}
    batteries: dict[str, list[ColumnProfile]] = defaultdict(list)
    for profile in profiles:
        found_prefix = re.match(r"[A-Za-z]+\d+(?=[A-Za-z_])", profile.name)
        if found_prefix is not None and profile.name not in known and _share(profile, 1, 5) >= 0.25:
            batteries[found_prefix[0]].append(profile)
    for prefix, members in batteries.items():
        alike = [member for member in members if _looks_rated(member)]
        if len(alike) >= 4:
            found += [_of_battery(member, prefix, len(alike)) for member in alike]
    return sorted(found, key=lambda question: (question.metric != "nps", -question.confidence))


def _nps(profile: ColumnProfile) -> Question | None:
    share = _share(profile, 0, 10)
    if not _hinted("nps", profile) or share < 0.8 or (profile.highest or 0) < 7:
        return None
    outside = _outside(profile, 0, 10)
    said = f"; outside of that, and read as no answer: {_quoted(outside)}" if outside else ""
    reason = f"its name says so, and {share:.0%} of its values are whole numbers from 0 to 10{said}"
    return Question(profile.name, "nps", (0, 10), tuple(value for value, _ in outside), 0.95 * share, reason)


def _rating(profile: ColumnProfile) -> Question | None:
    if not _hinted("rating", profile):
        return None
    for high in (5, 7, 10):
        share = _share(profile, 1, high)
        if share >= 0.8 and (profile.highest or 0) >= high - 1:
            outside = _outside(profile, 1, high)
            reason = f"its name says so, and {share:.0%} of its values are whole numbers from 1 to {high}"
            missing = tuple(value for value, _ in outside)
            return Question(profile.name, "rating", (1, high), missing, 0.85 * share, reason)
    return None


def _looks_rated(profile: ColumnProfile) -> bool:
    counts = dict(profile.values)
    whole = all(str(point) in counts for point in range(1, 6))
    # opinions lean to the upper half of the scale; codes of categories do not
    upper = sum(counts.get(point, 0) for point in "345")
    return whole and len(counts) <= 9 and upper > 2 * (counts.get("1", 0) + counts.get("2", 0))


def _of_battery(profile: ColumnProfile, prefix: str, size: int) -> Question:
    outside = _outside(profile, 1, 5)
    said = f"; read as no answer: {_quoted(outside)}" if outside else ""
    reason = f"one of {size} columns {prefix}... with the points 1 to 5{said}"
    missing = tuple(value for value, _ in outside)
    return Question(profile.name, "csat", (1, 5), missing, 0.7, reason)


def _share(profile: ColumnProfile, low: int, high: int) -> float:
    inside = sum(rows for value, rows in profile.values if _is_point(value, low, high))
    return inside / profile.filled if profile.filled else 0.0


def _outside(profile: ColumnProfile, low: int, high: int) -> list[tuple[str, int]]:
    return sorted((value, rows) for value, rows in profile.values if not _is_point(value, low, high))


def _is_point(value: str, low: int, high: int) -> bool:
    return bool(re.fullmatch(r"\d{1,2}(\.0)?", value)) and low <= float(value) <= high


def _quoted(values: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f'"{value}" ({rows:,} rows)' for value, rows in values)
