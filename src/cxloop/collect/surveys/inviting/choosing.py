"""With which probability each customer of a wave is chosen: the same for all, or higher where little is known yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cxloop.collect.surveys.inviting import queries
from cxloop.collect.surveys.inviting.sampling import Group, probabilities
from cxloop.collect.surveys.inviting.wanting import members
from cxloop.collect.surveys.settings import Sampling
from cxloop.engine.segments import SEGMENT
from cxloop.outreach.asks import People, Texts
from cxloop.store.surveys import invitations

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["chances", "groups_of", "response_rate"]

_LATELY = timedelta(days=90)
"""How far back answers count as knowledge of today."""
_GUESS = 0.2
"""The response rate of a survey that has asked too few to tell."""
_ENOUGH = 30
_WIDEST = 50.0
"""Standard deviation, in points of 0 to 100, of scores of which nothing is known: half of them at either end."""


def chances(ws: Operations, survey: str, sampling: Sampling, people: People, now: datetime) -> NDArray[np.float64]:
    """Returns the probability with which each of some customers is to be chosen."""
    if sampling.precision is None or not len(people.customers):
        return np.full(len(people.customers), sampling.rate)
    labels = groups_of(ws, people, sampling.by)
    names = sorted(set(labels.tolist()))
    groups = _known(ws, survey, people, labels, names, now)
    told = probabilities(
        groups, rate=sampling.rate, precision=sampling.precision, least=sampling.least,
        response=response_rate(ws, survey), widest=_WIDEST,
    )  # fmt: skip
    by_name = dict(zip(names, told, strict=True))
    return np.array([by_name[label] for label in labels.tolist()])


def groups_of(ws: Operations, people: People, by: str | None) -> Texts:
    """Returns the group of each customer: a trait's value, whether they are in a segment, or all in one."""
    labels = np.full(len(people.customers), "", dtype=object)
    if by is None:
        return labels
    if by.startswith(SEGMENT):
        inside = np.isin(people.customers, members(ws, by.removeprefix(SEGMENT)))
        labels[inside] = "in"
        return labels
    table = ws.engine.fetch(queries.TRAIT_VALUES, {"customers": people.customers.tolist(), "trait": by})
    places = people.places(table.column("customer_id").to_numpy(zero_copy_only=False).astype(np.int64))
    labels[places] = [each or "" for each in table.column("value").to_pylist()]
    return labels


def response_rate(ws: Operations, survey: str) -> float:
    """Returns the share of those asked by a survey who answered; a guess of 20 % where too few were asked to tell."""
    asked, finished = invitations.answered(ws.store, survey)
    return max(finished, 1) / asked if asked >= _ENOUGH else _GUESS


def _known(
    ws: Operations, survey: str, people: People, labels: Texts, names: Sequence[str], now: datetime
) -> list[Group]:
    """What the answers of lately tell of each group, its scores in points from 0 to 100 (of nps: -100, 0, 100)."""
    table = ws.engine.fetch(queries.SPREADS, {"survey": survey, "since": now - _LATELY})
    sizes = Counter(labels.tolist())
    places = people.places(table.column("customer_id").to_numpy(zero_copy_only=False).astype(np.int64)).tolist()
    points: dict[str, list[float]] = {name: [] for name in names}
    for place, row in zip(places, table.to_pylist(), strict=True):
        if place >= 0 and (point := _points(row)) is not None:
            points[labels[place]].append(point)
    spreads = {name: float(np.std(each, ddof=1)) if len(each) > 1 else 0.0 for name, each in points.items()}
    return [Group(sizes[name], len(points[name]), spreads[name]) for name in names]


def _points(row: dict[str, object]) -> float | None:
    """A score in points: nps as detractor, passive or promoter, anything else from 0 to 100 on its own scale."""
    score, low, high = (row[name] for name in ("score", "scale_min", "scale_max"))
    if not isinstance(score, float):
        return None
    if row["metric"] == "nps":
        return 100.0 if score >= 9 else 0.0 if score >= 7 else -100.0
    if not isinstance(low, float) or not isinstance(high, float) or high <= low:
        return None
    return 100 * (score - low) / (high - low)
