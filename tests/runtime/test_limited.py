"""Somebody who is limited to some rows: what their verbs get, what is kept for whom, and what stays closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cxloop.core.errors import AccessDeniedError
from cxloop.core.host import LOCAL, Actor, Limits
from cxloop.core.results import Estimate, EstimateRow, Estimates, How, Records
from cxloop.core.verbs import Registry, verb
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.remote import RemoteHost
from cxloop.runtime.workspace import Workspace, open_workspace

NORA = Actor(1, "Nora", "agent", (("team", ("North",)),))
NIKO = Actor(2, "Niko", "viewer", (("team", ("North",)),))
SAM = Actor(3, "Sam", "agent", (("team", ("South",)),))
ANA = Actor(4, "Ana", "analyst")


@pytest.fixture
def verbs() -> Registry:
    """Verbs that look at the log, the folder, the records and who asks, and one that changes something."""
    registry = Registry()

    @verb(part="measure", right="read", into=registry)
    def size(ws: Workspace) -> Estimates:
        """How many interactions there are."""
        count = ws.engine.count("interactions")
        row = EstimateRow((), None, Estimate(count, 0, 0, count, count, "counting"))
        return Estimates(
            "size", "score", (), None, None, ws.as_of, "UTC", None, (row,), how=How(method="Counting.", sql="select 1")
        )

    @verb(part="collect", right="read", into=registry)
    def inbox(ws: Workspace) -> Records:
        """Look into the folder."""
        return Records(str(ws.path), (), ())

    @verb(part="collect", right="read", into=registry)
    def people(ws: Workspace) -> Records:
        """Look into the records."""
        return Records(str(ws.store), (), ())

    @verb(part="act", right="read", limited="own", into=registry)
    def mine(ws: Workspace) -> Records:
        """What is one's own."""
        return Records(f"{ws.actor.name}: {ws.store is not None}, {ws.engine.count('interactions')}", (), ())

    @verb(part="act", right="read", limited="refuse", into=registry)
    def whole(ws: Workspace) -> Records:
        """What is everybody's."""
        return Records("", (), ())

    @verb(part="act", right="write", into=registry)
    def change(ws: Workspace) -> Records:
        """Change something."""
        return Records("", (), ())

    return registry


@pytest.fixture
def host(bare_workspace: Path, verbs: Registry) -> Iterator[LocalHost]:
    """A log with three rows of North and one of South."""
    opened = LocalHost(open_workspace(Folder(bare_workspace)), find=verbs.get)
    add(opened, *["North"] * 3, "South")
    yield opened
    opened.close()


def add(host: LocalHost, *teams: str) -> None:
    """Admits one row for each team; South's are later."""
    before = host.workspace.engine.count("interactions")
    rows = [
        {
            "message_id": str(before + place),
            "source": "shop",
            "kind": "touch",
            "team": team,
            "occurred_at": datetime(2020, 5, 4 if team == "North" else 20),
        }
        for place, team in enumerate(teams)
    ]
    host.workspace.engine.admit(pa.Table.from_pylist(rows), now=datetime(2020, 6, 1))


def number(result: Any) -> float:
    """The one number of an answer."""
    return float(result.rows[0].result.value)


@pytest.mark.parametrize(("who", "rows"), [(LOCAL, 4), (ANA, 4), (NORA, 3), (NIKO, 3), (SAM, 1)])
def test_everybody_counts_the_rows_they_may_see(host: LocalHost, who: Actor, rows: int) -> None:
    assert number(host.run("measure.size", {}, actor=who)) == rows
    assert number(host.snapshot("measure.size", {}, actor=who).result) == rows


def test_the_last_day_of_the_data_is_the_last_day_that_one_may_see(host: LocalHost) -> None:
    ends = {who.name: host.run("measure.size", {}, actor=who).until for who in (ANA, NORA)}  # type: ignore[attr-defined]

    assert ends == {"Ana": datetime(2020, 5, 21), "Nora": datetime(2020, 5, 5)}


def test_the_panel_says_the_limits_and_the_same_call_without_limits_does_not(host: LocalHost) -> None:
    limited: Any = host.run("measure.size", {}, actor=NORA)
    kept: Any = host.snapshot("measure.size", {}, actor=NORA).result
    whole: Any = host.run("measure.size", {}, actor=ANA)

    assert limited.how.method == kept.how.method == "Counting. Limited to rows with team = North."
    assert whole.how.method == "Counting."


def test_what_is_kept_for_one_is_not_served_to_another(host: LocalHost) -> None:
    for who, rows in ((ANA, 4), (NORA, 3), (SAM, 1), (NIKO, 3), (ANA, 4)):
        kept = host.snapshot("measure.size", {}, actor=who)
        assert (number(kept.result), kept.position) == (rows, rows)


def test_it_stays_so_after_a_restart(bare_workspace: Path, verbs: Registry) -> None:
    first = LocalHost(open_workspace(Folder(bare_workspace)), find=verbs.get)
    add(first, "North", "South", "South")
    for who in (SAM, NORA, ANA):
        first.snapshot("measure.size", {}, actor=who)
    settle(first)
    first.close()

    again = LocalHost(open_workspace(Folder(bare_workspace)), find=verbs.get)
    found = [number(again.snapshot("measure.size", {}, actor=who).result) for who in (ANA, NORA, SAM)]
    again.close()

    assert found == [3, 1, 2]


def settle(host: LocalHost) -> None:
    """Waits for what runs in the background."""
    done = threading.Event()
    host.lanes.later("settled", done.set)
    assert done.wait(10)


def test_rows_of_others_make_nothing_stale(host: LocalHost) -> None:
    host.snapshot("measure.size", {}, actor=NORA)
    add(host, "South")

    kept = host.snapshot("measure.size", {}, actor=NORA)

    assert (kept.position, number(kept.result)) == (3, 3)


def test_what_is_renewed_in_the_background_keeps_its_limits(host: LocalHost) -> None:
    host.snapshot("measure.size", {}, actor=NORA)
    add(host, "North", "South")

    assert host.snapshot("measure.size", {}, actor=NORA).stale
    settle(host)

    assert number(host.snapshot("measure.size", {}, actor=NORA).result) == 4
    assert number(host.snapshot("measure.size", {}, actor=ANA).result) == 6


@pytest.mark.parametrize(("path", "what"), [("collect.inbox", "its folder"), ("collect.people", "its records")])
def test_a_verb_that_looks_beside_the_log_is_refused_even_if_it_forgot_to_say_so(
    host: LocalHost, path: str, what: str
) -> None:
    assert host.run(path, {}, actor=ANA)

    with pytest.raises(AccessDeniedError, match=what):
        host.run(path, {}, actor=NORA)


def test_what_is_ones_own_is_open_and_never_kept_for_others(host: LocalHost) -> None:
    assert str(host.run("act.mine", {}, actor=NORA)) == "Nora: True, 3"

    with pytest.raises(AccessDeniedError, match="about whoever asks"):
        host.snapshot("act.mine", {}, actor=NORA)


@pytest.mark.parametrize("path", ["act.whole", "act.change"])
def test_what_concerns_all_rows_is_refused_with_the_limits(host: LocalHost, path: str) -> None:
    limited = Actor(1, "Nora", "analyst", NORA.limits)

    with pytest.raises(AccessDeniedError, match=r"is about the whole workspace, .* team = North"):
        host.run(path, {}, actor=limited)


@pytest.mark.parametrize("limits", [(("team", ()),), (("team", ("North",)), ("region", ("DE",)))])
def test_limits_that_no_row_meets_show_no_row(host: LocalHost, limits: Limits) -> None:
    assert number(host.run("measure.size", {}, actor=Actor(1, "Nobody", "viewer", limits))) == 0


def test_limits_by_a_column_that_is_none_show_nothing_at_all(host: LocalHost) -> None:
    with pytest.raises(AccessDeniedError, match="Nobody can be limited by shoe_size"):
        host.run("measure.size", {}, actor=Actor(1, "Odd", "viewer", (("shoe_size", ("42",)),)))


def test_the_socket_is_for_whoever_sees_all_rows(bare_workspace: Path, verbs: Registry) -> None:
    from cxloop._version import __version__

    remote = RemoteHost(Folder(bare_workspace), 1, __version__, find=verbs.get)

    with pytest.raises(AccessDeniedError, match="socket"):
        remote.run("measure.size", {}, actor=NORA)
