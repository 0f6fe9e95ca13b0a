"""Which interactions belong to a survey: its name, a window, a condition, and as whom customers are known."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlglot import exp

from cxloop.core.time import Window, window
from cxloop.engine.base import Analysis
from cxloop.engine.customers import Identity
from cxloop.engine.dimensions import Dimension, customer_node, dimensions_of, log_source
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node, text_node
from cxloop.measure.conditions import conditions
from cxloop.measure.identities import wanted_identity
from cxloop.measure.selection import ORDINARY

__all__ = ["Asked", "Chosen", "choose", "explained"]

_METHOD = "Shares: Wilson's score interval; means: Student's t; both clustered by customer."


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as the verbs take it."""

    survey: str
    since: str | None = None
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None


@dataclass(frozen=True)
class Chosen:
    """The interactions of a survey.

    Attributes:
        window: the window that was asked for.
        identity: as whom customers are known.
        slots: log, where and customer of a query.
    """

    window: Window
    identity: Identity
    slots: Slots


def choose(ws: Analysis, asked: Asked, *, by: tuple[Dimension, ...] = ()) -> Chosen:
    """Returns the interactions of a survey.

    Args:
        ws: the workspace.
        asked: what was asked for.
        by: dimensions that the query names besides channel and touchpoint.

    Raises:
        InputError: a moment, a name or the condition cannot be used.
    """
    within = window(asked.since, asked.until, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.as_of)
    holds, needed = conditions(ws, window=within, where=asked.where, by=tuple(item.name for item in by))
    identity = wanted_identity(ws, asked.identity, asked.certainty)
    of_survey = exp.EQ(this=column_node("survey_id", "i"), expression=text_node(asked.survey))
    channel = dimensions_of(ws).resolve("channel")
    customer = exp.Coalesce(this=customer_node(identity), expressions=[column_node("interaction_id", "i")])
    slots: Slots = {
        "log": log_source([channel, *by, *needed], identity),
        "where": exp.and_(of_survey, *holds, copy=False),
        "customer": customer,
    }
    return Chosen(within, identity, slots)


def explained(ws: Analysis, *more: str) -> str:
    """Returns how the shares and means of surveys are made, in words."""
    measure = ws.settings.measure
    level = f"Level {measure.level:.0%}, minimum n {measure.minimum_n}."
    left_out = "Responses that a person has left out do not count."
    return " ".join([_METHOD, level, left_out, ORDINARY, *more])
