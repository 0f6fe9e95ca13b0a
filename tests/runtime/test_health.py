"""Ready says which part is not; metrics are lines that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cxloop.collect.intake import open_spool
from cxloop.collect.loader.progress import Progress, running
from cxloop.collect.spool import Envelope
from cxloop.core.errors import EngineError
from cxloop.runtime.folder import Folder
from cxloop.runtime.health import FAILING_SECONDS, Counters, metrics, not_ready
from cxloop.runtime.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(bare_workspace: Path) -> Iterator[Workspace]:
    opened = open_workspace(Folder(bare_workspace))
    yield opened
    running(bare_workspace, None)
    opened.close()


def samples(text: str) -> dict[str, float]:
    """Returns the samples of an exposition by name and values of labels."""
    return {
        " ".join([sample.name, *sorted(sample.labels.values())]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_process_that_can_do_its_work_is_ready(workspace: Workspace) -> None:
    running(workspace.path, Progress())

    assert not_ready(workspace) == {}


def test_a_loader_that_stopped_is_named(workspace: Workspace) -> None:
    progress = Progress()
    progress.is_alive = lambda: False
    running(workspace.path, progress)

    assert list(not_ready(workspace)) == ["loader"]


def test_a_loader_that_goes_on_failing_is_named(workspace: Workspace) -> None:
    now = 0.0
    progress = Progress(lambda: now)
    progress.failed("The disk is full.")
    running(workspace.path, progress)
    at_first = not_ready(workspace)
    now = FAILING_SECONDS + 1

    assert at_first == {}
    assert list(not_ready(workspace)) == ["loader"]


def test_an_engine_that_does_not_answer_is_named(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_table: str) -> int:
        raise EngineError("no answer")

    monkeypatch.setattr(workspace.engine, "count", broken)

    assert list(not_ready(workspace)) == ["engine"]


def test_a_full_spool_is_named(bare_workspace: Path) -> None:
    (bare_workspace / "cxloop.toml").write_text('[collect]\nspool_limit = "1MB"\n')
    opened = open_workspace(Folder(bare_workspace))
    spool = open_spool(opened.path, opened.settings)
    spool.append([Envelope("web", "segment", 1, b"x" * 980_000)])
    spool.close()
    found = not_ready(opened)
    opened.close()

    assert list(found) == ["spool"]


def test_a_spool_that_cannot_be_written_is_named(workspace: Workspace) -> None:
    workspace.folder.spool.write_text("a file where the folder should be")

    assert list(not_ready(workspace)) == ["spool"]


def test_metrics_tell_of_verbs_spool_and_loader(workspace: Workspace) -> None:
    counters = Counters()
    counters.add("measure.nps", "done", 0.5)
    spool = open_spool(workspace.path, workspace.settings)
    spool.append([Envelope("web", "segment", 1, b"{}", events=7)])
    spool.close()

    found = samples(metrics(counters, workspace))

    assert found["cxloop_verb_runs_total done measure.nps"] == 1
    assert found["cxloop_verb_seconds_total measure.nps"] == 0.5
    assert found["cxloop_spool_events"] == 7
    assert found["cxloop_spool_oldest_age_seconds"] > 0
    assert found["cxloop_loader_events_total admitted"] == 0
    assert found["cxloop_loader_running"] == 0
