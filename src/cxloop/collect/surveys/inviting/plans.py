"""What a wave is told when it is made: whom it wants, when, and how long they may wait. Kept as JSON with the wave."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cxloop.collect.surveys.settings import Sampling
from cxloop.core.strict import Term

__all__ = ["EVERYBODY", "Wanted", "WavePlan"]

EVERYBODY = "everybody"
"""What stands for all customers where a segment is named."""


class Wanted(BaseModel):
    """A customer of a list: a key, and what the list says about them, which the survey may show."""

    model_config = ConfigDict(frozen=True)

    key: int
    hidden: dict[str, Any] = Field(default={})


class WavePlan(BaseModel):
    """The settings of a wave.

    Attributes:
        segment: whose members it wants, or everybody.
        people: a list of customers instead; empty again once they are decided about, because what a list says of
            somebody has to go with them when they are erased, as their invitations do.
        listed: how many the list had.
        event: a condition on what happens instead: each time it holds, that customer is wanted.
        delay: how long after the event.
        every: after which time it asks the whole segment anew; None for once.
        spread: the time over which a wave is spread evenly.
        wait: for how long somebody who may not be asked at once may wait for a place.
        sampling: who of them is chosen.
        seed: what their luck is drawn from, so that a wave that was broken off chooses the same customers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    segment: str | None = None
    people: tuple[Wanted, ...] = ()
    listed: Annotated[int, Field(ge=0)] = 0
    event: str | None = None
    delay: Term = "0m"
    every: Term | None = None
    spread: Term | None = None
    wait: Term = "14d"
    sampling: Sampling = Sampling()
    seed: Annotated[int, Field(ge=0)] = 0
