"""The verbs that read dashboards."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import Condition, verb
from cxloop.engine.base import Analysis
from cxloop.measure.boards.results import Dashboard, DashboardChanges, Dashboards

__all__ = ["dashboard", "dashboard_changes", "dashboards"]

Moment = Annotated[str, Field(max_length=40)]
BoardName = Annotated[str, Field(min_length=1, max_length=40)]


@verb(part="measure", right="read")
def dashboards(ws: Analysis) -> Dashboards:
    """The dashboards of this workspace, and the templates that one may begin with."""
    from cxloop.measure.boards.reading import list_dashboards

    return list_dashboards(ws)


@verb(part="measure", right="read")
def dashboard(ws: Analysis, name: BoardName, *, version: Annotated[int, Field(ge=1)] | None = None) -> Dashboard:
    """One dashboard: its tiles, each a question to a verb, and the filters that hold for all of them.

    Args:
        name: The dashboard; `measure.dashboards` lists them.
        version: A version of its document; by default the newest.

    Raises:
        UnknownNameError: there is no such dashboard.
        NotFoundError: it has no such version.
    """
    from cxloop.measure.boards.reading import read_dashboard

    return read_dashboard(ws, name, version)


@verb(part="measure", right="read")
def dashboard_changes(
    ws: Analysis,
    name: BoardName,
    *,
    since: Moment = "",
    until: Moment = "",
    where: Condition = "",
) -> DashboardChanges:
    """What the numbers of a dashboard did since the period before, corrected for all that stand on it together.

    Args:
        name: The dashboard.
        since: First moment of the period in place of the dashboard's own, such as 90d.
        until: First moment after it.
        where: A condition that also has to hold, such as `channel == "web"`.

    Raises:
        UnknownNameError: there is no such dashboard.
    """
    from cxloop.core.boards import Filters
    from cxloop.measure.boards.changes import read_changes

    return read_changes(ws, name, Filters(since, until, where))
