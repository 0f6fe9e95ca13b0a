"""How results are written for people and for programs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

import pytest

from cxloop.cli import output
from cxloop.core.errors import InputError
from cxloop.core.results import Estimate, EstimateRow, Estimates, InsufficientData, Records, Result, Value


def of(*rows: EstimateRow) -> Estimates:
    return Estimates("nps", "points", ("channel",), "week", None, None, "UTC", (0, 10), rows)


WEB = EstimateRow(("web",), date(2026, 1, 5), Estimate(31.24, 29.04, 33.44, 4812, 4001, "adjusted Wald"))
STORE = EstimateRow((None,), date(2026, 1, 5), InsufficientData(4, 10))


def text(result: Result, form: output.Format, capsys: pytest.CaptureFixture[str]) -> str:
    output.write(result, form)
    return capsys.readouterr().out


def test_a_person_reads_value_interval_and_n(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [" ".join(line.split()) for line in text(of(WEB, STORE), "text", capsys).splitlines()]

    assert "channel week NPS 95% interval n customers" in lines
    assert "web week of 5 Jan 2026 +31.2 [+29.0, +33.4] 4,812 4,001" in lines
    assert "not said week of 5 Jan 2026 cannot say needs 10 4 –" in lines


def test_a_table_too_wide_for_the_terminal_becomes_paragraphs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    columns = tuple(f"column_{number}" for number in range(8))

    lines = text(Records("One row.", columns, (("a word", None, *range(6)),)), "text", capsys).splitlines()

    assert lines[:2] == ["One row.", ""]
    assert lines[2].startswith("column 0 a word · column 2 0")  # what is empty is left out
    assert max(len(line) for line in lines) <= 60


class Brief(Records):
    main: ClassVar[tuple[str, ...]] = ("name",)


def test_a_terminal_shows_the_main_columns_and_programs_get_all(capsys: pytest.CaptureFixture[str]) -> None:
    found = Brief("One row.", ("name", "digest"), (("a word", "0815"),))

    assert "0815" not in text(found, "text", capsys)
    assert "0815" in text(found, "json", capsys)
    assert "0815" in text(found, "csv", capsys)


def test_a_table_in_a_pipe_has_no_blanks_at_the_ends_of_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = text(of(WEB, STORE), "text", capsys).splitlines()

    assert [line for line in lines if line != line.rstrip()] == []


def test_long_texts_fold_inside_a_table_that_fits_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    lines = text(Records("", ("reason", "rows"), (("so many words " * 9, 3),)), "text", capsys).splitlines()

    assert ["reason", "rows"] in [line.split() for line in lines]
    assert max(len(line) for line in lines) <= 60


def test_csv_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(text(of(WEB, STORE), "csv", capsys))))

    assert [row["nps"] for row in rows] == ["31.24", ""]
    assert [row["n"] for row in rows] == ["4812", "4"]


def test_csv_of_nothing_still_has_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert text(Records("None.", ("a", "b"), ()), "csv", capsys) == "a,b\n"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_does_not_run_what_a_customer_wrote(cell: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.reader(io.StringIO(text(Records("", ("text",), ((cell,),)), "csv", capsys))))

    assert rows[1] == ["'" + cell]


def test_negative_numbers_stay_numbers_in_csv(capsys: pytest.CaptureFixture[str]) -> None:
    assert text(Records("", ("value",), ((-1.5,),)), "csv", capsys) == "value\n-1.5\n"


def test_what_data_say_is_neither_markup_nor_a_command_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = text(Records("Rows.", ("text",), (("[red]x[/red]\x1b[2J",),)), "text", capsys)

    assert "[red]x[/red]" in shown
    assert "\x1b" not in shown
    assert "shop:email:x" in text(Records("Of shop:email:x.", ("key",), (("y",),)), "text", capsys)
    assert "shop:email:x" in text(Records("Rows.", ("key",), (("shop:email:x",),)), "text", capsys)


def test_cells_read_well(capsys: pytest.CaptureFixture[str]) -> None:
    row = (None, True, 1234567, 0.123456, datetime(2026, 1, 5, 12, 30), date(2026, 1, 5))

    shown = text(Records("Rows.", ("a", "b", "c", "d", "e", "f"), (row,)), "text", capsys)

    assert shown.split()[-6:] == ["yes", "1234567", "0.1235", "2026-01-05", "12:30", "2026-01-05"]


def test_two_formats_exclude_each_other() -> None:
    with pytest.raises(InputError, match="exclude each other"):
        output.chosen(as_json=True, as_csv=True)


@dataclass(frozen=True)
class _Document(Result):
    is_document: ClassVar[bool] = True

    def records(self) -> list[dict[str, Value]]:
        return [{"why": "shown by --csv and --json only"}]

    def __str__(self) -> str:
        return "source = 1\n"


def test_a_document_is_all_that_is_written_so_that_it_can_be_redirected(capsys: pytest.CaptureFixture[str]) -> None:
    output.write(_Document(), "text")

    assert capsys.readouterr().out == "source = 1\n"
