"""The doctor: finds what is wrong, also where the workspace cannot be opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cxloop.core.results import Records
from cxloop.runtime.doctor import examine
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.listener import Listener
from cxloop.runtime.workspace import Workspace, open_workspace


def states(found: Records) -> dict[str, object]:
    return {str(row["what"]): row["state"] for row in found.records()}


def test_a_healthy_workspace_has_nothing_wrong(bare_workspace: Path) -> None:
    open_workspace(Folder(bare_workspace)).close()

    found = states(examine(bare_workspace))

    assert set(found.values()) <= {"ok", "look"}
    assert {"versions", "time zones", "clock", "disk", "server", "tables", "rejects", "records"} <= found.keys()


def test_no_workspace_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    assert states(examine(tmp_path))["workspace"] == "wrong"


def test_mistakes_in_the_settings_are_shown(bare_workspace: Path) -> None:
    (bare_workspace / "cxloop.toml").write_text("[compnay]\n")

    rows = {str(row["what"]): row for row in examine(bare_workspace).records()}

    assert rows["settings"]["state"] == "wrong"
    assert 'Did you mean "company"?' in str(rows["settings"]["found"])


def test_a_workspace_that_others_can_look_into_is_worth_a_look(bare_workspace: Path) -> None:
    bare_workspace.chmod(0o755)

    assert states(examine(bare_workspace))["permissions"] == "look"


def test_waiting_rejects_are_worth_a_look(workspace: Workspace, bare_workspace: Path) -> None:
    row: dict[str, list[Any]] = {
        "rejected_id": [1],
        "import_id": ["1"],
        "source": ["shop"],
        "file": ["a.csv"],
        "code": ["score"],
        "reason": ["An NPS of 11."],
        "raw": ["{}"],
        "rejected_at": [workspace.now()],
    }
    workspace.engine.append("rejected", pa.table(row))
    workspace.close()

    found = states(examine(bare_workspace))

    assert found["rejects"] == "look"


@pytest.fixture
def workspace(bare_workspace: Path) -> Workspace:
    """An open workspace that the test closes itself."""
    return open_workspace(Folder(bare_workspace))


def test_a_running_server_is_found_and_left_alone(workspace: Workspace, bare_workspace: Path) -> None:
    listener = Listener(LocalHost(workspace), workspace.folder.socket)

    found = states(examine(bare_workspace))
    listener.close()
    workspace.close()

    assert found["server"] == "ok"
    assert "tables" not in found


def test_a_left_over_socket_is_explained(workspace: Workspace, bare_workspace: Path) -> None:
    workspace.folder.socket.touch()
    workspace.close()

    assert states(examine(bare_workspace))["server"] == "look"


def test_a_damaged_file_is_a_finding_and_no_crash(bare_workspace: Path) -> None:
    open_workspace(Folder(bare_workspace)).close()
    for file in (bare_workspace / "analytics").glob("*.duckdb"):
        file.write_bytes(b"not a database" * 100)

    assert states(examine(bare_workspace))["tables"] == "wrong"
