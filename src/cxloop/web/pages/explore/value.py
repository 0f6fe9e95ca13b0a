"""Explore, value: what customers are worth, how far the same models were right before, and who they are."""

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
from cxloop.measure.results import ContractValue, CustomerValues, HoldOut, LifetimeValue, Range, Tenth, ValueRow
from cxloop.web import words
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.frame import show
from cxloop.web.site import age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/explore/value"
HORIZONS = ("90d", "182d", "365d", "730d")
DISCOUNTS = ("", "0.05", "0.1", "0.15")
ORDERS = {"value": _("most value first"), "orders": _("most orders first"), "at stake": _("most at stake first")}
DIMENSIONS = ("channel", "region", "source", "product", "brand", "location", "campaign", "currency")
SHOWN, MOST_GROUPS = 25, 40
WIDTHS = (560, 276)


@dataclass(frozen=True)
class Asked:
    """What the form asks; empty means: not asked."""

    horizon: str = "365d"
    by: str = ""
    discount: str = ""
    where: str = ""
    first_order: str = ""
    order: str = "value"

    def address(self, **other: str) -> str:
        """Returns where this is shown, with some of it asked otherwise."""
        chosen = replace(self, **other)
        asked = {name: getattr(chosen, name) for name in Asked.__dataclass_fields__}
        usual = Asked()
        told = {name: value for name, value in asked.items() if value and value != getattr(usual, name)}
        return f"{PATH}?{urlencode(told)}" if told else PATH

    @property
    def model(self) -> dict[str, Any]:
        """What all the verbs of value take."""
        return {"horizon": self.horizon, "discount": _number(self.discount), "where": self.where}


@dataclass(frozen=True)
class Bar:
    """One row of a list: its name, where that leads, its bar and its figures."""

    name: str
    address: str
    svg: str
    figure: str
    small: str


def asked(
    horizon: Annotated[str, Query(max_length=10)] = "365d",
    by: Annotated[str, Query(max_length=100)] = "",
    discount: Annotated[str, Query(max_length=10)] = "",
    where: Annotated[str, Query(max_length=4000)] = "",
    first_order: Annotated[str, Query(max_length=4000)] = "",
    order: Annotated[str, Query(max_length=20)] = "value",
) -> Asked:
    """Reads the question from the address."""
    return Asked(horizon or "365d", by, discount, where, first_order, order or "value")


@router.get(PATH)
def value(request: Request, door: SignedIn, question: Annotated[Asked, Depends(asked)]) -> HTMLResponse:
    """Shows what customers are expected to bring, by group and one by one, with the check and the contracts."""
    context: dict[str, Any] = {
        "title": _("Value"),
        "asked": question,
        "horizons": _with(HORIZONS, question.horizon),
        "discounts": _with(DISCOUNTS, question.discount),
        "dimensions": _dimensions(door, question.by),
        "orders": ORDERS,
    }
    try:
        said = {**question.model, "by": question.by}
        kept = door.snapshot("measure.lifetime_value", said)
        result = kept.result
        assert isinstance(result, LifetimeValue)
        shown = {
            "lede": _lede(result),
            "result": result,
            "whole": _whole(result),
            "doubt": _doubt(result),
            "groups": _groups(result, question, door) if question.by else [],
            "tenths": _tenths(result),
            "check": _check(result),
            "charts": _charts(result),
            "people": _people(door, question),
            "contracts": _contracts(door, question),
            "keep": keeping(door, "measure.lifetime_value", said),
            "age": age(kept),
            "span": words.span,
            "money": _money,
        }
    except InputError as failure:
        return show(request, door, "value", "value.html", {**context, "failure": failure})
    return show(request, door, "value", "value.html", {**context, **shown})


def _number(text: str) -> float | str:
    """The number that was written; what is none is left to the verb, which says what is allowed."""
    try:
        return float(text) if text else ""
    except ValueError:
        return text


def _with(choices: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    return choices if chosen in choices else (chosen, *choices)


def _dimensions(door: Door, chosen: str) -> list[tuple[str, str]]:
    """Names and titles of what the form offers to split by; segments among it."""
    own = {item.name: item.label or item.name for item in door.experience.dimension}
    segments = door.snapshot("unify.segments", {}).result.records() if door.may("unify.segments") else []
    names = [*DIMENSIONS, *own, *(f"segment.{row['name']}" for row in segments)]
    names += [chosen] if chosen and chosen not in names else []
    return [(name, own.get(name, words.readable(name))) for name in dict.fromkeys(names)]


def _money(amount: float, currency: str = "") -> str:
    """An amount, with cents only where it is so small that they matter."""
    text = f"{amount:,.0f}" if abs(amount) >= 100 or amount == 0 else f"{amount:,.2f}"
    return f"{wording.minus(text)} {currency}".strip()


def _about(amount: float, currency: str) -> str:
    """An amount with three digits that count: more would say more than is known."""
    return _money(float(f"{amount:.3g}"), currency)


def _lede(result: LifetimeValue) -> str:
    """The sentence that a colleague would say first."""
    who = words.plural(result.total.customers, _("customer"), _("customers"))
    ahead = words.plural(result.horizon_days, _("day"), _("days"))
    if not result.total.customers:
        return _("Nobody has ordered yet, so that nothing can be said of what customers are worth.")
    if result.total.purchases is None:
        return f"{_('What')} {who} {_('will bring cannot be said.')}"
    if result.total.money is None:
        orders = wording.count(int(float(f"{result.total.purchases.value:.3g}")))
        return f"{who} {_('are expected to order about')} {orders} {_('times in the next')} {ahead}."
    brought = _about(result.total.money.value, result.currency)
    return f"{who} {_('are expected to bring about')} {brought} {_('in the next')} {ahead}."


def _range(found: Range | None, currency: str = "") -> dict[str, str] | None:
    if found is None:
        return None
    return {"value": _money(found.value, currency), "span": words.span(_money(found.low), _money(found.high))}


def _whole(result: LifetimeValue) -> list[dict[str, str]]:
    """The figures of all customers: value, value each, orders, and how many still buy."""
    total, currency = result.total, result.currency
    named = [(_("Value"), total.money, currency), (_("Per customer"), total.each, currency)]
    found = [{"name": name, **shown} for name, each, unit in named if (shown := _range(each, unit))]
    if total.purchases is not None:
        orders = {"value": f"{total.purchases.value:,.0f}"}
        orders["span"] = words.span(f"{total.purchases.low:,.0f}", f"{total.purchases.high:,.0f}")
        found.append({"name": _("Orders"), **orders})
    return found


def _doubt(result: LifetimeValue) -> dict[str, str] | None:
    """What stands above everything where the numbers are not to be taken as they are."""
    if result.trust == "holds" and not result.reasons:
        return None
    title = {
        "holds": "",
        "rough": _("Take these numbers as rough"),
        "not checked": _("Nobody knows yet how good these numbers are"),
        "cannot say": _("No value is given"),
    }[result.trust]
    return {"title": title, "why": "; ".join(result.reasons), "tone": "bad" if result.trust == "cannot say" else "warn"}


def _worth(row: ValueRow) -> Range | None:
    return row.each or (row.purchases and _each(row.purchases, row.customers))


def _each(found: Range, customers: int) -> Range:
    return Range(found.value / customers, found.low / customers, found.high / customers)


def _groups(result: LifetimeValue, question: Asked, door: Door) -> list[Bar]:
    """Groups by what a customer of them is worth, with how the check went for each."""
    known = [(row, _worth(row)) for row in result.rows[:MOST_GROUPS]]
    most = max((each.high for _row, each in known if each is not None), default=1.0)
    return [_group(row, each, most, result, question, door) for row, each in known]


def _group(row: ValueRow, each: Range | None, most: float, result: LifetimeValue, question: Asked, door: Door) -> Bar:
    name = wording.group_label(row.group[0])
    condition = equals(question.by, _raw(door, question.by, row.group[0]))
    address = question.address(by="", first_order=both(question.first_order, condition)) + "#customers"
    who = words.plural(row.customers, _("customer"), _("customers"))
    if each is None:
        return Bar(name, address, charts.share_bar(None), _("cannot say"), who)
    brought = "" if row.money is None else f"{_money(row.money.value, result.currency)} {_('together')} · "
    checked = ""
    if row.expected and row.actual is not None:
        checked = f" · {_('check')}: {wording.minus(f'{row.actual / row.expected - 1:+.0%}')}"
    bar = charts.share_bar(each.value, each.low, each.high, most=most)
    small = f"{words.span(_money(each.low), _money(each.high))} · {brought}{who}{checked}"
    return Bar(name, address, bar, _money(each.value), small)


def _raw(door: Door, dimension: str, label: str | None) -> str | None:
    """The value behind a label: groups come with the names that people use, conditions take the log's own."""
    if dimension.startswith("segment.") and label is not None:
        return "out" if label.startswith("not ") else "in"
    named = {item.name: {text: raw for raw, text in item.labels.items()} for item in door.experience.dimension}
    return None if label is None else named.get(dimension, {}).get(label, label)


def _tenths(result: LifetimeValue) -> list[Bar]:
    """How value is spread: each tenth of the customers with its share of all value."""
    most = max((each.share for each in result.tenths), default=1.0)
    return [_tenth(each, most, result) for each in result.tenths]


def _tenth(each: Tenth, most: float, result: LifetimeValue) -> Bar:
    name = _("most valuable tenth") if each.place == 1 else f"{_('tenth')} {each.place}"
    mean = _money(each.mean, result.currency) if result.total.money is not None else f"{each.mean:.2f} {_('orders')}"
    return Bar(name, "", charts.share_bar(each.share, most=most), f"{100 * each.share:.0f} %", f"{mean} {_('each')}")


def _check(result: LifetimeValue) -> dict[str, str] | None:
    """The check in words."""
    found: HoldOut | None = result.check
    if found is None:
        return None
    error = f"{abs(found.error):.0%} {_('more') if found.error > 0 else _('fewer')}"
    expected = f"{found.expected.value:,.0f}"
    return {
        "said": f"{_('The same models, fitted on what was known before')} {wording.day(found.cutoff)}, "
        f"{_('expected')} {expected} {_('orders of')} {wording.count(found.customers)} {_('customers in the')} "
        f"{found.days} {_('days after it')}. {wording.count(found.actual)} {_('came')}: {error}.",
        "span": words.span(f"{found.expected.low:,.0f}", f"{found.expected.high:,.0f}"),
        "covered": f"{100 * found.covered:.0f} %",
        "level": f"{100 * found.level:g} %",
        "correlation": "" if found.correlation is None else f"{found.correlation:.2f}",
        "money": ""
        if found.money is None
        else f"{_money(found.paid, result.currency)} {_('came, expected were')} {_money(found.money.value)}",
    }


def _charts(result: LifetimeValue | ContractValue) -> list[str]:
    pairs = result.pairs()
    return [] if pairs is None else [svg for width in WIDTHS if (svg := charts.pair_picture(pairs, width=width))]


def _people(door: Door, question: Asked) -> dict[str, Any] | None:
    """Single customers, for those who may see single persons."""
    if not door.may("measure.customer_values"):
        return None
    wanted = {**question.model, "first_order": question.first_order, "order": question.order, "limit": SHOWN}
    found = door.snapshot("measure.customer_values", wanted).result
    assert isinstance(found, CustomerValues)
    return {
        "found": found,
        "level": f"{100 * found.level:g} %",
        "rows": [
            {
                "id": row.customer_id,
                "label": row.label,
                "orders": row.orders,
                "paid": _money(row.paid),
                "last": wording.day(row.last),
                "alive": _("cannot tell") if row.alive is None else wording.number(row.alive, "share"),
                "value": _range(row.money)
                or {
                    "value": f"{row.purchases.value:.1f}",
                    "span": words.span(f"{row.purchases.low:.0f}", f"{row.purchases.high:.0f}"),
                },
                "stake": "" if row.at_stake is None else _money(row.at_stake),
            }
            for row in found.rows
        ],
    }


def _contracts(door: Door, question: Asked) -> list[dict[str, Any]]:
    """Each contract of the catalogue: what its members are expected to renew, beside how it was."""
    shown = []
    for contract in door.experience.contract:
        arguments = {"contract": contract.name, "horizon": question.horizon, "discount": _number(question.discount)}
        found = door.snapshot("measure.contract_value", arguments).result
        assert isinstance(found, ContractValue)
        shown.append({"name": contract.label or contract.name, "found": found, "charts": _charts(found)})
    return shown
