"""The queries of a definition, with its aggregates and conditions in them, mean the same on Spark."""

from __future__ import annotations

import pytest
import sqlglot
from tests.engines.test_spark_translation import strangers, untranslatable

from cxloop.core.config import Experience
from cxloop.core.expr import AGGREGATES
from cxloop.core.expr.aggregates import AggregateFunction
from cxloop.engine.render import render
from cxloop.unify.segments.prepared import Prepared, prepare
from cxloop.unify.segments.sql import limit_us


def queries(prepared: Prepared) -> list[str]:
    asked = [prepared.state, prepared.state_of, prepared.size, prepared.state_at, prepared.due, prepared.next_due]
    asked += [query for revised in (True, False) for _, query in prepared.facts(revised=revised)]
    asked += prepared.sizes
    asked += [prepared.news(revised=revised) for revised in (True, False) if prepared.columns]
    return [render(query, dialect="spark") for query in asked]


@pytest.mark.parametrize("function", AGGREGATES.values(), ids=lambda function: function.name)
def test_every_aggregate_translates(function: AggregateFunction) -> None:
    prepared = prepare(f'({function.example}) and count(name == "visited" and channel == "web") > 0', Experience())

    for written in queries(prepared):
        tree = sqlglot.parse_one(written, dialect="spark")
        assert strangers(tree) == set(), written
        assert list(untranslatable(tree)) == [], written


def test_a_definition_is_prepared_once_while_the_catalogue_stays_what_it_is() -> None:
    where = 'ever(properties.colour == "red")'

    assert prepare(where, Experience()) is prepare(where, Experience())
    assert prepare(where, Experience.model_validate({"stage": [{"name": "use"}]})) is not prepare(where, Experience())


@pytest.mark.parametrize(("days", "at_once"), [(90, True), (90, False), (0.1, True), (1 / 3, False), (0, True)])
def test_the_first_moment_of_a_comparison_with_days_is_exact(days: float, at_once: bool) -> None:
    passed = limit_us(days, at_once)

    held = [
        (each / 86_400_000_000 >= days) if at_once else (each / 86_400_000_000 > days) for each in (passed - 1, passed)
    ]
    assert held[1]
    assert not held[0] or passed == 0
