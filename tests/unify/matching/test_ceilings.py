"""Pairs that are not looked at closely: none of them would have been kept, and conditions told faster say the same."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unify.matching.test_link import planted

from cxloop.engine.duckdb.linkage import scratch
from cxloop.unify.matching import scoring
from cxloop.unify.matching.comparisons import comparisons_for, hint, quick
from cxloop.unify.matching.fields import FIELDS
from cxloop.unify.matching.link import Standing, _table, link
from cxloop.unify.matching.records import prepare

WORDS = st.text("ab1é", max_size=7)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=30), st.sampled_from([1, 2, 4]))
def test_edits_are_counted_only_where_there_may_be_few(words: list[tuple[str, str]], most: int) -> None:
    exact = f"damerau_levenshtein(city_l, city_r) <= {most}"
    pairs = ", ".join("(?, ?)" for _ in words)
    texts = [text for pair in words for text in pair]

    with duckdb.connect() as connection:
        found = connection.execute(
            f"""select {exact}, case when {quick(exact)} then true else false end,
            case when {hint(exact)} then true else false end from (values {pairs}) as t(city_l, city_r)""",
            texts,
        ).fetchall()

    assert all(fast == slow and (maybe or not slow) for slow, fast, maybe in found)


def test_every_level_that_counts_edits_has_a_hint_that_does_not() -> None:
    comparisons = comparisons_for({field.name for field in FIELDS})
    levels = [level for comparison in comparisons for level in comparison.levels]

    assert not any("levenshtein" in hint(level.wider or level.condition) for level in levels)


@pytest.mark.parametrize("least", [-10.0, 20.0])
def test_no_pair_is_lost_that_weighs_enough(least: float, monkeypatch: pytest.MonkeyPatch) -> None:
    table, _ = planted()
    model = link(table).model
    people = _table(prepare(table), model.columns, Standing())

    def candidates() -> scoring.Scored:
        with scratch() as room:
            room.put("people", people)
            return scoring.Scorer(room, "people", model).candidates(apart=False, fresh=None, groups=None, least=least)

    some = candidates()
    monkeypatch.setattr(scoring, "enough", lambda _model, _least: "true")
    every = candidates()

    assert len(some.left) > 50
    assert np.array_equal(some.left, every.left)
    assert np.array_equal(some.right, every.right)
    assert np.array_equal(some.levels, every.levels)
