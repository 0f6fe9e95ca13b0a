"""What collectors know of widgets' segments is written while a widget asks for one, and removed after that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxloop.collect.surveys.audience import Audience
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.jobs.audiences import STALE_SECONDS, Audiences
from cxloop.runtime.workspace import open_workspace
from cxloop.store.surveys import surveys


@pytest.fixture
def host(bare_workspace: Path) -> Iterator[LocalHost]:
    """The host of a workspace with a live survey whose widget is for a segment."""
    opened = LocalHost(open_workspace(Folder(bare_workspace)))
    store = opened.workspace.store
    surveys.create(store, "pulse", title="Pulse", settings={"widget": {"segment": "gold"}})
    surveys.set_state(store, "pulse", "live", version=1)
    yield opened
    opened.close()


def test_the_file_is_written_kept_for_a_while_and_removed_with_the_last_widget(host: LocalHost) -> None:
    job, workspace = Audiences(host), host.workspace
    path = Audience.of(workspace.folder.path, workspace.store.vault).path("gold")

    assert (job.due(), job.run("")) == ([""], "done")
    assert path.is_file()
    assert (job.due(), job.run("")) == ([], "not due")
    old = path.stat().st_mtime - STALE_SECONDS - 1
    os.utime(path, (old, old))
    assert (job.needed(), job.run("")) == (True, "done")
    surveys.set_state(workspace.store, "pulse", "closed")
    assert job.run("") == "done"
    assert not path.exists()
    assert job.due() == []
