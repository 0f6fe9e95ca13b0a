"""Whether answering hangs on what somebody would say: read from people who were asked more than once.

What a silent customer would have said nobody knows. But many of those who were silent this time answered another time.
If low answers then go with silence now, answering hangs on how people feel, and by how much can be seen. What their
behaviour explains is taken out of the other answer first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cxloop.measure.whole_base.base import Base
from cxloop.measure.whole_base.learners import fitted_mean
from cxloop.measure.whole_base.occasions import nearest
from cxloop.stats.aipw import Dependence, dependence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cxloop.stats.sums import Array

__all__ = ["RESPITE_DAYS", "leaning"]

RESPITE_DAYS = 14
"""Who was asked more recently may still answer."""
MOST_STRETCH = 1.25
"""What fades faster cannot be told from chance by the few who answered three times."""


def leaning(base: Base) -> Dependence | None:
    """Returns how answering hangs on the answer; None where hardly anybody was asked twice."""
    seen, columns = base.seen, base.design.columns
    told = seen.answered
    surprise = np.full(seen.count, np.nan)
    surprise[told] = seen.score[told] - fitted_mean(columns, seen.score, told)[told]
    before = nearest(seen.customer, surprise)
    other = np.where(np.isfinite(before), before, nearest(seen.customer[::-1], surprise[::-1])[::-1])
    asked_at = np.where(np.isfinite(seen.moments["invited_at"]), seen.moments["invited_at"], seen.ago)
    pairs = seen.invited & np.isfinite(other) & (asked_at > RESPITE_DAYS)
    if pairs.sum() < columns.shape[1] * 3:
        return None
    known = np.column_stack([columns[pairs], np.isfinite(before[pairs])])
    lost = _stretch(seen.customer[told], surprise[told])
    # The middle of the scale, as far as surprises reach: half a scale below the usual answer is as extreme as above.
    middle = (base.answers.low + base.answers.high) / 2 - float(seen.score[told].mean())
    found = dependence(seen.answered[pairs], other[pairs], middle, known, seen.customer[pairs])
    return replace(found, slope=found.slope * lost, error=found.error * lost)


def _stretch(customer: NDArray[np.int64], surprise: Array) -> float:
    """Returns how much stronger surprises would go together if no time lay between two answers.

    Of a feeling only what lasts until the other answer can be seen. If from one answer to the next it fades by the same
    factor as from that to the one after it, then this factor is what is missing: the ratio of the two covariances.
    """
    one, two = (_covariance(customer, surprise, step) for step in (1, 2))
    return float(np.clip(one / two, 1.0, MOST_STRETCH)) if two > 0 else 1.0


def _covariance(customer: NDArray[np.int64], surprise: Array, step: int) -> float:
    same = customer[step:] == customer[:-step]
    return float((surprise[step:] * surprise[:-step])[same].mean()) if same.any() else 0.0
