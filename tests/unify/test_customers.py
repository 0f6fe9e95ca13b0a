"""Customers as rows: what they are called, how they are found, and that a batch changes only whom it touches."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cxloop.unify.queries import CUSTOMER_ROWS
from cxloop.unify.verbs import customers

MONDAY = datetime(2026, 3, 2, 12)


def test_a_customer_is_called_by_name_else_by_mail_else_by_identifier(ws: Any) -> None:
    ws.happens("u1", MONDAY, traits={"name": "Marta Kowalska", "email": "marta@example.org"})
    ws.happens("u2", MONDAY - timedelta(days=1), traits={"email": "ben@example.org"})
    ws.happens("u3", MONDAY - timedelta(days=2))

    assert [row.label for row in customers(ws).rows] == ["Marta Kowalska", "ben@example.org", "u3"]


def test_first_and_last_name_make_a_name(ws: Any) -> None:
    ws.happens("u1", MONDAY, traits={"first_name": "Marta", "last_name": "Kowalska"})

    assert customers(ws).rows[0].label == "Marta Kowalska"


def test_the_latest_trait_wins(ws: Any) -> None:
    ws.happens("u1", MONDAY, traits={"name": "Marta Kowalska"})
    ws.happens("u1", MONDAY + timedelta(days=1), traits={"name": "Marta Nowak"})

    assert customers(ws).rows[0].label == "Marta Nowak"


@pytest.mark.parametrize("text", ["KOWALS", "marta@exam", "+49 151", "u1", "  marta   kowalska "])
def test_search_finds_name_mail_phone_and_identifier_whatever_the_case(ws: Any, text: str) -> None:
    traits = {"name": "Marta Kowalska", "email": "marta@example.org", "phone": "+49 151 1234"}
    ws.happens("u1", MONDAY, traits=traits)
    ws.happens("x9", MONDAY, traits={"name": "Ben Otto", "email": "ben@example.net", "phone": "+44 20"})

    found = customers(ws, text)

    assert (found.total, [row.label for row in found.rows]) == (1, ["Marta Kowalska"])


@pytest.mark.parametrize("text", ["%", "_", "' or 1=1 --", '"; drop table customers', "\\"])
def test_search_takes_signs_of_sql_as_what_they_are(ws: Any, text: str) -> None:
    ws.happens("u1", MONDAY, traits={"name": "Marta"})

    assert customers(ws, text).rows == ()
    assert customers(ws).total == 1


def test_pages_of_a_search_meet_without_overlap(ws: Any) -> None:
    for number in range(5):
        ws.happens(f"u{number}", MONDAY + timedelta(hours=number))

    pages = [customers(ws, limit=2, offset=offset) for offset in (0, 2, 4)]

    assert [[row.label for row in page.rows] for page in pages] == [["u4", "u3"], ["u2", "u1"], ["u0"]]
    assert {page.total for page in pages} == {5}


def test_a_row_counts_interactions_channels_and_keeps_the_latest_score(ws: Any) -> None:
    ws.happens("u1", MONDAY, kind="answer", metric="nps", score=9.0, scale_min=0.0, scale_max=10.0)
    ws.happens("u1", MONDAY + timedelta(days=2), channel="parcel")
    ws.happens("u1", MONDAY + timedelta(days=1), kind="answer", metric="csat", score=2.0, scale_min=1.0, scale_max=5.0)

    (row,) = customers(ws).rows

    assert (row.interactions, row.channels, row.latest_metric, row.latest_score) == (3, 2, "csat", 2.0)
    assert (row.first_seen_at, row.last_seen_at) == (MONDAY, MONDAY + timedelta(days=2))


def test_a_batch_recomputes_only_the_customers_it_touches(ws: Any) -> None:
    ws.happens("u1", MONDAY)
    ws.happens("u2", MONDAY)
    ws.flush()
    ws.happens("u1", MONDAY + timedelta(days=1))

    recomputed = ws.engine.fetch(CUSTOMER_ROWS, {"batch": 1, "entry": -1}).to_pylist()

    assert [row["label"] for row in recomputed] == ["u1"]


def test_catching_up_gives_the_same_rows_as_starting_over(ws: Any) -> None:
    for number in range(6):
        ws.happens(f"u{number % 3}", MONDAY + timedelta(hours=number), channel=["web", "parcel"][number % 2])
        ws.flush()
    caught_up = customers(ws).rows

    ws.engine.delete("watermarks", "derivation", ["unify.customers"])
    ws.derive()

    assert customers(ws).rows == caught_up


def test_nobody_found_is_a_sentence(ws: Any) -> None:
    assert str(customers(ws, "nobody")) == "No customer found for “nobody”."
