"""Input that files really bring: each is told in a sentence, and nothing of it is lost or half-taken."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxloop.core.config import Settings
from cxloop.core.errors import InputError, MistakesError
from cxloop.engine.duckdb.engine import DuckDBEngine

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

HEADER = "id,who,at,score\n"
GOOD = "1,ann,2026-01-05 10:00:00,9\n"


def _reasons(desk: Desk) -> list[tuple[str, str]]:
    return desk.rows("select code, reason from rejected order by rejected_id")


def test_an_empty_file_is_refused_by_name(desk: Desk, answers: str) -> None:
    with pytest.raises(InputError, match=r"a\.csv is empty \(0 bytes\)"):
        desk.take("a.csv", "", answers)


def test_a_file_of_blank_lines_is_refused(desk: Desk, answers: str) -> None:
    with pytest.raises(InputError, match="holds no text"):
        desk.take("a.csv", "\n\n  \n", answers)


def test_a_header_alone_imports_nothing_and_says_so(desk: Desk, answers: str) -> None:
    report = desk.take("a.csv", HEADER, answers)

    assert (report.rows_read, report.admitted, report.rejected) == (0, 0, 0)
    assert report.notes == ("a.csv has a header and no rows.",)


def test_a_wrong_delimiter_names_the_one_column_that_was_found(desk: Desk, answers: str) -> None:
    mapping = answers + '\n[format]\ndelimiter = ";"\n'

    with pytest.raises(MistakesError, match=r"one column only, 'id,who,at,score'. Is it delimiter = \",\"") as failure:
        desk.take("a.csv", HEADER + GOOD, mapping)

    assert [mistake.where for mistake in failure.value.mistakes] == ["format.delimiter"]


def test_lines_of_two_encodings_are_read_each_in_its_own_and_reported(desk: Desk, answers: str) -> None:
    mapping = answers + 'text = "remark"\n'
    lines = [
        b"id,who,at,score,remark",
        "1,ann,2026-01-05,9,caf\u00e9".encode(),
        "2,bob,2026-01-05,9,na\u00efve".encode("cp1252"),
        "3,cid,2026-01-05,9,\u20ac 5".encode("cp1252"),
    ]

    report = desk.take("a.csv", b"\n".join(lines) + b"\n", mapping)

    assert desk.rows("select text from interactions order by ordinal") == [
        ("caf\u00e9",),
        ("na\u00efve",),
        ("\u20ac 5",),
    ]
    assert "mixes encodings: 1 lines were read as utf-8, 2 as cp1252" in report.notes[0]


def test_a_line_that_is_not_in_the_declared_encoding_is_kept_with_its_bytes(desk: Desk, answers: str) -> None:
    mapping = answers + '\n[format]\nencoding = "utf-8"\n'

    desk.take("a.csv", HEADER.encode() + GOOD.encode() + b"2,b\xe9a,2026-01-05,9\n", mapping)

    assert desk.number("select count(*) from interactions") == 1
    assert desk.rows("select code, line, raw from rejected") == [("encoding", 2, r"2,b\xe9a,2026-01-05,9")]


def test_a_line_of_100_megabytes_is_set_aside_without_being_held(desk: Desk, answers: str) -> None:
    file = desk.write("a.csv", HEADER + GOOD)
    with file.open("ab") as stream:
        stream.write(b"2,")
        for _ in range(100):
            stream.write(b"x" * 1_000_000)
        stream.write(b",2026-01-05,9\n3,cid,2026-01-06,7\n")

    report = desk.again(file, answers)

    assert (report.rows_read, report.admitted, report.rejected) == (3, 2, 1)
    [(code, line, kept)] = desk.rows("select code, line, length(raw) from rejected")
    assert (code, line, kept) == ("line_too_long", 2, 65_536)


@pytest.mark.parametrize("number", ["NaN", "nan", "inf", "-Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_rejected(desk: Desk, answers: str, number: str) -> None:
    desk.take("a.csv", HEADER + f"1,ann,2026-01-05,{number}\n", answers)

    assert _reasons(desk) == [("not_a_number", f'score is "{number}", which is not a number.')]


def test_dates_in_five_formats_are_read_and_impossible_ones_are_rejected(desk: Desk, answers: str) -> None:
    formats = 'formats = ["iso", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%b %d, %Y", "unix"]\n'
    dates = ["2026-03-05", "05.03.2026", "05/03/2026 00:00", '"Mar 05, 2026"', "1772668800"]
    impossible = ["2026-02-30", "31.04.2026", "29.02.2025", "soon"]
    rows = [f"{place},ann,{day},9" for place, day in enumerate([*dates, *impossible])]

    desk.take("a.csv", HEADER + "\n".join(rows) + "\n", formats + answers)

    assert desk.rows("select distinct occurred_at::varchar from interactions") == [("2026-03-05 00:00:00",)]
    assert desk.number("select count(*) from interactions") == len(dates)
    assert [code for code, _ in _reasons(desk)] == ["not_a_date"] * len(impossible)
    assert _reasons(desk)[0][1].startswith('occurred_at is "2026-02-30", which is no date in the accepted formats: iso')


GAP = "1,ann,2026-03-29 02:30:00,9\n"  # Berlin's clocks went from 02:00 to 03:00 that night
TWICE = "2,bob,2025-10-26 02:30:00,9\n"  # and from 03:00 back to 02:00 that one


def test_an_hour_that_clocks_skipped_is_rejected_unless_the_mapping_shifts_it(desk: Desk, answers: str) -> None:
    berlin = 'time_zone = "Europe/Berlin"\n'

    desk.take("a.csv", HEADER + GAP, berlin + answers)
    assert [code for code, _ in _reasons(desk)] == ["clock_gap"]
    desk.take("a.csv", HEADER + GAP, berlin + 'gap = "shift"\n' + answers)

    # 02:30 on clocks not set forward is 01:30 UTC, 03:30 on the ones that were
    assert desk.rows("select occurred_at::varchar, local_offset from interactions") == [("2026-03-29 01:30:00", 60)]


@pytest.mark.parametrize(
    ("policy", "utc"), [("earlier", "2025-10-26 00:30:00"), ("later", "2025-10-26 01:30:00"), ("reject", None)]
)
def test_an_hour_that_clocks_showed_twice_follows_the_declared_policy(
    desk: Desk, answers: str, policy: str, utc: str
) -> None:
    desk.take("a.csv", HEADER + TWICE, f'time_zone = "Europe/Berlin"\nambiguous = "{policy}"\n' + answers)

    assert desk.rows("select occurred_at::varchar from interactions") == ([(utc,)] if utc else [])
    assert [code for code, _ in _reasons(desk)] == ([] if utc else ["clock_twice"])


def test_a_day_that_begins_with_a_skipped_hour_begins_at_its_first_moment(desk: Desk, answers: str) -> None:
    # in Sao Paulo midnight of 15 October 2017 did not exist: clocks went to 01:00, which is 03:00 UTC
    desk.take("a.csv", HEADER + "1,ann,2017-10-15,9\n", 'time_zone = "America/Sao_Paulo"\n' + answers)

    found = desk.rows("select occurred_at::varchar, occurred_precision from interactions")
    assert found == [("2017-10-15 03:00:00", "day")]


def test_an_nps_of_11_is_out_of_scale_and_kept_with_its_row(desk: Desk, answers: str) -> None:
    desk.take("a.csv", HEADER + GOOD + "2,bob,2026-01-05,11\n", answers)

    [(code, reason, raw, line, interaction)] = desk.rows("select code, reason, raw, line, interaction from rejected")
    assert (code, line, interaction) == ("out_of_scale", 2, "nps")
    assert reason.startswith("score is 11, outside the scale from 0 to 10.")
    assert json.loads(raw) == {"id": "2", "who": "bob", "at": "2026-01-05", "score": "11"}


def test_a_score_that_means_no_answer_is_neither_answer_nor_reject(desk: Desk, answers: str) -> None:
    mapping = answers.replace('score = "score"', 'score = { from = "score", missing = ["11"] }')

    report = desk.take("a.csv", HEADER + GOOD + "2,bob,2026-01-05,11\n3,cid,2026-01-05,\n", mapping)

    assert (report.admitted, report.rejected, report.left_out) == (1, 0, 2)


def test_a_score_as_text_is_not_a_number(desk: Desk, answers: str) -> None:
    desk.take("a.csv", HEADER + "1,ann,2026-01-05,very good\n", answers)

    assert _reasons(desk) == [("not_a_number", 'score is "very good", which is not a number.')]


def test_of_two_rows_with_one_id_the_first_is_kept_and_the_other_is_rejected(desk: Desk, answers: str) -> None:
    report = desk.take("a.csv", HEADER + GOOD + "1,ann,2026-01-05 10:00:00,2\n" + GOOD, answers)

    assert (report.admitted, report.already_there, report.rejected) == (1, 1, 1)
    assert desk.rows("select score from interactions") == [(9.0,)]
    assert [code for code, _ in _reasons(desk)] == ["conflict"]
    assert json.loads(desk.rows("select raw from rejected")[0][0])["score"] == "2"


def test_a_column_with_a_hostile_name_is_a_column_like_any_other(desk: Desk) -> None:
    mapping = """
        source = "x"
        [[interaction]]
        name = "touch"
        kind = "touch"
        occurred_at = "at"
        properties = { note = 'col("\\"; DROP TABLE interactions; --")' }
        """

    desk.take("a.csv", 'at,"""; DROP TABLE interactions; --"\n2026-01-05,kept\n', textwrap.dedent(mapping))

    assert desk.rows("select properties from interactions") == [('{"note":"kept"}',)]


@pytest.mark.parametrize("packed", ["gz", "zip"])
def test_a_zip_bomb_is_given_up_early(desk: Desk, answers: str, packed: str) -> None:
    content = b"1,ann,2026-01-05,9\n" + b"0" * 200_000_000
    if packed == "gz":
        bomb = gzip.compress(content, 9)
    else:
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", content)
        bomb = memory.getvalue()

    with pytest.raises(InputError, match="expands to more than 200 times its size"):
        desk.take(f"a.csv.{packed}", bomb, answers)


def test_a_damaged_archive_is_told_and_no_traceback(desk: Desk, answers: str) -> None:
    with pytest.raises(InputError, match="damaged"):
        desk.take("a.csv.gz", gzip.compress(b"x" * 1000)[:-20], answers)


def test_a_file_over_the_limit_is_refused(desk: Desk, answers: str) -> None:
    desk.settings = Settings.model_validate({"import": {"max_file_bytes": 1000}})

    with pytest.raises(InputError, match="more than 1,000 bytes"):
        desk.take("a.csv", HEADER + GOOD * 100, answers)


def test_three_mistakes_of_a_mapping_are_shown_together(desk: Desk, answers: str) -> None:
    mapping = (
        answers.replace('"who"', '"whom"').replace('occurred_at = "at"', 'occurred_at = "att"') + 'channel = "web"\n'
    )

    with pytest.raises(MistakesError) as failure:
        desk.take("a.csv", HEADER + GOOD, mapping)

    assert {mistake.where for mistake in failure.value.mistakes} == {"key.0.value", "nps.occurred_at", "nps.channel"}
    assert "Unknown column 'whom'. Did you mean \"who\"?" in str(failure.value)
    assert "For the text itself write '\"web\"'." in str(failure.value)


def test_lines_with_too_few_and_too_many_columns_and_open_quotes_are_kept_as_they_stand(
    desk: Desk, answers: str
) -> None:
    lines = ["2,bob,2026-01-05", "3,cid,2026-01-05,7,8", '4,"d"d,2026-01-05,7', "5,eve,2026-01-06,oops"]

    desk.take("a.csv", HEADER + GOOD + "\n".join(lines) + "\n", answers)

    found = desk.rows("select line, code, raw from rejected order by line")
    assert [(line, code) for line, code, _ in found] == [
        (2, "too_few_columns"),
        (3, "too_many_columns"),
        (4, "open_quote"),
        (5, "not_a_number"),
    ]
    assert found[0][2] == "2,bob,2026-01-05"


def _limited(folder: Path, mapping: Path, file: Path, bytes_: int) -> subprocess.CompletedProcess[str]:
    """Imports in a process that may write files of so many bytes only: to it, the disk is full after that."""
    script = f"""
        import resource, signal
        from pathlib import Path
        from types import SimpleNamespace
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        from cxloop.collect.files.importer import import_files
        from cxloop.core.config import Settings
        from cxloop.core.errors import WorkspaceError
        from cxloop.engine.duckdb.engine import DuckDBEngine
        from datetime import datetime
        engine = DuckDBEngine(Path({str(folder)!r}))
        resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes_}, {bytes_}))
        ws = SimpleNamespace(path=Path("."), engine=engine, settings=Settings(), progress=lambda *_: None,
                             now=lambda: datetime(2026, 5, 1))
        try:
            import_files(ws, Path({str(file)!r}), Path({str(mapping)!r}), dry_run=False)
        except WorkspaceError as failure:
            print(failure.message)
        """
    return subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)


def test_a_disk_that_fills_up_midway_leaves_nothing_half_imported(tmp_path: Path, answers: str) -> None:
    file, mapping, folder = tmp_path / "a.csv", tmp_path / "mapping.toml", tmp_path / "analytics"
    rows = (f"{place},person-{os.urandom(8).hex()},2026-01-05,{place % 11}\n" for place in range(60_000))
    file.write_text(HEADER + "".join(rows))
    mapping.write_text(answers)

    found = _limited(folder, mapping, file, 3_000_000)

    assert "disk failed or is full" in found.stdout, found.stderr
    engine = DuckDBEngine(folder)
    counts = {name: engine.count(name) for name in ("interactions", "keys", "event_codes", "rejected", "imports")}
    engine.close()
    assert counts == dict.fromkeys(counts, 0)


def test_a_second_process_is_refused_with_a_sentence(tmp_path: Path) -> None:
    engine = DuckDBEngine(tmp_path / "analytics")
    script = f"""
        from pathlib import Path
        from cxloop.core.errors import WorkspaceError
        from cxloop.engine.duckdb.engine import DuckDBEngine
        try:
            DuckDBEngine(Path({str(tmp_path / "analytics")!r}))
        except WorkspaceError as failure:
            print("refused:", failure.message)
        """
    found = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    engine.close()

    assert found.stdout.startswith("refused:"), found.stderr


KILLED = """
    import os, signal
    from datetime import datetime
    from pathlib import Path
    from types import SimpleNamespace
    from cxloop.collect.files.importer import import_files
    from cxloop.core.config import Settings
    from cxloop.engine.duckdb import admission_load, admission_loader
    from cxloop.engine.duckdb.engine import DuckDBEngine
    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)
    {where}
    ws = SimpleNamespace(path=Path("."), engine=DuckDBEngine(Path({folder!r})), settings=Settings(),
                         progress=lambda *_: None, now=lambda: datetime(2026, 5, 1))
    import_files(ws, Path({file!r}), Path({mapping!r}), dry_run=False)
    {after}
    """


@pytest.mark.parametrize(
    ("where", "after", "expected"),
    [
        ("admission_load.TableLoad.admit = die", "", 0),
        ("admission_loader.DuckDBLoader._record = die", "", 0),
        ("", "die()", 2_000),
    ],
    ids=["before admission", "before commit", "after commit"],
)
def test_after_a_kill_at_any_moment_the_import_can_simply_be_done_again(
    desk: Desk, answers: str, where: str, after: str, expected: int
) -> None:
    file = desk.write(
        "a.csv", HEADER + "".join(f"{place},p{place},2026-01-05,{place % 11}\n" for place in range(2_000))
    )
    mapping = desk.write("mapping.toml", answers)
    folder = desk.path / "killed"
    script = KILLED.format(where=where, after=after, folder=str(folder), file=str(file), mapping=str(mapping))

    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr
    desk.engine.close()
    desk.engine = DuckDBEngine(folder)
    before = desk.engine.count("interactions")
    report = desk.again(file, answers)

    assert before == expected
    assert (report.admitted, report.already_there) == (2_000 - expected, expected)
    assert desk.engine.count("interactions") == 2_000


def test_a_path_that_does_not_exist_is_told(desk: Desk, answers: str) -> None:
    with pytest.raises(InputError, match="does not exist"):
        desk.again(desk.path / "nothing.csv", answers)


def test_an_unknown_mapping_name_suggests_the_ready_one(desk: Desk) -> None:
    from cxloop.collect.files.importer import import_files

    with pytest.raises(InputError, match='Did you mean "olist"'):
        import_files(desk, desk.write("a.csv", HEADER), Path("olits"), dry_run=True)


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "~nobody-of-this-name/a.csv"])
def test_a_name_that_the_system_refuses_is_a_mistake(desk: Desk, answers: str, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        desk.again(Path(name), answers)
