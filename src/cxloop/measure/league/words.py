"""What a league table may be said to show. It names places to look at, and accuses nobody."""

from __future__ import annotations

from collections.abc import Sequence

from cxloop.core.league import LIKELY, Adjustment, LeagueRow, chance
from cxloop.core.results import Unit
from cxloop.core.wording import count, in_sentence, many, number

__all__ = ["DIFFERENT", "adjustments_in_words", "lede", "sub"]

DIFFERENT = 0.05
"""Probability under which differences are not put down to luck."""
_SMALL = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_FEW = 3
_PEOPLE = ("employees", "teams")


def lede(groups: str, title: str, rows: Sequence[LeagueRow], p: float | None) -> str:
    """Returns the sentence that comes first."""
    judged = [row for row in rows if row.shrunk is not None]
    if not rows:
        return f"There are no answers about {groups} in this window."
    if len(judged) < _FEW or p is None:
        return f"{title} of {groups} cannot be compared yet: {_enough(len(judged), len(rows), groups)}."
    worse = sum(row.standing == "worse" for row in judged)
    better = sum(row.standing == "better" for row in judged)
    if p >= DIFFERENT and not worse and not better:
        return f"Luck and {_merit(groups)} cannot be told apart yet: all {count(len(judged))} {groups} may be alike."
    if not worse and not better:
        return f"The {groups} differ by more than luck, but nobody can say yet which of them."
    sides = [
        f"{_small(few)} {'does' if few == 1 else 'do'} {word}"
        for few, word in ((worse, "worse"), (better, "better"))
        if few
    ]
    said = f"Of {count(len(judged))} {groups}, {' and '.join(sides)} than the mean"
    return f"{said}, by more than luck and the mix of cases explain."


def _merit(groups: str) -> str:
    return "skill" if groups in _PEOPLE else "real differences"


def _small(few: int) -> str:
    return _SMALL[few] if few < len(_SMALL) else count(few)


def _enough(judged: int, all_of_them: int, groups: str) -> str:
    has = "has" if judged == 1 else "have"
    return f"{_small(judged)} of {count(all_of_them)} {groups} {has} enough answers, three are needed"


def sub(
    groups: str, unit: Unit, rows: Sequence[LeagueRow], mean: float | None, spread: float, reliability: float,
    minimum: int, noun: str,
) -> str:  # fmt: skip
    """Returns the figures behind the first sentence."""
    judged = [row for row in rows if row.shrunk is not None]
    few = len(rows) - len(judged)
    said = []
    if mean is not None:
        said.append(
            f"The mean is {number(mean, unit)}; without luck, {groups} scatter around it by {_size(spread, unit)} "
            f"(standard deviation), and {100 * reliability:.0f} % of the differences that the table shows is not luck."
        )
    likely = [row for row in judged if row.lowest is not None and row.lowest >= LIKELY]
    if likely:
        names = ", ".join(f"{row.label} ({chance(row.lowest or 0.0)})" for row in likely[:_FEW])
        more = f" and {count(len(likely) - _FEW)} more" if len(likely) > _FEW else ""
        said.append(f"Probably in the last fifth: {names}{more}. That is where to look, not whose fault it is.")
    if few:
        said.append(
            f"{_capital(groups, few)} with fewer than {many(minimum, noun)} {'is' if few == 1 else 'are'} not judged."
        )
    return " ".join(said)


def _capital(groups: str, few: int) -> str:
    return f"{count(few)} of the {groups}"


def _size(value: float, unit: Unit) -> str:
    return number(value, unit).lstrip("+")


def adjustments_in_words(groups: str, adjustments: Sequence[Adjustment]) -> str:
    """Returns what was and what was not adjusted for."""
    of: dict[str, list[str]] = {}
    for item in adjustments:
        of.setdefault(item.state, []).append(in_sentence(item.title))
    one = groups.removesuffix("s")
    said = [
        f"Shown with the same mix of {_listed(of['adjusted'])}." if "adjusted" in of else "Nothing is adjusted for."
    ]
    if "no difference" in of:
        said.append(f"Making no difference: {_listed(of['no difference'])}.")
    if "each its own" in of:
        said.append(
            f"Not to be told from the {groups} themselves, as each {one} has its own: {_listed(of['each its own'])}."
        )
    if "too many" in of:
        said.append(f"Left out, as it would make too many kinds of case: {_listed(of['too many'])}.")
    return " ".join(said)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
