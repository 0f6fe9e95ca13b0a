"""The log carries no personal data."""

from __future__ import annotations

import json
from pathlib import Path

from cxloop.runtime import logs


def test_only_known_fields_are_written(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "cxloop.log"

    logs.logger(log).info("start", pid=1, customer="marta@example.org", arguments={"person": "Marta"})

    line = json.loads(log.read_text())
    assert line.keys() == {"event", "level", "timestamp", "pid"}


def test_a_failure_is_written_as_type_and_places_without_its_message(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "cxloop.log"
    try:
        try:
            raise KeyError("marta@example.org")
        except KeyError as cause:
            raise ValueError("Marta is missing") from cause
    except ValueError as failure:
        logs.failure(log, failure, verb="unify.customers")

    line = json.loads(log.read_text())
    assert "marta" not in log.read_text().lower().replace("test_logs", "")
    assert line["error"] == "ValueError"
    assert "KeyError" in line["places"]
    assert "test_a_failure_is_written" in line["places"][-1]


def test_the_folder_of_the_log_is_private(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "cxloop.log"

    logs.logger(log).info("start")

    assert log.parent.stat().st_mode & 0o777 == 0o700


def test_a_log_that_cannot_be_written_does_not_hide_the_failure(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()

    logs.failure(tmp_path / "logs" / "cxloop.log", ValueError("x"))

    assert (tmp_path / "logs").read_bytes() == b""
