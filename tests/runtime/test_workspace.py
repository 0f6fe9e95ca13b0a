"""An open workspace: one owner, and the moment that counts as now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.errors import MistakesError, WorkspaceError
from cxloop.runtime.folder import Folder
from cxloop.runtime.workspace import Workspace, end_of_day, open_workspace

ZONES = st.sampled_from([ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata")])


@given(st.datetimes(datetime(2000, 1, 1), datetime(2036, 1, 1)), ZONES)
def test_the_end_of_a_day_is_the_next_local_midnight(moment: datetime, zone: ZoneInfo) -> None:
    # By its definition: the last microsecond before it has the same local date, and it has the next one.
    def date_at(utc: datetime) -> object:
        return utc.replace(tzinfo=UTC).astimezone(zone).date()

    end = end_of_day(moment, zone)

    assert moment < end
    assert date_at(end - timedelta(microseconds=1)) == date_at(moment)
    assert date_at(end) == date_at(moment) + timedelta(days=1)  # type: ignore[operator]


def test_data_that_ended_long_ago_keeps_its_last_thirty_days(workspace: Workspace, add: Callable[..., None]) -> None:
    add(workspace, datetime(2020, 5, 1, 9), datetime(2020, 5, 4, 17, 30))

    assert workspace.view().as_of == datetime(2020, 5, 5)


def test_the_last_day_ends_in_the_reporting_zone(bare_workspace: Path, add: Callable[..., None]) -> None:
    (bare_workspace / "cxloop.toml").write_text('[company]\ntime_zone = "Europe/Berlin"\n')
    workspace = open_workspace(Folder(bare_workspace))
    add(workspace, datetime(2020, 7, 4, 22, 30))

    as_of = workspace.as_of
    workspace.close()

    # 22:30 UTC is half past midnight on the fifth in Berlin, whose summer days end at 22:00 UTC.
    assert as_of == datetime(2020, 7, 5, 22, 0)


def test_data_that_reaches_into_today_ends_now(workspace: Workspace, add: Callable[..., None]) -> None:
    add(workspace, datetime(2020, 5, 4, 8))

    assert replace(workspace, now=lambda: datetime(2020, 5, 4, 9)).as_of == datetime(2020, 5, 4, 9)


def test_an_empty_log_ends_now(workspace: Workspace) -> None:
    assert replace(workspace, now=lambda: datetime(2020, 1, 1)).as_of == datetime(2020, 1, 1)


def test_the_moment_holds_still_during_one_run(workspace: Workspace, add: Callable[..., None]) -> None:
    view = workspace.view()
    add(workspace, datetime(2020, 5, 4))
    before = view.as_of
    add(workspace, datetime(2020, 6, 1))

    assert view.as_of == before
    assert workspace.view().as_of == datetime(2020, 6, 2)


def test_views_share_one_store(workspace: Workspace) -> None:
    assert workspace.view().store is workspace.view().store


def test_a_workspace_has_one_owner(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError):
        open_workspace(workspace.folder)


def test_mistakes_in_the_settings_keep_a_workspace_closed(bare_workspace: Path) -> None:
    (bare_workspace / "cxloop.toml").write_text("[measure]\nlevel = 7\n")

    with pytest.raises(MistakesError, match=r"measure\.level"):
        open_workspace(Folder(bare_workspace))
