"""Contracts, as experience.toml says them: what customers join, renew and leave."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cxloop.core import patterns
from cxloop.core.strict import Strict

__all__ = ["Contract", "Renewal"]

Renewal = Literal["week", "month", "quarter", "year"]
Condition = Annotated[str, Field(min_length=1, max_length=4000)]


class Contract(Strict):
    """One [[contract]]: something that customers join and leave, such as a club, a subscription or a policy.

    `joined` and `cancelled` are conditions over the same names as a rule's `when`: which events begin and end it. It
    renews every week, month, quarter or year; `fee` is what it brings each time, in the currency of the company.
    """

    name: Annotated[str, Field(pattern=patterns.NAME)]
    label: str = ""
    joined: Condition
    cancelled: Condition
    every: Renewal = "month"
    fee: Annotated[float, Field(gt=0, le=1e9)] | None = None
