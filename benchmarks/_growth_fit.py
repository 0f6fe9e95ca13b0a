"""How what was measured grows: the curve through it, what it foretells, and where a cluster is quicker.

Seconds are taken as fixed + slope * n, fitted to every run with weights 1 / seconds^2, so that a tenth too much counts
alike at every size. Whether n is the right power is asked apart: the exponent p of fixed + slope * n^p, with the 95 %
interval of its profile (all p whose residuals an F test does not tell from the best). Neither part is ever negative:
nothing takes less than no time, or less time with more rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.optimize import nnls
from scipy.stats import f as f_distribution

__all__ = ["FLAT", "Curve", "Exponent", "Plan", "change_over", "divided", "exponent", "fit", "plan", "reaches"]

Numbers: TypeAlias = "Sequence[float] | np.ndarray[Any, Any]"
POWERS = np.arange(0.20, 2.501, 0.01)
FLAT = 1.5
"""Where the most is less than so many times the least, there is no growth whose exponent could be told."""


@dataclass(frozen=True)
class Curve:
    """fixed + slope * n, and by how much the runs lie off it: the root mean square of relative residuals."""

    fixed: float
    slope: float
    off: float

    def __call__(self, n: float) -> float:
        """Returns what is expected at n."""
        return self.fixed + self.slope * n


@dataclass(frozen=True)
class Exponent:
    """Of growth: the best, and the ends of its 95 % interval (0.2 and 2.5 where they lie beyond)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Plan:
    """A cluster for so many interactions.

    Attributes:
        cores: of the workers, for the time asked for.
        bytes: on disk.
        files: of half a gigabyte each.
    """

    cores: int
    bytes: float
    files: int


def fit(n: Numbers, measured: Numbers, power: float = 1.0) -> Curve:
    """Returns the curve through runs.

    Args:
        n: interactions of each run.
        measured: seconds or bytes of each, above 0.
        power: of n; with another one than 1 `slope` belongs to n^power.

    Raises:
        ValueError: runs at fewer than two sizes.

    Example:
        >>> curve = fit([1, 2, 4], [3, 5, 9])
        >>> round(curve.fixed, 6), round(curve.slope, 6)
        (1.0, 2.0)
    """
    sizes, values = np.asarray(n, dtype=float), np.asarray(measured, dtype=float)
    if np.unique(sizes).size < 2:
        raise ValueError(f"A curve needs runs at two sizes, and there is only {sizes[:1].tolist()}.")
    unit = sizes.max()  # columns of like size keep the solution exact
    columns = np.column_stack([np.ones_like(sizes), (sizes / unit) ** power]) / values[:, None]
    (fixed, slope), left = nnls(columns, np.ones_like(values))
    return Curve(float(fixed), float(slope / unit**power), float(left / math.sqrt(values.size)))


def exponent(n: Numbers, measured: Numbers) -> Exponent | None:
    """Returns the exponent of growth, None where there is too little growth, or too few runs, to tell one."""
    sizes, values = np.asarray(n, dtype=float), np.asarray(measured, dtype=float)
    medians = [float(np.median(values[sizes == size])) for size in np.unique(sizes)]
    if len(medians) < 3 or values.size < 5 or max(medians) < FLAT * min(medians):
        return None
    left = np.array([fit(n, measured, float(power)).off ** 2 for power in POWERS]) * values.size
    best, freedom = float(left.min()), values.size - 3
    # an exact curve leaves nothing, and is told from its neighbours by what rounding leaves
    allowed = best * (1 + f_distribution.ppf(0.95, 1, freedom) / freedom) + 1e-12
    inside = POWERS[left <= allowed]
    return Exponent(float(POWERS[left.argmin()]), float(inside.min()), float(inside.max()))


def reaches(curve: Curve, limit: float) -> float:
    """Returns the n at which a curve reaches a limit: 0 where it begins above it, infinity where it never does."""
    if curve.fixed >= limit:
        return 0.0
    return (limit - curve.fixed) / curve.slope if curve.slope > 0 else math.inf


def divided(curve: Curve, cores: int, *, measured_on: int = 1, efficiency: float = 1.0) -> Curve:
    """Returns a line as it would be on other cores: the part that grows is divided among them, the fixed part stays.

    Args:
        curve: seconds on `measured_on` cores, or seconds of processors, which are on one.
        cores: how many there would be.
        measured_on: cores.
        efficiency: share of a core that is left once more work together than were measured.
    """
    left = efficiency if cores > 2 else 1.0
    return Curve(curve.fixed, curve.slope * measured_on / (cores * left), curve.off)


def change_over(one: Curve, cluster: Curve) -> float:
    """Returns the n from which a cluster is quicker than one machine; infinity where it never is."""
    gained = one.slope - cluster.slope
    if cluster.fixed <= one.fixed:
        return 0.0 if gained >= 0 else math.inf
    return (cluster.fixed - one.fixed) / gained if gained > 0 else math.inf


def plan(n: float, core: Curve, size: Curve, *, within: float, efficiency: float = 1.0) -> Plan | None:
    """Returns the cluster that answers within a time; None where its fixed part alone takes that long.

    Args:
        n: interactions.
        core: seconds of one core.
        size: bytes.
        within: seconds.
        efficiency: share of a core that is left where many work together.
    """
    free = within - core.fixed
    if free <= 0:
        return None
    cores = max(1, math.ceil(core.slope * n / (free * efficiency)))
    return Plan(cores, size(n), math.ceil(size(n) / 512e6))
