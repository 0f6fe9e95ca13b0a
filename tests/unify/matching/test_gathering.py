"""Records that were kept are the records that would be read anew; what is gone leaves nothing of itself behind."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unify.matching.conftest import NOW, Town, Workspace, closed, opened

from cxloop.core.schema import Personal
from cxloop.core.schema import table as schema_table
from cxloop.store.context import Operations
from cxloop.unify.matching import gathering
from cxloop.unify.matching.fields import FIELDS, WHOLE, field_of
from cxloop.unify.matching.gathering import People, gather_people
from cxloop.unify.matching.queries import FIELD_NAMES
from cxloop.unify.matching.records import PREPARED_VERSION, prepare
from cxloop.unify.matching.runs import run_matching
from cxloop.unify.matching.told import NESTED, told_columns

WRITTEN = (
    "|  |Anna|anna |Dr. Zoë O'Brien|unknown|(030) 123 456|+49 30 123456|Hauptstr. 5|DE|a@b.example.org|1974-05-20|{}"
    '|20/5/1974|00000|[1]|{broken|{"street": "Lindenweg 3", "zip": 10115}|{"email": null}'
    '|{"first": "Ute", "last": " ", "firstName": "Eva"}'
)
VALUES = st.sampled_from(WRITTEN.split("|"))
NAMES = st.sampled_from(
    [
        "first_name",
        "given",
        "last_name",
        "name",
        "address",
        "address1",
        "street",
        "dob",
        "email",
        "mail",
        "phone",
        "country",
        "postcode",
        "shoe_size",
    ]
)
KINDS_OF_TOLD: dict[str, pa.DataType] = {"key_id": pa.int64(), "name": pa.string(), "value": pa.string()}
KINDS = st.sampled_from(["user_id", "email", "phone"])
WAVES = st.lists(
    st.lists(st.tuples(st.integers(0, 6), KINDS, st.dictionaries(NAMES, VALUES, max_size=4)), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


def told_before(rows: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
    """What `told_columns` gives, one value after the other."""
    told: dict[int, dict[str, str]] = defaultdict(dict)
    for row in rows:
        members = [(row["name"], row["value"])]
        if row["name"] in NESTED and row["value"].startswith("{"):
            try:
                found = json.loads(row["value"])
                prefix = "address." if row["name"] == "address" else ""
                members = [(f"{prefix}{key}", str(inner)) for key, inner in found.items() if inner is not None]
            except ValueError:
                pass
        for name, value in members:
            field = field_of(name)
            if field is not None and value.strip():
                told[row["key_id"]].setdefault(field.name, value)
    return told


@given(st.dictionaries(st.tuples(st.integers(1, 5), NAMES), VALUES))
def test_what_is_told_is_the_same_by_columns_and_one_by_one(told: dict[tuple[int, str], str]) -> None:
    rows = [{"key_id": key, "name": name, "value": value} for (key, name), value in sorted(told.items())]
    table = pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in KINDS_OF_TOLD.items()})

    columns = told_columns(table, np.array([1, 2, 4, 5]))

    read = {
        key: {name: value for name, values in columns.items() if (value := values[place].as_py()) is not None}
        for place, key in enumerate([1, 2, 4, 5])
    }
    assert read == {key: told_before(rows)[key] for key in (1, 2, 4, 5)}


def as_rows(people: People) -> list[tuple[Any, ...]]:
    columns = (people.keys.tolist(), people.groups.tolist(), people.alone.tolist(), people.table.to_pylist())
    return [(key, group, alone >= 0, said) for key, group, alone, said in zip(*columns, strict=True)]


def looked_at(ws: Workspace) -> list[tuple[Any, ...]]:
    """Keeps what is new, as a run does, and returns the records that it saw."""
    people, reading = gather_people(ws, whole=False)
    ws.engine.delete("matched_records", "key_id", reading.gone.tolist())
    rows = reading.table.append_column("key_id", pa.array(reading.keys)).append_column(
        "content_hash", pa.array(reading.hashes)
    )
    ws.engine.replace("matched_records", rows.append_column("run", pa.array(["r"] * len(rows), pa.string())))
    return as_rows(people)


def note(ws: Workspace, wave: list[tuple[int, str, dict[str, str]]]) -> None:
    """Writes what is told straight into the tables, which takes no time."""
    named = [(f"shop{number % 2}", kind, f"{number}@example.org") for number, kind, _ in wave]
    ws.engine.intern(
        pa.table({name: [key[at] for key in named] for at, name in enumerate(("namespace", "type", "value"))})
    )
    keys = {(row["namespace"], row["type"], row["value"]): row["key_id"] for row in ws.rows("keys")}
    rows = [
        {
            "key_id": keys[key],
            "name": name,
            "value": value,
            "source": key[0],
            "occurred_at": (at := ws.now()),
            "known_at": at,
        }
        for key, (_, _, traits) in zip(named, wave, strict=True)
        for name, value in traits.items()
    ]
    if rows:
        ws.engine.append("traits", pa.Table.from_pylist(rows))


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(WAVES, st.sets(st.integers(0, 6), max_size=2))
def test_kept_records_are_those_that_are_read_anew(
    waves: list[list[tuple[int, str, dict[str, str]]]], silent: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        ws = opened(Path(folder))
        for wave in waves:
            note(ws, wave)
            kept = looked_at(ws)
            assert kept == as_rows(gather_people(ws, whole=True)[0])
        gone = [row["key_id"] for row in ws.rows("keys") if row["key_id"] % 7 in silent]
        ws.engine.delete("traits", "key_id", gone)
        kept = looked_at(ws)

        assert kept == as_rows(gather_people(ws, whole=True)[0])
        assert {row["key_id"] for row in ws.rows("matched_records")} == {key for key, *_ in kept}
        assert len(gather_people(ws, whole=False)[1].keys) == 0
        closed(ws)


def test_an_increment_changes_what_it_changes_where_all_is_read_anew(
    matched: Workspace, town: Town, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = matched
    late = {f"D9{place}": {**town.shop[f"S{place}"], "city": "Jena"} for place in range(100, 130)}
    stranger = {"D1": {**town.shop["S150"], "last_name": "Quint", "birthday": "1911-11-11"}}
    ws.tell("desk", {**late, **stranger})
    reads = gather_people

    def everything_anew(ws: Operations, *, whole: bool) -> Any:
        few, reading = reads(ws, whole=whole)
        every, _ = reads(ws, whole=True)
        assert as_rows(few) == as_rows(every)
        return People(every.keys, every.table, every.groups, every.alone, few.fresh), reading

    written = []
    for how in (everything_anew, reads):
        monkeypatch.setattr("cxloop.unify.matching.runs.gather_people", how)
        copy = copied(ws, tmp_path_factory.mktemp("copy"))
        run = run_matching(copy, full=False, precision=None)
        assert (run.mode, run.compared) == ("incremental", 31)
        written.append([(e["action"], e["key_a"], e["key_b"], e["state"], e["weight"]) for e in copy.entries()])
        closed(copy)

    assert written[0] == written[1]
    assert len(written[0]) > len(ws.entries())


def test_told_again_or_written_otherwise_is_not_new(matched: Workspace, town: Town) -> None:
    ws = matched
    again = {name: {**told, "last_name": told["last_name"].upper()} for name, told in town.shop.items()}
    ws.tell("shop", again)

    run = run_matching(ws, full=False, precision=None)

    assert (run.mode, run.record_count) == ("nothing", 240)
    assert len(gather_people(ws, whole=False)[1].keys) == 0


def test_another_way_of_writing_alike_reads_every_record_again(
    matched: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_version", lambda: 7)

    people, reading = gather_people(matched, whole=False)

    assert (len(reading.keys), len(people.fresh)) == (240, 0)


def test_a_key_that_became_an_account_is_no_record_any_more(matched: Workspace) -> None:
    ws = matched
    key = ws.rows("matched_records")[0]["key_id"]
    ws.engine.cursor().execute("update interactions set account_key = $key where key_id = $key", {"key": key})

    run = run_matching(ws, full=False, precision=None)

    assert (run.mode, run.record_count) == ("nothing", 239)
    assert key not in {row["key_id"] for row in ws.rows("matched_records")}


def test_values_that_are_too_old_leave_the_kept_records_with_them(matched: Workspace) -> None:
    ws = matched
    late = NOW + timedelta(hours=6)
    ws.engine.cursor().execute("update traits set occurred_at = $late where key_id % 2 = 0", {"late": late})
    before = NOW + timedelta(hours=3)

    ws.engine.discard_old("matched_records", before)
    ws.engine.discard_old("traits", before)

    assert {row["key_id"] % 2 for row in ws.rows("matched_records")} == {0}


def test_every_field_has_its_column_and_its_class() -> None:
    columns = {column.name: column for column in schema_table("matched_records").columns}

    assert set(FIELD_NAMES) == {field.name for field in FIELDS} - {WHOLE}
    assert set(columns) == {"key_id", "content_hash", "run", *FIELD_NAMES}
    assert not {Personal.NONE, Personal.PSEUDONYM} & {columns[name].personal for name in FIELD_NAMES}


def test_what_is_written_alike_changes_only_with_its_version() -> None:
    names = [
        "first_name",
        "last_name",
        "name",
        "dob",
        "email",
        "phone",
        "house_number",
        "street",
        "address2",
        "city",
        "postcode",
        "state",
        "taxid",
    ]
    texts = [
        "Dr. Zoë O'Brien",
        "unknown",
        "Hauptstr. 5a",
        "12 High St",
        "+49 (0)30 1234567",
        "030 1234567",
        "20/5/1974",
        "Straße",
        "ÅLAND",
        "No. 7",
        "Marta+shop@Example.ORG",
        "St. Gallen",
        "SW1A 1AA",
        "D-10115",
        "123-45-678",
    ]
    told = pa.table({**{name: pa.array(texts) for name in names}, "country": pa.array(["DE"] * len(texts))})
    alone = [prepare(told.select([name, "country"])).to_pylist() for name in names]

    # where this fails, raise PREPARED_VERSION, so that what workspaces kept is written anew, and note the new number
    assert (PREPARED_VERSION, crc32(json.dumps(alone).encode())) == (1, 940788623)


def copied(ws: Workspace, folder: Path) -> Workspace:
    """Returns a workspace of its own with the same tables."""
    closed(ws)
    shutil.copytree(ws.path, folder, dirs_exist_ok=True)
    again = opened(ws.path)
    ws.engine, ws.store = again.engine, again.store
    copy = opened(folder)
    copy.moment, copy.written = ws.moment, ws.written
    return copy
