"""The truth behind the log: every planted coefficient, what it did, and who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cxloop.simulate.answers import answer
from cxloop.simulate.batches import Log
from cxloop.simulate.blocks import join, pick
from cxloop.simulate.clock import DAY, LAST, Floats, Ints, day_number
from cxloop.simulate.club import months_between
from cxloop.simulate.events import EVENTS
from cxloop.simulate.history import History
from cxloop.simulate.keys import KEY_KINDS
from cxloop.simulate.orders import noise
from cxloop.simulate.parcels import CRISIS_LATE_SHARE, EARLY_FAULT_DAYS, PEAK_LATE_SHARE
from cxloop.simulate.rows.texts import Told
from cxloop.simulate.streams import Streams
from cxloop.simulate.surveys import Asked, treated
from cxloop.simulate.texts.lexicon import THEMES, TONES
from cxloop.simulate.world import (
    CARRIERS,
    CRISIS,
    END,
    INITIATIVE_START,
    LAUNCH,
    LAUNCHED,
    MARKETS,
    NEW_MARKET,
    NEW_MARKET_START,
    PRICE_CHANGE,
    PRICE_CHANGE_RATIO,
    PRODUCTS,
    STORES,
)  # fmt: skip

__all__ = ["identities", "nps_points", "themes", "truth"]


def truth(past: History, seed: int) -> dict[str, Any]:
    """Returns everything planted, as plain JSON values."""
    return {
        "seed": seed,
        "customers": past.everyone.count,
        "assumptions": past.rules.assumptions,
        "first_day": past.start.isoformat(),
        "last_day": (END - timedelta(days=1)).isoformat(),
        "dates": _dates(past),
        "coefficients": asdict(past.rules),
        "late": _late(past),
        "drivers": _drivers(past),
        "surveys": {name: _survey(name, getattr(past, name)) for name in ("nps", "csat", "ces")},
        "whole_base_nps": _whole_base(past, Streams(seed)),
        "initiative": _initiative(past),
        "agents": _agents(past),
        "churn": _churn(past),
        "new_market": {"code": MARKETS[NEW_MARKET].code, **asdict(past.rules.style)},
        "referrals": int((past.everyone.referrer >= 0).sum()),
    }


def nps_points(scores: Floats) -> float | None:
    """Returns the NPS of scores from 0 to 10, in points; None of none."""
    if scores.size == 0:
        return None
    return round(float(100 * ((scores >= 9).mean() - (scores <= 6).mean())), 4)


def _mean(values: NDArray[Any]) -> float | None:
    return None if values.size == 0 else round(float(values.mean()), 6)


def _dates(past: History) -> dict[str, Any]:
    moments = {
        "crisis": CRISIS[0], "price_change": PRICE_CHANGE, "launch": LAUNCH, "initiative": INITIATIVE_START,
        "new_market": NEW_MARKET_START,
    }  # fmt: skip
    found = {name: {"day": day.isoformat(), "in_window": day >= past.start} for name, day in moments.items()}
    days = [(CRISIS[0] + timedelta(days=i)).isoformat() for i in range((CRISIS[1] - CRISIS[0]).days)]
    return {
        **found,
        "crisis_days": days,
        "crisis_regions": [market.code for market in MARKETS if market.hub],
        "price_change_ratio": PRICE_CHANGE_RATIO,
        "price_change_category": "home",
        "launched_product": PRODUCTS[LAUNCHED].name,
        "early_fault_days": EARLY_FAULT_DAYS,
    }


def _late(past: History) -> dict[str, Any]:
    parcel, online = past.bought.parcel, past.bought.online
    delivered = online & (parcel.done < LAST)
    carriers = {
        carrier.name: {
            "planted": carrier.late_share,
            "outside_crisis": _mean(parcel.late[online & ~parcel.crisis & (parcel.carrier == number)]),
        }
        for number, carrier in enumerate(CARRIERS)
    }
    return {
        "share_of_delivered": _mean(parcel.late[delivered]),
        "orders_in_crisis": int((online & parcel.crisis).sum()),
        "planted_in_crisis": CRISIS_LATE_SHARE,
        "planted_more_in_december": PEAK_LATE_SHARE,
        "carriers": carriers,
    }


def _drivers(past: History) -> dict[str, Any]:
    """What planted causes did to answers, by comparing each answer with the one given without the cause."""
    asked, reviews, parcel = past.nps, past.reviews, past.bought.parcel
    late = parcel.late[asked.order]
    skill = past.bought.service.skill[past.csat.order]
    return {
        "latent": asdict(past.rules.effects),
        "nps": {
            "late_mean_score": _mean((asked.score - asked.otherwise)[late]),
            "late_points_among_late": _difference(asked, late),
            "late_points_overall": _difference(asked, np.ones(late.size, bool)),
        },
        "rating": {"late_mean_score": _mean((reviews.score - reviews.otherwise)[parcel.late[reviews.order]])},
        "csat": {"skill_mean_score_per_unit": _slope(skill, past.csat.score - past.csat.otherwise)},
        "product_quality": {product.name: product.quality for product in PRODUCTS},
    }


def _difference(asked: Asked, chosen: NDArray[np.bool_]) -> float | None:
    with_cause, without = nps_points(asked.score[chosen]), nps_points(asked.otherwise[chosen])
    return None if with_cause is None or without is None else round(with_cause - without, 4)


def _slope(cause: Floats, effect: Floats) -> float | None:
    spread = float(((cause - cause.mean()) ** 2).sum()) if cause.size else 0.0
    return None if spread == 0 else round(float(((cause - cause.mean()) * effect).sum()) / spread, 6)


def _survey(name: str, asked: Asked) -> dict[str, Any]:
    """What everybody asked would have answered, beside what respondents did."""
    score = nps_points if name == "nps" else _mean
    return {
        "invited": asked.order.size,
        "answered": int(asked.answered.sum()),
        "mean_odds": _mean(asked.odds),
        "had_all_answered": score(asked.score),
        "respondents": score(asked.score[asked.answered]),
    }


def _whole_base(past: History, streams: Streams) -> dict[str, Any]:
    """NPS of all customers on the last day of each month, had everybody been asked, and what respondents showed.

    Customers are those who have not left for good, which no log can know; beside them stand those who have bought
    within a year, whom every log knows.
    """
    rng, of_buyers = streams["base"], streams["buyers"]
    months, everybody = [], []
    for month in months_between(past.start, END):
        after = (month + timedelta(days=32)).replace(day=1)
        moment = day_number(after) * DAY - 1
        scores = _asked_today(past, rng, past.moods.customers(moment), moment)
        everybody.append(scores)
        bought = _asked_today(past, of_buyers, _buyers(past, moment), moment)
        months.append({"month": f"{month:%Y-%m}", **_month(past, month, after), "customers": scores.size,
                       "whole_base": nps_points(scores), "buyers": bought.size,
                       "buyers_base": nps_points(bought)})  # fmt: skip
    return {"whole_base": nps_points(np.concatenate(everybody)), "months": months}


def _buyers(past: History, moment: int) -> Ints:
    """Returns who has bought in the 365 days before a moment, whether they will come back or not."""
    bought = past.bought
    recent = (bought.placed <= moment) & (bought.placed > moment - 365 * DAY)
    return np.unique(bought.customer[recent])


def _asked_today(past: History, rng: np.random.Generator, who: Ints, moment: int) -> Floats:
    disturbance = noise(rng, past.rules, who.size)
    under = past.under.at(past.everyone.store[who], np.full(who.size, moment))
    latent = past.moods.at(who, moment) + under
    return answer(past.rules, past.rules.nps, latent, past.everyone.market[who], disturbance)


def _month(past: History, month: date, after: date) -> dict[str, Any]:
    asked, first, last = past.nps, day_number(month) * DAY, day_number(after) * DAY
    invited = (asked.at >= first) & (asked.at < last)
    answered = asked.answered & (asked.answered_at >= first) & (asked.answered_at < last)
    return {
        "invited": nps_points(asked.score[invited]),
        "respondents": nps_points(asked.score[answered]),
        "answers": int(answered.sum()),
    }


def _initiative(past: History) -> dict[str, Any]:
    """The planted effect on effort after returns: the mean of answers with it, minus the same answers without it."""
    asked = past.ces
    touched = treated(past.everyone, past.bought, asked.order)
    shown = touched & asked.answered
    return {
        "what": "returns by QR code, no printer needed",
        "metric": "ces",
        "start": INITIATIVE_START.isoformat(),
        "stores": [store.name for store in STORES if store.treated],
        "latent_effect": past.rules.initiative_on_ease,
        "effect_on_mean_score_of_treated": _mean((asked.score - asked.otherwise)[touched]),
        "effect_on_mean_score_of_treated_respondents": _mean((asked.score - asked.otherwise)[shown]),
        "treated_answers": int(shown.sum()),
    }


def _agents(past: History) -> list[dict[str, Any]]:
    contact, asked = past.bought.service, past.csat
    of_contact, of_answer = contact.agent[contact.asked], contact.agent[asked.order]
    return [
        {
            "employee": name,
            "skill": round(float(past.staff.skill[number]), 6),
            "contacts": int((of_contact == number).sum()),
            "hard_share": _mean(contact.hard[contact.asked][of_contact == number]),
            "raw_mean_csat": _mean(asked.score[(of_answer == number) & asked.answered]),
        }
        for number, name in enumerate(past.staff.names)
    ]


def _churn(past: History) -> dict[str, Any]:
    left, mood = past.bought.left, past.bought.mood
    bounds = np.quantile(mood, (0.25, 0.5, 0.75)) if mood.size else np.zeros(3)
    quarter = np.searchsorted(bounds, mood)
    return {
        "planted": asdict(past.rules.churn),
        "left_after_order": _mean(left),
        "left_after_order_by_mood_quarter": [_mean(left[quarter == number]) for number in range(4)],
        "late_share_left": _mean(left[past.bought.parcel.late]),
        "club_exposed_per_month": list(past.members.exposed),
        "club_cancelled_per_month": list(past.members.cancellations),
    }


def identities(past: History, rows: Log) -> Any:
    """Returns the keys that occur in the log: namespace, type, value, person and whether several people use it.

    A shared key has one row per person; of a tablet in a store the person is null.
    """
    keys = past.keys
    place = np.concatenate([*keys.of_people, keys.kiosks])
    everyone = np.arange(past.everyone.count)
    person = np.concatenate([*(everyone for _ in keys.of_people), np.full(keys.kiosks.size, -1)])
    used = (place >= 0) & np.isin(place, np.union1d(rows.key, rows.texts["other_keys"].places))
    place, person = place[used], person[used]
    kind = keys.kind[place]
    return pa.table(
        {
            "namespace": pick([namespace for namespace, _ in KEY_KINDS], kind),
            "type": pick([kind for _, kind in KEY_KINDS], kind),
            "value": pick(keys.value, place),
            "person": pa.array(person, mask=person < 0),
            "shared": pa.array(keys.shared[place]),
        }
    )


def themes(rows: Log, told: Mapping[int, Told]) -> Any:
    """Returns what each comment and review is about: source, message id, theme, second theme and tone."""
    theme, second, tone = (np.full(rows.count, -1, np.int8) for _ in range(3))
    for number, about in told.items():
        mine = np.flatnonzero(rows.block == number)
        row = rows.row[mine]
        theme[mine], second[mine], tone[mine] = about.theme[row], about.second[row], about.tone[row]
    written = np.flatnonzero(theme >= 0)
    names = pick([f"{event.name}-" for event in EVENTS], rows.event[written])
    return pa.table(
        {
            "source": pick([event.source for event in EVENTS], rows.event[written]),
            "message_id": join(names, rows.number[written]),
            "theme": pick(THEMES, theme[written]),
            "second": pick(THEMES, second[written]),
            "tone": pick(TONES, tone[written]),
        }
    )
