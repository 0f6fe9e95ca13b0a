"""Groups instead of chains: what is joined, in which order, and what never is."""

from __future__ import annotations

from collections.abc import Sequence

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.unify.matching.clusters import Join, Knot, components, gather
from cxloop.unify.matching.thresholds import calibrate, fit_prior, probability, sure_prior, threshold_for, weight_of


def knot(
    weights: Sequence[Sequence[float]], *, groups: Sequence[int] | None = None, apart: Sequence[tuple[int, int]] = ()
) -> Knot:
    """A knot of one comparison; 0 on the diagonal stands for nothing."""
    table = np.array([weights], dtype=np.float64)
    size = table.shape[1]
    table[:, np.arange(size), np.arange(size)] = np.nan
    forbidden = np.zeros((size, size), dtype=bool)
    for one, other in apart:
        forbidden[one, other] = forbidden[other, one] = True
    return Knot(range(size), table, groups or range(size), forbidden)


def made(joins: Sequence[Join]) -> list[tuple[int, int]]:
    return [(join.left, join.right) for join in joins if not join.held]


def test_a_bad_record_in_the_middle_does_not_tie_strangers_together() -> None:
    # 1 resembles 0 a lot and 2 somewhat; 0 and 2 have nothing in common
    found = gather(knot([[0, 12, -30], [12, 0, 9], [-30, 9, 0]]), start=0.0, floor=0.0)

    assert made(found) == [(0, 1)]


def test_the_likeliest_are_joined_first_and_each_join_names_its_best_two_records() -> None:
    found = gather(knot([[0, 5, 4], [5, 0, 8], [4, 8, 0]]), start=-1.0, floor=0.0)

    assert [(join.left, join.right) for join in found] == [(1, 2), (0, 1)]
    # half the mean and half the best of 5 and 4, and the weight before any comparison
    assert found[1].weight == pytest.approx(-1.0 + 0.5 * 4.5 + 0.5 * 5)


def test_what_a_source_or_a_person_keeps_apart_is_held_and_not_made() -> None:
    found = gather(knot([[0, 9, 8], [9, 0, 7], [8, 7, 0]], apart=[(0, 1)]), start=0.0, floor=0.0)

    assert [(join.left, join.right, join.held) for join in found] == [(0, 1, True), (0, 2, False)]


def test_records_that_are_one_person_already_count_together_from_the_start() -> None:
    # alone, 2 resembles neither enough; together they say half the mean (3) and half the best (6)
    found = gather(knot([[0, -9, 0], [-9, 0, 6], [0, 6, 0]], groups=[7, 7, 8]), start=-4.0, floor=0.0)

    assert [join.weight for join in found] == [pytest.approx(-4.0 + 0.5 * 3 + 0.5 * 6)]


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_components_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    graph = networkx.Graph(edges)
    graph.add_nodes_from(range(20))
    left, right = (np.array([edge[side] for edge in edges], dtype=np.int64) for side in (0, 1))

    found = components(left, right, 20)

    groups = {frozenset(np.flatnonzero(found == piece).tolist()) for piece in set(found.tolist())}
    assert groups == {frozenset(piece) for piece in networkx.connected_components(graph)}


@given(st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_no_join_brings_two_of_one_source_together(size: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    weights = chance.normal(3, 6, (size, size))
    weights = (weights + weights.T) / 2
    sources = chance.integers(0, 3, size)
    apart = [(a, b) for a in range(size) for b in range(a) if sources[a] == sources[b]]

    joins = made(gather(knot(weights.tolist(), apart=apart), start=0.0, floor=0.0))

    graph = networkx.Graph(joins)
    assert all(len({sources[each] for each in piece}) == len(piece) for piece in networkx.connected_components(graph))
    assert networkx.is_forest(graph) if joins else True


def test_the_threshold_is_the_lowest_at_which_the_expected_precision_is_reached() -> None:
    chances = np.array([0.99, 0.97, 0.9, 0.8, 0.6])

    # means: 0.99, 0.98, 0.953, 0.915, 0.852
    assert threshold_for(chances, 0.95) == (0.9, 0.953333333)
    assert threshold_for(chances, 0.9) == (0.8, 0.915)
    assert threshold_for(np.array([0.2]), 0.9) == (0.9, None)


def test_the_prior_agrees_with_the_probabilities_that_follow_from_it() -> None:
    evidence = np.concatenate([np.full(30, 25.0), np.full(400, -5.0)])

    prior = fit_prior(evidence, 1_000, 0.5)

    # thirty pairs are one person's for sure, of the rest next to none
    assert prior == pytest.approx(0.03, rel=0.05)
    odds = np.log2(prior / (1 - prior))
    assert probability(evidence + odds).sum() == pytest.approx(1_000 * prior, rel=1e-6)


def test_where_nothing_was_learned_only_pairs_that_stand_out_make_a_prior() -> None:
    namesakes, twins = np.full(400, 8.0), np.full(30, 25.0)

    # of ten million pairs, four hundred hints of 8 bits are less than one person; thirty of 25 bits are thirty
    assert sure_prior(namesakes, 1e7) == 1e-7
    assert sure_prior(np.concatenate([namesakes, twins]), 1e7) == pytest.approx(30e-7)


def test_decisions_of_persons_move_probabilities_towards_what_they_said() -> None:
    weights = [2.0, 3.0, 4.0, 5.0] * 5

    shift, slope = calibrate(weights, [False, False, True, True] * 5)

    assert calibrate([], []) == (0.0, 1.0)
    assert probability(np.array([2.5]), (shift, slope))[0] < 0.3 < probability(np.array([2.5]))[0]
    assert weight_of(0.5, (shift, slope)) == pytest.approx(3.5, abs=0.4)
