"""Gamma-Gamma: the published fit of CDNOW, planted amounts, and means drawn towards that of all."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cxloop.stats.lifetime.fitting import NoFitError
from cxloop.stats.lifetime.spending import Spending, expected_spend, fit_spending

SHARED = Path(__file__).resolve().parents[4] / "shared/data/cdnow/cdnow_sample.parquet"


def planted(n: int, seed: int, model: Spending) -> tuple[Any, Any]:
    """How often customers bought, and their mean amounts."""
    rng = np.random.default_rng(seed)
    purchases = rng.integers(1, 12, n).astype(float)
    level = rng.gamma(model.q, 1 / model.gamma, n)
    return purchases, rng.gamma(model.p * purchases) / level / purchases


def test_cdnow_gives_the_published_parameters() -> None:
    if not SHARED.exists():
        pytest.skip(f"The CDNOW data are not at {SHARED}: published numbers cannot be checked against them.")
    import pyarrow.parquet as pq

    paid: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in pq.read_table(SHARED).to_pylist():
        if row["date"].date() <= date(1997, 9, 30):
            paid[row["sample_id"]][row["date"].date()] += row["amount"]
    repeats = [[amount for _, amount in sorted(days.items())][1:] for days in paid.values()]
    # amounts of 0 (free CDs) are no spending
    known = [amounts for amounts in repeats if sum(amounts) > 0]

    model, _ = fit_spending(np.array([len(each) for each in known], float), np.array([np.mean(each) for each in known]))

    # Fader and Hardie (2013), The Gamma-Gamma model of monetary value: p 6.25, q 3.74, gamma 15.44
    assert (round(model.p, 2), round(model.q, 2), round(model.gamma, 2)) == (6.25, 3.74, 15.44)


def test_planted_parameters_lie_within_their_standard_errors() -> None:
    truth = Spending(6.0, 4.0, 15.0)
    model, fit = fit_spending(*planted(20_000, 4, truth))

    off = np.abs(np.array([model.p, model.q, model.gamma]) - [truth.p, truth.q, truth.gamma])
    assert (off < 3 * fit.errors).all()


def test_another_currency_changes_only_gamma() -> None:
    purchases, mean = planted(3_000, 1, Spending(6.0, 4.0, 15.0))

    euros, cents = (fit_spending(purchases, mean * unit)[0] for unit in (1, 100))

    assert (cents.p, cents.q, cents.gamma) == pytest.approx((euros.p, euros.q, 100 * euros.gamma), rel=1e-4)


def test_who_bought_once_is_expected_to_spend_what_all_do() -> None:
    model = Spending(6.25, 3.74, 15.44)

    found = expected_spend(model, np.array([0.0, 1.0, 10_000.0]), np.array([0.0, 100.0, 100.0]))

    # Fader and Hardie (2013): the mean of all is p gamma / (q - 1); the more purchases, the more one's own mean counts
    assert found[0] == pytest.approx(6.25 * 15.44 / 2.74)
    assert found[0] < found[1] < found[2]
    assert found[2] == pytest.approx(100, rel=1e-3)


def test_amounts_without_a_mean_are_refused() -> None:
    with pytest.raises(NoFitError, match="does not exist"):
        expected_spend(Spending(2.0, 0.9, 10.0), np.array([1.0]), np.array([5.0]))
    with pytest.raises(NoFitError, match="above 0"):
        fit_spending(np.array([1.0, 2.0]), np.array([5.0, 0.0]))
