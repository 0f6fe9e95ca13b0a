"""Where matching stands: its model in words, its threshold, and how much rests on it."""

from __future__ import annotations

from math import log2

from cxloop.store.context import Operations
from cxloop.unify.matching import queries
from cxloop.unify.matching.comparisons import TITLES
from cxloop.unify.matching.ledger import Said, read_ledger
from cxloop.unify.matching.link import REVIEW_FROM
from cxloop.unify.matching.model import Model
from cxloop.unify.matching.results import LevelWeight, MatchComparison, Matching
from cxloop.unify.matching.runs import stored_model

__all__ = ["look"]

_BY_ITSELF = (
    "The threshold is the lowest probability at which the mean probability of all links above it is still the share "
    "asked for. Probabilities are the model's own: no person has decided on a pair yet."
)
_CALIBRATED = (
    "The threshold is the lowest probability at which the mean probability of all links above it is still the share "
    "asked for. Probabilities were moved to agree with what persons decided on {} pairs."
)


def look(ws: Operations) -> Matching:
    """Returns the model and where its results stand."""
    said = read_ledger(ws.engine)
    weights, same = said.decisions()
    counts = {
        "accepted": len(said.accepted.decision),
        "proposed": len(said.links("proposed")),
        "people_accepted": sum(same),
        "people_rejected": len(same) - sum(same),
    }
    stored = stored_model(ws)
    run = ws.engine.fetch(queries.LAST_RUN)["run"][0].as_py()
    if stored is None:
        return _nothing(run, counts)
    model, document = stored
    calibrated = model.calibration != (0.0, 1.0)
    return Matching(
        version=document.version,
        trained_at=document.created_at,
        run=run,
        record_count=model.records,
        threshold=model.threshold,
        review_from=REVIEW_FROM,
        target_precision=model.precision,
        expected_precision=_expected(said) if model.expected_precision is None else model.expected_precision,
        calibrated=calibrated,
        method=_CALIBRATED.format(len(weights)) if calibrated else _BY_ITSELF,
        prior=model.prior,
        seed=model.seed,
        rules=tuple(" and ".join(rule) or "first and last name swapped" for rule in model.rules),
        comparisons=tuple(_comparison(model, name) for name in model.weights),
        **counts,
    )


def _expected(said: Said) -> float | None:
    import numpy as np

    chances = said.accepted.probability
    known = chances[~np.isnan(chances)]
    return float(known.mean()) if len(known) else None


def _comparison(model: Model, name: str) -> MatchComparison:
    levels = tuple(LevelWeight(label, m, u, round(log2(m / u), 3)) for label, (m, u) in model.weights[name].items())
    return MatchComparison(name, TITLES.get(name, name), levels)


def _nothing(run: str | None, counts: dict[str, int]) -> Matching:
    return Matching(
        version=0,
        trained_at=None,
        run=run,
        record_count=0,
        threshold=None,
        review_from=None,
        target_precision=None,
        expected_precision=None,
        calibrated=False,
        method="",
        prior=None,
        seed=None,
        rules=(),
        comparisons=(),
        **counts,
    )
