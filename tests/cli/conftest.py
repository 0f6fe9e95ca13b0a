"""Runs the command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from cxloop.entry.cli import command_line


class Ran(NamedTuple):
    """How a command ended and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


Cxloop: TypeAlias = Callable[..., Ran]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide as on a usual terminal, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def cxloop(bare_workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cxloop:
    """Runs words as a command, on an empty workspace unless they name another."""
    monkeypatch.setenv("CXLOOP_WORKSPACE", str(bare_workspace))

    def run(*words: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            command_line()(list(words), prog_name="cxloop")
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, *capsys.readouterr())

    return run
