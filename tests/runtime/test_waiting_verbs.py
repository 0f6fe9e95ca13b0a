"""A verb that waits for somebody else's system holds up nobody, until it changes the log."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cxloop.core.host import LOCAL
from cxloop.core.results import Records
from cxloop.core.verbs import Registry, verb
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import Workspace, open_workspace


@pytest.mark.parametrize("waits", [True, False])
def test_only_a_verb_that_does_not_wait_keeps_others_from_changing_the_log(bare_workspace: Path, waits: bool) -> None:
    registry = Registry()
    inside, go_on = threading.Event(), threading.Event()

    @verb(part="collect", right="write", waits=waits, into=registry)
    def pull(ws: Workspace) -> Records:
        """Waits."""
        inside.set()
        assert go_on.wait(30)
        with ws.heavy:
            return Records("Done.", (), ())

    host = LocalHost(open_workspace(Folder(bare_workspace)), registry.get)
    runs = threading.Thread(target=lambda: host.run("collect.pull", {}, actor=LOCAL))
    runs.start()
    try:
        assert inside.wait(30)
        free = host.lanes.heavy.acquire(blocking=False)  # type: ignore[attr-defined]
        if free:
            host.lanes.heavy.release()  # type: ignore[attr-defined]
    finally:
        go_on.set()
        runs.join()
        host.close()

    assert free is waits
