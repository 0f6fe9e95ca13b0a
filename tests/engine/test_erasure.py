"""Erasure reaches every table that says something about a person, and the disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cxloop.core.errors import EngineError
from cxloop.core.schema import TABLES, Column, Personal, Table
from cxloop.engine.duckdb import erasure
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.engine.duckdb.searching import NUMBERS
from cxloop.engine.erasure import EraseMode, Hiding
from cxloop.engine.query import Query

LogRows = Callable[..., pa.Table]

ANNA, BEN = 1, 2
SECRET = "anna.secret.7431@example.org"
SAID = "Anna Secret wrote about parcel ZX7431 in her own words."
NOW = datetime(2026, 5, 1)


def personal_tables() -> list[str]:
    return [table.name for table in TABLES if any(each.personal is not Personal.NONE for each in table.columns)]


def value_of(column: Column, who: int, secret: str) -> Any:
    """Any value that fits the column, with `secret` in each text that may hold one."""
    by_type: dict[str, Any] = {
        "bool": True,
        "int": 1,
        "bigint": who,
        "double": 1.0,
        "timestamp": NOW,
        "date": NOW.date(),
        "bigints": None,
    }
    if column.type in by_type:
        return by_type[column.type]
    return "plain" if column.personal is Personal.NONE or column.name in erasure._STAFF else secret


def fill_every_table(engine: DuckDBEngine) -> None:
    """One row per table and person; interaction, key and customer share the person's number."""
    for table in TABLES:
        rows = [
            {column.name: value_of(column, who, secret) for column in table.columns}
            for who, secret in ((ANNA, SECRET), (BEN, "ben"))
        ]
        engine.append(table.name, pa.Table.from_pylist(rows))


def holds(folder: Path, text: str) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]


def rows_of(engine: DuckDBEngine, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.fetch(Query("test.all", f"select * from {table}", (table,), {})).to_pylist()
    return found


MADE_UP = (
    Table(
        "club_members",
        "A table that somebody adds one day.",
        (
            Column("key_id", "bigint", Personal.PSEUDONYM, "Whose.", required=True),
            Column("nickname", "text", Personal.IDENTIFIER, "A name."),
        ),
        key=("key_id",),
    ),
    Table(
        "diary",
        "A table of which nothing says whose its rows are.",
        (Column("entry", "text", Personal.FREE_TEXT, "What somebody wrote."),),
    ),
)


@pytest.mark.parametrize("mode", ["erase", "anonymise"])
def test_no_table_keeps_anything_of_an_erased_key(engine: DuckDBEngine, mode: EraseMode) -> None:
    fill_every_table(engine)

    removed = engine.erase([ANNA], Hiding(mode))

    for table in TABLES:
        assert not [row for row in rows_of(engine, table.name) if SECRET in str(row)], table.name
    assert engine.numbers_left([ANNA]) == {}
    assert [held for held in engine.holding([SECRET]) if held.table != "meta"] == []
    assert set(personal_tables()) <= set(removed)


def test_what_was_removed_is_counted_by_table(engine: DuckDBEngine) -> None:
    fill_every_table(engine)

    removed = engine.erase([ANNA])

    twice = {name: rows for name, rows in removed.items() if rows != 1}
    assert twice == {"snapshots": 2, "segments": 2}  # all results that were kept; both columns of a definition


def test_others_keep_their_rows(engine: DuckDBEngine) -> None:
    fill_every_table(engine)

    engine.erase([ANNA])

    whole = {"event_codes", "event_catalogue", "imports", "intake", "segments", "watermarks"}
    kept = {table.name: engine.count(table.name) for table in TABLES}
    assert kept == {table.name: 2 if table.name in whole else 1 for table in TABLES} | {"snapshots": 0}


def test_a_detached_interaction_keeps_its_words_but_not_who_said_them(engine: DuckDBEngine, log_rows: LogRows) -> None:
    keys(engine, SECRET)
    said = f"Write to {SECRET.upper()}: the lamp came broken."
    engine.append("interactions", log_rows({"key_id": ANNA, "other_keys": [ANNA], "text": said, "score": 3.0}))
    engine.append("traits", trait(ANNA))

    removed = engine.erase([ANNA], Hiding("detach"))

    (row,) = rows_of(engine, "interactions")
    assert (row["key_id"], row["other_keys"], row["score"]) == (None, None, 3.0)
    assert (row["text"], row["message_id"]) == ("Write to [removed]: the lamp came broken.", "1")
    assert removed == {"interactions": 1, "keys": 1, "traits": 1}


def test_an_anonymous_interaction_keeps_numbers_alone_under_a_new_key(engine: DuckDBEngine, log_rows: LogRows) -> None:
    keys(engine, SECRET)
    mine = {"key_id": ANNA, "text": SAID, "properties": "{}", "score": 3.0, "employee": "E1", "response_id": "r"}
    engine.append("interactions", log_rows(mine, {**mine, "revises": "1"}, {"key_id": BEN, "text": SAID}))

    engine.erase([ANNA], Hiding("anonymise"))

    first, second = sorted((row for row in rows_of(engine, "interactions") if row["key_id"] != BEN), key=order)
    (key,) = [row for row in rows_of(engine, "keys") if row["key_id"] != BEN]
    assert {first["key_id"], second["key_id"]} == {key["key_id"]}
    assert (key["namespace"], key["type"], len(key["value"])) == ("anonymous", "anonymous", 32)
    assert (first["text"], first["properties"], first["response_id"]) == (None, None, None)
    assert (first["score"], first["employee"], first["occurred_at"]) == (3.0, "E1", datetime(2026, 5, 1, 12))
    assert second["revises"] == first["message_id"] != "1"  # what follows what is still known
    assert {first["interaction_id"], second["interaction_id"]}.isdisjoint({1, 2})
    assert first["content_hash"] != second["content_hash"] != 0


def order(row: dict[str, Any]) -> bool:
    return row["revises"] is not None


def keys(engine: DuckDBEngine, anna: str) -> None:
    made: dict[str, list[Any]] = {
        "key_id": [ANNA, BEN],
        "namespace": ["s"] * 2,
        "type": ["email"] * 2,
        "value": [anna, "ben@example.org"],
    }
    engine.append("keys", pa.table(made))


def trait(key: int, at: datetime = NOW) -> pa.Table:
    return pa.Table.from_pylist(
        [{"key_id": key, "name": "city", "value": "Ulm", "source": "s", "occurred_at": at, "known_at": at}]
    )


def refused(*tables: Table) -> list[str]:
    try:
        erasure.require_known(tables)
    except EngineError as failure:
        return [table.name for table in tables if f"The table {table.name} " in str(failure)]
    return []


def test_every_table_with_personal_data_has_a_way_to_be_erased() -> None:
    assert refused(*TABLES) == []


@pytest.mark.parametrize("name", [name for name in personal_tables() if name not in erasure._OWN_WAY])
def test_a_table_that_no_longer_said_whose_its_rows_are_would_be_refused(name: str) -> None:
    table = next(each for each in TABLES if each.name == name)
    left = tuple(column for column in table.columns if column.name not in erasure._SUBJECTS)
    personal = any(column.personal is not Personal.NONE for column in left)

    assert refused(replace(table, columns=left)) == ([name] if personal else [])


def test_a_new_table_is_erased_by_its_classes_or_nothing_is() -> None:
    erased, refused = MADE_UP

    erasure.require_known([erased])
    with pytest.raises(EngineError, match=r"diary holds personal data \(entry\).*Nothing was erased"):
        erasure.require_known([refused])


def test_a_new_table_loses_the_rows_of_the_key(engine: DuckDBEngine) -> None:
    cursor = engine.cursor()
    cursor.execute(f"create table club_members as select {ANNA} as key_id, 'Anni' as nickname union select 2, 'Ben'")
    cursor.fetchall()

    with engine.transaction():
        removed = erasure.erase_rows(cursor, [ANNA], Hiding(), [*TABLES, MADE_UP[0]])

    assert removed == {"club_members": 1}
    assert cursor.execute("select nickname from club_members").fetchall() == [("Ben",)]


def test_every_column_that_holds_numbers_of_keys_is_looked_at_afterwards() -> None:
    # numbers of keys, of interactions, or digests of what a record said: known by the names of their columns
    numbers = {
        column.name
        for table in TABLES
        for column in table.columns
        if column.personal is Personal.PSEUDONYM and column.type in ("bigint", "bigints")
    }

    assert numbers == {*NUMBERS, "interaction_id", "fact_id", "content_hash"}


def test_asked_again_under_its_name_an_erasure_does_nothing_more(engine: DuckDBEngine, log_rows: LogRows) -> None:
    keys(engine, SECRET)
    engine.append("interactions", log_rows({"key_id": ANNA}))
    first = engine.erase([ANNA], Hiding(name="7"))
    keys(engine, "somebody else, who cannot have this number")

    assert engine.erase([ANNA], Hiding(name="7")) == first == {"interactions": 1, "keys": 1}
    assert engine.count("keys") == 3


@pytest.mark.parametrize("secret", [SECRET, SAID, "ZX7431"])
def test_the_bytes_are_gone_from_every_file(folder: Path, log_rows: LogRows, secret: str) -> None:
    engine = DuckDBEngine(folder)
    keys(engine, SECRET)
    engine.append("interactions", log_rows({"key_id": ANNA, "text": SAID}, {"key_id": BEN, "text": "Ben is here."}))
    assert holds(folder, secret) != []  # otherwise the test could not see them

    engine.erase([ANNA])
    engine.rewrite()
    while_open = holds(folder, secret)
    engine.close()

    assert while_open == []
    assert holds(folder, secret) == []
    assert holds(folder, "Ben is here.") != []


def test_a_key_is_taken_off_the_rows_of_others(engine: DuckDBEngine, log_rows: LogRows) -> None:
    engine.append("interactions", log_rows({"key_id": BEN, "other_keys": [ANNA, 7], "account_key": ANNA}))

    engine.erase([ANNA])

    (row,) = rows_of(engine, "interactions")
    assert (row["key_id"], row["other_keys"], row["account_key"]) == (BEN, [7], None)


def test_a_row_that_only_names_the_key_beside_no_other_goes(engine: DuckDBEngine, log_rows: LogRows) -> None:
    engine.append("interactions", log_rows({"key_id": None, "other_keys": [ANNA]}, {"key_id": None}))

    assert engine.erase([ANNA]) == {"interactions": 1}


@pytest.mark.parametrize(
    ("raw", "goes"),
    [
        ('{"id": "42"}', True),
        ('{"id": 42}', True),
        ("42;Anna;late", True),
        ('{"id": "420"}', False),
        ('{"id": "A42"}', False),
        ("", False),
        ('{"id": null}', False),
    ],
)
def test_a_rejected_row_goes_where_it_holds_the_identifier_as_a_whole(
    engine: DuckDBEngine, raw: str, goes: bool
) -> None:
    engine.append("keys", pa.table({"key_id": [ANNA], "namespace": ["s"], "type": ["id"], "value": ["42"]}))
    rejected = {"rejected_id": 1, "import_id": "1", "source": "s", "file": "f", "code": "c", "reason": "r"}
    engine.append("rejected", pa.Table.from_pylist([{**rejected, "raw": raw, "rejected_at": NOW}]))

    engine.erase([ANNA])

    assert engine.count("rejected") == (0 if goes else 1)


def test_a_rejected_row_goes_where_its_reason_holds_the_identifier(engine: DuckDBEngine) -> None:
    engine.append("keys", pa.table({"key_id": [ANNA], "namespace": ["s"], "type": ["id"], "value": ["42"]}))
    rejected = {"rejected_id": 1, "import_id": "1", "source": "s", "file": "f", "code": "c", "raw": ""}
    engine.append("rejected", pa.Table.from_pylist([{**rejected, "reason": "42 came twice", "rejected_at": NOW}]))

    assert engine.erase([ANNA]) == {"keys": 1, "rejected": 1}


def test_a_hostile_identifier_is_a_text_and_no_pattern(engine: DuckDBEngine) -> None:
    engine.append("keys", pa.table({"key_id": [ANNA], "namespace": ["s"], "type": ["id"], "value": [".*(["]}))
    rejected = {"rejected_id": 1, "import_id": "1", "source": "s", "file": "f", "code": "c", "reason": "r"}
    engine.append("rejected", pa.Table.from_pylist([{**rejected, "raw": "x", "rejected_at": NOW}]))

    assert engine.erase([ANNA]) == {"keys": 1}


def test_erasing_nobody_changes_nothing(engine: DuckDBEngine) -> None:
    engine.append("keys", pa.table({"key_id": [BEN], "namespace": ["s"], "type": ["id"], "value": ["b"]}))

    assert engine.erase([]) == {}
    assert engine.count("keys") == 1


# --- the ledger -----------------------------------------------------------------------------------------------------

TABLET, CARLA = 5, 6


def link(number: int, one: int, other: int, **more: Any) -> dict[str, Any]:
    entry = {"entry_id": number, "decision_id": number, "action": "link", "key_a": one, "key_b": other}
    entry |= {"evidence": "identify", "state": "accepted", "known_at": NOW, "decided_at": NOW, "author": "rule"}
    return {**entry, **more}


def test_entries_that_name_the_erased_go_with_what_undid_them(engine: DuckDBEngine) -> None:
    undo = {"action": "undo", "key_a": None, "key_b": None}
    entries = [
        link(1, ANNA, 9),
        link(2, BEN, 8),
        link(3, 0, 0, refers_to=1, **undo),
        link(4, 0, 0, refers_to=3, **undo),
    ]
    engine.append("identity_links", rows(entries))

    engine.erase([ANNA, 9])

    assert [row["entry_id"] for row in rows_of(engine, "identity_links")] == [2]


def test_a_hub_key_that_would_stand_alone_goes_along(engine: DuckDBEngine) -> None:
    made: dict[str, list[Any]] = {
        "key_id": [7, 8],
        "namespace": ["*"] * 2,
        "type": ["email"] * 2,
        "value": [SECRET, "house@example.org"],
    }
    engine.append("keys", pa.table(made))
    engine.append("identity_links", rows([link(1, ANNA, 7), link(2, ANNA, 8), link(3, BEN, 8)]))

    engine.erase([ANNA])

    assert [row["value"] for row in rows_of(engine, "keys")] == ["house@example.org"]


def test_who_was_held_together_by_the_erased_still_was(engine: DuckDBEngine) -> None:
    keys(engine, SECRET)
    entries = [link(1, ANNA, BEN), link(2, ANNA, CARLA), link(3, ANNA, CARLA, action="cut")]
    engine.append("identity_links", rows(entries))

    engine.erase([ANNA])

    entries = rows_of(engine, "identity_links")
    stand_in = entries[0]["key_b"]
    (key,) = [row for row in rows_of(engine, "keys") if row["key_id"] != BEN]
    assert [(row["action"], row["key_a"], row["key_b"]) for row in entries] == [
        ("link", BEN, stand_in),
        ("link", CARLA, stand_in),
        ("cut", CARLA, stand_in),
    ]
    assert (key["key_id"], key["namespace"], key["type"]) == (stand_in, "erased", "erased")


def test_what_the_erased_shared_with_others_does_not_become_theirs(engine: DuckDBEngine) -> None:
    engine.append("identity_links", rows([link(1, ANNA, TABLET), link(2, BEN, TABLET)]))
    doubt = {"key_id": TABLET, "doubt": "shared", "links": 2, "since": NOW}
    engine.append("identity_doubts", pa.Table.from_pylist([doubt]))

    engine.erase([ANNA])

    theirs, quarantine = rows_of(engine, "identity_links")
    assert (theirs["key_a"], theirs["key_b"]) == (BEN, TABLET)
    assert (quarantine["action"], quarantine["key_a"], quarantine["known_at"]) == ("quarantine", TABLET, NOW)


def rows(entries: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for entry in entries for name in entry)
    return pa.Table.from_pylist([{name: entry.get(name) for name in names} for entry in entries])


# --- nothing comes back ---------------------------------------------------------------------------------------------

LATER = datetime(2026, 5, 3)


def incoming(*partial: dict[str, Any]) -> pa.Table:
    given = {"source": "shop", "kind": "touch", "key_namespace": "shop", "key_type": "email", "key_value": SECRET}
    return rows([{**given, "message_id": str(place), "occurred_at": NOW, **row} for place, row in enumerate(partial)])


def numbers(engine: DuckDBEngine) -> tuple[int, int]:
    return engine.count("interactions"), engine.count("keys")


def test_what_was_erased_does_not_come_back_with_the_same_rows(engine: DuckDBEngine) -> None:
    everything = incoming({"traits": '{"name": "Anna"}'}, {"key_value": "ben@example.org"})
    engine.admit(everything, now=NOW)
    (anna,) = [row["key_id"] for row in rows_of(engine, "keys") if row["value"] == SECRET]
    engine.erase([anna], Hiding(now=LATER))

    again = engine.admit(everything, now=LATER)

    assert (again.admitted, again.already_there) == (0, 2)
    assert numbers(engine) == (1, 1)
    assert engine.count("traits") == 0


def test_an_older_event_under_another_id_does_not_bring_anybody_back(engine: DuckDBEngine) -> None:
    engine.admit(incoming({}), now=NOW)
    engine.erase([1], Hiding(now=LATER))

    engine.admit(incoming({"message_id": "of an old export", "traits": '{"name": "Anna"}'}), now=datetime(2026, 6, 1))

    assert (*numbers(engine), engine.count("traits")) == (0, 0, 0)


ADDRESS = json.dumps(["shop", "email", SECRET])


@pytest.mark.parametrize(
    "named",
    [
        {"other_keys": f"[{ADDRESS}]"},
        {"traits": json.dumps({"name": "Anna", "email": SECRET})},
        {"other_keys": f"[{ADDRESS}]", "key_namespace": None, "key_type": None, "key_value": None},
    ],
)
def test_an_old_row_under_another_identifier_does_not_bring_anybody_back(
    engine: DuckDBEngine, named: dict[str, Any]
) -> None:
    engine.admit(incoming({}), now=NOW)
    engine.erase([1], Hiding(now=LATER))

    row = {"message_id": "of the CRM", "key_type": "number", "key_value": "77", "text": SAID, **named}
    engine.admit(incoming(row, {"message_id": "x", "key_value": "ben@example.org"}), now=datetime(2026, 6, 1))

    assert [key["value"] for key in rows_of(engine, "keys")] == ["ben@example.org"]
    assert (engine.count("interactions"), engine.count("traits")) == (1, 0)


def test_who_shares_an_erased_address_keeps_old_rows_without_it(engine: DuckDBEngine) -> None:
    ben = {"key_value": "ben@example.org"}
    engine.admit(incoming({}, ben), now=NOW)
    engine.erase([1], Hiding(now=LATER))

    shared = f'[{ADDRESS}, ["shop", "phone", "555"]]'
    engine.admit(incoming({**ben, "message_id": "late", "other_keys": shared}), now=datetime(2026, 6, 1))

    assert sorted(key["value"] for key in rows_of(engine, "keys")) == ["555", "ben@example.org"]
    assert sorted(len(row["other_keys"] or []) for row in rows_of(engine, "interactions")) == [0, 1]


def test_who_writes_again_is_somebody_new(engine: DuckDBEngine) -> None:
    engine.admit(incoming({}), now=NOW)
    engine.erase([1], Hiding(now=LATER))

    june = datetime(2026, 6, 1)
    engine.admit(incoming({"message_id": "new", "occurred_at": june}), now=june)

    (key,) = rows_of(engine, "keys")
    assert (key["key_id"], key["value"]) == (2, SECRET)  # the old number is nobody's for ever


def test_what_waited_while_it_was_erased_stays_out(engine: DuckDBEngine) -> None:
    engine.admit(incoming({}), now=NOW)
    engine.erase([1], Hiding(now=LATER))

    # received before the erasure, by a sender whose clock goes ahead
    waited = incoming({"message_id": "waited", "occurred_at": datetime(2026, 6, 1), "received_at": NOW})
    engine.admit(waited, now=datetime(2026, 6, 1))

    assert numbers(engine) == (0, 0)


def test_the_memory_of_what_was_erased_is_in_the_next_file_as_well(engine: DuckDBEngine) -> None:
    engine.admit(incoming({}), now=NOW)
    engine.erase([1], Hiding(now=LATER))
    engine.rewrite()

    engine.admit(incoming({}), now=LATER)
    assert numbers(engine) == (0, 0)


def test_retention_removes_a_kind_before_a_moment_and_what_hangs_on_it(engine: DuckDBEngine) -> None:
    old, new = {"kind": "touch"}, {"kind": "touch", "occurred_at": LATER}
    engine.admit(incoming({**old, "objects": '[["order", "7"]]'}, new, {"kind": "answer"}), now=NOW)

    assert engine.discard("touch", LATER) == {"interactions": 1, "interaction_objects": 1}
    assert engine.discard(None, LATER, ["answer"]) == {}
    assert engine.discard(None, LATER) == {"interactions": 1}
    assert engine.is_rewrite_due()
