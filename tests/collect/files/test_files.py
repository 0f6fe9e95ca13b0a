"""The same rows in every kind of file give the same log."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from cxloop.core.errors import InputError, MistakesError
from cxloop.engine.loading import FileFormat, Limits

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

COLUMNS = ("id", "who", "at", "score")
ROWS = (
    ("1", "ann", "2026-01-05 10:00:00", "9"),
    ("2", 'b\u00f6b; "x"', "2026-01-06", "7"),
    ("3", "", "2026-01-07", ""),
)
LOG = """select message_id, keys.value, occurred_at::varchar, score
    from interactions left join keys using (key_id) order by 1"""
EXPECTED = [("nps:1", "ann", "2026-01-05 10:00:00", 9.0), ("nps:2", 'b\u00f6b; "x"', "2026-01-06 00:00:00", 7.0)]


def _csv(delimiter: str = ",", encoding: str = "utf-8", newline: str = "\n") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows([COLUMNS, *ROWS])
    return text.getvalue().encode(encoding)


def _jsonl() -> bytes:
    return "\n".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in ROWS).encode()


def _json() -> bytes:
    return json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in ROWS]).encode()


def _parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({name: [row[place] for row in ROWS] for place, name in enumerate(COLUMNS)}), sink)
    return sink.getvalue()


def _excel() -> bytes:
    book = Workbook()
    for row in (COLUMNS, *ROWS):
        book.active.append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _zip(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", content)
    return sink.getvalue()


KINDS: dict[str, Callable[[], bytes]] = {
    "a.csv": _csv,
    "semicolon.csv": lambda: _csv(";"),
    "tab.tsv": lambda: _csv("\t"),
    "pipe.txt": lambda: _csv("|"),
    "windows.csv": lambda: _csv(newline="\r\n"),
    "bom.csv": lambda: _csv(encoding="utf-8-sig"),
    "utf16.csv": lambda: _csv(encoding="utf-16"),
    "utf16le.csv": lambda: _csv(encoding="utf-16-le"),
    "utf16be.csv": lambda: _csv(encoding="utf-16-be"),
    "utf32.csv": lambda: _csv(encoding="utf-32"),
    "latin.csv": lambda: _csv(encoding="latin-1"),
    "a.jsonl": _jsonl,
    "a.json": _json,
    "a.parquet": _parquet,
    "a.xlsx": _excel,
    "a.csv.gz": lambda: gzip.compress(_csv()),
    "a.csv.zip": lambda: _zip(_csv(";", "cp1252")),
    "a.jsonl.gz": lambda: gzip.compress(_jsonl()),
    "a.parquet.gz": lambda: gzip.compress(_parquet()),
    "a.xlsx.gz": lambda: gzip.compress(_excel()),
}


@pytest.mark.parametrize("name", list(KINDS))
def test_every_kind_of_file_gives_the_same_log(desk: Desk, answers: str, name: str) -> None:
    report = desk.take(name, KINDS[name](), answers)

    assert desk.rows(LOG) == EXPECTED
    assert (report.rows_read, report.rejected, report.left_out) == (3, 0, 1)


def test_a_file_that_is_not_utf_8_is_read_and_said(desk: Desk, answers: str) -> None:
    report = desk.take("latin.csv", KINDS["latin.csv"](), answers)

    assert report.notes == (
        (
            "latin.csv is not UTF-8: 1 as cp1252 (lines with letters beyond ASCII). "
            "Say `encoding` in the mapping to fix it."
        ),
    )


def test_decimal_commas_and_points_between_thousands_are_read_where_declared(desk: Desk) -> None:
    mapping = """
        source = "till"
        decimal = ","
        [[interaction]]
        name = "sale"
        kind = "order"
        occurred_at = "at"
        value = "amount"
        """

    desk.take("a.csv", "at;amount\n2026-01-05;1.234,50\n2026-01-06;-3,00\n", mapping)

    assert desk.rows("select value from interactions order by occurred_at") == [(1234.5,), (-3.0,)]


def test_nested_values_are_kept_as_json(desk: Desk) -> None:
    mapping = """
        source = "app"
        [[interaction]]
        name = "touch"
        kind = "touch"
        occurred_at = "at"
        text = "inner"
        """

    desk.take("a.jsonl", '{"at":"2026-01-05","inner":{"a":[1,2]}}\n', mapping)
    table = pa.table({"at": ["2026-01-06"], "inner": [{"a": [1, 2]}]})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    desk.take("a.parquet", sink.getvalue(), mapping)

    assert desk.rows("select text from interactions") == [('{"a":[1,2]}',)] * 2


def test_broken_lines_of_json_are_kept_with_their_place(desk: Desk, answers: str) -> None:
    good = '{"id":"1","who":"ann","at":"2026-01-05","score":9}'

    desk.take("a.jsonl", f'{good}\n\n{{"id": 2,,}}\n[1]\n{{"id":"3","at":"2026-01-05","score":NaN}}\n', answers)

    found = desk.rows("select code, line, raw from rejected order by rejected_id")
    assert found[:2] == [("not_json", 2, '{"id": 2,,}'), ("not_json", 3, "[1]")]
    assert found[2][:2] == ("not_a_number", 4)


def test_numbers_and_dates_of_a_workbook_are_read_as_written(desk: Desk, answers: str) -> None:
    from datetime import datetime

    book = Workbook()
    book.active.append(COLUMNS)
    book.active.append([7.0, 12.5, datetime(2026, 1, 5, 10, 30), 9])
    sink = io.BytesIO()
    book.save(sink)

    desk.take("a.xlsx", sink.getvalue(), answers)

    assert desk.rows(LOG) == [("nps:7", "12.5", "2026-01-05 10:30:00", 9.0)]


def test_an_unknown_sheet_names_those_there_are(desk: Desk, answers: str) -> None:
    with pytest.raises(InputError, match=r"has no sheet 'March'. It has: Sheet."):
        desk.take("a.xlsx", _excel(), answers + '[format]\nsheet = "March"\n')


def test_a_folder_is_read_file_by_file_and_put_together_by_column_name(desk: Desk, answers: str) -> None:
    desk.write("in/1.csv", "id,who,at,score\n1,ann,2026-01-05,9\n")
    desk.write("in/2.csv", "score;at;who;id;more\n7;2026-01-06;bob;2;x\n8;soon;cid;3;x\n")
    desk.write("in/readme.md", "not read")

    report = desk.again(desk.path / "in", answers)

    assert report.files == ("1.csv", "2.csv")
    assert desk.rows("select message_id, score from interactions order by 1") == [("nps:1", 9.0), ("nps:2", 7.0)]
    assert desk.rows("select file, line, code from rejected") == [("2.csv", 2, "not_a_date")]


def test_a_pattern_means_the_files_that_it_matches(desk: Desk, answers: str) -> None:
    desk.write("in/may-1.csv", "id,who,at,score\n1,ann,2026-05-01,9\n")
    desk.write("in/june-1.csv", "id,who,at,score\n2,ann,2026-06-01,9\n")

    report = desk.again(desk.path / "in" / "may-*.csv", answers)

    assert (report.files, report.admitted) == (("may-1.csv",), 1)


def test_tables_of_a_mapping_share_out_a_folder_and_missing_ones_are_told(desk: Desk) -> None:
    mapping = """
        source = "shop"
        [[table]]
        name = "orders"
        files = "orders*.csv"
        [[table.interaction]]
        name = "order"
        kind = "order"
        id = "id"
        occurred_at = "at"
        [[table]]
        name = "calls"
        files = "calls*.csv"
        [[table.interaction]]
        name = "call"
        kind = "call"
        id = "id"
        occurred_at = "at"
        """
    desk.write("in/orders-1.csv", "id,at\n1,2026-01-05\n")

    with pytest.raises(MistakesError, match=r"calls.files: No file matches calls\*.csv. There is orders-1.csv."):
        desk.again(desk.path / "in", mapping)
    desk.write("in/calls.csv", "id,at\n1,2026-01-06\n")
    report = desk.again(desk.path / "in", mapping)

    assert report.admitted == 2


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_what_pythons_csv_writer_writes_is_what_is_staged(
    desk: Desk, rows: list[tuple[str, ...]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [("a", "b", "c"), *rows]
    )
    file = desk.write("any.csv", text.getvalue())

    with desk.engine.loader(Limits(), lambda *_: None) as loader:
        staged = loader.stage("rows", [file], FileFormat(delimiter=delimiter))
        found = desk.rows("select coalesce(c0, ''), coalesce(c1, ''), coalesce(c2, '') from cx_stage_0 order by rowid")

    assert staged.malformed == 0
    assert found == rows


def test_temporary_files_and_tables_are_gone_after_an_import(
    desk: Desk, answers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    desk.take("utf16.csv.gz", gzip.compress(_csv(encoding="utf-16")), answers)

    assert list(scratch.iterdir()) == []
    assert desk.rows("select table_name from duckdb_tables() where temporary") == []
