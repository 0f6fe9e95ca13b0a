"""What the verbs of money return: what goes with a score, and what stands at risk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from cxloop.core import wording
from cxloop.core.pictured import Estimated
from cxloop.core.results import Estimate, EstimateRow, Estimates, How, InsufficientData, Unit, Value

__all__ = ["Band", "Gap", "Outcome", "PointValue", "RevenueAtRisk", "RiskRow", "gap_words"]

Cell = Estimate | InsufficientData


@dataclass(frozen=True, slots=True)
class Gap:
    """How much more one side has than the other, with interval and p, corrected for all gaps of the result."""

    value: float
    low: float
    high: float
    p: float
    shown: bool

    @property
    def size(self) -> Gap:
        """The same without its direction, for "more" and "less"."""
        low, high = (self.low, self.high) if self.value > 0 else (-self.high, -self.low)
        return replace(self, value=abs(self.value), low=low, high=high)


@dataclass(frozen=True, slots=True)
class Band:
    """Customers whose score lies in a band.

    Attributes:
        name: what they are called: detractors, passives, promoters, or low, middle, high.
        low: lowest score.
        high: highest score.
        customers: how many they are.
        plain: their mean as it is.
        adjusted: the mean that everybody would have in this band, if what was known before is all that matters; None
            where that cannot be said.
    """

    name: str
    low: float
    high: float
    customers: int
    plain: Cell
    adjusted: Estimate | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that came after the answers.

    Attributes:
        name: revenue, retention or referral.
        title: in words.
        unit: how it reads.
        bands: lowest first.
        plain: the highest band's mean less the lowest's, as they are; None where one of them has too few.
        adjusted: the same, adjusted; None where that cannot be said.
        plain_step: how much more goes with one more on the scale, as it is.
        step: the same, adjusted.
    """

    name: Literal["revenue", "retention", "referral"]
    title: str
    unit: Unit
    bands: tuple[Band, ...]
    plain: Gap | None
    adjusted: Gap | None
    plain_step: Gap | None
    step: Gap | None


@dataclass(frozen=True)
class PointValue(Estimated):
    """What goes with a better score: money, staying and recommending after the answer. Observed, not caused.

    Attributes:
        metric: name of the metric.
        label: what people call it.
        days: length of the time after the answer.
        customers: who answered long enough ago; each counts once, with the last such answer.
        too_young: customers all of whose answers are younger than that, and so left out.
        currency: of the amounts.
        outcomes: revenue, retention and, where there are any, referrals.
        trust: whether the bands can be compared.
        reasons: why not, or why only roughly.
        adjusted_for: what was known before.
        overlap: share of customers who could have been in each of the bands (probability of at least 5 %).
        level: level of the intervals.
        until: up to when things are known, UTC.
        how: how it came about.
    """

    metric: str
    label: str
    days: int
    customers: int
    too_young: int
    currency: str
    outcomes: tuple[Outcome, ...]
    trust: Literal["holds", "cannot say"]
    reasons: tuple[str, ...]
    adjusted_for: tuple[str, ...]
    overlap: float | None
    level: float
    until: datetime
    how: How = field(default_factory=How)

    def estimates(self, name: str = "revenue") -> Estimates:
        """Returns one outcome by band: what everybody would have there, or what they had where that cannot be said."""
        found = next((outcome for outcome in self.outcomes if outcome.name == name), None)
        rows = (
            ()
            if found is None
            else tuple(EstimateRow((band.name,), None, band.adjusted or band.plain) for band in found.bands)
        )
        return Estimates(
            metric=name,
            unit="money" if found is None else found.unit,
            by=("band",),
            every=None,
            since=None,
            until=self.until,
            zone="",
            scale=None,
            rows=rows,
            titles=(f"{self.label}, last answer",),
            currency=self.currency if found is None or found.unit == "money" else "",
            noun="customer",
            label="" if found is None else found.title,
        )

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per outcome and band."""
        return [
            {
                "outcome": outcome.name,
                "band": band.name,
                "customers": band.customers,
                "plain": band.plain.value if isinstance(band.plain, Estimate) else None,
                "plain_low": band.plain.low if isinstance(band.plain, Estimate) else None,
                "plain_high": band.plain.high if isinstance(band.plain, Estimate) else None,
                "adjusted": None if band.adjusted is None else band.adjusted.value,
                "low": None if band.adjusted is None else band.adjusted.low,
                "high": None if band.adjusted is None else band.adjusted.high,
            }
            for outcome in self.outcomes
            for band in outcome.bands
        ]

    def __str__(self) -> str:
        if not self.outcomes:
            return f"What a point is worth cannot be said: {'; '.join(self.reasons)}."
        first = self.outcomes[0]
        if first.adjusted is None:
            return f"What a point is worth cannot be said: {'; '.join(self.reasons) or 'too few customers'}."
        top, bottom = first.bands[-1].name, first.bands[0].name
        if not first.adjusted.shown:
            return (
                f"{top.capitalize()} are not shown to bring more or less in {self.days} days than {bottom} who were "
                f"alike before ({gap_words(first.adjusted, first.unit, self.currency)}). Observed, not caused."
            )
        more = "more" if first.adjusted.value > 0 else "less"
        size = gap_words(first.adjusted.size, first.unit, self.currency)
        return (
            f"{top.capitalize()} bring {size} {more} in {self.days} days than "
            f"{bottom} who were alike before ({wording.many(self.customers, 'customer')}). Observed, not caused."
        )


def gap_words(gap: Gap, unit: Unit, currency: str) -> str:
    """Returns a gap with its interval: "41 EUR [12, 70]"."""
    money = f" {currency}" if unit == "money" else ""
    value, low, high = (wording.number(each, unit) for each in (gap.value, gap.low, gap.high))
    return f"{value}{money} [{low}, {high}]"


@dataclass(frozen=True, slots=True)
class RiskRow:
    """Customers of a group in one mood, and what their last twelve months stand for.

    Attributes:
        group: labels of the dimensions.
        mood: unhappy (the latest score is low), silent (nothing bought for a while), or others.
        customers: how many they are.
        revenue: what they brought in the last twelve months.
        share: the share of such money that went away a year ago; an estimate, or why it cannot be said.
        pooled: whether the share is that of all groups together, because this one had too few a year ago.
        at_risk: revenue times share; None where that cannot be said.
        low: lower limit.
        high: upper limit.
    """

    group: tuple[str | None, ...]
    mood: Literal["unhappy", "silent", "others"]
    customers: int
    revenue: float
    share: Cell
    pooled: bool
    at_risk: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RevenueAtRisk(Estimated):
    """The money of the last twelve months that is expected to go, by group and mood.

    Attributes:
        metric: whose low scores mean unhappy.
        label: what people call it.
        by: dimensions that split: those of a customer's latest purchase or answer.
        titles: what people call them.
        silent_days: days without purchase after which somebody counts as silent.
        currency: of the amounts.
        rows: by group, the one with most money first; in each unhappy, silent, others.
        until: up to when things are known, UTC.
        reasons: why something cannot be said.
        how: how it came about.
    """

    metric: str
    label: str
    by: tuple[str, ...]
    titles: tuple[str, ...]
    silent_days: int
    currency: str
    rows: tuple[RiskRow, ...]
    until: datetime
    reasons: tuple[str, ...] = ()
    how: How = field(default_factory=How)

    def estimates(self) -> Estimates:
        """Returns the money expected to go, by group and mood."""
        rows = tuple(
            EstimateRow((*row.group, row.mood), None, _going(row)) for row in self.rows if row.mood != "others"
        )
        return Estimates(
            metric="at_risk",
            unit="money",
            by=(*self.by, "mood"),
            every=None,
            since=None,
            until=self.until,
            zone="",
            scale=None,
            rows=rows,
            titles=(*self.titles, "mood"),
            currency=self.currency,
            noun="customer",
            label="Money expected to go",
        )

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per group and mood."""
        return [
            {
                **dict(zip(self.by, row.group, strict=True)),
                "mood": row.mood,
                "customers": row.customers,
                "revenue": row.revenue,
                "share": row.share.value if isinstance(row.share, Estimate) else None,
                "share_low": row.share.low if isinstance(row.share, Estimate) else None,
                "share_high": row.share.high if isinstance(row.share, Estimate) else None,
                "pooled": row.pooled,
                "at_risk": row.at_risk,
                "low": row.low,
                "high": row.high,
            }
            for row in self.rows
        ]

    def __str__(self) -> str:
        risky = [row for row in self.rows if row.mood != "others"]
        if not risky:
            return "Nobody who bought in the last twelve months is unhappy or silent."
        revenue, customers = sum(row.revenue for row in risky), sum(row.customers for row in risky)
        whose = f"{wording.many(customers, 'customer')} who gave a low {self.label} or fell silent"
        start = f"{wording.number(revenue, 'money')} {self.currency} of the last twelve months came from {whose}"
        lost = [row.at_risk for row in risky if row.at_risk is not None]
        if len(lost) < len(risky):
            return f"{start}; how much of it will go cannot be said: {'; '.join(self.reasons) or 'too few a year ago'}."
        going = f"{wording.number(sum(lost), 'money')} {self.currency}"
        return f"{start}; {going} of it is expected to go. Observed, not caused."


def _going(row: RiskRow) -> Cell:
    """Returns the money of a row that is expected to go, with as many customers as it is of."""
    if isinstance(row.share, InsufficientData) or row.at_risk is None or row.low is None or row.high is None:
        return InsufficientData(row.customers, row.share.needed if isinstance(row.share, InsufficientData) else 0)
    return Estimate(row.at_risk, row.low, row.high, row.customers, row.customers, row.share.method, row.share.level)
