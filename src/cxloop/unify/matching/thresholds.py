"""From weights to probabilities that can be believed, and from these to the threshold.

The prior is set so that it agrees with itself: the pairs that are one person's, summed over the probabilities, are as
many as the prior says (the fixed point of expectation maximisation). Where persons have decided on pairs, their answers
move shift and slope of the log odds (Platt 1999, with a normal prior around "as the model says").
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["calibrate", "fit_prior", "probability", "sure_prior", "threshold_for", "weight_of"]

LOWEST = 0.5
"""No threshold is lower: what is likelier two persons than one is never linked without asking."""
USUAL = 0.9
"""The threshold where no link had to be left out for the sake of precision."""
LEAST_DUPLICATES = 1.0
"""Pairs of one person that a set of records is expected to have, even where none stands out."""
_SHIFT_DEVIATION, _SLOPE_DEVIATION = 4.0, 0.5
_BASE = 0.6931471805599453


def probability(weight: Floats, calibration: tuple[float, float] = (0.0, 1.0)) -> Floats:
    """Returns the probability of a weight in bits, calibrated by (shift, slope)."""
    import numpy as np

    shift, slope = calibration
    odds = np.clip(shift + slope * np.asarray(weight, dtype=np.float64), -1000.0, 1000.0)
    found: Floats = 1.0 / (1.0 + np.exp2(-odds))
    return found


def weight_of(chance: float, calibration: tuple[float, float] = (0.0, 1.0)) -> float:
    """Returns the weight in bits that has a probability."""
    shift, slope = calibration
    return (log2(chance / (1 - chance)) - shift) / slope


def fit_prior(evidence: Floats, pairs: float, first: float) -> float:
    """Returns the probability that two random records are one person's: at least that of one such pair among all.

    Without this floor a set that has nobody twice would drive the prior to nothing, and the first one who comes twice
    later would weigh too little to be found before the model is trained anew.

    Args:
        evidence: weights of the compared pairs without the prior, in bits.
        pairs: how many pairs of records there are, compared or not.
        first: where to begin.
    """
    import numpy as np

    prior, odds = first, np.exp2(np.clip(evidence, -300.0, 300.0))
    least = LEAST_DUPLICATES / max(pairs, 2.0 * LEAST_DUPLICATES)
    for _ in range(500):
        ratio = prior / (1 - prior)
        found = float((odds * ratio / (1 + odds * ratio)).sum()) / max(pairs, 1.0)
        found = min(max(found, least), 0.5)
        if abs(found - prior) <= 1e-9 * prior:
            break
        prior = found
    return prior


def sure_prior(evidence: Floats, pairs: float) -> float:
    """Returns the prior where no model could be learned: by the pairs that stand out, and not by what hints add up to.

    Many namesakes are each a little likely, and add up to persons that nobody has twice. So only pairs beyond even
    odds count, beginning with the assumption that there is one of them (classification EM: Celeux and Govaert 1992).

    Args:
        evidence: weights of the compared pairs without the prior, in bits.
        pairs: how many pairs of records there are, compared or not.
    """
    import numpy as np

    rising, found = np.sort(np.asarray(evidence, dtype=np.float64)), 1
    for _ in range(100):
        prior = min(found / max(pairs, 2.0), 0.5)
        over = len(rising) - int(np.searchsorted(rising, log2((1 - prior) / prior), side="right"))
        if over <= found:
            break
        found = over
    return prior


def threshold_for(chances: Floats, precision: float) -> tuple[float, float | None]:
    """Returns the lowest threshold at which the mean of the probabilities above it is `precision`, and that mean.

    Example:
        >>> import numpy
        >>> threshold_for(numpy.array([1.0, 0.98, 0.9, 0.6]), 0.95)
        (0.9, 0.96)
    """
    import numpy as np

    falling = np.sort(np.asarray(chances, dtype=np.float64))[::-1]
    falling = falling[falling >= LOWEST]
    if not len(falling):
        return max(precision, LOWEST), None
    means = np.cumsum(falling) / np.arange(1, len(falling) + 1)
    enough = np.flatnonzero(means >= precision)
    if not len(enough):
        return min(float(falling[0]) + 1e-9, 1.0), None
    last = int(enough[-1])
    lowest = float(falling[last])
    # where nothing had to be left out, the next record may well be less sure than this one
    threshold = lowest if last + 1 < len(falling) else min(lowest, USUAL)
    return round(threshold, 9), round(float(means[last]), 9)


def calibrate(weights: Sequence[float], same: Sequence[bool]) -> tuple[float, float]:
    """Returns shift and slope of the log odds by persons' decisions; (0, 1) without any.

    Args:
        weights: of the pairs that persons decided on, in bits.
        same: what they said.
    """
    import numpy as np
    from scipy.optimize import minimize

    if not weights:
        return (0.0, 1.0)
    x, y = np.asarray(weights, dtype=np.float64), np.asarray(same, dtype=np.float64)

    def loss(at: Floats) -> float:
        odds = _BASE * (at[0] + at[1] * x)
        likelihood = (np.logaddexp(0.0, odds) - y * odds).sum()
        return float(likelihood + 0.5 * (at[0] / _SHIFT_DEVIATION) ** 2 + 0.5 * ((at[1] - 1) / _SLOPE_DEVIATION) ** 2)

    found = minimize(loss, np.array([0.0, 1.0]), method="L-BFGS-B", bounds=[(-40.0, 40.0), (0.05, 4.0)])
    return float(found.x[0]), float(found.x[1])
