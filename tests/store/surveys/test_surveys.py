"""Surveys in the records: states, settings, and since and until when they take answers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.store.base import Store
from cxloop.store.surveys import surveys


def test_a_survey_begins_as_a_draft_that_nobody_may_answer(store: Store) -> None:
    made = surveys.create(store, "delivery", title="Delivery", settings={"once": True})

    assert (made.state, made.version, made.settings) == ("draft", None, {"once": True})
    assert not made.takes_answers(store.clock())
    assert surveys.get(store, "delivery") == made


def test_a_name_is_given_once(store: Store) -> None:
    surveys.create(store, "delivery", title="Delivery")

    with pytest.raises(InputError, match="There is a survey 'delivery' already"):
        surveys.create(store, "delivery", title="Another")


def test_an_unknown_survey_is_told_with_the_nearest_name(store: Store) -> None:
    surveys.create(store, "delivery", title="Delivery")

    with pytest.raises(UnknownNameError, match="delivery"):
        surveys.get(store, "delivry")


def test_a_live_survey_takes_answers_from_its_opening_until_its_closing(store: Store) -> None:
    surveys.create(store, "delivery", title="Delivery")
    surveys.set_state(store, "delivery", "live", version=3)
    opening, closing = datetime(2026, 6, 1), datetime(2026, 7, 1)
    found = surveys.change(store, "delivery", moments={"opens_at": opening, "closes_at": closing})

    moment = timedelta(microseconds=1)
    assert found.version == 3
    assert [found.takes_answers(at) for at in (opening - moment, opening, closing - moment, closing)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_change_leaves_what_it_does_not_name(store: Store) -> None:
    surveys.create(store, "delivery", title="Delivery", settings={"once": True})
    surveys.change(store, "delivery", moments={"closes_at": datetime(2026, 7, 1)})
    surveys.change(store, "delivery", title="Parcels")

    found = surveys.get(store, "delivery")
    assert (found.title, found.settings, found.closes_at) == ("Parcels", {"once": True}, datetime(2026, 7, 1))


@pytest.mark.parametrize(("table", "order"), [("survey_responses", "changed_at"), ("invitations", "id")])
def test_what_the_log_lacks_is_found_without_reading_everything(store: Store, table: str, order: str) -> None:
    # as store.surveys.responses.changed and invitations.changed ask, every second
    explain = "explain query plan" if store.engine.dialect.name == "sqlite" else "explain"
    asked = f"{explain} select * from {table} where {table}.revision > {table}.logged order by {order} limit 9"

    with store.read() as work:
        if store.engine.dialect.name == "postgresql":
            work.execute(text("set local enable_seqscan = off"))  # a table without rows is read whole otherwise
        plan = " ".join(str(row) for row in work.execute(text(asked)))

    assert f"ix_{table}_untold" in plan
