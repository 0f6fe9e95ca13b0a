"""No verb of unify takes a number that no table holds, or a text that nobody would write."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from cxloop.core.verbs import Verb
from cxloop.runtime import parts

VERBS = parts.verbs_of("unify")
LONG = "x" * 100_000
MONSTERS = (2**63, -(2**63) - 1, LONG, [LONG])
LISTS = frozenset({"customers", "keys", "names"})
"""Several at once: each of them is looked up, and a list of thousands is what erasure is for."""


def let_through(annotation: Any) -> list[object]:
    """Returns which monsters get through the check of one argument; a number that is taken as a text is none."""
    found: list[object] = []
    for monster in MONSTERS:
        try:
            taken: object = TypeAdapter(annotation).validate_python(monster)
        except ValidationError:
            continue
        found += [taken] if isinstance(taken, int) or taken == LONG else []
    return found


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.path)
def test_what_is_far_too_large_is_refused_before_a_verb_sees_it(verb: Verb) -> None:
    found = {each.name: let_through(each.annotation) for each in verb.parameters if each.name not in LISTS}

    assert [name for name, monsters in found.items() if monsters] == []
