"""Evidence in words and marks: nothing of a value is lost, and nothing claims more than it knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.waterfall import Waterfall, WaterfallStep
from cxloop.web.pages.customers.evidence import certainty, pieces, speaking, times

VALUES = st.text(max_size=20)


def step(title: str, weight: float, *, counted: bool = True) -> WaterfallStep:
    return WaterfallStep(title.lower(), title, "a", "b", "differs", weight, counted)


@given(left=VALUES, right=VALUES)
def test_marking_what_differs_loses_no_letter(left: str, right: str) -> None:
    marked = pieces(left, right)

    assert ["".join(text for text, _ in side) for side in marked] == [left, right]


@given(value=st.text(min_size=1, max_size=20))
def test_equal_values_have_no_mark(value: str) -> None:
    assert not any(differs for side in pieces(value, value) for _, differs in side)


def test_capitals_are_no_difference() -> None:
    assert pieces("BERG", "Berg") == ((("BERG", False),), (("Berg", False),))


@given(probability=st.floats(0, 1))
def test_no_estimate_is_called_certain(probability: float) -> None:
    assert certainty(probability) not in ("certain", "100 %")


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (1, "2 times likelier for one person"),
        (2.585, "6 times likelier for one person"),
        (13.29, "10,000 times likelier for one person"),
        (-1.32, "2.5 times likelier for two persons"),
    ],
)
def test_a_weight_in_bits_is_told_as_a_factor(weight: float, said: str) -> None:
    assert times(weight) == said


def test_what_speaks_most_on_each_side_is_told_and_what_is_missing_is_not() -> None:
    steps = (step("E-mail", 3.0), step("Name", 5.0), step("Street", -2.0), step("Phone", -9.0, counted=False))

    said = speaking(Waterfall("Two records", -8.0, -2.0, steps))

    assert said == "Most for it: Name (differs). Most against it: Street (differs)."
