"""How many answers are needed: for an interval of some width, or to see a change between two periods."""

from __future__ import annotations

import math

from scipy.special import ndtri

__all__ = ["invitations_for", "n_for_change", "n_for_precision"]


def n_for_precision(spread: float, half: float, *, level: float = 0.95) -> int:
    """Returns how many answers give an interval of plus and minus `half` around a mean.

    n = (z * spread / half)^2: Cochran (1977), "Sampling Techniques", 3rd ed., section 4.7, for a large population.

    Args:
        spread: standard deviation of one answer, in the unit of the metric; of NPS between 0 and 100 points.
        half: half the width of the interval, in the same unit.
        level: level of the interval.

    Raises:
        ValueError: `half` is not above 0, or `spread` is below it.

    Example:
        >>> n_for_precision(71.25, 5)  # NPS to plus and minus 5 points
        781
    """
    _checked(spread, half)
    z = float(ndtri(0.5 + level / 2))
    return max(2, math.ceil((z * spread / half) ** 2 - 1e-9))


def n_for_change(spread: float, change: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Returns how many answers each of two periods needs, so that a change is found with some probability.

    n = 2 * ((z_level + z_power) * spread / change)^2, for a two-sided comparison of two independent means of the same
    spread: Cohen (1988), "Statistical Power Analysis for the Behavioral Sciences", 2nd ed., section 2.4; Fleiss, Levin
    and Paik (2003), "Statistical Methods for Rates and Proportions", 3rd ed., chapter 4, for shares.

    Args:
        spread: standard deviation of one answer, in the unit of the metric.
        change: the smallest change that is to be found, in the same unit.
        power: probability with which it is found where it is there.
        level: one minus the probability of seeing a change where there is none.

    Raises:
        ValueError: `change` is not above 0, `spread` is below it, or `power` is not between 0 and 1.

    Example:
        >>> n_for_change(1.0, 0.5)  # Cohen's table for d = 0.5, two-sided 0.05, power 0.80: 64 with Student's t
        63
    """
    _checked(spread, change)
    if not 0 < power < 1:
        raise ValueError(f"The power is between 0 and 1, and not {power}.")
    z = float(ndtri(0.5 + level / 2) + ndtri(power))
    return max(2, math.ceil(2 * (z * spread / change) ** 2 - 1e-9))


def invitations_for(answers: int, rate: float) -> int:
    """Returns how many have to be invited for so many answers, where a share `rate` answers.

    Example:
        >>> invitations_for(780, 0.083)
        9398
    """
    if not 0 < rate <= 1:
        raise ValueError(f"A response rate is above 0 and at most 1, and not {rate}.")
    return math.ceil(answers / rate - 1e-9)


def _checked(spread: float, distance: float) -> None:
    if not (math.isfinite(distance) and distance > 0):
        raise ValueError(f"A distance is above 0, and not {distance}.")
    if not (math.isfinite(spread) and spread >= 0):
        raise ValueError(f"A spread is 0 or above, and not {spread}.")
