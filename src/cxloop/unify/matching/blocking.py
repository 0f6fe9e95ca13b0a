"""Which pairs are compared at all: rules chosen from the data, by what they cost and what they would find.

Every pair of a million records is half a trillion pairs. A rule compares those that agree on something, such as the
e-mail, or the birthday and the first letters of the last name. Candidates are counted on the data; what a rule finds is
looked up on pairs that are likely one person because they agree on more than the rule by which they were found.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.engine.duckdb.linkage import Scratch

__all__ = ["KEYS", "Key", "Rule", "choose_rules", "keys_for", "rule_condition", "training_rules"]

COVER = 3
"""By how many rules a likely pair shall be found: one that it misses because of a typo is found by another."""
ENOUGH = 0.999
MOST_RULES = 16
PROBE = 20_000
"""Pairs looked at for each of the rules that look for likely pairs."""
COUNTED = 100_000
"""Records on which candidates are counted; more records than that are counted on a sample."""


class Key(NamedTuple):
    """A value that records of one person often share: its name, its field, and SQL with `{0}` for the record."""

    name: str
    field: str
    sql: str


class Rule(NamedTuple):
    """Records that agree on all of some keys are compared; `pairs` is how many that is about."""

    keys: tuple[Key, ...]
    pairs: float

    @property
    def title(self) -> str:
        """What people call it."""
        return " and ".join(key.name for key in self.keys)


KEYS = (
    Key("e-mail", "email", "{0}email"),
    Key("e-mail before the @", "email", "split_part({0}email, '@', 1)"),
    Key("phone", "phone", "{0}phone"),
    Key("personal number", "identifier", "{0}identifier"),
    Key("date of birth", "birth", "{0}birth"),
    Key("year and month of birth", "birth", "substr({0}birth, 1, 7)"),
    Key("month and day of birth", "birth", "substr({0}birth, 6, 5)"),
    Key("year and day of birth", "birth", "(substr({0}birth, 1, 4) || substr({0}birth, 9, 2))"),
    Key("last name", "family", "{0}family"),
    Key("start of last name", "family", "substr({0}family, 1, 3)"),
    Key("first name", "given", "{0}given"),
    Key("start of first name", "given", "substr({0}given, 1, 3)"),
    Key("street", "street", "{0}street"),
    Key("address line 2", "extra", "{0}extra"),
    Key("house number", "number", "{0}number"),
    Key("postcode", "postcode", "{0}postcode"),
    Key("city", "city", "{0}city"),
)
_SWAPPED = "l.given = r.family AND l.family = r.given"
_APART = "(l.alone IS NULL OR r.alone IS NULL OR l.alone <> r.alone)"


def keys_for(columns: Collection[str]) -> list[Key]:
    """Returns the keys that records with these columns have."""
    return [key for key in KEYS if key.field in columns]


def rule_condition(keys: Sequence[Key], *, apart: bool) -> str:
    """Returns the condition on two records `l` and `r`.

    Args:
        keys: on which they agree; none at all stands for first and last name being swapped.
        apart: whether records whose column `alone` is equal are two persons for sure.
    """
    agree = " AND ".join(f"{key.sql.format('l.')} = {key.sql.format('r.')}" for key in keys) or _SWAPPED
    return f"{agree} AND {_APART}" if apart else agree


def choose_rules(
    room: Scratch, table: str, columns: Collection[str], *, records: int, budget: int, seed: int
) -> tuple[list[Rule], list[Rule]]:
    """Returns the rules by which records are compared, the most telling first, and all that could be afforded.

    Args:
        room: holds the records.
        table: name of their table; a sample of it, for counting, may be called `{table}_sample`.
        columns: their fields.
        records: how many there are.
        budget: about how many pairs may be compared.
        seed: chooses the pairs that are looked at.
    """
    candidates = _counted(room, table, keys_for(columns), records)
    affordable = [rule for rule in candidates if rule.pairs <= budget / 4]
    likely = _likely_pairs(room, table, keys_for(columns), affordable, records, seed)
    return _cover(affordable, likely, keys_for(columns), budget), affordable


def training_rules(candidates: Sequence[Rule], *, least: float, most: int) -> list[Rule]:
    """Returns rules of single fields, each of another, so that every comparison is free in at least one of them."""
    chosen: dict[str, Rule] = {}
    for rule in candidates:
        fields = {key.field for key in rule.keys}
        if len(fields) == 1 and rule.pairs >= least:
            chosen.setdefault(rule.keys[0].field, rule)
    return list(chosen.values())[:most]


def _counted(room: Scratch, table: str, keys: Sequence[Key], records: int) -> list[Rule]:
    """Returns every candidate with about how many pairs it compares, the cheapest first."""
    sample, scale = (f"{table}_sample", (records / COUNTED) ** 2) if records > COUNTED else (table, 1.0)
    alone = [Rule((key,), scale * room.pairs(sample, [key.sql.format("")])) for key in keys]
    dear = [rule for rule in alone if rule.pairs > records]
    both = [
        Rule(
            (*left.keys, *right.keys),
            scale * room.pairs(sample, [key.sql.format("") for key in (*left.keys, *right.keys)]),
        )
        for left, right in combinations(dear, 2)
        if left.keys[0].field != right.keys[0].field
    ]
    return sorted((rule for rule in (*alone, *both) if rule.pairs >= 1), key=lambda rule: rule.pairs)


def _likely_pairs(
    room: Scratch, table: str, keys: Sequence[Key], rules: Sequence[Rule], records: int, seed: int
) -> NDArray[np.bool_]:
    """Returns on which keys likely pairs agree: a row for each pair, a column for each key."""
    import numpy as np

    probes: dict[str, Rule] = {}
    for rule in rules:
        if rule.pairs >= records / 20:
            probes.setdefault("+".join(sorted({key.field for key in rule.keys})), rule)
    found = [_agreeing(room, table, keys, rule, seed) for rule in list(probes.values())[:6]]
    return np.concatenate(found) if found else np.zeros((0, len(keys)), dtype=bool)


def _agreeing(room: Scratch, table: str, keys: Sequence[Key], rule: Rule, seed: int) -> NDArray[np.bool_]:
    """Returns, of pairs that a rule finds, those that agree on two further fields at least and differ in no more."""
    import numpy as np

    by = [key.sql.format("") for key in rule.keys]
    rows = room.agreements(table, by, [key.sql.format("") for key in keys], PROBE, seed)
    columns = [rows[f"k{place}"] for place in range(len(keys))]
    agree = np.column_stack([_filled_with(column, value=False) for column in columns])
    differ = ~np.column_stack([_filled_with(column, value=True) for column in columns])
    own = {key.field for key in rule.keys}
    whole = [place for place, key in enumerate(keys) if key.sql == f"{{0}}{key.field}" and key.field not in own]
    for_it, against = agree[:, whole].sum(axis=1), differ[:, whole].sum(axis=1)
    likely: NDArray[np.bool_] = agree[(for_it >= min(2, len(whole))) & (for_it >= against)]
    return likely


def _filled_with(column: pa.ChunkedArray[Any], *, value: bool) -> NDArray[np.bool_]:
    """Returns a column of truth values with `value` for what is not known."""
    import numpy as np

    known = column.to_numpy(zero_copy_only=False)
    return np.array([value if each is None else each for each in known], dtype=bool)


def _cover(rules: Sequence[Rule], likely: NDArray[np.bool_], keys: Sequence[Key], budget: int) -> list[Rule]:
    """Takes the rule that newly finds most for its price until likely pairs are found several times over.

    What is left of the budget goes to the widest rules that fit in: pairs that agree on little were not looked at.
    """
    import numpy as np

    place = {key: number for number, key in enumerate(keys)}
    finds = {rule: likely[:, [place[key] for key in rule.keys]].all(axis=1) for rule in rules}
    times = np.zeros(len(likely), dtype=int)
    chosen: list[Rule] = []
    left = list(rules)
    while left:
        gains = {rule: float((finds[rule] & (times < COVER)).sum()) for rule in left}
        best = max(left, key=lambda rule: gains[rule] / (rule.pairs + 1.0) ** 0.5)
        if gains[best] <= (1 - ENOUGH) * len(likely):
            break
        left.remove(best)
        if sum(rule.pairs for rule in chosen) + best.pairs <= budget:
            chosen.append(best)
            times += finds[best]
    return _filled(chosen, left, budget)


def _filled(chosen: Sequence[Rule], left: Sequence[Rule], budget: int) -> list[Rule]:
    taken = list(chosen)
    for rule in sorted(left, key=lambda rule: (len(rule.keys), rule.pairs)):
        wider = any(set(other.keys) <= set(rule.keys) for other in taken)
        narrower = [other for other in taken if set(rule.keys) < set(other.keys)]
        spent = sum(other.pairs for other in taken if other not in narrower)
        if wider or spent + rule.pairs > budget or len(taken) - len(narrower) >= MOST_RULES:
            continue
        taken = [other for other in taken if other not in narrower] + [rule]
    return taken
