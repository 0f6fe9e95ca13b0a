"""`import cxloop as cx`: light, small, and a workspace whose members are the verbs."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import cxloop as cx
from cxloop.core.errors import UnknownNameError, WorkspaceError
from cxloop.core.results import Estimates
from cxloop.runtime import parts


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, cxloop; print(*sys.modules)"

    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )

    assert not loaded & {"pydantic", "duckdb", "pyarrow", "numpy", "typer", "rich", "fastapi", "sqlalchemy"}


def test_the_public_surface_is_small() -> None:
    assert cx.__all__ == ["CxloopError", "__version__", "create", "open"]


def test_members_are_generated_from_the_verbs(bare_workspace: Path) -> None:
    with cx.open(bare_workspace) as ws:
        assert set(parts.names()) <= set(dir(ws))
        for verb in parts.load():
            member = getattr(getattr(ws, verb.part), verb.name)
            assert list(inspect.signature(member).parameters) == [item.name for item in verb.parameters]
            assert member.__doc__ == verb.function.__doc__
        assert "nps: Net Promoter Score" in repr(ws.measure)
        assert str(bare_workspace) in repr(ws)


def test_a_verb_runs_with_its_arguments_by_name_or_place(bare_workspace: Path) -> None:
    with cx.open(bare_workspace) as ws:
        result = ws.measure.nps(by="channel", every="week")

        assert isinstance(result, Estimates)
        assert result.by == ("channel",)
        assert ws.unify.customers("marta") == ws.unify.customers(query="marta")
        with pytest.raises(cx.CxloopError, match="There is no customer '4711'"):
            ws.unify.customer(4711)  # results tell numbers of customers as numbers


def test_a_misspelt_argument_is_answered_with_the_nearest(bare_workspace: Path) -> None:
    with cx.open(bare_workspace) as ws, pytest.raises(UnknownNameError, match='Did you mean "every"'):
        ws.measure.nps(evry="week")


def test_too_many_arguments_by_place_are_a_type_error(bare_workspace: Path) -> None:
    with cx.open(bare_workspace) as ws, pytest.raises(TypeError):
        ws.measure.nps("channel")


def test_a_misspelt_part_or_verb_is_an_attribute_error_with_the_nearest(bare_workspace: Path) -> None:
    with cx.open(bare_workspace) as ws:
        with pytest.raises(AttributeError, match='Did you mean "measure"'):
            _ = ws.mesure
        with pytest.raises(AttributeError, match='Did you mean "nps"'):
            _ = ws.measure.npps


def test_create_makes_and_opens(tmp_path: Path) -> None:
    with cx.create(tmp_path / "acme", template="shop") as ws:
        assert ws.settings.company.name == "Shop"
        assert ws.experience.touchpoint


def test_a_folder_that_is_no_workspace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cxloop init"):
        cx.open(tmp_path)


def test_a_closed_workspace_can_be_opened_again(bare_workspace: Path) -> None:
    cx.open(bare_workspace).close()

    with cx.open(bare_workspace) as ws:
        assert ws.path == bare_workspace
