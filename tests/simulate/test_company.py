"""The company as a whole: what it offers, its size, and that a seed is a promise."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from cxloop import simulate
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.schema import INCOMING, INTERACTION_KINDS
from cxloop.engine.catalogue import place
from cxloop.simulate.digest import digest
from cxloop.simulate.events import EVENTS

# Frozen: a change here changes what every benchmark and every documented figure rests on. Say so in the changelog.
DIGESTS = {
    ("kept", 1): "5f32e5b7a58bcf41ba2c4a94af9bc5746775dc8fdca8aa871f03988ddd242e81",
    ("kept", 2): "bd0105b6e356ed8a64a84deb6e0ce15a8ce201c8964c08b1073de0b41d85e82f",
    ("broken", 1): "1601985c297ddb204f0abc04677d30a94289ae63afba0c4ca69609f6add9bf28",
}


@pytest.fixture(scope="module")
def small() -> simulate.Company:
    return simulate.company(200, 12, 1)


@pytest.mark.parametrize(("assumptions", "seed"), DIGESTS)
def test_the_log_of_a_seed_is_frozen(assumptions: Any, seed: int) -> None:
    made = simulate.company(200, 12, seed, assumptions=assumptions)

    assert digest(made) == DIGESTS[assumptions, seed]


def test_seeds_differ() -> None:
    assert len(set(DIGESTS.values())) == len(DIGESTS)


def test_the_digest_does_not_depend_on_how_the_log_is_cut_into_batches(
    small: simulate.Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = digest(small)
    monkeypatch.setattr(
        "cxloop.simulate.batches.Log.tables",
        lambda log: (log.table(slice(i, min(i + 997, log.count))) for i in range(0, log.count, 997)),
    )

    assert digest(small) == whole


def test_the_number_of_interactions_grows_with_the_customers(small: simulate.Company) -> None:
    larger = simulate.company(800, 12, 1)

    assert 3.0 < larger.interactions / small.interactions < 5.0


def test_batches_have_the_columns_of_incoming_in_its_types(small: simulate.Company) -> None:
    batch = next(small.batches())

    assert set(batch.column_names) <= set(INCOMING.names)
    for name in batch.column_names:
        column = INCOMING.column(name)
        assert not column.required or batch[name].null_count == 0, name


def test_message_ids_are_unique_within_a_source(rows: Any) -> None:
    ids = set(zip(rows["source"], rows["message_id"], strict=True))

    assert len(ids) == len(rows)


def test_batches_come_in_the_order_of_time(rows: Any) -> None:
    assert (np.diff(rows["occurred_at"]) >= np.timedelta64(0)).all()
    assert (rows["ordinal"] == np.arange(len(rows))).all()


def test_nothing_happens_after_the_end_and_nothing_is_known_before_it_happens(rows: Any) -> None:
    assert rows["occurred_at"].max() < np.datetime64(datetime(2026, 11, 1))
    assert (rows["known_at"] >= rows["occurred_at"]).all()
    assert (rows["received_at"] == rows["known_at"]).all()


def test_nothing_happens_before_the_first_day_but_a_late_look_at_the_clock(rows: Any) -> None:
    # Visits and letters belong to days in local time: the first hours of the first day are the day before in UTC.
    assert rows["occurred_at"].min() >= np.datetime64(datetime(2024, 10, 31, 22))


def test_every_kind_is_one_that_the_product_reads() -> None:
    assert {event.kind for event in EVENTS} <= set(INTERACTION_KINDS)


def test_every_event_occurs(rows: Any) -> None:
    happened = set(zip(rows["source"], rows["name"], rows["channel"], strict=True))

    assert happened == {(event.source, event.name, event.channel) for event in EVENTS}


def test_every_touchpoint_and_channel_is_declared_in_the_template(company: simulate.Company) -> None:
    experience = company.experience

    assert {event.touchpoint for event in EVENTS} == {touchpoint.name for touchpoint in experience.touchpoint}
    assert {event.channel for event in EVENTS} == set(experience.channel)


def test_the_rules_of_the_template_agree_with_what_the_sources_claim(company: simulate.Company) -> None:
    codes = [
        {
            "event_code": number,
            "source": event.source,
            "kind": event.kind,
            "name": event.name,
            "path": event.path,
            "claimed_touchpoint": event.touchpoint,
            "claimed_channel": event.channel,
        }
        for number, event in enumerate(EVENTS)
    ]

    placed = place(company.experience, codes)

    assert [(row["touchpoint"], row["channel"]) for row in placed] == [
        (event.touchpoint, event.channel) for event in EVENTS
    ]


def test_write_leaves_the_log_and_its_truth_in_a_folder(small: simulate.Company, tmp_path: Path) -> None:
    small.write(tmp_path / "acme")

    assert pq.read_metadata(tmp_path / "acme" / "interactions.parquet").num_rows == small.interactions
    assert json.loads((tmp_path / "acme" / "truth.json").read_text(encoding="utf-8")) == small.truth
    assert pq.read_table(tmp_path / "acme" / "identities.parquet").equals(small.identities)
    assert pq.read_table(tmp_path / "acme" / "themes.parquet").equals(small.themes)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"customers": 99}, "customers is 99; it can be 100 to 5,000,000."),
        ({"months": 2}, "months is 2; it can be 3 to 120."),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_sizes_out_of_range_are_refused(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        simulate.company(**arguments)


def test_an_unknown_world_is_refused() -> None:
    assumed: Any = "brokn"

    with pytest.raises(UnknownNameError, match="broken"):
        simulate.company(100, 3, assumptions=assumed)


@pytest.mark.parametrize("months", [3, 40])
def test_a_short_and_a_long_company_can_be_made(months: int) -> None:
    made = simulate.company(100, months, 5)

    assert made.truth["dates"]["launch"]["in_window"] is (months > 6)
    assert made.interactions > 0
