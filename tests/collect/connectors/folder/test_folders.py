"""Folders of this machine: what is new, what has changed, what is not whole, what is broken."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from tests.collect.connectors.conftest import Office

from cxloop.collect import connections as verbs
from cxloop.collect.connectors.base import Scope, SourceError
from cxloop.collect.connectors.folder.connector import Settings
from cxloop.collect.connectors.folder.source import Folder
from cxloop.core.errors import MistakesError
from cxloop.core.host import Actor

MAPPING = """
[[interaction]]
name = "order"
kind = "order"
id = "id"
occurred_at = "at"
objects = { order = "id" }
"""
HEAD = "id,at\n"


def put(office: Office, name: str, content: str, age: float = 3600) -> Path:
    """Writes a file into the folder that is watched, `age` seconds ago."""
    file = office.path / "inbox" / "exports" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    os.utime(file, (time.time() - age, time.time() - age))
    return file


def look(tmp_path: Path, state: dict[str, object], **settings: object) -> list[str]:
    """Returns the names that one look through a folder fetches."""
    chosen = Settings.model_validate({"path": str(tmp_path / "exports"), **settings})
    return [item["name"] for item in Folder(chosen, Scope(tmp_path), state).new()]


@pytest.mark.usefixtures("real_children")
def test_new_and_changed_files_are_imported_and_no_other(office: Office) -> None:
    put(office, "may.csv", HEAD + "1,2026-05-01\n2,2026-05-02\n")
    put(office, "2026/june.csv", HEAD + "3,2026-06-01\n")
    office.connect("folder", "exports", MAPPING, path="exports", pattern="**/*.csv")

    first = office.pull("exports")
    put(office, "may.csv", HEAD + "1,2026-05-01\n2,2026-05-02\n4,2026-05-03\n", age=1800)
    second = office.pull("exports")
    third = office.pull("exports")

    assert (first.admitted, second.admitted, second.already_there, third.rows) == (3, 1, 2, 0)
    assert office.orders("exports") == ["1", "2", "3", "4"]
    names = [json.loads(row[0])[0]["name"] for row in office.rows("select files from imports order by import_id")]
    assert names == ["may.csv", "june.csv", "may.csv"] or names == ["june.csv", "may.csv", "may.csv"]


def test_a_mapping_is_suggested_before_anything_was_ever_pulled(office: Office) -> None:
    put(office, "a.csv", HEAD + "1,2026-05-01\n")

    found = verbs.connect(office, "folder", "exports", settings=json.dumps({"path": "exports"}), suggest=True)

    assert 'occurred_at = "' in str(found)


def test_a_broken_file_stops_no_other_and_waits_with_its_reason_until_it_is_replaced(office: Office) -> None:
    put(office, "a.csv", "number,when\n1,2026-05-01\n", age=3000)
    put(office, "b.csv", HEAD + "2,2026-05-02\n", age=2000)
    put(office, "c.xlsx", "no workbook", age=1000)
    office.connect("folder", "exports", MAPPING, path="exports")

    with pytest.raises(SourceError, match=r"2 files wait that cannot be read: a\.csv: .*Unknown column 'id'"):
        office.pull("exports")
    assert office.orders("exports") == ["2"]
    kept = office.connection("exports")
    assert (kept.outcome, kept.failure, kept.admitted) == ("failed", "schema", 1)

    put(office, "a.csv", HEAD + "1,2026-05-01\n", age=500)
    with pytest.raises(SourceError, match=r"1 file waits that cannot be read: c\.xlsx"):
        office.pull("exports")
    assert office.orders("exports") == ["1", "2"]

    assert any("c.xlsx" in note for note in office.pull("exports", leave_out=True).notes)
    assert office.pull("exports").rows == 0


def test_what_is_still_written_is_left_for_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    for name, age in (("whole.csv", 100), ("young.csv", 1), ("upload.csv.part", 100), (".hidden.csv", 100)):
        (folder / name).write_text("x")
        os.utime(folder / name, (time.time() - age, time.time() - age))
    state: dict[str, object] = {}

    assert look(tmp_path, state) == ["whole.csv"]
    os.utime(folder / "young.csv", (time.time() - 100, time.time() - 100))
    (folder / "upload.csv.part").rename(folder / "upload.csv")
    assert sorted(look(tmp_path, state)) == ["upload.csv", "young.csv"]
    assert look(tmp_path, state) == []


def test_a_deleted_file_is_forgotten_and_read_again_when_it_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "exports" / "a.csv"
    file.parent.mkdir()
    file.write_text("x")
    state: dict[str, object] = {}

    assert look(tmp_path, state, settle_seconds=0) == ["a.csv"]
    file.unlink()
    assert look(tmp_path, state, settle_seconds=0) == []
    assert state["seen"] == {}
    file.write_text("x")
    assert look(tmp_path, state, settle_seconds=0) == ["a.csv"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    secret = tmp_path / "secret.csv"
    secret.write_text("salaries")
    (tmp_path / "exports" / "innocent.csv").symlink_to(secret)

    assert look(tmp_path, {}, settle_seconds=0) == []


def test_an_account_connects_folders_of_the_inbox_only(office: Office) -> None:
    office.actor = Actor(account_id=7, name="Ada", role="owner")

    with pytest.raises(MistakesError, match="outside of the workspace's inbox"):
        office.connect("folder", "exports", MAPPING, path="/etc")
    with pytest.raises(MistakesError, match="outside of the workspace's inbox"):
        office.connect("folder", "exports", MAPPING, path="../../etc")
    office.connect("folder", "exports", MAPPING, path="exports")
    assert office.connection("exports").settings["path"] == "exports"


def test_a_folder_that_does_not_exist_is_told(office: Office) -> None:
    office.connect("folder", "exports", MAPPING, path="nowhere")

    with pytest.raises(SourceError, match="There is no folder nowhere"):
        office.pull("exports")
    assert office.connection("exports").failure == "missing"


def test_mistakes_of_settings_mapping_name_and_schedule_are_told_together(office: Office) -> None:
    with pytest.raises(MistakesError) as failure:
        verbs.connect(
            office, "folder", "Nice Name", settings='{"path": "x", "bucket": "b"}', mapping_text="[[", every="2s"
        )

    assert [mistake.where for mistake in failure.value.mistakes] == ["name", "bucket", "mapping", "every"]
