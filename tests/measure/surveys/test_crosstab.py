"""Cross-tables: cells, tests, and what is not shown."""

from __future__ import annotations

import pytest
from tests.measure.surveys.conftest import Surveyed, choice, nps

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.results import Estimate, InsufficientData
from cxloop.measure.surveys.verbs import crosstab

# Agresti (2007), An Introduction to Categorical Data Analysis, table 2.5: sex by party, in tenths.
PARTY = {"female": {"democrat": 76, "independent": 33, "republican": 47}, "male": {"democrat": 48, "independent": 24, "republican": 48}}  # fmt: skip  # noqa: E501


def of_a_party(ws: Surveyed) -> Surveyed:
    """One response per person of the table."""
    number = 0
    for sex, parties in PARTY.items():
        for party, n in parties.items():
            for _ in range(n):
                number += 1
                ws.respond(f"r{number}", {"sex": choice(sex), "party": choice(party)}, customer=number)
    return ws.done()


def test_a_table_of_two_questions_has_pearsons_chi_square(ws: Surveyed) -> None:
    found = crosstab(of_a_party(ws), "delivery", "party", "sex")

    # scipy 1.17: chi2_contingency([[76, 33, 47], [48, 24, 48]], correction=False).pvalue
    assert found.p == pytest.approx(0.2110371, abs=1e-6)
    assert (found.n, found.test) == (276, "chi-square")
    assert "not shown to go together" in str(found)
    shares = {(cell.row, cell.column): cell.share for cell in found.cells}
    share = shares["democrat", "female"]
    assert isinstance(share, Estimate)
    assert share.value == pytest.approx(76 / 156)
    assert share.n == 156


def test_a_question_by_a_dimension(ws: Surveyed) -> None:
    for number in range(60):
        channel = "kiosk" if number % 2 else "email"
        score = 9 if channel == "kiosk" or number % 4 else 2
        ws.respond(f"r{number}", {"recommend": nps(score)}, customer=number, channel=channel)
    found = crosstab(ws.done(), "delivery", "recommend", "channel")

    cells = {(cell.row, cell.column): (cell.n, cell.mark) for cell in found.cells}
    assert cells == {("2", "email"): (15, "more"), ("2", "kiosk"): (0, "less"), ("9", "email"): (15, "less"), ("9", "kiosk"): (30, "more")}  # fmt: skip  # noqa: E501


def test_several_choices_are_tested_cell_by_cell_against_everybody(ws: Surveyed) -> None:
    for number in range(80):
        chosen = ("a|b" if number % 4 else "a") if number < 40 else ("b" if number % 8 else "a|b")
        answers = {"what": choice(chosen, "several"), "club": choice("gold" if number < 40 else "none")}
        ws.respond(f"r{number}", answers, customer=number)
    found = crosstab(ws.done(), "delivery", "what", "club")

    assert found.p is None
    a_gold = next(cell for cell in found.cells if (cell.row, cell.column) == ("a", "gold"))
    # by hand: a: 40 of 40 gold, 5 of 40 others; (40 - 22.5) / sqrt(22.5 * (1 - 45/80) * (1 - 40/80)) = 7.888
    assert a_gold.n == 40
    assert a_gold.residual == pytest.approx(7.888, abs=1e-3)
    assert a_gold.mark == "more"


def test_small_columns_are_not_shown(ws: Surveyed) -> None:
    for number in range(25):
        answers = {"how": choice("post"), "club": choice("gold" if number < 4 else "none")}
        ws.respond(f"r{number}", answers, customer=number)
    found = crosstab(ws.done(), "delivery", "how", "club")

    small = next(cell for cell in found.cells if cell.column == "gold")
    assert (small.n, small.share) == (None, InsufficientData(4, 10))


def test_a_handful_of_customers_is_no_test(ws: Surveyed) -> None:
    for number in range(9):
        ws.respond(
            f"r{number}", {"how": choice("post"), "club": choice("gold" if number % 2 else "none")}, customer=number
        )
    found = crosstab(ws.done(), "delivery", "how", "club")

    assert (found.p, found.test) == (None, "Too few for a test; 10 are needed.")
    assert all(cell.n is None for cell in found.cells)


def test_a_customer_counts_once_by_the_newest_response(ws: Surveyed) -> None:
    for number in range(20):
        ws.respond(f"old{number}", {"how": choice("post"), "club": choice("none")}, customer=number)
    for number in range(20):
        ws.respond(f"new{number}", {"how": choice("shop"), "club": choice("gold")}, customer=number)
    found = crosstab(ws.done(), "delivery", "how", "club")

    assert (found.n, [row.value for row in found.rows]) == (20, ["shop"])


def test_names_that_nobody_knows_are_told_with_the_nearest_one(ws: Surveyed) -> None:
    of_a_party(ws)

    with pytest.raises(UnknownNameError, match="party"):
        crosstab(ws, "delivery", "prty", "sex")
    with pytest.raises(UnknownNameError, match="channel"):
        crosstab(ws, "delivery", "party", "chanel")
    with pytest.raises(InputError, match="Name two different ones"):
        crosstab(ws, "delivery", "party", "party")
