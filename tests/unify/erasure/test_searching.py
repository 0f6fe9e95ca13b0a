"""Words are found in bytes as they are, in UTF-16, in base64 and in packed files; and telling words are told."""

from __future__ import annotations

import base64
import gzip
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.unify.erasure import searching
from cxloop.unify.erasure.files import clean
from cxloop.unify.erasure.searching import Finder
from cxloop.unify.erasure.words import is_telling

WORD = "marta.k\u00fchn@example.org"
FINDER = Finder([WORD, "QX7731ZZ"])


@given(before=st.binary(max_size=40), behind=st.binary(max_size=40))
def test_a_word_is_found_in_base64_wherever_it_stands(before: bytes, behind: bytes) -> None:
    assert FINDER.holds(base64.b64encode(before + WORD.encode() + behind))


@pytest.mark.parametrize("data", [b"x qx7731zz y", WORD.encode(), WORD.encode("utf-16-le"), b"\0QX7731ZZ\0"])
def test_a_word_is_found_in_bytes(data: bytes) -> None:
    assert FINDER.holds(data)
    assert FINDER.which(data)


@given(st.binary(max_size=200))
def test_what_is_found_is_there(data: bytes) -> None:
    assert not FINDER.holds(data.replace(b"7", b"").replace(b"@", b""))


def test_a_word_across_two_pieces_of_a_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "CHUNK", 1000)
    (tmp_path / "file").write_bytes(b"." * 995 + b"QX7731ZZ" + b"." * 3000)

    assert FINDER.in_file(tmp_path / "file") == {"QX7731ZZ"}


def test_a_word_in_a_packed_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"QX7731ZZ"))
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet", "QX7731ZZ" * 3)
    (tmp_path / "c.gz").write_bytes(b"no gzip, but QX7731ZZ")

    assert [FINDER.in_file(tmp_path / name) for name in ("a.gz", "b.xlsx", "c.gz")] == [{"QX7731ZZ"}] * 3


def test_other_lines_of_a_file_stay_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    file = tmp_path / "inbox" / "rows.csv"
    file.write_bytes(b"a;\xff\r\nqx7731zz;2\r\nb;3")
    file.chmod(0o640)

    assert clean(tmp_path, [], ["QX7731ZZ"]) == {"inbox": 1}
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"a;\xff\r\nb;3", 0o640)


def test_an_export_goes_by_the_number_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    for number in (4, 42, 142):
        (tmp_path / "exports" / f"customer-{number}-2026.html").touch()

    assert clean(tmp_path, [42], []) == {"exports": 1}
    assert sorted(path.name for path in (tmp_path / "exports").iterdir()) == [
        "customer-142-2026.html",
        "customer-4-2026.html",
    ]


def test_short_values_tell_nobody_apart() -> None:
    assert [value for value in ("42", "Ulm", "100042", "0170 1234567", "C-10042", "a@b.de") if is_telling(value)] == [
        "0170 1234567",
        "C-10042",
        "a@b.de",
    ]
