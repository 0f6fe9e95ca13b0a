"""How numbers read."""

from __future__ import annotations

import pytest

from cxloop.core import wording
from cxloop.core.results import Estimate, EstimateRow, Estimates, InsufficientData, Unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (31.24, "points", "+31.2"),
        (-0.04, "points", "0.0"),
        (-0.05, "points", "−0.1"),
        (0.861, "share", "86.1 %"),
        (1.0, "share", "100.0 %"),
        (-0.0214, "share", "−2.1 %"),
        (-0.0001, "share", "0.0 %"),
        (-1234.5, "money", "−1,234.50"),
        (-0.001, "score", "0.00"),
        (-0.2, "duration", "0 s"),
        (5.4321, "score", "5.43"),
    ],
)
def test_a_number_reads_in_its_unit(value: float, unit: Unit, text: str) -> None:
    assert wording.number(value, unit) == text


def test_one_answer_is_singular() -> None:
    assert wording.answers(1) == "1 answer"
    assert wording.answers(4812) == "4,812 answers"


def of(*results: Estimate | InsufficientData, by: tuple[str, ...] = ()) -> Estimates:
    rows = tuple(EstimateRow(("web",) * len(by), None, result) for result in results)
    return Estimates("csat", "share", by, None, None, None, "UTC", (1.0, 5.0), rows)


def test_the_sentence_of_one_number_has_interval_n_and_method() -> None:
    number = Estimate(0.861, 0.85, 0.872, 4812, 4001, "Wilson")

    assert wording.sentence(of(number)) == (
        "CSAT is 86.1 % [85.0 %, 87.2 %] (95% interval, 4,812 answers of 4,001 customers, Wilson)."
    )


def test_the_sentence_says_cannot_say() -> None:
    assert wording.sentence(of(InsufficientData(7, 10))) == "CSAT cannot be said: 7 answers, at least 10 are needed."


def test_the_sentence_of_many_groups_names_the_ends_and_what_cannot_be_said() -> None:
    number = Estimate(0.861, 0.85, 0.872, 100, 90, "Wilson")

    assert wording.sentence(of(number, InsufficientData(7, 10), by=("channel",))) == (
        "CSAT by channel: 86.1 % (web), 107 answers; too few answers in 1 of 2 groups."
    )
