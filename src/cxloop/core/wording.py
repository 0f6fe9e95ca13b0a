"""How numbers read: one place for the words and digits that terminal, page, chart and report share."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from cxloop.core.results import Estimate, Identities, InsufficientData

if TYPE_CHECKING:
    from cxloop.core.results import EstimateRow, Estimates, Restated, Unit
    from cxloop.core.time import Period

__all__ = [
    "METRIC_LABELS",
    "MONTHS",
    "NOT_SAID",
    "answers",
    "called",
    "count",
    "day",
    "duration",
    "duration_unit",
    "figures",
    "group_label",
    "identities_in_words",
    "in_sentence",
    "interval",
    "label",
    "many",
    "minus",
    "number",
    "period",
    "plural",
    "sentence",
    "splits",
]

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
NOT_SAID = "not said"
"""What stands for a group of answers that do not say to which of a dimension they belong."""
METRIC_LABELS = {
    "nps": "NPS",
    "csat": "CSAT",
    "ces": "CES",
    "rating": "Rating",
    "probability_alive": "Share still buying",
}


def label(metric: str) -> str:
    """Returns the metric's name as people write it.

    Example:
        >>> label("nps")
        'NPS'
    """
    return METRIC_LABELS.get(metric, metric)


def called(estimates: Estimates) -> str:
    """Returns the name of the metric of some estimates as people write it."""
    return estimates.label or label(estimates.metric)


def count(amount: int) -> str:
    """Returns a count with thousands separated: 2,134,880."""
    return f"{amount:,}"


def many(amount: int, noun: str) -> str:
    """Returns an amount with its noun: 1 row, 1,200 rows.

    Example:
        >>> many(1, "row"), many(1200, "row")
        ('1 row', '1,200 rows')
    """
    return f"{count(amount)} {noun if amount == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Returns a noun in the plural, by the rules of those that numbers count.

    Example:
        >>> plural("order"), plural("delivery"), plural("key")
        ('orders', 'deliveries', 'keys')
    """
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"


def answers(amount: int) -> str:
    """Returns how many answers, in words: "1 answer", "4,812 answers"."""
    return many(amount, "answer")


def number(value: float, unit: Unit) -> str:
    """Returns the value in its unit: points as +31.2, a share as 86.1 %, a score as 5.43, a duration as 3.2 days.

    Amounts of money come without their currency, which a page names once.

    Example:
        >>> number(-3.14, "points"), number(0.861, "share"), number(5.432, "score")
        ('−3.1', '86.1 %', '5.43')
        >>> number(1234.5, "money"), number(273_600, "duration"), number(1.384, "count")
        ('1,234.50', '3.2 days', '1.38')
    """
    if unit == "share":
        return minus(f"{100 * value:.1f} %")
    if unit == "duration":
        return duration(value)
    if unit in ("score", "money", "count"):
        return minus(f"{value:,.2f}")
    sign = "+" if value >= 0.05 else "−" if value <= -0.05 else ""
    return f"{sign}{abs(value):.1f}"


def minus(text: str) -> str:
    """Returns a number as Python writes it with the sign that people read: a minus and no hyphen, and none before 0.

    Example:
        >>> minus("-3.1 %"), minus("-0.0 %"), minus("1e-05"), minus("+0.20")
        ('−3.1 %', '0.0 %', '1e−05', '+0.20')
    """
    plain = text.removeprefix("-")
    return (plain if plain != text and not any(digit in plain for digit in "123456789") else text).replace("-", "−")


def duration(seconds: float) -> str:
    """Returns a duration in the largest unit of which there are at least one and a half.

    Example:
        >>> duration(42), duration(2_400), duration(-273_600), duration(3_888_000)
        ('42 s', '40.0 min', '−3.2 days', '45.0 days')
    """
    sign, length = ("−" if round(seconds) < 0 else ""), abs(seconds)
    unit, size = duration_unit(length)
    return f"{sign}{length:.0f} s" if size == 1 else f"{sign}{length / size:,.1f} {unit}"


def duration_unit(seconds: float) -> tuple[str, int]:
    """Returns the largest unit of which there are at least one and a half, with its length in seconds.

    Example:
        >>> duration_unit(5_400), duration_unit(42)
        (('h', 3600), ('s', 1))
    """
    units = (("days", 86_400), ("h", 3_600), ("min", 60))
    return next(((unit, size) for unit, size in units if seconds >= 1.5 * size), ("s", 1))


def group_label(value: str | None) -> str:
    """Returns what one of the groups of a dimension is called.

    Example:
        >>> group_label("web"), group_label(None)
        ('web', 'not said')
    """
    return NOT_SAID if value is None else value


def interval(estimate: Estimate, unit: Unit) -> str:
    """Returns the interval in its unit, as "[29.0, 33.1]"."""
    return f"[{number(estimate.low, unit)}, {number(estimate.high, unit)}]"


def day(value: date) -> str:
    """Returns a date as people write it: 31 Oct 2026."""
    return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def period(start: date, every: Period) -> str:
    """Returns what the period that begins on `start` is called.

    Example:
        >>> period(date(2026, 10, 1), "quarter"), period(date(2026, 10, 1), "month")
        ('Q4 2026', 'Oct 2026')
        >>> period(date(2026, 8, 31), "week")
        'week of 31 Aug 2026'
    """
    if every == "year":
        return str(start.year)
    if every == "quarter":
        return f"Q{(start.month - 1) // 3 + 1} {start.year}"
    if every == "month":
        return day(start).partition(" ")[2]
    return f"week of {day(start)}" if every == "week" else day(start)


def in_sentence(title: str) -> str:
    """Returns a title as it stands in the middle of a sentence.

    Example:
        >>> in_sentence("Club tier"), in_sentence("NPS wave")
        ('club tier', 'NPS wave')
    """
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def splits(estimates: Estimates) -> list[str]:
    """Returns what people call the dimensions of an answer, in the middle of a sentence."""
    return [in_sentence(title) for title in estimates.titles or estimates.by]


def sentence(estimates: Estimates) -> str:
    """Returns one line that a manager can read."""
    return " ".join([figures(estimates), *identities_in_words(estimates.identities, estimates.noun)])


def identities_in_words(known: Identities, noun: str = "answer") -> list[str]:
    """Returns what is to be said of how customers were told apart; nothing where all is usual.

    Example:
        >>> identities_in_words(Identities(weak_share=0.031))
        ['3.1 % of the answers belong to customers held together by links below probability 0.95.']
    """
    said = []
    if known.as_of is not None:
        said.append(f"Customers as they were known at {known.as_of:%Y-%m-%d %H:%M} UTC.")
    if known.certainty is not None:
        said.append(f"Only links of at least probability {known.certainty:g} count.")
    if known.weak_share and known.certainty is None:
        told = "belong to customers held together by links below probability"
        said.append(f"{_percent(known.weak_share)} of the {plural(noun)} {told} {known.weak_below:g}.")
    elif known.weak_share:
        share = f"{_percent(known.weak_share)} of the {plural(noun)}"
        said.append(f"Weaker links would hold together the customers of {share}.")
    return [*said, *([_restated(known.restated, noun)] if known.restated is not None else [])]


def _restated(restated: Restated, noun: str) -> str:
    whom = f"who is who of {many(restated.customers, 'customer')} ({many(restated.answers, noun)})"
    when = f"{restated.last_at:%Y-%m-%d %H:%M} UTC"
    told = f"Restated: decisions since then have changed {whom}, the last at {when}"
    if restated.before is None:
        return f"{told}; ask with identity {restated.asked} for the numbers before it."
    changed = many(len(restated.before), "number") if restated.before else "no number"
    return f"{told}; {changed} changed by it."


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def figures(estimates: Estimates) -> str:
    """Returns what the numbers themselves say: the one, or the lowest and the highest of several."""
    name, noun = called(estimates), estimates.noun
    if not estimates.rows:
        return f"{name}: no {plural(noun)} in this selection."
    if len(estimates.rows) > 1:
        return _spread(name, estimates)
    only = estimates.rows[0].result
    if isinstance(only, InsufficientData):
        return f"{name} cannot be said: {many(only.n, noun)}, at least {only.needed} are needed."
    row = estimates.rows[0]
    of = f" of {', '.join(_called(row, estimates))}" if estimates.by or estimates.every else ""
    of_customers = "" if noun == "customer" else f" of {many(only.customers, 'customer')}"
    return (
        f"{name}{of} is {_amount(only.value, estimates)} {interval(only, estimates.unit)} "
        f"({only.level:.0%} interval, {many(only.n, noun)}{of_customers}, {only.method})."
    )


def _amount(value: float, estimates: Estimates) -> str:
    """Returns a number with its currency, where it is money."""
    return " ".join(part for part in (number(value, estimates.unit), estimates.currency) if part)


def _spread(name: str, estimates: Estimates) -> str:
    """The lowest and the highest of several groups. It does not say that they differ: that takes a comparison."""
    known = [row for row in estimates.rows if isinstance(row.result, Estimate)]
    said = f"{name} by {' and '.join([*splits(estimates), *([estimates.every] if estimates.every else [])])}"
    from_all = many(sum(row.result.n for row in estimates.rows), estimates.noun)
    of_all = "" if estimates.noun == "customer" else f", {from_all}"  # a customer may stand in several groups
    few = len(estimates.rows) - len(known)
    if not known:
        return f"{said} cannot be said: each of the {few} groups has too few of the {from_all}."
    ordered = sorted(known, key=lambda row: row.result.value if isinstance(row.result, Estimate) else 0.0)
    ends = [_end(row, estimates) for row in (ordered[0], ordered[-1])]
    values = ends[0] if len(known) == 1 else f"from {ends[0]} to {ends[1]}"
    left_out = f"; too few {plural(estimates.noun)} in {count(few)} of {count(len(estimates.rows))} groups"
    return f"{said}: {values}{of_all}{left_out if few else ''}."


def _end(row: EstimateRow, estimates: Estimates) -> str:
    assert isinstance(row.result, Estimate)
    return f"{_amount(row.result.value, estimates)} ({', '.join(_called(row, estimates))})"


def _called(row: EstimateRow, estimates: Estimates) -> list[str]:
    when = [period(row.period, estimates.every)] if row.period and estimates.every else []
    return [*(group_label(item) for item in row.group), *when]
