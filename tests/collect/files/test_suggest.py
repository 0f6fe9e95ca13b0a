"""Suggested mappings: on a real survey, and on small files whose meaning is plain."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxloop.collect.files.mapping import read_mapping
from cxloop.collect.files.suggest import suggest_mapping
from cxloop.core.errors import InputError

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

CORRECTIONS = (
    ('source = "sfo_2017"', 'source = "sfo"'),
    ('time_zone = "UTC"', 'time_zone = "America/Los_Angeles"'),
    ("occurred_at = '\"2017-01-01\"'  #", "occurred_at = 'concat(\"2017-05-\", INTDATE)'  #"),
)
"""What a person who knows the survey changes; the file tells the day of the month only."""


@pytest.mark.shared_data
def test_the_airport_survey_needs_under_ten_corrected_lines_for_its_known_nps(desk: Desk, shared_data: Path) -> None:
    file = shared_data / "sfo_customer_survey" / "sfo_2017.parquet"
    suggested = suggest_mapping(desk, file).mapping
    corrected = suggested
    for wrong, right in CORRECTIONS:
        corrected = corrected.replace(wrong, right, 1)

    changed = [line for line in difflib.ndiff(suggested.splitlines(), corrected.splitlines()) if line[0] == "+"]
    report = desk.again(file, corrected)

    assert 0 < len(changed) < 10
    assert report.rejected == 0
    # +39.8 from n = 2,746: code 11 and blanks are no answers (README of the data)
    [(n, nps)] = desk.rows(
        """select count(*), 100 * (avg((score >= 9)::int) - avg((score <= 6)::int)) from interactions
        where metric = 'nps'"""
    )
    assert (n, round(nps, 1)) == (2_746, 39.8)


@pytest.mark.shared_data
def test_codes_outside_a_scale_are_suggested_as_no_answer(desk: Desk, shared_data: Path) -> None:
    text = suggest_mapping(desk, shared_data / "sfo_customer_survey" / "sfo_2017.parquet").mapping
    entries = {entry["name"]: entry for entry in tomllib.loads(text)["interaction"]}

    assert entries["NETPRO"]["score"] == {"from": "NETPRO", "missing": ["11"]}
    assert entries["Q7ALL"]["score"]["missing"] == ["Blank"]
    assert entries["Q7ART"]["score"]["missing"] == ["0", "6"]
    assert entries["Q7ART"]["scale"] == [1, 5]


ORDERS = "".join(
    f"A{place},user{place % 7}@example.org,{day:02d}.03.2026 14:05,{place * 3},{place % 3}9.90,web\n"
    for place, day in enumerate(range(1, 29))
)


def test_a_file_of_orders_is_understood_and_imports_as_suggested(desk: Desk) -> None:
    file = desk.write("Orders 2026.csv", "order_id,customer_email,created,items,total amount,channel\n" + ORDERS)

    suggestion = suggest_mapping(desk, file)
    report = desk.again(file, suggestion.mapping)

    mapping = read_mapping(suggestion.mapping, "suggested")
    entry = mapping.table[0].interaction[0]
    assert (mapping.source, entry.kind) == ("orders_2026", "order")
    assert (report.admitted, report.rejected) == (28, 0)
    assert desk.rows("select distinct currency, value from interactions order by 2")[0] == ("EUR", 9.9)
    assert desk.rows("select min(occurred_at)::varchar from interactions") == [("2026-03-01 14:05:00",)]
    assert desk.number("select count(*) from keys where type = 'email'") == 7


def test_every_guess_has_a_confidence_and_a_reason_beside_it(desk: Desk) -> None:
    file = desk.write("o.csv", "order_id,customer_email,created,items,total amount,channel\n" + ORDERS)

    suggestion = suggest_mapping(desk, file)

    assert all(0 < guess.confidence < 1 and guess.reason for guess in suggestion.guesses)
    assert all(f"{guess.confidence:.0%}: {guess.reason}" in suggestion.mapping for guess in suggestion.guesses)


def test_a_date_whose_day_and_month_could_be_swapped_is_suggested_with_doubt(desk: Desk) -> None:
    file = desk.write("a.csv", "id,date\n1,03/04/2026\n2,05/06/2026\n")

    guess = next(guess for guess in suggest_mapping(desk, file).guesses if guess.field == "occurred_at")

    assert guess.confidence < 0.6
    assert "the other way round" in guess.reason


def test_odd_column_names_are_quoted_so_that_the_suggestion_can_be_read(desk: Desk) -> None:
    file = desk.write("a.csv", 'order id,"say ""when""",class\n1,2026-01-01,a\n2,2026-01-02,b\n')

    report = desk.again(file, suggest_mapping(desk, file).mapping)

    assert (report.admitted, report.rejected) == (2, 0)


def test_suggest_goes_with_neither_mapping_nor_dry_run(desk: Desk) -> None:
    from cxloop.collect.verbs import file

    with pytest.raises(InputError, match="goes with neither"):
        file(desk, desk.write("a.csv", "a\n1\n"), suggest=True, dry_run=True)
