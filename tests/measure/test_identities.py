"""As whom customers are counted: by the ledger, at a date, by sure links alone; and what a number says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, Estimates, InsufficientData
from cxloop.measure import restating, verbs

LAST_ANSWER = datetime(2026, 3, 10, 12)
MATCHED = datetime(2026, 3, 11, 9)
UNDONE = datetime(2026, 3, 12, 9)


def held(ws: Any, key: int, customer: int, since: datetime, until: datetime | None = None) -> None:
    """Says whose a key is, or was."""
    row = {"key_id": key, "customer_id": customer, "since": since, "until": until, "changed": 1}
    ws.engine.append("customer_keys", pa.Table.from_pylist([row], schema=_schema(ws, "customer_keys")))


def sure_up_to(ws: Any, key: int, customer: int, above: float, up_to: float = 1.0) -> None:
    """Says whose a key is when only links above a probability count."""
    row = {"key_id": key, "customer_id": customer, "above": above, "up_to": up_to}
    ws.engine.append("customer_strength", pa.Table.from_pylist([row]))


def entry(ws: Any, number: int, action: str, evidence: str, at: datetime) -> None:
    """Writes one entry into the ledger."""
    row = {
        "entry_id": number,
        "decision_id": number,
        "action": action,
        "key_a": 1,
        "key_b": 2,
        "evidence": evidence,
        "state": "accepted",
        "known_at": at,
        "decided_at": at,
        "author": "somebody",
    }
    ws.engine.append("identity_links", pa.Table.from_pylist([row], schema=_schema(ws, "identity_links", row)))


def _schema(ws: Any, table: str, columns: Any = None) -> pa.Schema:
    found = ws.engine.cursor().sql(f"select * from {table}").to_arrow_table().schema
    return found if columns is None else pa.schema([found.field(name) for name in columns])


def only(result: Estimates) -> Any:
    return result.rows[0].result


@pytest.fixture
def twelve(ws: Any) -> Any:
    """Twelve answers under the keys 1 to 12."""
    ws.answers(*({"score": 10.0 if key % 2 else 0.0, "customer": key} for key in range(1, 13)))
    return ws


def test_keys_of_one_customer_are_counted_as_one(twelve: Any) -> None:
    assert only(verbs.nps(twelve)).customers == 12

    held(twelve, 1, 1, LAST_ANSWER)
    held(twelve, 2, 1, LAST_ANSWER)
    found = only(verbs.nps(twelve))

    assert (found.n, found.customers, found.value) == (12, 11, 0.0)


def test_answers_of_a_merged_customer_widen_the_interval(twelve: Any) -> None:
    before = only(verbs.nps(twelve))
    for key in (3, 5, 7, 9):
        held(twelve, key, 1, LAST_ANSWER)

    after = only(verbs.nps(twelve))

    assert after.customers == 8
    assert after.high - after.low > before.high - before.low


def test_customers_can_be_counted_as_they_were_known_at_a_date(twelve: Any) -> None:
    held(twelve, 2, 1, MATCHED, UNDONE)
    held(twelve, 3, 1, UNDONE)

    counts = {
        day: only(verbs.nps(twelve, identity=day)).customers
        for day in ("2026-03-11", "2026-03-11T09:00", "2026-03-12", "2026-03-13")
    }

    assert counts == {"2026-03-11": 12, "2026-03-11T09:00": 11, "2026-03-12": 11, "2026-03-13": 11}
    assert verbs.nps(twelve, identity="2026-03-11").identities.as_of == datetime(2026, 3, 11)


def test_only_sure_links_count_where_that_is_asked(twelve: Any) -> None:
    held(twelve, 2, 1, LAST_ANSWER)
    held(twelve, 3, 1, LAST_ANSWER)
    sure_up_to(twelve, 3, 3, above=0.97)

    assert only(verbs.nps(twelve)).customers == 10
    assert only(verbs.nps(twelve, certainty=0.97)).customers == 10
    assert only(verbs.nps(twelve, certainty=0.98)).customers == 11


def test_certainty_and_a_date_cannot_be_asked_for_together(twelve: Any) -> None:
    with pytest.raises(InputError, match="Leave one of them out"):
        verbs.nps(twelve, identity="2026-03-11", certainty=0.9)


def test_the_share_of_answers_that_rests_on_weak_links_is_told(twelve: Any) -> None:
    held(twelve, 2, 1, LAST_ANSWER)
    held(twelve, 4, 3, LAST_ANSWER)
    sure_up_to(twelve, 2, 2, above=0.9)
    sure_up_to(twelve, 4, 4, above=0.99)

    result = verbs.nps(twelve)

    # the customer of 1 and 2 would fall apart at 0.95, the one of 3 and 4 would not: 2 of 12 answers
    assert result.identities.weak_share == pytest.approx(2 / 12)
    assert "17 % of the answers belong to customers held together by links below probability 0.95." in str(result)
    assert "17 % of the answers" in result.how.method
    assert verbs.nps(twelve, certainty=0.995).identities.weak_share == pytest.approx(4 / 12)


def test_nothing_is_said_of_links_where_all_are_certain(twelve: Any) -> None:
    held(twelve, 2, 1, LAST_ANSWER)

    result = verbs.nps(twelve)

    assert (result.identities.weak_share, result.identities.restated) == (0.0, None)
    assert "links" not in str(result)


def merged_by_matching(ws: Any, until: datetime | None = None) -> None:
    """Takes the six who are for it for one customer, by matching, after all answers."""
    for key in (3, 5, 7, 9, 11):
        held(ws, key, 1, MATCHED, until)
    entry(ws, 1, "link", "probabilistic", MATCHED)


def test_an_undo_after_the_answers_restates_the_number_and_says_so(twelve: Any) -> None:
    merged_by_matching(twelve, until=UNDONE)
    entry(twelve, 2, "undo", "person", UNDONE)

    result = verbs.nps(twelve)

    # one customer of six answers made the interval much wider than twelve of one each
    restated = result.identities.restated
    assert restated is not None
    assert (restated.customers, restated.answers, restated.last_at) == (5, 5, UNDONE)
    assert only(result).customers == 12
    assert restated.before is not None
    assert [row.result.customers for row in restated.before] == [7]  # type: ignore[union-attr]
    assert only(verbs.nps(twelve, identity=restated.asked)).customers == 7
    assert "Restated: decisions since then have changed who is who of 5 customers (5 answers)" in str(result)
    assert "1 number changed by it." in result.how.method


def test_a_first_run_of_matching_does_not_restate_what_it_leaves_as_it_was(twelve: Any) -> None:
    before = only(verbs.nps(twelve))
    held(twelve, 2, 1, MATCHED)
    entry(twelve, 1, "link", "probabilistic", MATCHED)

    result = verbs.nps(twelve)

    assert (only(result).value, only(result).customers) == (before.value, 11)
    assert result.identities.restated is None
    assert "Restated" not in str(result)


def test_so_many_answers_that_nothing_is_computed_along_are_not_restated_by_whose_they_are(
    twelve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restating, "CHEAP", 11)
    merged_by_matching(twelve)

    assert verbs.nps(twelve).identities.restated is None


def test_a_merge_that_was_known_with_the_answers_restates_nothing(twelve: Any) -> None:
    held(twelve, 2, 1, datetime(2026, 3, 10))
    entry(twelve, 1, "link", "person", datetime(2026, 3, 10))

    assert verbs.nps(twelve).identities.restated is None
    assert verbs.nps(twelve, until="2026-03-11").identities.restated is None


def test_a_closed_window_is_restated_by_what_was_decided_after_its_end(twelve: Any) -> None:
    twelve.answers({"score": 9.0, "customer": 40, "occurred_at": datetime(2026, 3, 20)})
    merged_by_matching(twelve)

    assert verbs.nps(twelve).identities.restated is None
    assert verbs.nps(twelve, until="2026-03-11").identities.restated is not None


def test_somebody_who_signs_in_later_is_no_decision(twelve: Any) -> None:
    for key in (3, 5, 7, 9, 11):
        held(twelve, key, 1, MATCHED)
    entry(twelve, 1, "link", "identify", MATCHED)

    assert verbs.nps(twelve).identities.restated is None


def test_the_last_decision_is_told_by_itself_also_where_it_takes_back_one_of_the_same_minutes(twelve: Any) -> None:
    undone = MATCHED + timedelta(minutes=10)
    merged_by_matching(twelve, until=undone)
    entry(twelve, 2, "undo", "person", undone)

    restated = verbs.nps(twelve).identities.restated

    assert restated is not None
    assert restated.asked.startswith("2026-03-11T09:09:59.999999")


@pytest.mark.parametrize(
    ("change", "says_something_else"),
    [
        ({}, False),
        ({"value": 31.24, "customers": 700}, False),  # both are +31.2
        ({"value": 31.26}, True),  # +31.3
        ({"low": 28.59}, False),  # the interval is 6 wide
        ({"low": 28.61}, True),
        ({"high": 33.39}, True),
        ({"n": 899}, True),
    ],
)
def test_a_number_says_something_else_where_people_would_read_something_else(
    change: dict[str, Any], says_something_else: bool
) -> None:
    one = Estimate(31.2, 28.0, 34.0, n=900, customers=800, method="normal")

    assert restating.differs(one, replace(one, **change), "points") is says_something_else
    assert restating.differs(replace(one, **change), one, "points") is says_something_else


def test_a_number_that_could_be_said_and_cannot_any_more_says_something_else() -> None:
    few, more = InsufficientData(9, 10), InsufficientData(9, 12)
    one = Estimate(31.2, 28.0, 34.0, n=9, customers=9, method="normal")

    assert restating.differs(one, few, "points")
    assert restating.differs(few, one, "points")
    assert restating.differs(one, None, "points")
    assert not restating.differs(few, more, "points")


def test_decisions_about_others_restate_nothing(twelve: Any) -> None:
    held(twelve, 99, 98, MATCHED)
    entry(twelve, 1, "link", "person", MATCHED)

    assert verbs.nps(twelve).identities.restated is None


def test_the_number_of_customers_in_the_log_is_that_of_the_ledger(twelve: Any) -> None:
    held(twelve, 2, 1, LAST_ANSWER)
    held(twelve, 3, 1, MATCHED, UNDONE)

    assert verbs.pulse(twelve).customers == 11
