"""The whole-base score against the planted truth: one part of `measure_truth.py`.

The truth is the NPS of everybody who has bought within a year, had all of them been asked on the last day. In a world
that keeps the assumptions the interval has to cover it and the error has to be under half of the unweighted score's;
in the broken world, where answering depends on the answer and the use of the scale drifts, the score has to be refused.

Two years are needed: from answers of one alone, nobody can tell whether the use of the scale drifts.

Run: python benchmarks/measure_truth.py --only base
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from scipy.stats import binomtest

from cxloop import simulate
from cxloop.core.results import Estimate
from cxloop.measure.verbs import whole_base

__all__ = ["SIZE", "WORLDS", "judge", "verdicts"]

WORLDS = ("kept", "broken")
SIZE = (4_000, 24)
"""Customers and months of each company."""
LEAST_P, MOST_ERROR, MOST_REFUSED = 0.01, 0.5, 0.05


def judge(company: simulate.Company, workspace: Any) -> dict[str, Any]:
    """Returns truth, both scores and whether ours is trusted, of one company and the workspace that holds its log."""
    found = whole_base(workspace, "nps")
    truth = company.truth["whole_base_nps"]["months"][-1]
    seen: dict[str, Any] = {
        "assumptions": company.truth["assumptions"],
        "truth": truth["buyers_base"],
        "stayed": truth["whole_base"],
        "trusted": found.trusted,
        "reasons": [check.name for check in found.checks if not check.held],
        "answerers": found.answerers.value if isinstance(found.answerers, Estimate) else None,
    }
    whole = found.whole
    numbers = {"value": whole.value, "low": whole.low, "high": whole.high} if isinstance(whole, Estimate) else {}
    return {**seen, **numbers}


def verdicts(found: Sequence[dict[str, Any]]) -> Iterator[tuple[bool, str]]:
    """Yields whether each promise was held, and says it with figure and limit."""
    kept = [one for one in found if one["assumptions"] == "kept"]
    broken = [one for one in found if one["assumptions"] == "broken"]
    if kept:
        yield from _kept(kept)
    if broken:
        refused = sum(not one["trusted"] for one in broken)
        said = f"where answering depends on the answer, the whole-base score is refused in {refused} of {len(broken)}"
        yield refused == len(broken), f"{said} companies (all)"


def _kept(kept: Sequence[dict[str, Any]]) -> Iterator[tuple[bool, str]]:
    trusted = [one for one in kept if one["trusted"]]
    refused = 1 - len(trusted) / len(kept)
    said = f"where assumptions hold, the whole-base score is refused in {refused:.1%} of {len(kept)} companies"
    yield refused <= MOST_REFUSED, f"{said} (at most {MOST_REFUSED:.0%})"
    if not trusted:
        return
    covered = sum(one["low"] <= one["truth"] <= one["high"] for one in trusted)
    p = binomtest(covered, len(trusted), 0.95).pvalue
    said = f"its 95 % interval covers the planted truth in {covered} of {len(trusted)} companies"
    yield p >= LEAST_P, f"{said} (p {p:.3f} that this is 95 %, at least {LEAST_P})"
    ours, theirs = (_error(trusted, name) for name in ("value", "answerers"))
    said = f"its error is {ours:.1f} points, that of the unweighted score {theirs:.1f}: {ours / theirs:.2f} of it"
    yield ours < MOST_ERROR * theirs, f"{said} (under {MOST_ERROR})"


def _error(found: Sequence[dict[str, Any]], name: str) -> float:
    """Returns the root mean squared distance from the truth."""
    return math.sqrt(sum((one[name] - one["truth"]) ** 2 for one in found) / len(found))
