"""Verbatims: whose words they are, and that they follow the conditions of the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from tests.support.definitions import NothingDefined

from cxloop.core.config import Experience, Settings
from cxloop.core.errors import InputError
from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import derive
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.understand.verbs import verbatims

NOW = datetime(2026, 4, 1)
SAID = (
    # message, day of March, kind, text, metric, score, channel
    ("1", 1, "answer", "late again", "nps", 2.0, "web"),
    ("2", 2, "answer", "all good", "nps", 9.0, "app"),
    ("3", 3, "review", "sturdy lamp", "rating", 4.0, "web"),
    ("4", 4, "treatment", "Dear customer, buy more", None, None, "email"),
    ("5", 5, "promise", "It comes on Friday", None, None, "email"),
    ("6", 6, "answer", "  ", "nps", 5.0, "web"),
    ("7", 7, "answer", None, "nps", 5.0, "web"),
    ("8", 8, "message", "where is my parcel?", None, None, "chat"),
)


@dataclass
class Workspace(NothingDefined):
    """What understand sees."""

    engine: DuckDBEngine
    settings: Settings
    experience: Experience
    as_of: datetime = NOW

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A log of eight rows, four of which are customers' words."""
    engine = DuckDBEngine(tmp_path_factory.mktemp("words") / "analytics")
    names = ("message_id", "day", "kind", "text", "metric", "score", "channel")
    rows = [dict(zip(names, said, strict=True)) for said in SAID]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in names if name != "day"}
    columns |= {
        "source": ["test"] * len(rows),
        "occurred_at": [datetime(2026, 3, int(str(row["day"])), 12) for row in rows],
        "key_namespace": ["test"] * len(rows),
        "key_type": ["user_id"] * len(rows),
        "key_value": [f"u{row['message_id']}" for row in rows],
    }
    engine.admit(pa.table(columns), now=NOW)
    workspace = Workspace(engine, Settings(), Experience())
    derive(workspace, EVENT_CATALOGUE, now=NOW)
    yield workspace
    engine.close()


def texts(found: Any) -> list[str]:
    return [row.text for row in found.rows]


def test_customers_words_come_newest_first_and_the_company_s_own_not_at_all(ws: Any) -> None:
    found = verbatims(ws)

    assert texts(found) == ["where is my parcel?", "sturdy lamp", "all good", "late again"]
    assert found.total == 4


def test_a_metric_leaves_words_of_other_questions_out(ws: Any) -> None:
    assert texts(verbatims(ws, metric="nps")) == ["all good", "late again"]


def test_a_condition_means_what_it_means_for_numbers(ws: Any) -> None:
    assert texts(verbatims(ws, where='channel == "web" and score <= 6')) == ["sturdy lamp", "late again"]


def test_a_window_is_half_open(ws: Any) -> None:
    assert texts(verbatims(ws, since="2026-03-02T12:00", until="2026-03-03T12:00")) == ["all good"]


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [("lowest", "late again", "where is my parcel?"), ("highest", "all good", "where is my parcel?")],
)
def test_scores_order_words_and_those_without_one_come_last(ws: Any, order: Any, first: str, last: str) -> None:
    found = texts(verbatims(ws, order=order))

    assert (found[0], found[-1]) == (first, last)


def test_a_limit_shortens_the_list_and_not_the_count(ws: Any) -> None:
    found = verbatims(ws, limit=1)

    assert (len(found.rows), found.total, str(found)) == (1, 4, "1 of 4 verbatims.")


def test_a_verbatim_names_who_where_and_when(ws: Any) -> None:
    row = verbatims(ws, metric="rating").rows[0]

    assert (row.channel, row.score, row.occurred_at) == ("web", 4.0, datetime(2026, 3, 3, 12))
    assert row.customer_id is not None


def test_nobody_said_anything_is_a_sentence(ws: Any) -> None:
    assert str(verbatims(ws, metric="ces")) == "Nobody in this selection wrote anything."


@pytest.mark.parametrize("where", ["nonsense == 1", "score >=", "drop table"])
def test_a_condition_that_cannot_be_read_is_refused(ws: Any, where: str) -> None:
    with pytest.raises(InputError):
        verbatims(ws, where=where)
