"""The verb of the whole-base score."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from cxloop.core.errors import InputError
from cxloop.core.time import parse_duration
from cxloop.core.verbs import verb
from cxloop.engine.base import Analysis
from cxloop.measure.whole_base.results import WholeBase

__all__ = ["whole_base"]

Moment = Annotated[str, Field(max_length=40)]
Name = Annotated[str, Field(max_length=120)]


@verb(part="measure", right="read")
def whole_base(
    ws: Analysis,
    metric: Literal["nps", "csat", "ces"] = "nps",
    *,
    by: Name | None = None,
    until: Moment | None = None,
    active: Moment = "365d",
    occasion: Literal["order", "contact", "return"] | None = None,
    reference: Name | None = None,
) -> WholeBase:
    """The score of all customers, and not only of those who answered; says so where it cannot be trusted.

    A doubly robust estimate from what customers did and from those who answered, with its interval, beside the score
    of those who answered. It shows what moved it and how it was tried on answerers whom it had not seen.

    Args:
        metric: Whose score: nps (in points), csat (share of the two highest) or ces (mean).
        by: Split by region, channel, product or brand of each customer's newest occasion.
        until: End of the window, such as 2026-10-01; by default the newest row of the log.
        active: A customer is who had an occasion in so many days before, such as 365d.
        occasion: What makes somebody a customer: order, contact or return; the usual one of the metric by default.
        reference: The way of answering that the score is told in, such as email; the most common one by default.

    Raises:
        InputError: A name, a moment or a length cannot be used.
    """
    from cxloop.measure.whole_base.asking import Request, whole_base

    days = parse_duration(active) / timedelta(days=1)
    if not 30 <= days <= 3660:
        raise InputError(f"active is {active!r}; it can be 30d to 3660d.")
    return whole_base(ws, Request(metric, by, until, days, occasion, reference))
