"""A model for a table: its rules chosen and its weights learned, of rare fields from the records that have them.

A file of 127 records with birth dates among 46,000 customers without any: of 300,000 random pairs two have both, and
those that a rule finds are pairs of the others. So the weights of a field that few records say anything of are learned
on these records as if there were no others, and so are the rules that look for pairs by it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cxloop.unify.matching.blocking import COUNTED, KEYS, choose_rules, training_rules
from cxloop.unify.matching.model import Model, train

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.engine.duckdb.linkage import Scratch

    Mask = NDArray[np.bool_]

__all__ = ["model_for"]

PAIRS_PER_RECORD = 30
LEAST_BUDGET = 400_000
RARE = 0.1
"""Share of the records up to which a field is rare: of random pairs one in a hundred has both values."""
_LEAST_COMMON = 2
"""Fields that are not rare; with fewer of them all are learned together."""
_TOGETHER = 0.5
"""Two rare fields are learned together where so many of the records that have one of them have both."""
_FIELD_OF = {key.name: key.field for key in KEYS}


class _Part(NamedTuple):
    """Rare fields that mostly the same records have, and which records have one of them."""

    fields: tuple[str, ...]
    known: Mask


def model_for(
    room: Scratch,
    table: str,
    people: pa.Table,
    columns: Sequence[str],
    *,
    seed: int,
    tell: Callable[[str, float | None], None],
) -> Model:
    """Returns a model trained on records.

    Args:
        room: holds the records.
        table: name of their table.
        people: the same records.
        columns: their fields.
        seed: of whatever is drawn at random.
        tell: told what is being done.
    """
    parts = list(_parts(people, columns))
    rare = [field for part in parts for field in part.fields]
    if len(set(columns) - set(rare)) < _LEAST_COMMON:
        return _learned(room, table, people, columns, (), seed=seed, tell=tell)
    model = _learned(room, table, people, columns, rare, seed=seed, tell=tell)
    for number, part in enumerate(parts):
        those = people.filter(part.known)
        name = f"{table}_part{number}"
        room.put(name, those)
        known = _learned(room, name, those, columns, (), seed=seed, tell=lambda _what, _share: None)
        model = _with_part(model, known, part.fields)
    # the weights are in the order of the comparisons, as without any rare field
    return replace(model, weights={each.field: model.weights[each.field] for each in model.comparisons})


def _learned(
    room: Scratch,
    table: str,
    people: pa.Table,
    columns: Sequence[str],
    without: Collection[str],
    *,
    seed: int,
    tell: Callable[[str, float | None], None],
) -> Model:
    import numpy as np

    count = people.num_rows
    tell("Choosing what to compare", 0.1)
    if count > COUNTED:
        chosen = np.random.default_rng(seed).choice(count, COUNTED, replace=False)
        room.put(f"{table}_sample", people.take(np.sort(chosen)))
    budget = max(PAIRS_PER_RECORD * count, LEAST_BUDGET)
    common = [name for name in columns if name not in without]
    rules, candidates = choose_rules(room, table, common, records=count, budget=budget, seed=seed)
    learning = training_rules(candidates, least=count / 20, most=4)
    tell("Training without labels", 0.2)
    return train(room, table, columns, rules, learning, records=count, seed=seed, without=without)


def _parts(people: pa.Table, columns: Sequence[str]) -> Iterator[_Part]:
    """Sorts the rare fields into such as mostly the same records have."""
    import numpy as np

    known: dict[str, Mask] = {}
    for name in columns:
        if people.num_rows - people[name].null_count <= RARE * people.num_rows:
            known[name] = people[name].is_valid().to_numpy()
    while known:
        first = next(iter(known))
        masks = [(name, mask) for name, mask in known.items() if _overlap(known[first], mask) >= _TOGETHER]
        for name, _ in masks:
            del known[name]
        yield _Part(tuple(name for name, _ in masks), np.logical_or.reduce([mask for _, mask in masks]))


def _overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum()) / max(int((one | other).sum()), 1)


def _with_part(model: Model, known: Model, fields: Collection[str]) -> Model:
    """Returns a model that knows of some fields what another one learned, and looks for pairs by them as that one."""
    rules = list(model.rules)
    for rule in known.rules:
        by_rare = any(_FIELD_OF[key] in fields for key in rule)
        if by_rare and not any(set(other) <= set(rule) for other in rules if other):
            rules.append(rule)
    return replace(
        model, rules=tuple(rules), weights={**model.weights, **{name: known.weights[name] for name in fields}}
    )
