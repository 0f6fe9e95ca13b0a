"""What is on file is asked of the app; where that is away or busy, the page goes on without it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cxloop.entry import preferences
from cxloop.outreach.pages.choices import Standing
from cxloop.runtime.folder import Folder


def test_where_no_server_runs_nothing_is_known(bare_workspace: Path) -> None:
    assert preferences.standing_of(Folder(bare_workspace), 7) is None


def test_a_busy_server_is_not_waited_for(bare_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_folder: Folder, _key: int) -> Standing:
        time.sleep(1)
        return Standing({})

    monkeypatch.setattr(preferences, "_asked", slow)
    monkeypatch.setattr(preferences, "PATIENCE_SECONDS", 0.01)

    assert preferences.standing_of(Folder(bare_workspace), 7) is None
