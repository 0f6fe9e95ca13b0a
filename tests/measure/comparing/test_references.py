"""Reference values: beside a number where they mean the same, and said not to be where they do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import cxloop
from cxloop.core.defined import Defined
from cxloop.core.errors import InputError, MistakesError, UnknownNameError
from cxloop.measure import verbs
from cxloop.measure.results import ReferenceBeside

SAID = "How likely are you to recommend us to a friend or colleague?"
INDUSTRY = {"metric": "nps", "label": "industry", "value": 35.0, "source": "Trade body, yearly report", "date": "2025"}


def beside(ws: Any, **facts: Any) -> ReferenceBeside:
    """Returns a reference beside 100 answers with NPS 40."""
    ws.nps(*([10] * 60 + [8] * 20 + [3] * 20), occurred_at=datetime(2026, 3, 15))
    content = {**INDUSTRY, "wording": SAID, "scale": [0, 10], **facts}
    ws.definitions["reference"] = {"industry": Defined("industry", 1, content, datetime(2026, 1, 1))}
    (found,) = verbs.compare(ws, "nps").references
    return found


@pytest.mark.parametrize(
    ("facts", "comparable", "note"),
    [
        ({}, True, "Ours is not shown to differ from +35.0."),
        ({"value": 20.0}, True, "Ours is above +20.0."),
        ({"value": 70.0, "low": 60.0, "high": 75.0}, True, "Ours is below +70.0."),
        ({"value": 60.0, "low": 50.0}, True, "Ours is not shown to differ from +60.0."),
        ({"scale": [1, 5]}, False, "It was asked on a scale of 1 to 5 and ours is 0 to 10: not compared."),
        ({"scale": None}, False, "Its scale is not known, so it is not compared with ours."),
        ({"wording": ""}, False, "Its wording is not known."),
        (
            {"wording": "Would you buy again?"},
            False,
            "It was asked in other words (“Would you buy again?”): not compared.",
        ),
        ({"scale": None, "wording": "", "target": True, "value": 90.0}, True, "Ours is below +90.0."),
    ],
)
def test_what_stands_against_a_comparison_is_said(ws: Any, facts: dict[str, Any], comparable: bool, note: str) -> None:
    found = beside(ws, **facts)

    assert (found.comparable, found.note) == (comparable, note)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("references") / "acme"
    with cxloop.create(folder) as ws:
        yield ws


def test_a_reference_is_written_listed_and_taken_away(whole: Any) -> None:
    measure = whole.measure

    done = measure.set_reference("industry_2025", **INDUSTRY, scale_min=0, scale_max=10)
    listed = measure.references("nps")
    gone = measure.remove_reference("industry_2025")

    assert str(done) == "industry is a reference value of NPS: 35."
    assert [(row["name"], row["scale"]) for row in listed.records()] == [("industry_2025", "0 to 10")]
    assert str(listed) == "1 reference value: NPS +35.0, industry (Trade body, yearly report, 2025)."
    assert gone.references == ()
    with pytest.raises(InputError, match="was removed before"):
        measure.remove_reference("industry_2025")


@pytest.mark.parametrize(
    ("facts", "kind", "said"),
    [
        ({"value": 135.0}, InputError, "lies between -100 and 100"),
        ({"metric": "npz"}, UnknownNameError, "npz"),
        ({"date": "last year"}, MistakesError, "date"),
        ({"low": 50.0}, MistakesError, "outside of its own limits"),
        ({"scale_min": 10.0, "scale_max": 0.0}, MistakesError, "not below its highest"),
        ({"source": " "}, MistakesError, "source"),
    ],
)
def test_what_cannot_be_a_reference_is_refused(
    whole: Any, facts: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        whole.measure.set_reference("wrong", **{**INDUSTRY, **facts})
