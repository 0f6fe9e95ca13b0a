"""The whole-base score in companies whose truth is planted, and where it has to refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cxloop
from cxloop import simulate
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import Estimate, InsufficientData
from cxloop.measure.results import WholeBase
from cxloop.measure.whole_base.modes import contrast
from cxloop.runtime import derivations
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import open_workspace
from cxloop.simulate.world import Assumptions

CUSTOMERS, ENOUGH_TO_REFUSE = 2_200, 1_500


def made(folder: Path, customers: int, assumptions: Assumptions) -> tuple[simulate.Company, Any]:
    """A company, and the workspace that holds its log."""
    company = simulate.company(customers, 24, 3, assumptions=assumptions)
    cxloop.create(folder, template="shop").close()
    inside = open_workspace(Folder(folder))
    for batch in company.batches():
        inside.engine.admit(batch, now=inside.now())
    derivations.run(inside)
    inside.close()
    return company, cxloop.open(folder)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[simulate.Company, Any]]:
    company, workspace = made(tmp_path_factory.mktemp("base") / "kept", CUSTOMERS, "kept")
    yield company, workspace
    workspace.close()


@pytest.fixture(scope="module")
def found(kept: tuple[simulate.Company, Any]) -> WholeBase:
    result: WholeBase = kept[1].measure.whole_base(by="region")
    return result


def test_the_interval_holds_the_planted_truth_and_the_score_of_answerers_is_farther_away(
    kept: tuple[simulate.Company, Any], found: WholeBase
) -> None:
    truth = kept[0].truth["whole_base_nps"]["months"][-1]["buyers_base"]

    assert found.trusted
    assert found.reasons == ()
    assert isinstance(found.whole, Estimate)
    assert isinstance(found.answerers, Estimate)
    assert found.whole.low <= truth <= found.whole.high
    assert abs(found.whole.value - truth) < abs(found.answerers.value - truth) / 2


def test_the_base_is_who_has_bought_within_a_year(kept: tuple[simulate.Company, Any], found: WholeBase) -> None:
    planted = kept[0].truth["whole_base_nps"]["months"][-1]

    # Customers of the log are fewer than people by the few whose keys nothing ties together, or whom a tablet hides.
    assert found.customers == pytest.approx(planted["buyers"], rel=0.1)
    assert 0 < found.answered < found.invited < found.customers


def test_steps_lead_from_one_score_to_the_other(found: WholeBase) -> None:
    assert isinstance(found.whole, Estimate)
    assert isinstance(found.answerers, Estimate)
    assert found.answerers.value + sum(step.value for step in found.steps) == pytest.approx(found.whole.value)


def test_groups_are_those_of_the_base_and_together_make_it(found: WholeBase) -> None:
    assert isinstance(found.whole, Estimate)
    groups = [row.whole for row in found.groups if isinstance(row.whole, Estimate)]

    assert sum(row.customers for row in found.groups) == found.customers
    together = sum(group.value * group.customers for group in groups) / sum(group.customers for group in groups)
    assert together == pytest.approx(found.whole.value)


def test_those_who_answered_are_more_like_everybody_once_weighted(found: WholeBase) -> None:
    before = [abs(row.before) for row in found.balance]
    after = [abs(row.after) for row in found.balance]

    assert np.mean(after) < np.mean(before)
    assert len(found.held_out) == 5
    assert sum(row.held for row in found.pretences) >= 6


def test_a_way_of_answering_that_goes_with_the_channel_cannot_be_told_from_it(found: WholeBase) -> None:
    # Each channel has its own way of answering in the simulated company, so that nobody answered in two.
    assert found.reference is None
    assert {row.name for row in found.modes} <= {"email", "app", "store"}
    assert all(row.effect is None and row.note for row in found.modes)


def test_the_result_reads_and_travels(found: WholeBase) -> None:
    again = WholeBase.from_dict(found.to_dict())

    assert again == found
    assert str(found).startswith("NPS of all ")
    assert [row["trusted"] for row in found.records()] == [True] * (1 + len(found.groups))
    assert found.how.sql
    assert "whole_base" in found.how.python
    assert found.plot() is not None


def test_it_says_that_it_cannot_be_trusted_where_answering_depends_on_the_answer(tmp_path: Path) -> None:
    _, workspace = made(tmp_path / "broken", ENOUGH_TO_REFUSE, "broken")
    found = workspace.measure.whole_base()
    workspace.close()

    assert not found.trusted
    assert "steady" in [check.name for check in found.checks if not check.held]
    assert "cannot be trusted" in str(found)
    assert found.records()[0]["of_everybody"] is None
    assert len(found.scores.rows) == 1


def test_too_few_answers_are_no_score(kept: tuple[simulate.Company, Any]) -> None:
    found = kept[1].measure.whole_base(active="30d", occasion="return")

    assert isinstance(found.whole, InsufficientData)
    assert not found.trusted
    assert "are needed" in found.reasons[0]


def test_the_past_is_asked_with_what_was_known_then(kept: tuple[simulate.Company, Any]) -> None:
    then = kept[1].measure.whole_base(until="2026-03-01")
    truth = next(month for month in kept[0].truth["whole_base_nps"]["months"] if month["month"] == "2026-02")

    assert then.customers == pytest.approx(truth["buyers"], rel=0.1)
    assert then.whole.low <= truth["buyers_base"] <= then.whole.high


def test_names_and_lengths_that_cannot_be_used_are_told(kept: tuple[simulate.Company, Any]) -> None:
    with pytest.raises(UnknownNameError, match="region"):
        kept[1].measure.whole_base(by="colour")
    with pytest.raises(UnknownNameError, match="email"):
        kept[1].measure.whole_base(reference="pigeon")
    with pytest.raises(InputError, match="30d"):
        kept[1].measure.whole_base(active="2d")


def test_the_effect_of_a_way_of_answering_is_found_where_alike_people_use_either() -> None:
    rng = np.random.default_rng(8)
    columns = rng.standard_normal((4_000, 3))
    treated = rng.random(4_000) < 1 / (1 + np.exp(-columns[:, 0]))
    values = 20 * columns[:, 0] + 15 * treated + rng.normal(0, 10, 4_000)

    found = contrast(columns, treated, values, seed=1)

    assert found is not None
    assert found[0] == pytest.approx(15, abs=3 * found[1])
    assert abs(values[treated].mean() - values[~treated].mean() - 15) > 10
    assert contrast(columns, columns[:, 0] > 0, values, seed=1) is None
