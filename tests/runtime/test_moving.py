"""Taking a workspace's tables to another engine, as far as that needs no Spark; the rest is in tests/spark."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxloop.core.engine import Engine
from cxloop.core.errors import InputError, WorkspaceError
from cxloop.runtime.engines import engine_at
from cxloop.runtime.folder import Folder
from cxloop.runtime.moving import aimed, move


def test_tables_that_are_there_already_are_not_taken(bare_workspace: Path) -> None:
    with pytest.raises(InputError, match=r"are in .*/acme/analytics already"):
        move(Folder(bare_workspace), Engine())


def test_a_workspace_that_somebody_has_open_is_not_taken(bare_workspace: Path) -> None:
    folder = Folder(bare_workspace)
    opened = engine_at(folder, Engine())
    with pytest.raises(WorkspaceError, match="already open in this process"):
        move(folder, Engine(address="local[1]"))
    opened.close()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nonsense", "'nonsense' cannot be used. Give duckdb, spark://host:7077, sc://host:15002 or local"),
        ("spark://host", "'spark://host' cannot be used"),
    ],
)
def test_an_address_that_is_none_is_refused_with_what_is_allowed(bare_workspace: Path, address: str, told: str) -> None:
    with pytest.raises(InputError) as failure:
        aimed(Folder(bare_workspace), address)
    assert failure.value.message.startswith(told)


def test_the_other_settings_of_the_engine_are_kept(bare_workspace: Path) -> None:
    (bare_workspace / "cxloop.toml").write_text('[engine]\nthreads = 3\n[engine.spark]\n"spark.executor.cores" = "2"\n')
    found = aimed(Folder(bare_workspace), "sc://host:15002", "/mnt/tables")
    assert (found.address, found.warehouse, found.threads) == ("sc://host:15002", "/mnt/tables", 3)
    assert found.spark == {"spark.executor.cores": "2"}
