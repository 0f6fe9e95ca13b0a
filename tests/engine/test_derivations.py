"""Derivations catch up by their watermark, start anew with a new version, and write all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pytest
from tests.support.definitions import NothingDefined

from cxloop.core.config import Experience, Settings
from cxloop.core.errors import MistakesError
from cxloop.core.schema import table
from cxloop.engine.base import Analysis
from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import Derivation, derive
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.query import Query

LogRows = Callable[..., pa.Table]
NOW = datetime(2026, 5, 2)


@dataclass
class Desk(NothingDefined):
    """What a derivation sees of a workspace."""

    engine: DuckDBEngine
    experience: Experience = field(default_factory=Experience)
    settings: Settings = field(default_factory=Settings)
    as_of: datetime = NOW

    def progress(self, what: str, share: float | None) -> None:
        """Nobody watches."""


@dataclass
class Counting:
    """A derivation that notes from where it was asked to go on; its table lists the keys seen."""

    version: str = "1"
    asked: list[int | None] = field(default_factory=list)
    fail: bool = False

    def update(self, analysis: Analysis, since: int | None) -> pa.Table:
        self.asked.append(since)
        if self.fail:
            raise RuntimeError("midway")
        query = Query(
            "test.seen",
            "select distinct key_id from interactions where batch > $after",
            ("interactions",),
            {},
            {"after": "bigint"},
        )
        seen = analysis.engine.fetch(query, {"after": since or 0})["key_id"]
        rows = [
            {"customer_id": key.as_py(), "label": "x", "search_text": "x", "first_seen_at": NOW, "last_seen_at": NOW}
            | {"interactions": 1, "channels": 1}
            for key in seen
        ]
        return pa.Table.from_pylist(rows)

    @property
    def derivation(self) -> Derivation:
        return Derivation("test.seen", "customers", ("interactions",), lambda _: self.version, self.update)


def log(engine: DuckDBEngine, log_rows: LogRows, batch: int, *keys: int) -> None:
    engine.append("interactions", log_rows(*({"key_id": key, "batch": batch} for key in keys)))


def test_a_derivation_goes_on_where_it_stopped(engine: DuckDBEngine, log_rows: LogRows) -> None:
    counting, desk = Counting(), Desk(engine)
    log(engine, log_rows, 1, 1, 2)
    assert derive(desk, counting.derivation, now=NOW)
    log(engine, log_rows, 2, 2, 3)

    assert derive(desk, counting.derivation, now=NOW)

    assert counting.asked == [None, 1]
    assert engine.count("customers") == 3


def test_nothing_new_is_nothing_to_do(engine: DuckDBEngine, log_rows: LogRows) -> None:
    counting, desk = Counting(), Desk(engine)
    log(engine, log_rows, 1, 1)

    assert [derive(desk, counting.derivation, now=NOW) for _ in range(3)] == [True, False, False]
    assert counting.asked == [None]


def test_a_new_version_starts_anew(engine: DuckDBEngine, log_rows: LogRows) -> None:
    counting, desk = Counting(), Desk(engine)
    log(engine, log_rows, 1, 1, 2)
    derive(desk, counting.derivation, now=NOW)
    engine.delete("interactions", "key_id", [1])
    counting.version = "2"

    assert derive(desk, counting.derivation, now=NOW)

    assert counting.asked == [None, None]
    assert engine.count("customers") == 1


def test_a_derivation_that_fails_leaves_table_and_watermark(engine: DuckDBEngine, log_rows: LogRows) -> None:
    counting, desk = Counting(), Desk(engine)
    log(engine, log_rows, 1, 1)
    derive(desk, counting.derivation, now=NOW)
    log(engine, log_rows, 2, 2)
    counting.fail = True
    with pytest.raises(RuntimeError):
        derive(desk, counting.derivation, now=NOW)

    counting.fail = False
    derive(desk, counting.derivation, now=NOW)

    assert counting.asked == [None, 1, 1]
    assert engine.count("customers") == 2


def test_after_an_erasure_derivations_go_on_from_what_is_left_of_the_log(
    engine: DuckDBEngine, log_rows: LogRows
) -> None:
    counting, desk = Counting(), Desk(engine)
    log(engine, log_rows, 1, 1, 2)
    derive(desk, counting.derivation, now=NOW)

    engine.erase([2])  # the batch that was the last one has its number again for the next
    derive(desk, counting.derivation, now=NOW)
    log(engine, log_rows, 2, 3)
    derive(desk, counting.derivation, now=NOW)

    assert counting.asked == [None, 1]
    assert engine.count("customers") == 2


# --- the event catalogue -------------------------------------------------------------------------------------------

CODES = [
    {"event_code": 0, "source": "shop", "kind": "touch", "name": "Page viewed", "path": "/checkout/pay"},
    {"event_code": 1, "source": "shop", "kind": "touch", "name": "Page viewed", "path": "/help"},
    {"event_code": 2, "source": "calls", "kind": "call", "claimed_touchpoint": "support", "claimed_channel": "phone"},
    {"event_code": 3, "source": "calls", "kind": "call", "claimed_touchpoint": "nowhere"},
]
EXPERIENCE = Experience.model_validate(
    {
        "channel": ["web", "phone"],
        "stage": [{"name": "purchase"}, {"name": "help"}],
        "touchpoint": [{"name": "checkout", "stage": "purchase"}, {"name": "support", "stage": "help"}],
        "rule": [
            {"when": 'starts_with(path, "/checkout")', "touchpoint": "checkout", "channel": "web"},
            {"when": 'source == "shop"', "touchpoint": "support", "channel": "web"},
        ],
    }
)


def codes(*rows: Mapping[str, object]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(table("event_codes").names), **row} for row in rows])


def catalogue(engine: DuckDBEngine) -> dict[int, tuple[str | None, str | None, str | None]]:
    query = Query("test.catalogue", "select * from event_catalogue", ("event_catalogue",), {})
    rows = engine.fetch(query).to_pylist()
    return {row["event_code"]: (row["touchpoint"], row["channel"], row["stage"]) for row in rows}


def test_the_first_rule_that_holds_wins_and_claims_fill_the_rest(engine: DuckDBEngine) -> None:
    engine.append("event_codes", codes(*CODES))
    derive(Desk(engine, EXPERIENCE), EVENT_CATALOGUE, now=NOW)

    assert catalogue(engine) == {
        0: ("checkout", "web", "purchase"),
        1: ("support", "web", "help"),
        2: ("support", "phone", "help"),
        3: ("nowhere", None, None),
    }


def test_new_codes_are_added_to_the_catalogue(engine: DuckDBEngine) -> None:
    desk = Desk(engine, EXPERIENCE)
    engine.append("event_codes", codes(CODES[0]))
    derive(desk, EVENT_CATALOGUE, now=NOW)
    engine.append("event_codes", codes(CODES[1]))

    assert derive(desk, EVENT_CATALOGUE, now=NOW)
    assert not derive(desk, EVENT_CATALOGUE, now=NOW)
    assert sorted(catalogue(engine)) == [0, 1]


def test_an_edited_rule_corrects_the_whole_history(engine: DuckDBEngine) -> None:
    engine.append("event_codes", codes(*CODES))
    derive(Desk(engine, EXPERIENCE), EVENT_CATALOGUE, now=NOW)
    edited = EXPERIENCE.model_copy(update={"rule": EXPERIENCE.rule[1:]})

    assert derive(Desk(engine, edited), EVENT_CATALOGUE, now=NOW)
    assert catalogue(engine)[0] == ("support", "web", "help")


def test_a_rule_that_sees_nothing_does_not_hold(engine: DuckDBEngine) -> None:
    # path is null for calls: starts_with(null, ...) is unknown, and unknown is not true
    engine.append("event_codes", codes(*CODES))
    derive(Desk(engine, EXPERIENCE), EVENT_CATALOGUE, now=NOW)

    assert catalogue(engine)[2][0] == "support"


def test_all_rules_that_cannot_be_read_are_shown_together(engine: DuckDBEngine) -> None:
    engine.append("event_codes", codes(*CODES))
    broken = Experience.model_validate({"rule": [{"when": "source =="}, {"when": 'kind == "call"'}, {"when": "1 +"}]})

    with pytest.raises(MistakesError, match=r"(?s)2 mistakes.*rule\.0\.when.*rule\.2\.when"):
        derive(Desk(engine, broken), EVENT_CATALOGUE, now=NOW)


def test_a_rule_over_a_column_that_events_do_not_have_is_refused(engine: DuckDBEngine) -> None:
    engine.append("event_codes", codes(*CODES))
    broken = Experience.model_validate({"rule": [{"when": 'sorce == "shop"'}]})

    with pytest.raises(MistakesError, match=r'rule\.0\.when.*Did you mean "source"'):
        derive(Desk(engine, broken), EVENT_CATALOGUE, now=NOW)


def test_what_keeps_a_promise_is_read_together_with_the_rules(engine: DuckDBEngine) -> None:
    promises = [{"what": "call"}, {"what": "delivery", "kept_by": 'kynd == "delivery"'}]
    broken = Experience.model_validate({"rule": [{"when": "source =="}], "promise": promises})

    with pytest.raises(MistakesError, match=r'(?s)2 mistakes.*rule\.0\.when.*promise\.1\.kept_by.*Did you mean "kind"'):
        derive(Desk(engine, broken), EVENT_CATALOGUE, now=NOW)


def test_a_rule_that_is_no_condition_is_refused(engine: DuckDBEngine) -> None:
    broken = Experience.model_validate({"rule": [{"when": "upper(source)"}]})

    with pytest.raises(MistakesError, match=r"rule\.0\.when.*text and not a condition"):
        derive(Desk(engine, broken), EVENT_CATALOGUE, now=NOW)
