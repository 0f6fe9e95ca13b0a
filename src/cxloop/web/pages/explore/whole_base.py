"""Explore, all customers: the score of those who answered beside that of everybody, and whether to believe it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import InputError
from cxloop.core.expr import equals
from cxloop.core.results import Estimate, InsufficientData
from cxloop.core.waterfall import Waterfall, WaterfallStep
from cxloop.measure.results import BaseGroup, WholeBase
from cxloop.web import words
from cxloop.web.access import SignedIn
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.frame import show, working
from cxloop.web.questions import Question
from cxloop.web.site import age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/explore/all-customers"
METRICS = ("nps", "csat", "ces")
GROUPS = ("region", "channel", "product", "brand")
ACTIVE = ("90d", "180d", "365d", "730d")
WIDTHS, BALANCE_WIDTHS = (430, 260), (560, 310)
MOST_BALANCE = 12


@dataclass(frozen=True)
class Asked:
    """What the form asks; empty means: not asked."""

    metric: str = "nps"
    by: str = ""
    active: str = "365d"
    until: str = ""

    def address(self) -> str:
        """Returns where this is shown."""
        return f"{PATH}?{urlencode({name: value for name, value in asdict(self).items() if value})}"


def asked(
    metric: Annotated[str, Query(max_length=20)] = "nps",
    by: Annotated[str, Query(max_length=40)] = "",
    active: Annotated[str, Query(max_length=20)] = "365d",
    until: Annotated[str, Query(max_length=40)] = "",
) -> Asked:
    """Reads the question from the address."""
    return Asked(metric or "nps", by, active or "365d", until)


@router.get(PATH)
def whole_base(request: Request, door: SignedIn, wanted: Annotated[Asked, Depends(asked)]) -> HTMLResponse:
    """Shows both scores, what lies between them, whether to believe it, and how it was tried."""
    context = {
        "title": _("All customers"),
        "asked": wanted,
        "metrics": [(name, wording.label(name)) for name in METRICS],
        "dimensions": GROUPS,
        "active_choices": ACTIVE if wanted.active in ACTIVE else (wanted.active, *ACTIVE),
    }
    try:
        kept = door.snapshot_soon("measure.whole_base", asdict(wanted))
    except InputError as failure:
        return show(request, door, "whole_base", "whole_base.html", {**context, "failure": failure})
    if kept is None:
        return working(request, door, "whole_base", _("All customers"))
    result = kept.result
    assert isinstance(result, WholeBase)
    shown = {
        "result": result,
        "lede": _lede(result),
        "scores": _scores(result),
        "charts": [charts.picture(result.scores, width=width) for width in WIDTHS] if _drawn(result) else [],
        "steps": _steps(result),
        "balance": _balance(result),
        "held_out": _held_out(result),
        "pretences": _pretences(result),
        "groups": [_group(row, result, wanted) for row in result.groups],
        "sensitivity": _sensitivity(result),
        "modes": [(row.name, wording.count(row.n), _mode(row.effect, row.note, result)) for row in result.modes],
        "keep": keeping(door, "measure.whole_base", asdict(wanted)),
        "age": age(kept),
    }
    return show(request, door, "whole_base", "whole_base.html", {**context, **shown})


def _lede(result: WholeBase) -> str:
    """The sentence a colleague would say first."""
    name = wording.label(result.metric)
    if not isinstance(result.whole, Estimate):
        return f"{_('Nobody can say the')} {name} {_('of all customers yet')}"
    if not result.trusted:
        return f"{_('The')} {name} {_('of all customers cannot be trusted')}"
    return f"{_('Of all customers')}, {name} {_('is')} {wording.number(result.whole.value, result.unit)}"


def _drawn(result: WholeBase) -> bool:
    return any(isinstance(row.result, Estimate) for row in result.scores.rows)


def _scores(result: WholeBase) -> list[dict[str, str]]:
    """The two scores side by side; that of everybody is withheld where it cannot be trusted."""
    everybody = result.whole if result.trusted else None
    return [
        _score(_("Those who answered"), result.answerers, result),
        _score(_("Everybody"), everybody, result),
        _score(_("By raking, the simple way"), result.raked if result.trusted else None, result),
    ]


def _score(name: str, found: Estimate | InsufficientData | None, result: WholeBase) -> dict[str, str]:
    if not isinstance(found, Estimate):
        return {"name": name, "number": _("cannot say"), "interval": "", "n": ""}
    return {
        "name": name,
        "number": wording.number(found.value, result.unit),
        "interval": words.span(wording.number(found.low, result.unit), wording.number(found.high, result.unit)),
        "n": wording.count(found.n),
    }


def _steps(result: WholeBase) -> list[dict[str, str]]:
    """What lies between the two scores, as bars that add up."""
    if not result.steps or not result.trusted:
        return []
    assert isinstance(result.answerers, Estimate)
    total = result.answerers.value + sum(step.value for step in result.steps)
    parts = tuple(WaterfallStep(step.name, step.name, None, None, "", step.value) for step in result.steps)
    bars = charts.fall_bars(Waterfall("", result.answerers.value, total, parts))
    names = [_("Those who answered"), *(_(step.name) for step in result.steps), _("Everybody")]
    values = [result.answerers.value, *(step.value for step in result.steps), total]
    figures = [wording.number(value, result.unit) for value in values]
    return [{"name": n, "svg": s, "figure": f} for n, s, f in zip(names, bars, figures, strict=True)]


def _balance(result: WholeBase) -> list[str]:
    rows = [(row.name, row.before, row.after) for row in result.balance[:MOST_BALANCE]]
    return [text for width in BALANCE_WIDTHS if (text := charts.balance_picture(rows, width=width))]


def _held_out(result: WholeBase) -> list[str]:
    rows = [(row.name, row.expected, row.said) for row in result.held_out]
    return [text for width in BALANCE_WIDTHS if (text := charts.foreseen_picture(rows, result.unit, width=width))]


def _pretences(result: WholeBase) -> list[dict[str, Any]]:
    unit = result.unit
    return [
        {"raw": wording.number(row.raw, unit), "adjusted": wording.number(row.adjusted, unit), "held": row.held}
        for row in result.pretences
    ]


def _group(row: BaseGroup, result: WholeBase, wanted: Asked) -> dict[str, Any]:
    """One group, with the way on to its answers."""
    question = Question(result.metric, (), "", wanted.active, wanted.until, "", "", "")
    return {
        "name": row.group if row.group is not None else _("not said"),
        "address": question.on(equals(result.by, row.group)).address(),
        "customers": wording.count(row.customers),
        "answerers": _score("", row.answerers, result),
        "whole": _score("", row.whole if result.trusted else None, result),
    }


def _mode(effect: Estimate | None, note: str, result: WholeBase) -> str:
    """What a way of answering adds to a score, or why that cannot be told."""
    if effect is None:
        return note or _("cannot be told")
    low, high = (wording.number(value, result.unit) for value in (effect.low, effect.high))
    told = f"{wording.number(effect.value, result.unit)} ({words.span(low, high)})"
    return f"{told}; {note}" if note else told


def _sensitivity(result: WholeBase) -> list[tuple[str, str]]:
    """What the score would be if answering hung on the answer more or less than was seen."""
    if result.leaning is None or not result.trusted:
        return []
    names = {0.0: _("not at all"), 1.0: _("as much as seen")}
    return [
        (names.get(times, f"{times:g} {_('times as much')}"), wording.number(score, result.unit))
        for times, score in result.leaning.scores
    ]
