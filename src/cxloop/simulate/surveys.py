"""Surveys: who is asked, what they would answer, and whether they do.

Everybody asked has an answer in truth; the log holds the answers of those who respond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.clock import DAY, HOUR, Floats, Ints, day_number, to_utc
from cxloop.simulate.club import Club
from cxloop.simulate.orders import Orders, noise
from cxloop.simulate.people import People
from cxloop.simulate.world import END, INITIATIVE_START, NEW_MARKET, STORES, Response, Scale, World

__all__ = ["Asked", "answer", "ask_ces", "ask_csat", "ask_nps", "respond", "review", "treated"]

_TREATED = np.array([store.treated for store in STORES])
_LAST = day_number(END) * DAY


@dataclass(frozen=True)
class Asked:
    """One survey: an entry per invitation in each array.

    Attributes:
        order: the order it is about.
        at: when they were asked, UTC seconds.
        channel: number in the survey's channels.
        latent: what they feel about it.
        score: what they would answer.
        otherwise: what they would answer had the planted cause not been there (a late parcel, the initiative).
        odds: probability of a response.
        answered: they do, before the end.
        answered_at: when, UTC seconds.
    """

    order: Ints
    at: Ints
    channel: NDArray[np.int8]
    latent: Floats
    score: Floats
    otherwise: Floats
    odds: Floats
    answered: NDArray[np.bool_]
    answered_at: Ints

    def rows(self, chosen: NDArray[np.bool_]) -> Asked:
        """Returns the invitations for which `chosen` is true."""
        return Asked(
            self.order[chosen], self.at[chosen], self.channel[chosen], self.latent[chosen], self.score[chosen],
            self.otherwise[chosen], self.odds[chosen], self.answered[chosen], self.answered_at[chosen],
        )  # fmt: skip


def answer(rules: World, scale: Scale, latent: Floats, market: NDArray[np.int8], disturbance: Floats) -> Floats:
    """Returns the answers on a scale; the new market stretches what it feels and shifts what it ticks."""
    new = market == NEW_MARKET
    stretched = latent * np.where(new, rules.style.stretch, 1.0)
    shift = np.where(new, rules.style.shift_ratio * (scale.highest - scale.lowest), 0.0)
    raw = scale.centre + scale.slope * stretched + shift + scale.noise * disturbance
    return np.clip(np.rint(raw), scale.lowest, scale.highest)


def respond(
    rng: np.random.Generator, rules: Response, scale: Scale, latent: Floats, score: Floats,
    age: NDArray[np.int8], member: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], Floats]:  # fmt: skip
    """Returns who responds, and the odds they had."""
    distance = np.abs(2 * score - scale.highest - scale.lowest) / (scale.highest - scale.lowest)
    logit = (
        rules.intercept + rules.mood * latent + rules.age * (age - 2.5) + rules.member * member
        + rules.extreme * distance
    )  # fmt: skip
    odds = 1.0 / (1.0 + np.exp(-logit))
    return rng.random(odds.size) < odds, odds


def treated(everyone: People, bought: Orders, order: Ints) -> NDArray[np.bool_]:
    """Returns whether the return of each order profits from the initiative: in time, and in a treated store."""
    parcel = bought.parcel
    stores = _TREATED[everyone.store[bought.customer[order]]] & ~parcel.by_post[order]
    return np.asarray(stores & (parcel.returned_at[order] >= day_number(INITIATIVE_START) * DAY), np.bool_)


def ask_nps(rng: np.random.Generator, rules: World, everyone: People, bought: Orders, members: Club) -> Asked:
    """Asks buyers five days after delivery whether they would recommend us, each at most once in the quarantine."""
    at = _morning(everyone, bought.customer, bought.parcel.done, 5)
    due = np.flatnonzero((at < _LAST) & (rng.random(at.size) < 0.8))
    order = due[_rested(bought.customer[due], at[due], rules.quarantine_days)]
    channel = np.where(bought.online[order], np.where(bought.channel[order] == 1, 1, 0), 2).astype(np.int8)
    latent = bought.felt[order] + _breaks(rng, rules, everyone, bought.customer[order], at[order])
    otherwise = latent - bought.felt[order] + bought.without_late[order]
    return _ask(
        rng,
        rules,
        rules.nps,
        rules.nps_response,
        everyone,
        bought,
        members,
        order,
        at[order],
        channel,
        latent,
        otherwise,
    )


def ask_csat(rng: np.random.Generator, rules: World, everyone: People, bought: Orders, members: Club) -> Asked:
    """Asks after contacts how satisfied the customer is with the help; `otherwise` is with an agent of skill 0."""
    contact = bought.service
    at = contact.at + (contact.waited_seconds + contact.talked_seconds).astype(np.int64) + 600
    order = np.flatnonzero(contact.asked & (at < _LAST) & (rng.random(at.size) < 0.8))
    plain = (
        rules.csat_mood * (bought.felt[order] - contact.lift[order])
        + rules.csat_hard * contact.hard[order]
        + rules.csat_resolved * contact.resolved[order]
        + rules.csat_wait_per_10_minutes * np.minimum(contact.waited_seconds[order] / 600, 6)
        + _breaks(rng, rules, everyone, bought.customer[order], at[order])
    )
    # What the agent adds is recovered from the lift: it is the skill times its effect, beside the fixed parts.
    effects = rules.effects
    skill = (
        contact.lift[order] - effects.contact_needed - effects.contact_resolved * contact.resolved[order]
    ) / effects.contact_skill
    return _ask(
        rng, rules, rules.csat, rules.csat_response, everyone, bought, members,
        order, at[order], contact.desk[order], plain + rules.csat_skill * skill, plain,
    )  # fmt: skip


def ask_ces(rng: np.random.Generator, rules: World, everyone: People, bought: Orders, members: Club) -> Asked:
    """Asks after returns how easy it was; `otherwise` is without the initiative."""
    parcel = bought.parcel
    at = _morning(everyone, bought.customer, parcel.returned_at, 1)
    order = np.flatnonzero(parcel.returned & (at < _LAST))
    plain = bought.ease[order] + _breaks(rng, rules, everyone, bought.customer[order], at[order])
    latent = plain + rules.initiative_on_ease * treated(everyone, bought, order)
    channel = np.where(parcel.by_post[order], 0, 1).astype(np.int8)
    return _ask(
        rng, rules, rules.ces, rules.ces_response, everyone, bought, members, order, at[order], channel, latent, plain
    )


def review(rng: np.random.Generator, rules: World, everyone: People, bought: Orders) -> Asked:
    """Reviews of online orders; nobody asks for them, and those with strong feelings write more often."""
    feeling = rules.review_intercept + rules.review_extreme * np.abs(bought.felt)
    odds = bought.online / (1.0 + np.exp(-feeling))
    at = _review_time(rng, bought)
    disturbance = noise(rng, rules, bought.count)
    market = everyone.market[bought.customer]
    written = (rng.random(bought.count) < odds) & (at < _LAST)
    every = Asked(
        order=np.arange(bought.count),
        at=at,
        channel=np.zeros(bought.count, np.int8),
        latent=bought.felt,
        score=answer(rules, rules.rating, bought.felt, market, disturbance),
        otherwise=answer(rules, rules.rating, bought.without_late, market, disturbance),
        odds=odds,
        answered=written,
        answered_at=at,
    )
    return every.rows(written)


def _review_time(rng: np.random.Generator, bought: Orders) -> Ints:
    """One in eight late parcels is reviewed before it arrives, from the day after the promised one."""
    parcel = bought.parcel
    early = (parcel.due_day + 1) * DAY + rng.integers(0, DAY // 2, bought.count)
    usual = parcel.done + rng.lognormal(12.6, 0.8, bought.count).clip(HOUR, 60 * DAY).astype(np.int64)
    impatient = parcel.late & (rng.random(bought.count) < 0.125)
    return np.where(impatient, np.minimum(early, usual), usual)


def _ask(
    rng: np.random.Generator, rules: World, scale: Scale, response: Response, everyone: People, bought: Orders,
    members: Club, order: Ints, at: Ints, channel: NDArray[np.int8], latent: Floats, otherwise: Floats,
) -> Asked:  # fmt: skip
    who = bought.customer[order]
    disturbance = noise(rng, rules, order.size)
    score = answer(rules, scale, latent, everyone.market[who], disturbance)
    other = answer(rules, scale, otherwise, everyone.market[who], disturbance)
    yes, odds = respond(rng, response, scale, latent, score, everyone.age[who], members.member(who, at))
    delay = rng.lognormal(9.3, 1.3, order.size).clip(20, 14 * DAY).astype(np.int64)
    return Asked(order, at, channel, latent, score, other, odds, yes & (at + delay < _LAST), at + delay)


def _morning(everyone: People, who: Ints, moment: Ints, days: int) -> Ints:
    """Returns ten in the morning, local time, some days after the moments."""
    return to_utc((moment // DAY + days) * DAY + 10 * HOUR, everyone.market[who])


def _rested(who: Ints, at: Ints, quarantine_days: int) -> NDArray[np.bool_]:
    """Returns which invitations are sent, so that nobody is asked twice within the quarantine."""
    order = np.lexsort((at, who))
    people, moments = who[order], at[order]
    starts = np.flatnonzero(np.r_[True, people[1:] != people[:-1]])
    sent = np.zeros(who.size, bool)
    last = np.full(starts.size, -(10**12))
    sizes = np.diff(np.r_[starts, who.size])
    # One pass per rank of invitation: all first ones, all second ones, ...
    for rank in range(int(sizes.max(initial=0))):
        here = np.flatnonzero(sizes > rank)
        moment = moments[starts[here] + rank]
        free = moment - last[here] >= quarantine_days * DAY
        sent[order[starts[here[free]] + rank]] = True
        last[here[free]] = moment[free]
    return sent


def _breaks(rng: np.random.Generator, rules: World, everyone: People, who: Ints, at: Ints) -> Floats:
    """Returns what the broken world adds to answers: moods of store and week, and a drift over the years."""
    weeks = at // (7 * DAY) - int(at.min(initial=_LAST)) // (7 * DAY)
    common = rng.normal(0.0, 1.0, (int(weeks.max(initial=0)) + 1, len(STORES)))
    years = (_LAST - at) / (365.25 * DAY)
    return np.asarray(rules.cluster_sd * common[weeks, everyone.store[who]] - rules.drift_per_year * years, np.float64)
