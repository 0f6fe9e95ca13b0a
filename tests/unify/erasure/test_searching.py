"""Words are found in bytes as they are and as other files write them; and telling words are told."""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.unify.erasure import unpacking
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
    monkeypatch.setattr(unpacking, "CHUNK", 1000)
    (tmp_path / "file").write_bytes(b"." * 995 + b"QX7731ZZ" + b"." * 3000)

    assert FINDER.in_file(tmp_path / "file") == {"QX7731ZZ"}


@pytest.mark.parametrize("said", ["\u00d6zg\u00fcr Yilmaz & Co 7", "J\u00dcRGEN GROSS 7"])
@pytest.mark.parametrize(
    "written",
    [
        lambda said: said.encode(),
        lambda said: said.lower().encode(),
        lambda said: said.upper().encode(),
        lambda said: said.encode("utf-16-le"),
        lambda said: b"\0" + said.encode("utf-16-be"),
        lambda said: said.encode("cp1252"),
        lambda said: json.dumps({"name": said}).encode(),
        lambda said: html.escape(said).encode(),
        lambda said: quote_plus(said).encode(),
    ],
    ids=["utf-8", "small", "capitals", "utf-16-le", "utf-16-be", "one-byte", "json", "html", "address"],
)
def test_a_name_with_foreign_letters_is_found_however_a_file_writes_it(
    tmp_path: Path, said: str, written: Callable[[str], bytes]
) -> None:
    (tmp_path / "file").write_bytes(b"before " + written(said) + b" behind")

    assert Finder([said]).in_file(tmp_path / "file") == {said}


def test_files_that_are_not_lines_of_text_are_left_whole(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    for name, data in (
        ("a.xls", b"\xd0\xcf\n QX7731ZZ"),
        ("b.csv", gzip.compress(b"QX7731ZZ\n")),
        ("c", b"PK\3\4 QX7731ZZ"),
    ):
        (tmp_path / "inbox" / name).write_bytes(data)

    assert clean(tmp_path, [], ["QX7731ZZ"]) == {}


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
