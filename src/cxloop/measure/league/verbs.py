"""The verbs about groups compared with each other, and added up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cxloop.core.league import League
from cxloop.core.verbs import Condition, Names, verb
from cxloop.engine.base import Analysis
from cxloop.measure.league.results import Rollup

__all__ = ["league", "rollup"]

Moment = Annotated[str, Field(max_length=40)]
Certainty = Annotated[float, Field(gt=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Version = Annotated[int, Field(ge=1)]


@verb(part="measure", right="read")
def league(
    ws: Analysis,
    of: Name,
    *,
    by: Name,
    adjust: Names = ("auto",),
    statistic: Literal["share", "mean"] | None = None,
    version: Version | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> League:
    """Compare stores, employees or products with the same mix of cases and without luck: who probably stands where.

    Args:
        of: The metric, such as csat; `measure.metrics` lists them.
        by: What is compared: employee, location, product or another dimension.
        adjust: Dimensions in which cases differ, such as reason and difficult; "auto" finds those that matter, "none"
            takes the cases as they are. Leave out what the groups bring about themselves.
        statistic: For csat, the share in the two highest points of the scale or the mean on the scale.
        version: A version of the metric's definition; by default the newest.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only answers for which this holds, such as `channel == "phone"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        UnknownNameError: there is no such metric or dimension.
        InputError: the metric is no mean over what it counts, or there are too many groups.
    """
    from cxloop.measure.league.standings import Request
    from cxloop.measure.league.standings import league as table

    return table(ws, Request(of, by, statistic, adjust, since, until, where, identity, certainty, version))


@verb(part="measure", right="read")
def rollup(
    ws: Analysis,
    of: Name,
    *,
    along: Names = (),
    version: Version | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    where: Condition | None = None,
    identity: Moment | None = None,
    certainty: Certainty | None = None,
) -> Rollup:
    """Add a metric up over hierarchies, in each of which an answer counts once: by company, by region, by brand.

    Args:
        of: The metric, such as nps; `measure.metrics` lists them.
        along: Names of hierarchies of business accounts, or dimensions from the widest to the narrowest, such as
            "region>location"; by default every [[hierarchy]] of experience.toml.
        version: A version of the metric's definition; by default the newest.
        since: First moment: a date, a date with time, or how far back (90d).
        until: First moment after the window, written like `since`.
        where: Only answers for which this holds, such as `channel == "phone"`.
        identity: As whom customers were known at a moment, such as 2026-05-01; by default as they are known now.
        certainty: Least probability, such as 0.99, of the links between keys that count; by default all accepted ones.

    Raises:
        UnknownNameError: there is no such metric, hierarchy or dimension.
        InputError: there is no hierarchy, or more places than can be shown.
    """
    from cxloop.measure.league.rollup import Request
    from cxloop.measure.league.rollup import rollup as rolled

    return rolled(ws, Request(of, along, version, since, until, where, identity, certainty))
