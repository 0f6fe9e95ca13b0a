"""Surveys and reviews as rows: invitations, answers with comments, and reviews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.agents import TEAMS
from cxloop.simulate.blocks import Block, Pooled, constant, join, pooled, texts_of
from cxloop.simulate.events import code
from cxloop.simulate.history import History
from cxloop.simulate.people import CHANNELS
from cxloop.simulate.rows.orders import order_number, product, region, store_name
from cxloop.simulate.rows.properties import Choice, about_customer, flag, json_objects, order_objects
from cxloop.simulate.rows.texts import Told, survey_texts
from cxloop.simulate.service import REASONS
from cxloop.simulate.surveys import Asked, treated
from cxloop.simulate.world import Scale

__all__ = ["survey_blocks"]


@dataclass(frozen=True)
class _Survey:
    """What the rows of one survey have in common."""

    name: str
    metric: str
    channels: Sequence[str]
    asked: Asked
    scale: Scale
    question: str


def survey_blocks(past: History, rng: np.random.Generator) -> Iterator[tuple[Block, Told | None]]:
    """Returns invitations and answers of the three surveys, each with what the writers told about."""
    rules = past.rules
    surveys = (
        _Survey("relationship", "nps", ("email", "app", "store"), past.nps, rules.nps, "recommend"),
        _Survey("support", "csat", ("phone", "chat"), past.csat, rules.csat, "satisfied"),
        _Survey("returns", "ces", ("email", "store"), past.ces, rules.ces, "easy"),
    )
    for survey in surveys:
        yield _invitations(past, survey), None
        yield _answers(past, rng, survey)


def _events(survey: _Survey, name: str, channel: NDArray[np.int8]) -> NDArray[np.int16]:
    codes = [code(f"survey.{name}.{channel}") for channel in survey.channels]
    return np.array(codes, np.int16)[channel]


def _invitations(past: History, survey: _Survey) -> Block:
    asked = survey.asked
    who = past.bought.customer[asked.order]
    return Block.of(
        _events(survey, f"{survey.name}_invited", asked.channel),
        asked.at,
        order_number(asked.order),
        past.keys.customer_id[who],
        survey_id=constant(survey.name, asked.order.size),
        survey_version=constant("1", asked.order.size),
        region=region(past, who),
        objects=order_objects(past, asked.order),
    )


def _answers(past: History, rng: np.random.Generator, survey: _Survey) -> tuple[Block, Told]:
    asked = survey.asked.rows(survey.asked.answered)
    who, count = past.bought.customer[asked.order], asked.order.size
    text, language, told = survey_texts(past, rng, survey.metric, asked)
    numbers = order_number(asked.order)
    block = Block.of(
        _events(survey, f"{survey.name}_{survey.metric}", asked.channel),
        asked.answered_at,
        numbers,
        past.keys.customer_id[who],
        text=text,
        language=language,
        metric=constant(survey.metric, count),
        score=asked.score,
        scale_min=np.full(count, float(survey.scale.lowest)),
        scale_max=np.full(count, float(survey.scale.highest)),
        response_id=texts_of(join(f"{survey.name}-", numbers)),
        survey_id=constant(survey.name, count),
        survey_version=constant("1", count),
        question_id=constant(survey.question, count),
        product=product(past, asked.order),
        region=region(past, who),
        refers_to=texts_of(join(f"{survey.name}_invited-", numbers)),
        objects=order_objects(past, asked.order),
        **_place(past, survey.metric, asked),
        properties=json_objects(_properties(past, survey.metric, asked)),
    )
    return block, told


def _place(past: History, metric: str, asked: Asked) -> dict[str, Pooled]:
    """Returns who served, or in which store: what a survey about it knows."""
    who = past.bought.customer[asked.order]
    if metric == "csat":
        agent = past.bought.service.agent[asked.order]
        return {"employee": pooled(past.staff.names, agent), "team": pooled(TEAMS, past.staff.team[agent])}
    in_store = ~past.bought.parcel.by_post[asked.order] if metric == "ces" else ~past.bought.online[asked.order]
    return {"location": store_name(past, who).where(in_store)}


def _properties(past: History, metric: str, asked: Asked) -> dict[str, Choice]:
    order, bought = asked.order, past.bought
    about = about_customer(past, bought.customer[order], asked.at)
    if metric == "csat":
        contact = bought.service
        return {"reason": (REASONS, contact.reason[order]), "difficult": flag(contact.hard[order]), **about}
    shared = {"order_channel": (CHANNELS, bought.channel[order]), **about}
    if metric == "ces":
        return {"qr_return": flag(treated(past.everyone, bought, order)), **shared}
    return {"late": flag(bought.parcel.late[order], known=bought.online[order]), **shared}
