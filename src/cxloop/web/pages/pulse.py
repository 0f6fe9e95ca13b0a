"""Pulse: how are our customers, what changed?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cxloop import charts
from cxloop.core import wording
from cxloop.core.expr import equals
from cxloop.core.host import Snapshot
from cxloop.core.results import Estimate
from cxloop.measure.results import ChannelAnswers, Pulse, PulseMetric
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.questions import Question
from cxloop.web.site import age, respond
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PERIODS = ("30d", "90d", "365d")
VERBATIMS = 3
CHANNELS = 8
FEWEST_WEEKS = 4
SPARK_SINCE = {"30d": "180d", "90d": "365d", "365d": ""}
"""How far back Explore looks when a card is opened: far enough to see the change in its course."""


@dataclass(frozen=True)
class Card:
    """One metric as its card shows it."""

    item: PulseMetric
    address: str
    spark: str
    tone: str
    number: str
    interval: str
    small: str


@dataclass(frozen=True)
class Bar:
    """One channel as a bar: `width` of 100."""

    name: str
    address: str
    width: float
    figure: str


@router.get("/")
def pulse(
    request: Request, door: SignedIn, period: Annotated[str, Query(pattern=r"^\d{1,4}[dw]$")] = "30d"
) -> HTMLResponse:
    """Shows every metric against the period before, what changed, and what customers said."""
    kept = door.snapshot("measure.pulse", {"period": period})
    result = kept.result
    assert isinstance(result, Pulse)
    context = {
        "title": _("Pulse"),
        "page": "pulse",
        "pulse": result,
        "period": period,
        "periods": PERIODS if period in PERIODS else (period, *PERIODS),
        "cards": [_card(item, period) for item in result.metrics],
        "movers": [(mover, _explore(mover.metric, mover.where, period)) for mover in result.movers],
        "bars": _bars(result, period),
        "verbatims": _verbatims(door, period),
        "foot": _foot(kept, result),
    }
    return respond(request, "pulse.html", context, door=door)


def _explore(metric: str, where: str, period: str) -> str:
    return Question(metric=metric, every="week", since=SPARK_SINCE.get(period, period), where=where).address()


def _card(item: PulseMetric, period: str) -> Card:
    now = item.current
    return Card(
        item=item,
        address=_explore(item.metric, item.where, period),
        spark=_spark(item),
        tone="" if item.better is None else "good" if item.better else "bad",
        number=wording.number(now.value, item.unit) if isinstance(now, Estimate) else _("cannot say"),
        interval=_range(now, item) if isinstance(now, Estimate) else "",
        small=_small(item),
    )


def _spark(item: PulseMetric) -> str:
    """The small chart, as SVG; empty where too few weeks can be said: less is not a course but a coincidence."""
    known = sum(isinstance(row.result, Estimate) for row in item.weekly)
    if known < FEWEST_WEEKS:
        return ""
    return charts.sparkline(item.weekly, item.unit, label=f"{item.title}, {_('week by week')}")


def _range(estimate: Estimate, item: PulseMetric) -> str:
    return words.span(wording.number(estimate.low, item.unit), wording.number(estimate.high, item.unit))


def _small(item: PulseMetric) -> str:
    """The line under the number: how many answers, and what it is measured against."""
    now, before = item.current, item.previous
    if not isinstance(now, Estimate):
        return f"{wording.answers(now.n)}, {_('at least')} {now.needed} {_('are needed')}"
    of = f" · {_('of')} {item.scale[1]:g}" if item.unit == "score" and item.scale else ""
    was = f" · {_('was')} {wording.number(before.value, item.unit)}" if isinstance(before, Estimate) else ""
    return f"{wording.answers(now.n)}{of}{was}"


def _bars(result: Pulse, period: str) -> list[Bar]:
    most = max((row.result.n for row in result.channels), default=0)
    metric = result.metrics[0].metric if result.metrics else ""
    return [_bar(row, result, metric, period, most) for row in result.channels[:CHANNELS]]


def _bar(row: ChannelAnswers, result: Pulse, metric: str, period: str, most: int) -> Bar:
    number = row.result
    said = (
        f"{result.head} {wording.number(number.value, result.head_unit)}"
        if isinstance(number, Estimate)
        else _("cannot say")
    )
    return Bar(
        name=words.readable(row.channel or _("not said")),
        address=_explore(metric, equals("channel", row.channel), period),
        width=round(100 * number.n / most, 1) if most else 0,
        figure=f"{wording.count(number.n)} · {said}",
    )


def _verbatims(door: Door, period: str) -> Any:
    """What customers said in the period, for those who may read single persons; None for others."""
    if not door.may("understand.verbatims"):
        return None
    return door.snapshot("understand.verbatims", {"since": period, "limit": VERBATIMS}).result


def _foot(kept: Snapshot, result: Pulse) -> list[str]:
    """What the numbers rest on, and how old they are."""
    lines = [age(kept)]
    level = next((item.current.level for item in result.metrics if isinstance(item.current, Estimate)), 0.95)
    corrected = f", {_('corrected for')} {words.plural(result.comparisons, _('comparison'), _('comparisons'))}"
    lines.append(f"{_('intervals are')} {100 * level:g} %{corrected if result.comparisons > 1 else ''}")
    if kept.computed_at - result.until > timedelta(days=1):
        lines.append(f"{_('data until')} {wording.day(result.until - timedelta(seconds=1))}")
    return lines
