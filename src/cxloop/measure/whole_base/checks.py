"""What has to hold for the score of everybody to be believed, each with a sentence that says what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxloop.core.results import Unit
from cxloop.core.wording import count, number
from cxloop.measure.whole_base.adjusting import LEAST_ODDS, Adjusted
from cxloop.measure.whole_base.diagnostics import PRETENCES, drift, misfit, resistance
from cxloop.measure.whole_base.results import BaseBalance, BaseCheck, BasePretence, HeldOut
from cxloop.stats.weighting import effective_size

__all__ = ["LEAST_ANSWERS", "LEAST_PAIRS", "checks"]

LEAST_ANSWERS, LEAST_PAIRS = 100, 300
LEAST_WORTH, MOST_AT_EDGE, MOST_UNLIKE = 0.25, 0.05, 0.25
MOST_DRIFT, MOST_RESISTANCE = 0.04, 0.04
MOST_BEND, LEAST_P, LEAST_PRETENCES = 3.9, 0.0005, 4
MOST_WIDTH = 0.2
"""Shares of the span of the scale, z and p values: where all holds, one score in a few hundred fails by chance."""


def checks(
    found: Adjusted,
    unit: Unit,
    rows: Sequence[BaseBalance],
    foreseen: tuple[HeldOut, ...],
    pretences: Sequence[BasePretence],
) -> Iterator[BaseCheck]:
    """Yields everything that has to hold, in the order in which one would ask."""
    yield _answers(found)
    yield _overlap(found)
    yield _balance(rows)
    yield _seen(found)
    yield _bend(found)
    yield _steady(found, unit)
    yield _late(found, unit)
    yield _foreseen(foreseen)
    yield _recovered(pretences, unit)
    yield _narrow(found, unit)


def _answers(found: Adjusted) -> BaseCheck:
    told = int(found.base.told.answered.sum())
    said = f"{count(told)} customers answered since their newest occasion; {LEAST_ANSWERS} are needed."
    return BaseCheck("answers", told >= LEAST_ANSWERS, said)


def _overlap(found: Adjusted) -> BaseCheck:
    told = found.base.told
    edge = float((found.models.answered <= LEAST_ODDS).mean())
    worth = effective_size(found.weights)
    share = worth / max(int(told.answered.sum()), 1)
    held = share >= LEAST_WORTH and edge <= MOST_AT_EDGE
    said = (
        f"Weighted answers are worth {count(round(worth))} equal ones ({share:.0%}; {LEAST_WORTH:.0%} are needed); "
        f"{edge:.1%} of customers hardly ever answer."
    )
    return BaseCheck("overlap", held, said)


def _balance(rows: Sequence[BaseBalance]) -> BaseCheck:
    worst = max(rows, key=lambda row: abs(row.after), default=None)
    if worst is None:
        return BaseCheck("balance", False, "Nothing is known of customers by which they could be compared.")
    apart, held = f"{abs(worst.after):.2f} standard deviations", abs(worst.after) <= MOST_UNLIKE
    if held:
        said = f"After weighting nothing differs by more than {apart} ({worst.name})."
    else:
        said = f"After weighting {worst.name!r} still differs by {apart}; {MOST_UNLIKE} are allowed."
    return BaseCheck("balance", held, said)


def _seen(found: Adjusted) -> BaseCheck:
    pairs = 0 if found.leaning is None else found.leaning.pairs
    said = (
        f"Whether answering hangs on the answer is read from {count(pairs)} invitations of people who answered "
        f"another one; {LEAST_PAIRS} are needed."
    )
    return BaseCheck("asked twice", pairs >= LEAST_PAIRS, said)


def _bend(found: Adjusted) -> BaseCheck:
    bend = 0.0 if found.leaning is None else found.leaning.bend
    held = abs(bend) < MOST_BEND
    said = (
        "As far as can be seen, answering hangs on the answer in a straight line"
        if held
        else "People with extreme answers answer more or less than a straight line says, which cannot be adjusted for"
    )
    return BaseCheck("straight", held, f"{said} (z {bend:.1f}).")


def _steady(found: Adjusted, unit: Unit) -> BaseCheck:
    trend, span = drift(found.base), found.base.answers.span
    held = trend.least < MOST_DRIFT * span
    moved = f"{number(abs(trend.value), unit).lstrip('+')} a year at like behaviour"
    if held:
        return BaseCheck("steady", True, f"The use of the scale is steady: answers moved by {moved}.")
    way = "rise" if trend.value > 0 else "fall"
    return BaseCheck("steady", False, f"The use of the scale drifts: answers {way} by {moved}, and old ones mislead.")


def _late(found: Adjusted, unit: Unit) -> BaseCheck:
    trend, span = resistance(found.base), found.base.answers.span
    held = trend.least < MOST_RESISTANCE * span
    moved = f"{number(trend.value, unit)} with each doubling of the time"
    what = "Late answers are like early ones" if held else "Late answers are unlike early ones"
    return BaseCheck("late answers", held, f"{what}: {moved} that they took.")


def _foreseen(rows: tuple[HeldOut, ...]) -> BaseCheck:
    p = misfit(rows)
    held = p >= LEAST_P and bool(rows)
    what = "are foreseen as they came" if held else "came otherwise than foreseen"
    return BaseCheck("held out", held, f"Answers that a model had not seen {what} (p {p:.2g}).")


def _recovered(rows: Sequence[BasePretence], unit: Unit) -> BaseCheck:
    if not rows:
        return BaseCheck("pretended silence", False, "Too few answered to hide some of them for a trial.")
    hits = sum(row.held for row in rows)
    raw = sum(abs(row.raw) for row in rows) / len(rows)
    adjusted = sum(abs(row.adjusted) for row in rows) / len(rows)
    ours, theirs = (number(value, unit).lstrip("+") for value in (adjusted, raw))
    said = (
        f"Of answerers hidden by a known rule the score was found again {hits} of {PRETENCES} times: "
        f"it was off by {ours} on average, by {theirs} unadjusted."
    )
    return BaseCheck("pretended silence", hits >= LEAST_PRETENCES, said)


def _narrow(found: Adjusted, unit: Unit) -> BaseCheck:
    half = 1.96 * found.score()[1]
    wide = number(half, unit).lstrip("+")
    return BaseCheck("width", half <= MOST_WIDTH * found.base.answers.span, f"It is known to within {wide}.")
