"""Two processes on one workspace: the second is told who holds it and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cxloop.core.errors import WorkspaceError
from cxloop.engine.duckdb.engine import DuckDBEngine

HOLD = """
import sys
from pathlib import Path
from cxloop.engine.duckdb.engine import DuckDBEngine
engine = DuckDBEngine(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_told_who_holds_the_workspace(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(WorkspaceError, match=rf"in use by process {holder.pid}.*cxloop serve"):
            DuckDBEngine(folder)
        holder.communicate("")


def test_a_killed_process_holds_nothing(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
        holder.wait()

    DuckDBEngine(folder).close()


def test_the_same_process_cannot_open_it_twice(folder: Path) -> None:
    engine = DuckDBEngine(folder)
    with pytest.raises(WorkspaceError, match="already open in this process"):
        DuckDBEngine(folder)
    engine.close()

    DuckDBEngine(folder).close()
