"""Writing down metrics: versions never change, and an old number is made as it was defined then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError, UnknownNameError
from cxloop.core.host import LOCAL, Actor
from cxloop.core.results import Estimate
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace

LARGE = {
    "label": "Large orders",
    "definition": "Share of orders over a limit.",
    "counts": 'kind == "order"',
    "value": "value > 50",
}


@pytest.fixture
def host(bare_workspace: Path) -> Iterator[LocalHost]:
    """Twenty orders of 10, 20, ... 200."""
    host = LocalHost(open_workspace(Folder(bare_workspace)))
    rows = [
        {
            "message_id": f"o{number}",
            "source": "shop",
            "kind": "order",
            "occurred_at": datetime(2026, 5, 1 + number),
            "value": 10.0 * (number + 1),
            "currency": "EUR",
        }
        for number in range(20)
    ]
    host.workspace.engine.admit(pa.Table.from_pylist(rows), now=datetime(2026, 6, 1))
    yield host
    host.close()


def run(host: LocalHost, verb: str, actor: Actor = LOCAL, /, **arguments: Any) -> Any:
    """The answer of a verb of measure."""
    return host.run(f"measure.{verb}", arguments, actor=actor)


def share(host: LocalHost, **more: Any) -> tuple[float, int]:
    """The number, and the version that made it."""
    result = run(host, "metric", name="large_orders", **more)
    assert isinstance(result.rows[0].result, Estimate)
    return result.rows[0].result.value, result.version


def test_an_old_number_is_made_as_it_was_defined_then(host: LocalHost) -> None:
    first = run(host, "define_metric", name="large_orders", **LARGE)
    assert (first.metric.version, first.before, first.written) == (1, None, True)
    assert share(host) == (0.75, 1)

    second = run(host, "define_metric", name="large_orders", **{**LARGE, "value": "value > 150"})

    assert (second.metric.version, second.before, second.changed) == (2, 1, ("value",))
    assert share(host) == (0.25, 2)
    assert share(host, version=1) == (0.75, 1)
    with pytest.raises(NotFoundError, match="no version 3"):
        share(host, version=3)


def test_a_trial_writes_nothing_and_the_same_definition_is_no_new_version(host: LocalHost) -> None:
    trial = run(host, "define_metric", name="large_orders", **LARGE, dry_run=True)
    assert not trial.written
    with pytest.raises(UnknownNameError, match="large_orders"):
        share(host)

    versions = [run(host, "define_metric", name="large_orders", **LARGE).metric.version for _ in range(3)]

    assert versions == [1, 1, 1]
    assert "75.0 %" in str(trial)


def test_a_retired_metric_is_offered_no_more_and_can_come_back(host: LocalHost) -> None:
    run(host, "define_metric", name="large_orders", **LARGE)

    told = run(host, "retire_metric", name="large_orders")

    assert str(told) == "large_orders was retired. Its numbers can still be asked for with version=1."
    assert "large_orders" not in [item.name for item in run(host, "metrics").metrics]
    with pytest.raises(InputError, match="Ask for version 1"):
        share(host)
    assert share(host, version=1) == (0.75, 1)
    with pytest.raises(InputError, match="retired before"):
        run(host, "retire_metric", name="large_orders")
    assert run(host, "define_metric", name="large_orders", **LARGE).metric.version == 3
    assert share(host) == (0.75, 3)


def test_versions_say_what_each_was_and_what_changed(host: LocalHost) -> None:
    run(host, "define_metric", name="large_orders", **LARGE)
    run(host, "define_metric", name="large_orders", **{**LARGE, "value": "value > 150", "better": "less"})

    found = run(host, "metric_versions", name="large_orders")

    assert [item.version for item in found.versions] == [2, 1]
    assert found.versions[0].changed == ("value", "direction")
    assert dict(found.versions[1].fields)["value"] == "value > 50"
    assert str(found) == "large_orders: 2 versions, version 2 is the one that counts."
    with pytest.raises(UnknownNameError):
        run(host, "metric_versions", name="nothing")


def test_mistakes_are_all_told_and_nothing_is_written(host: LocalHost) -> None:
    with pytest.raises(InputError, match="2 mistakes"):
        run(host, "define_metric", name="large_orders", **{**LARGE, "counts": "kind", "unit": "money"})

    assert [item.own for item in run(host, "metrics").metrics if item.own] == []


def test_who_only_reads_defines_nothing(host: LocalHost) -> None:
    viewer = Actor(7, "viewer@example.org", "viewer")

    with pytest.raises(AccessDeniedError):
        run(host, "define_metric", viewer, name="large_orders", **LARGE)
    assert run(host, "metrics", viewer).metrics
