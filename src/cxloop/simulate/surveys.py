"""Surveys and reviews: who is asked, what they would answer, and whether they do.

Everybody asked has an answer in truth; the log holds the answers of those who respond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.answers import Undercurrents, answer, respond
from cxloop.simulate.clock import DAY, HOUR, LAST, Floats, Ints, day_number, to_utc
from cxloop.simulate.club import Club
from cxloop.simulate.orders import Orders, noise
from cxloop.simulate.people import People
from cxloop.simulate.world import INITIATIVE_START, STORES, Response, Scale, World

__all__ = ["Asked", "Setting", "ask_ces", "ask_csat", "ask_nps", "review", "treated"]

_TREATED = np.array([store.treated for store in STORES])


@dataclass(frozen=True)
class Setting:
    """What every survey looks at."""

    rules: World
    everyone: People
    bought: Orders
    members: Club
    under: Undercurrents

    def undercurrent(self, order: Ints, at: Ints) -> Floats:
        """Returns what the broken world adds to the feelings of the buyers of these orders."""
        return self.under.at(self.everyone.store[self.bought.customer[order]], at)


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


def treated(everyone: People, bought: Orders, order: Ints) -> NDArray[np.bool_]:
    """Returns whether the return of each order profits from the initiative: in time, and in a treated store."""
    parcel = bought.parcel
    stores = _TREATED[everyone.store[bought.customer[order]]] & ~parcel.by_post[order]
    return np.asarray(stores & (parcel.returned_at[order] >= day_number(INITIATIVE_START) * DAY), np.bool_)


def ask_nps(rng: np.random.Generator, setting: Setting) -> Asked:
    """Asks buyers five days after delivery whether they would recommend us, each at most once in the quarantine."""
    rules, bought = setting.rules, setting.bought
    at = _morning(setting, bought.parcel.done, 5)
    due = np.flatnonzero((at < LAST) & (rng.random(at.size) < 0.8))
    order = due[_rested(bought.customer[due], at[due], rules.quarantine_days)]
    # By e-mail after the web shop, in the app, by a code on the receipt in stores: numbered as `CHANNELS`.
    channel = bought.channel[order]
    under = setting.undercurrent(order, at[order])
    feelings = bought.felt[order] + under, bought.without_late[order] + under
    return _ask(rng, setting, rules.nps, rules.nps_response, _Invitation(order, at[order], channel), *feelings)


def ask_csat(rng: np.random.Generator, setting: Setting) -> Asked:
    """Asks after contacts how satisfied the customer is with the help; `otherwise` is with an agent of skill 0."""
    rules, bought, contact = setting.rules, setting.bought, setting.bought.service
    at = contact.at + (contact.waited_seconds + contact.talked_seconds).astype(np.int64) + 600
    order = np.flatnonzero(contact.asked & (at < LAST) & (rng.random(at.size) < 0.8))
    plain = (
        rules.csat_mood * (bought.felt[order] - contact.lift[order])
        + rules.csat_hard * contact.hard[order]
        + rules.csat_resolved * contact.resolved[order]
        + rules.csat_wait_per_10_minutes * np.minimum(contact.waited_seconds[order] / 600, 6)
        + setting.undercurrent(order, at[order])
    )
    latent = plain + rules.csat_skill * contact.skill[order]
    invitation = _Invitation(order, at[order], contact.desk[order])
    return _ask(rng, setting, rules.csat, rules.csat_response, invitation, latent, plain)


def ask_ces(rng: np.random.Generator, setting: Setting) -> Asked:
    """Asks after returns how easy it was; `otherwise` is without the initiative."""
    rules, bought, parcel = setting.rules, setting.bought, setting.bought.parcel
    at = _morning(setting, parcel.returned_at, 1)
    order = np.flatnonzero(parcel.returned & (at < LAST))
    plain = bought.ease[order] + setting.undercurrent(order, at[order])
    latent = plain + rules.initiative_on_ease * treated(setting.everyone, bought, order)
    invitation = _Invitation(order, at[order], np.where(parcel.by_post[order], 0, 1))
    return _ask(rng, setting, rules.ces, rules.ces_response, invitation, latent, plain)


def review(rng: np.random.Generator, setting: Setting) -> Asked:
    """Reviews of online orders; nobody asks for them, and those with strong feelings write more often."""
    rules, bought = setting.rules, setting.bought
    feeling = rules.review_intercept + rules.review_extreme * np.abs(bought.felt)
    odds = bought.online / (1.0 + np.exp(-feeling))
    at = _review_time(rng, bought)
    order = np.flatnonzero((rng.random(bought.count) < odds) & (at < LAST))
    under = setting.undercurrent(order, at[order])
    feelings = bought.felt[order] + under, bought.without_late[order] + under
    score, otherwise = _answers(rng, setting, rules.rating, order, *feelings)
    return Asked(
        order=order,
        at=at[order],
        channel=np.zeros(order.size, np.int8),
        latent=feelings[0],
        score=score,
        otherwise=otherwise,
        odds=odds[order],
        answered=np.ones(order.size, bool),
        answered_at=at[order],
    )


def _review_time(rng: np.random.Generator, bought: Orders) -> Ints:
    """One in eight late parcels is reviewed before it arrives, from the day after the promised one."""
    parcel = bought.parcel
    early = (parcel.due_day + 1) * DAY + rng.integers(0, DAY // 2, bought.count)
    usual = parcel.done + rng.lognormal(12.6, 0.8, bought.count).clip(HOUR, 60 * DAY).astype(np.int64)
    impatient = parcel.late & (rng.random(bought.count) < 0.125)
    return np.where(impatient, np.minimum(early, usual), usual)


@dataclass(frozen=True)
class _Invitation:
    """Whom a survey asks, when and where: an entry per invitation in each array."""

    order: Ints
    at: Ints
    channel: NDArray[Any]


def _ask(
    rng: np.random.Generator,
    setting: Setting,
    scale: Scale,
    response: Response,
    invitation: _Invitation,
    latent: Floats,
    otherwise: Floats,
) -> Asked:
    """Returns what the invited feel, would answer, and do answer; feelings are with and without the planted cause."""
    order, at = invitation.order, invitation.at
    who = setting.bought.customer[order]
    score, other = _answers(rng, setting, scale, order, latent, otherwise)
    member = setting.members.member(who, at)
    yes, odds = respond(rng, response, scale, latent, score, setting.everyone.age[who], member)
    answered_at = at + rng.lognormal(9.3, 1.3, order.size).clip(20, 14 * DAY).astype(np.int64)
    return Asked(
        order=order,
        at=at,
        channel=invitation.channel.astype(np.int8),
        latent=latent,
        score=score,
        otherwise=other,
        odds=odds,
        answered=yes & (answered_at < LAST),
        answered_at=answered_at,
    )


def _answers(
    rng: np.random.Generator, setting: Setting, scale: Scale, order: Ints, latent: Floats, otherwise: Floats
) -> tuple[Floats, Floats]:
    """Returns the answers with and without the planted cause; chance is the same in both."""
    market = setting.everyone.market[setting.bought.customer[order]]
    disturbance = noise(rng, setting.rules, order.size)
    with_cause = answer(setting.rules, scale, latent, market, disturbance)
    return with_cause, answer(setting.rules, scale, otherwise, market, disturbance)


def _morning(setting: Setting, moment: Ints, days: int) -> Ints:
    """Returns ten in the morning, local time of the buyers of all orders, some days after the moments."""
    return to_utc((moment // DAY + days) * DAY + 10 * HOUR, setting.everyone.market[setting.bought.customer])


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
