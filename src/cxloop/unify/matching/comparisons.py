"""What is compared, and how: the levels of agreement of each field, as conditions that Splink counts.

A level is written from the nearest to the furthest; the first that holds is the one. "missing" is no evidence.

Counting edits is dear: `damerau_levenshtein` takes ten times as long as other likenesses. One edit of its kind is two
of Levenshtein's at most, and changes the length by one, so what is cheaper to tell is asked first (`quick`, `hint`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple, TypeAlias

from cxloop.unify.matching.fields import FIELDS

__all__ = [
    "DIFFERENT",
    "MISSING",
    "SAME",
    "TITLES",
    "Comparison",
    "Level",
    "comparisons_for",
    "hint",
    "quick",
    "splink_comparison",
]

SAME, DIFFERENT, MISSING = "same", "different", "missing"
TITLES = {field.name: field.title for field in FIELDS}
_NEAR, _SIMILAR = 0.92, 0.8
"""Jaro-Winkler similarities: a slip of the pen, and a name that sounds alike."""


class Level(NamedTuple):
    """One level: in words, as a condition, and whether rare values count for more.

    `wider` holds wherever the condition does and is cheaper to tell; without one the condition is cheap itself.
    """

    label: str
    condition: str
    by_frequency: bool = False
    wider: str = ""


class Comparison(NamedTuple):
    """One comparison: the field that it is about, and its levels without the first (missing) and the last (different).

    `missing` is when it says nothing.
    """

    field: str
    missing: str
    levels: tuple[Level, ...]


Levels: TypeAlias = Iterator[Level]
_EDITS = re.compile(r"damerau_levenshtein\((\w+)_l, \1_r\) <= (\d)")


def _near(name: str, least: float) -> str:
    return f"jaro_winkler_similarity({name}_l, {name}_r) >= {least}"


def _typo(name: str, most: int) -> str:
    return f"damerau_levenshtein({name}_l, {name}_r) <= {most}"


def _unknown(name: str) -> str:
    return f"{name}_l IS NULL OR {name}_r IS NULL"


def _same(name: str) -> Level:
    return Level(SAME, f"{name}_l = {name}_r", by_frequency=True)


_SWAPPED_NAMES = "(given_l = family_r AND family_l = given_r)"
_SWAPPED_LINES = f"(jaro_winkler_similarity(street_l, extra_r) >= {_NEAR} OR "
_SWAPPED_LINES += f"jaro_winkler_similarity(extra_l, street_r) >= {_NEAR})"


def _given(columns: Collection[str]) -> Levels:
    yield _same("given")
    both = "family" in columns
    if both:
        yield Level("swapped with the last name", _SWAPPED_NAMES)
    yield Level("nearly the same", f"{_near('given', _NEAR)} OR (length(given_l) > 3 AND {_typo('given', 1)})")
    yield Level("short form or initial", "starts_with(given_l, given_r) OR starts_with(given_r, given_l)")
    yield Level("similar", _near("given", _SIMILAR))
    if both:
        yield Level("in the place of the last name", "given_l = family_r OR family_l = given_r")


def _family(_columns: Collection[str]) -> Levels:
    yield _same("family")
    yield Level("nearly the same", f"{_near('family', _NEAR)} OR (length(family_l) > 3 AND {_typo('family', 1)})")
    yield Level("similar", _near("family", _SIMILAR))


def _part(first: int, length: int, other: int | None = None) -> str:
    return f"substr(birth_l, {first}, {length}) = substr(birth_r, {other or first}, {length})"


def _birth(_columns: Collection[str]) -> Levels:
    parts = " + ".join(f"({_part(*place)})::int" for place in ((1, 4), (6, 2), (9, 2)))
    days = "abs(datediff('day', try_cast(birth_l AS date), try_cast(birth_r AS date)))"
    yield _same("birth")
    yield Level("one digit off", _typo("birth", 1))
    yield Level("day and month swapped", f"{_part(1, 4)} AND {_part(6, 2, 9)} AND {_part(9, 2, 6)}")
    yield Level("one of day, month and year differs", f"{parts} >= 2")
    yield Level("two digits off", _typo("birth", 2))
    yield Level("within ten weeks", f"{days} <= 70")
    yield Level("one of day, month and year agrees", f"{parts} >= 1")


def _numbered(side: str) -> str:
    return f"regexp_replace(split_part(email_{side}, '@', 1), '[^0-9]', '', 'g')"


def _email(columns: Collection[str]) -> Levels:
    yield _same("email")
    # anna.gruber12@ and anna.gruber71@: the likeness is that of the names, which were counted already
    shared = " OR ".join(
        f"({name}_l = {name}_r AND contains(email_l, {name}_l) AND contains(email_r, {name}_r))"
        for name in ("given", "family")
        if name in columns
    )
    own = f" AND NOT (({shared}) AND {_numbered('l')} <> {_numbered('r')})" if shared else ""
    off, near = _typo("email", 2), f"({_near('email', 0.9)} OR {_typo('email', 4)})"
    yield Level("one or two letters off", f"{off}{own}", wider=off)
    yield Level("similar", f"{near}{own}", wider=near)
    yield Level("the same before the @", "split_part(email_l, '@', 1) = split_part(email_r, '@', 1)")
    yield Level("the same behind the @", "split_part(email_l, '@', 2) = split_part(email_r, '@', 2)")


def _number_like(name: str, most: int) -> Callable[[Collection[str]], Levels]:
    """A number of which up to `most` digits may be wrong."""

    def levels(_columns: Collection[str]) -> Levels:
        yield _same(name)
        for wrong in range(1, most + 1):
            yield Level("one digit off" if wrong == 1 else "two digits off", _typo(name, wrong))

    return levels


def _line(name: str, *, swaps: bool) -> Callable[[Collection[str]], Levels]:
    """A line of an address; `swaps` where it may stand in the place of the other line."""

    def levels(columns: Collection[str]) -> Levels:
        yield _same(name)
        yield Level("nearly the same", _near(name, 0.93))
        yield Level("similar", _near(name, 0.85))
        if swaps and "extra" in columns:
            yield Level("swapped with the other line", _SWAPPED_LINES)

    return levels


def _city(_columns: Collection[str]) -> Levels:
    yield _same("city")
    yield Level("nearly the same", f"{_near('city', _NEAR)} OR {_typo('city', 1)}")
    yield Level("similar", _near("city", _SIMILAR))


_LEVELS: dict[str, Callable[[Collection[str]], Levels]] = {
    "given": _given,
    "family": _family,
    "birth": _birth,
    "identifier": _number_like("identifier", 2),
    "email": _email,
    "phone": _number_like("phone", 1),
    "street": _line("street", swaps=True),
    "extra": _line("extra", swaps=False),
    "number": _number_like("number", 1),
    "city": _city,
    "postcode": _number_like("postcode", 2),
    "state": _number_like("state", 1),
    "country": _number_like("country", 0),
}


def _missing(name: str, columns: Collection[str]) -> str:
    """When a comparison says nothing: also where the swap of two fields was counted with the first of them."""
    swapped = {"family": ("given", _SWAPPED_NAMES), "extra": ("street", _SWAPPED_LINES)}.get(name)
    return f"{_unknown(name)} OR {swapped[1]}" if swapped and swapped[0] in columns else _unknown(name)


def comparisons_for(columns: Collection[str]) -> tuple[Comparison, ...]:
    """Returns the comparisons that records with these columns allow.

    Example:
        >>> [comparison.field for comparison in comparisons_for({"given", "birth", "shoe"})]
        ['given', 'birth']
    """
    return tuple(
        Comparison(name, _missing(name, columns), tuple(levels(columns)))
        for name, levels in _LEVELS.items()
        if name in columns
    )


def quick(condition: str) -> str:
    """Returns a condition that says the same and is told faster: edits are counted where there may be few.

    Example:
        >>> quick("damerau_levenshtein(city_l, city_r) <= 2")  # doctest: +NORMALIZE_WHITESPACE
        '(abs(strlen(city_l) - strlen(city_r)) <= 2 AND levenshtein(city_l, city_r) <= 4
        AND damerau_levenshtein(city_l, city_r) <= 2)'
    """
    return _EDITS.sub(lambda found: f"({_close(found)} AND {_few(found)} AND {found[0]})", condition)


def hint(condition: str) -> str:
    """Returns a condition that holds wherever the given one does, and counts no edits.

    Example:
        >>> hint("damerau_levenshtein(city_l, city_r) <= 2")
        '(abs(strlen(city_l) - strlen(city_r)) <= 2)'
    """
    return _EDITS.sub(lambda found: f"({_close(found)})", condition)


def _few(edits: re.Match[str]) -> str:
    return f"levenshtein({edits[1]}_l, {edits[1]}_r) <= {2 * int(edits[2])}"


def _close(edits: re.Match[str]) -> str:
    """Lengths differ by no more than the edits; one edit that keeps the length changes two places at most."""
    one, other, most = f"{edits[1]}_l", f"{edits[1]}_r", int(edits[2])
    lengths = f"abs(strlen({one}) - strlen({other})) <= {most}"
    if most > 1:
        return lengths
    # `hamming` takes nothing but texts of one length, and no empty ones
    alike = f"strlen({one}) = strlen({other}) AND strlen({one}) > 0"
    return f"{lengths} AND CASE WHEN {alike} THEN hamming({one}, {other}) <= 2 ELSE true END"


def splink_comparison(
    comparison: Comparison, known: dict[str, tuple[float, float]] | None = None, *, plain: bool = False
) -> dict[str, Any]:
    """Returns a comparison as Splink's settings have it.

    Args:
        comparison: what is compared.
        known: (m, u) by the label of the level, where the model was trained already.
        plain: whether conditions stand as they are; else as what says the same and is told faster.
    """
    missing = {"sql_condition": comparison.missing, "label_for_charts": MISSING, "is_null_level": True}
    levels = [_splink_level(level, comparison.field, plain=plain) for level in comparison.levels]
    other = {"sql_condition": "ELSE", "label_for_charts": DIFFERENT}
    for level in (*levels, other):
        if known is not None:
            m, u = known[str(level["label_for_charts"])]
            level |= {"m_probability": m, "u_probability": u}
    return {"output_column_name": comparison.field, "comparison_levels": [missing, *levels, other]}


def _splink_level(level: Level, field: str, *, plain: bool) -> dict[str, Any]:
    condition = level.condition if plain else quick(level.condition)
    found: dict[str, Any] = {"sql_condition": condition, "label_for_charts": level.label}
    return {**found, "tf_adjustment_column": field} if level.by_frequency else found
