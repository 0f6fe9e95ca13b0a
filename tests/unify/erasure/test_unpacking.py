"""What is packed in files is looked into, whatever their names are; what cannot be is said."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cxloop.unify.erasure import unpacking
from cxloop.unify.erasure.searching import Finder

WORD = "QX7731ZZ"
COLUMNS: dict[str, tuple[list[Any], Any, str]] = {
    "text": (["x", "QX7731ZZ-1 said", None], pa.string(), "QX7731ZZ-1"),
    "bytes": ([b"QX7731ZZ-2", None], pa.binary(), "QX7731ZZ-2"),
    "number": ([491701234567, None], pa.int64(), "491701234567"),
    "measure": ([4930999888777.0, 0.5, None], pa.float64(), "4930999888777"),
    "amount": ([None, Decimal(49301112223)], pa.decimal128(20, 0), "49301112223"),
    "codes": (["QX7731ZZ-3", "y"], pa.dictionary(pa.int32(), pa.string()), "QX7731ZZ-3"),
    "lists": ([["a", "QX7731ZZ-4"], None, []], pa.list_(pa.string()), "QX7731ZZ-4"),
    "parts": ([{"mail": ["QX7731ZZ-5"]}, None], pa.struct([("mail", pa.list_(pa.string()))]), "QX7731ZZ-5"),
    "names": ([[("QX7731ZZ-6", 1)], None], pa.map_(pa.string(), pa.int64()), "QX7731ZZ-6"),
    "values": ([[("a", "QX7731ZZ-7")], None], pa.map_(pa.string(), pa.string()), "QX7731ZZ-7"),
}


def rows(path: Path, *columns: str) -> Path:
    """A Parquet file that packs its texts, so that its bytes do not show them."""
    made = {name: pa.array(COLUMNS[name][0] * 50, COLUMNS[name][1]) for name in columns}
    pq.write_table(pa.table(made), path, compression="zstd", write_statistics=False)
    return path


@pytest.mark.parametrize("column", COLUMNS)
def test_a_word_in_a_column_of_a_parquet_file_is_found(tmp_path: Path, column: str) -> None:
    finder = Finder([COLUMNS[column][2], "not there"])

    assert finder.in_file(rows(tmp_path / "rows.parquet", column)) == {COLUMNS[column][2]}


def test_numbers_of_two_rows_do_not_become_one(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1234567, 8901234]}), tmp_path / "rows.parquet")

    assert Finder(["45678901"]).in_file(tmp_path / "rows.parquet") == set()


def test_a_word_in_a_packed_file_is_found_whatever_its_name_is(tmp_path: Path) -> None:
    gz, book, deep, inner, old, new = (tmp_path / name for name in ("a.csv", "b.xlsx", "c.dat", "d.pq", "e", "f"))
    gz.write_bytes(gzip.compress(WORD.encode()))
    old.write_bytes(bz2.compress(WORD.encode()))
    new.write_bytes(lzma.compress(WORD.encode()))
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet", WORD * 3)
    with zipfile.ZipFile(deep, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv.gz", gzip.compress(WORD.encode()))
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(rows(tmp_path / "rows", "text"), "rows.parquet")
    finder = Finder([WORD])

    assert [finder.in_file(path) for path in (gz, book, deep, inner, old, new)] == [{WORD}] * 6
    assert finder.closed == set()


def test_a_word_across_two_pieces_of_a_packed_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "CHUNK", 1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"." * 995 + WORD.encode() + b"." * 3000))

    assert Finder([WORD]).in_file(tmp_path / "a.gz") == {WORD}


def test_what_only_seems_packed_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "c.gz").write_bytes(b"no gzip, but QX7731ZZ")
    finder = Finder([WORD])

    assert finder.in_file(tmp_path / "c.gz") == {WORD}
    assert finder.closed == set()


def test_what_cannot_be_looked_into_is_said(tmp_path: Path) -> None:
    whole = gzip.compress(b"some rows that nobody can read" * 50)
    for _ in range(unpacking.DEEPEST):
        whole = gzip.compress(whole)
    cut = rows(tmp_path / "cut.parquet", "text").read_bytes()
    broken = {"deep.gz": whole, "cut.gz": whole[:-9], "a.zip": b"PK\3\4 and no more", "b.parquet": b"PARE" + cut}
    broken |= {"cut.parquet": cut[:100], "cut.xz": lzma.compress(cut)[:-20], "a.7z": b"7z\xbc\xaf\x27\x1c packed"}
    finder = Finder([WORD])
    for name, data in broken.items():
        (tmp_path / name).write_bytes(data)
        finder.in_file(tmp_path / name)

    assert {path.name for path in finder.closed} == set(broken)
