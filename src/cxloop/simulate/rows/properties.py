"""The JSON columns: every combination of a few values is written once, rows point at it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cxloop.simulate.blocks import Pooled
from cxloop.simulate.history import History
from cxloop.simulate.world import AGE_BANDS, TIERS

__all__ = ["Choice", "about_customer", "flag", "json_objects", "order_objects"]

Choice: TypeAlias = tuple[Sequence[Any], NDArray[Any]]
"""The values a property can have, and which one each row has. None leaves the property out."""


def json_objects(choices: Mapping[str, Choice]) -> Pooled:
    """Returns a column of JSON objects, one property per choice."""
    values = [list(allowed) for allowed, _ in choices.values()]
    pool = [
        json.dumps({name: value for name, value in zip(choices, row, strict=True) if value is not None})
        for row in product(*values)
    ]
    places: NDArray[Any] = np.zeros(1, np.int32)
    for allowed, codes in choices.values():
        places = places * len(allowed) + codes
    return Pooled(pa.array(pool), places.astype(np.int32))


def flag(holds: NDArray[np.bool_], known: NDArray[np.bool_] | None = None) -> Choice:
    """Returns a choice of true and false; left out where it is not known."""
    codes = holds.astype(np.int8) if known is None else np.where(known, holds.astype(np.int8), 2)
    return (False, True, None), codes


def about_customer(past: History, who: NDArray[Any], moment: NDArray[np.int64]) -> dict[str, Choice]:
    """Returns the properties that analysts split by: age band and standing in the club at the moment."""
    return {"age_band": (AGE_BANDS, past.everyone.age[who]), "tier": (TIERS, past.members.tier(who, moment))}


def order_objects(past: History, order: NDArray[np.int64]) -> Pooled:
    """Returns the column `objects`."""
    return Pooled(past.objects, order.astype(np.int32))
