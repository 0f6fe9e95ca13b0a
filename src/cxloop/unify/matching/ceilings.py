"""What two records can weigh at most, told by cheap looks: most pairs that a rule finds need no closer one.

Each comparison has a ceiling: the greatest weight among the levels that a cheap look does not rule out. Where the sum
of the ceilings stays under the least weight that is kept, the pair is not compared at all; every other one is compared
in full, so that nothing that would be kept is lost.
"""

from __future__ import annotations

import re

from cxloop.unify.matching.comparisons import DIFFERENT, Comparison, hint
from cxloop.unify.matching.model import Model

__all__ = ["MOST", "enough", "frequent"]

MOST = "most_"
"""What the name of a column begins with that says what a record's value weighs where the other has the same."""
_ROUNDED = 1e-6
"""Added to the sum (bits): the same weights are added up in another order than where pairs are compared."""
_SIDE = re.compile(r"\b([a-z]+)_([lr])\b")
"""A column of one of the records: `city_l` is `l.city` where pairs are looked for."""


def frequent(model: Model) -> dict[str, float]:
    """Returns the fields of which rare values count for more, each with the m of two equal values."""
    return {
        each.field: model.weights[each.field][level.label][0]
        for each in model.comparisons
        for level in each.levels
        if level.by_frequency
    }


def enough(model: Model, least: float) -> str:
    """Returns a condition on two records `l` and `r` that every pair meets that weighs enough, and few others.

    Args:
        model: its weights, and the prior.
        least: weight (bits, prior included) that is enough.
    """
    most = " + ".join(_ceiling(each, model) for each in model.comparisons)
    return f"{model.start + _ROUNDED!r} + {most} >= {least!r}"


def _ceiling(comparison: Comparison, model: Model) -> str:
    field = comparison.field
    weights = {label: model.weight(field, label) for label in model.weights[field]}
    # equal values meet the first level and no other one
    first, *others = comparison.levels
    likelier = sorted(others, key=lambda level: -weights[level.label])
    kept = [level for level in likelier if weights[level.label] > weights[DIFFERENT]]
    equal = f"l.{MOST}{field}" if first.by_frequency else repr(weights[first.label])
    cases = [f"WHEN {comparison.missing} THEN 0.0::double", f"WHEN {first.condition} THEN {equal}"]
    cases += [f"WHEN {hint(level.wider or level.condition)} THEN {weights[level.label]!r}" for level in kept]
    return _SIDE.sub(r"\2.\1", f"(CASE {' '.join(cases)} ELSE {weights[DIFFERENT]!r} END)")
