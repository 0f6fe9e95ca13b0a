"""Quotas: a place is taken when a response is done, in its transaction; whoever is one too many is told before that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxloop.collect.surveys.definition import Definition, Quota
from cxloop.collect.surveys.flow import quotas
from cxloop.store.surveys.responses import ResponseRecord, Writing

__all__ = ["Taken", "full", "take_places"]


@dataclass(frozen=True, slots=True)
class Taken:
    """The quotas that a place was taken of; or, where one was full, that one, and then nothing was taken."""

    names: tuple[str, ...] = ()
    missed: Quota | None = None


def full(
    desk: Writing, definition: Definition, record: ResponseRecord, answers: Mapping[str, Any], *, now: datetime
) -> Quota | None:
    """Returns the first quota without a place for somebody with these answers."""
    counted = quotas(definition, answers, now=now)
    taken = desk.taken(record.survey) if counted else {}
    return next((quota for quota in counted if taken.get(quota.name, 0) >= quota.limit), None)


def take_places(
    desk: Writing, definition: Definition, record: ResponseRecord, answers: Mapping[str, Any], *, now: datetime
) -> Taken:
    """Takes a place of every quota that a response counts for, or of none."""
    got: list[str] = []
    for quota in quotas(definition, answers, now=now):
        if not desk.take_place(record.survey, quota.name, quota.limit):
            for name in got:
                desk.give_back(record.survey, name)
            return Taken((), quota)
        got.append(quota.name)
    return Taken(tuple(got))
