"""`cxloop demo`: a company to look at, made once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import cxloop as cx
from cxloop.core.errors import WorkspaceError
from cxloop.core.results import Estimate, Estimates
from cxloop.entry.demo import SIMULATED, prepare
from cxloop.simulate import repairs

SMALL = {"customers": 300, "months": 3, "seed": 1}


def test_a_demo_is_made_completed_and_then_found_as_it_is(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "demo", SMALL)

    with cx.open(folder.path) as ws:
        answer = ws.measure.nps()
        assert isinstance(answer, Estimates)
        number = answer.rows[0].result
        assert isinstance(number, Estimate)
        count = number.n
    truth = json.loads((folder.path / SIMULATED / "truth.json").read_text())
    assert truth

    # Interrupted before its last step: the next one adds nothing twice.
    (folder.path / SIMULATED / "made.json").unlink()
    prepare(tmp_path / "demo", SMALL)
    with cx.open(folder.path) as ws:
        again = ws.measure.nps().rows[0].result  # type: ignore[attr-defined]
        assert again.n == count

    assert prepare(tmp_path / "demo", {}) == folder
    with pytest.raises(WorkspaceError, match="customers 300, months 3, seed 1"):
        prepare(tmp_path / "demo", {"customers": 400})


def test_the_repair_desk_leaves_its_planted_mistakes_to_correct(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "demo", SMALL)

    with cx.open(folder.path) as ws:
        rejected = Counter(row["code"] for row in ws.collect.rejects().records())
        replayed = ws.collect.replay("import-1", mapping=folder.inbox / repairs.CORRECTED)
        waiting = Counter(row["code"] for row in ws.collect.rejects().records())

    assert rejected == repairs.PLANTED
    assert replayed.admitted == repairs.PLANTED["not_a_number"]  # type: ignore[attr-defined]
    assert waiting == {code: rows for code, rows in repairs.PLANTED.items() if code != "not_a_number"}


def test_an_erasure_in_the_demo_is_proved(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "demo", SMALL)

    with cx.open(folder.path) as ws:
        someone = ws.unify.customers(limit=1).rows[0].customer_id  # type: ignore[attr-defined]
        ws.unify.erase([someone], reason="asked by letter")
    with cx.open(folder.path) as ws:
        receipt = ws.unify.receipt(1)

    assert (receipt.state, receipt.failure, receipt.valid) == ("proved", "", True)  # type: ignore[attr-defined]


def test_a_workspace_with_other_data_is_left_alone(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "demo", SMALL)
    for file in (folder.path / SIMULATED).iterdir():
        file.unlink()
    (folder.path / SIMULATED).rmdir()

    with pytest.raises(WorkspaceError, match="no simulated company"):
        prepare(tmp_path / "demo", SMALL)
