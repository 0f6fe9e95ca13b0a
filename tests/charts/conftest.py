"""Estimates to draw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from cxloop.core.results import Estimate, EstimateRow, Estimates, InsufficientData

Build = Callable[..., Estimates]


def number(value: float, n: int) -> Estimate | InsufficientData:
    return Estimate(value, value - 5, value + 5, n, n, "adjusted Wald") if n >= 10 else InsufficientData(n, 10)


@pytest.fixture
def grouped() -> Build:
    """Builds estimates by channel from (label, value, n)."""

    def build(*groups: tuple[str | None, float, int]) -> Estimates:
        rows = tuple(EstimateRow((label,), None, number(value, n)) for label, value, n in groups)
        return Estimates("nps", "points", ("channel",), None, None, None, "UTC", (0, 10), rows)

    return build


@pytest.fixture
def over_time() -> Build:
    """Builds weekly estimates by channel from (label, one n per week)."""

    def build(*groups: tuple[str, list[int]]) -> Estimates:
        rows = tuple(
            EstimateRow((label,), date(2026, 1, 5) + timedelta(weeks=week), number(20.0 + week, n))
            for label, sizes in groups
            for week, n in enumerate(sizes)
        )
        return Estimates("nps", "points", ("channel",), "week", None, None, "UTC", (0, 10), rows)

    return build
