"""The cost model of `growth.py`: seconds = fixed + per_million * millions, fitted so that each size counts the same.

Also how fast time grows (the exponent of a power law), and where a cluster overtakes one machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.stats import t as student

__all__ = ["Cost", "Growth", "change_over", "exponent", "fit"]


@dataclass(frozen=True)
class Cost:
    """Seconds of something over a log.

    Attributes:
        fixed: seconds that it takes on an empty log.
        per_million: seconds for each million interactions, on the cores that were measured.
        cores: how many those were.
    """

    fixed: float
    per_million: float
    cores: int = 2

    def seconds(self, millions: float, cores: int = 0) -> float:
        """Seconds over so many millions; on other cores only what grows with the log is shared out among them."""
        return self.fixed + self.per_million * millions * self.cores / (cores or self.cores)

    def millions(self, seconds: float, cores: int = 0) -> float:
        """How many millions of interactions are done in that time; 0 where the fixed part takes as long already."""
        if not self.per_million:
            return float("inf")
        return max(0.0, (seconds - self.fixed) / (self.per_million * self.cores / (cores or self.cores)))


@dataclass(frozen=True)
class Growth:
    """The exponent of a power law with its 95 % interval."""

    exponent: float
    low: float
    high: float


def fit(millions: Sequence[float], seconds: Sequence[float], cores: int = 2) -> Cost:
    """Fits the cost model by least squares of relative errors, neither part below nought.

    Args:
        millions: size of the log of each measurement.
        seconds: what it took.
        cores: that it had.

    Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23: least squares with what is not negative.
    """
    taken = np.asarray(seconds, dtype=float)
    columns = np.column_stack([np.ones(len(taken)), np.asarray(millions, dtype=float)])
    found, _ = nnls(columns / taken[:, None], np.ones(len(taken)))
    return Cost(float(found[0]), float(found[1]), cores)


def exponent(millions: Sequence[float], seconds: Sequence[float]) -> Growth:
    """Fits seconds = a * millions ** b by least squares of logarithms; the interval is that of the slope (t, n - 2)."""
    x, y = np.log(millions), np.log(seconds)
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    left = y - y.mean() - slope * centred
    spread = float(np.sqrt(left @ left / (len(x) - 2) / (centred @ centred)))
    reach = float(student.ppf(0.975, len(x) - 2)) * spread
    return Growth(slope, slope - reach, slope + reach)


def change_over(machine: Cost, cluster: Cost, cores: int, cluster_cores: int) -> float | None:
    """Returns the millions of interactions from which on the cluster is quicker; None where it never is.

    Args:
        machine: cost on one machine.
        cluster: cost on the cluster.
        cores: of the machine.
        cluster_cores: of the cluster.
    """
    dearer = cluster.fixed - machine.fixed
    saved = machine.per_million * machine.cores / cores - cluster.per_million * cluster.cores / cluster_cores
    if dearer <= 0:
        return 0.0 if saved >= 0 else None
    return dearer / saved if saved > 0 else None
