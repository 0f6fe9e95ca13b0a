"""Explore, money: what goes with a better score, and which revenue stands at risk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import InputError
from cxloop.core.expr import both, equals
from cxloop.core.results import Estimate, InsufficientData, Unit
from cxloop.measure.results import Gap, Outcome, PointValue, RevenueAtRisk, RiskRow
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.frame import show
from cxloop.web.pages.explore.names import raw_value
from cxloop.web.site import age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/explore/money"
METRICS = ("nps", "csat", "ces", "rating")
HORIZONS = ("90d", "180d", "365d")
DIMENSIONS = ("region", "channel", "brand", "source", "product", "location", "campaign")
MOODS = {"unhappy": _("unhappy"), "silent": _("silent"), "others": _("others")}
WIDTHS = (430, 260)


@dataclass(frozen=True)
class Asked:
    """What the form asks; empty means: not asked."""

    metric: str = "nps"
    horizon: str = "365d"
    by: str = ""
    where: str = ""

    def address(self, **other: str) -> str:
        """Returns where this is shown, with some of it asked otherwise."""
        chosen, usual = replace(self, **other), Asked()
        told = {name: getattr(chosen, name) for name in Asked.__dataclass_fields__}
        told = {name: value for name, value in told.items() if value != getattr(usual, name)}
        return f"{PATH}?{urlencode(told)}" if told else PATH


def asked(
    metric: Annotated[str, Query(max_length=60)] = "nps",
    horizon: Annotated[str, Query(max_length=10)] = "365d",
    by: Annotated[str, Query(max_length=100)] = "",
    where: Annotated[str, Query(max_length=4000)] = "",
) -> Asked:
    """Reads the question from the address."""
    return Asked(metric, horizon or "365d", by, where)


@router.get(PATH)
def money(request: Request, door: SignedIn, question: Annotated[Asked, Depends(asked)]) -> HTMLResponse:
    """Shows what came after good and bad answers, and the money of those who are unhappy or silent."""
    context: dict[str, Any] = {
        "title": _("Money"),
        "asked": question,
        "metrics": [(name, wording.label(name)) for name in METRICS],
        "horizons": HORIZONS if question.horizon in HORIZONS else (question.horizon, *HORIZONS),
        "dimensions": _dimensions(door, question.by),
    }
    try:
        said = {"metric": question.metric, "where": question.where}
        points, losses = {**said, "horizon": question.horizon}, {**said, "by": question.by}
        kept = door.snapshot("measure.point_value", points)
        worth, risk = kept.result, door.snapshot("measure.revenue_at_risk", losses).result
        assert isinstance(worth, PointValue)
        assert isinstance(risk, RevenueAtRisk)
        shown = {
            "lede": str(worth),
            "worth": worth,
            "charts": _pictures(worth),
            "outcomes": [_outcome(worth, outcome) for outcome in worth.outcomes],
            "risk": risk,
            "rows": [_row(door, risk, row, question) for row in risk.rows],
            "overlap": "" if worth.overlap is None else wording.number(worth.overlap, "share"),
            "keep": keeping(door, "measure.point_value", points),
            "keep_risk": keeping(door, "measure.revenue_at_risk", losses),
            "age": age(kept),
        }
    except InputError as failure:
        return show(request, door, "money", "money.html", {**context, "failure": failure})
    return show(request, door, "money", "money.html", {**context, **shown})


def _dimensions(door: Door, chosen: str) -> list[tuple[str, str]]:
    own = {item.name: item.label or item.name for item in door.experience.dimension}
    segments = door.snapshot("unify.segments", {}).result.records() if door.may("unify.segments") else []
    names = [*DIMENSIONS, *own, *(f"segment.{row['name']}" for row in segments), *([chosen] if chosen else [])]
    return [(name, own.get(name, words.readable(name))) for name in dict.fromkeys(names)]


def _pictures(worth: PointValue) -> tuple[str, ...]:
    estimates = worth.estimates()
    if not any(isinstance(row.result, Estimate) for row in estimates.rows):
        return ()
    return tuple(charts.picture(estimates, width=width) for width in WIDTHS)


def _figure(cell: Estimate | InsufficientData | None, unit: Unit) -> tuple[str, str]:
    """A number and its interval."""
    if not isinstance(cell, Estimate):
        return _("cannot say"), ""
    return wording.number(cell.value, unit), words.span(*(wording.number(end, unit) for end in (cell.low, cell.high)))


def _outcome(worth: PointValue, outcome: Outcome) -> dict[str, Any]:
    ends = f"{outcome.bands[-1].name} {_('less')} {outcome.bands[0].name}"
    gaps = (
        (ends, outcome.plain, outcome.adjusted),
        (_("one more on the scale"), outcome.plain_step, outcome.step),
    )
    return {
        "title": outcome.title,
        "currency": worth.currency if outcome.unit == "money" else "",
        "bands": [
            (
                band.name,
                wording.count(band.customers),
                _figure(band.plain, outcome.unit),
                _figure(band.adjusted, outcome.unit),
            )
            for band in outcome.bands
        ],
        "doubts": [_doubt(name, gap, outcome.unit) for name, _plain, gap in gaps if gap is not None and not gap.shown],
        "gaps": [(name, _gap(plain, outcome.unit), _gap(adjusted, outcome.unit)) for name, plain, adjusted in gaps],
    }


def _gap(gap: Gap | None, unit: Unit) -> tuple[str, str]:
    if gap is None:
        return _("cannot say"), ""
    limits = words.span(*(wording.number(end, unit) for end in (gap.low, gap.high)))
    return wording.number(gap.value, unit), limits


def _doubt(name: str, gap: Gap, unit: Unit) -> str:
    """Why a difference is not called one, in a sentence for who decides by it."""
    told = {
        "name": f"{name[:1].upper()}{name[1:]}",
        "low": wording.number(gap.low, unit),
        "high": wording.number(gap.high, unit),
    }
    if gap.low <= 0 <= gap.high:
        return (
            _("%(name)s: it may be no difference at all. Anything from %(low)s to %(high)s fits these customers.")
            % told
        )
    return (
        _(
            "%(name)s: do not count on it. By itself it would lie between %(low)s and %(high)s, but of so many "
            "differences on this page one like it can come by chance."
        )
        % told
    )


def _row(door: Door, risk: RevenueAtRisk, row: RiskRow, question: Asked) -> dict[str, Any]:
    condition = question.where
    for name, value in zip(risk.by, row.group, strict=True):
        condition = both(condition, equals(name, raw_value(door, name, value)))
    named = [*map(wording.group_label, row.group), MOODS[row.mood]]
    low = condition
    if row.mood == "unhappy" and risk.metric == "nps":
        low = both(condition, "score <= 6")
    return {
        "name": ", ".join(named),
        "address": f"/explore?{urlencode({'metric': risk.metric, 'since': '365d', 'where': low})}",
        "customers": wording.count(row.customers),
        "revenue": _whole(row.revenue),
        "share": _figure(row.share, "share"),
        "pooled": row.pooled,
        "at_risk": _("cannot say") if row.at_risk is None else _whole(row.at_risk),
        "span": "" if row.low is None or row.high is None else words.span(_whole(row.low), _whole(row.high)),
    }


def _whole(amount: float) -> str:
    """An amount without cents; refunds can make it less than nothing."""
    return wording.minus(f"{amount:,.0f}")
