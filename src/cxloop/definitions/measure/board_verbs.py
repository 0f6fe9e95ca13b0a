"""The verbs that write down dashboards."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.collect.surveys.verbs import Document
from cxloop.core.verbs import Condition, verb
from cxloop.measure.boards.results import DashboardPdf, DeletedDashboard, SavedDashboard
from cxloop.store.context import Operations

__all__ = ["dashboard_pdf", "delete_dashboard", "save_dashboard"]

BoardName = Annotated[str, Field(min_length=1, max_length=40)]
Moment = Annotated[str, Field(max_length=40)]
_OUTDATED = ("measure.dashboards", "measure.dashboard", "measure.dashboard_changes")


@verb(part="measure", right="write", changes="records", outdates=_OUTDATED)
def save_dashboard(
    ws: Operations,
    name: BoardName,
    *,
    document: Document = "",
    template: Annotated[str, Field(min_length=1, max_length=40)] | None = None,
) -> SavedDashboard:
    """Save a dashboard, or a new version of one: every tile is a question to a verb of measure.

    Args:
        name: Up to 40 small letters, digits, - and _.
        document: A JSON object: title, about, since, until, where, and tiles, each with title, verb such as
          measure.nps, arguments, and size (small, medium or wide).
        template: Begin with one of those that come with cxloop, such as overview, instead of a document.

    Raises:
        InputError: the name or the text cannot be used.
        MistakesError: something in the document is wrong; names every mistake.
        UnknownNameError: there is no such template.
    """
    from cxloop.definitions.measure.boards import save

    return save(ws, name, document, template)


@verb(part="measure", right="write", changes="records", outdates=_OUTDATED)
def delete_dashboard(ws: Operations, name: BoardName) -> DeletedDashboard:
    """Delete a dashboard: it is offered no more. Its versions are kept, and saving it again takes it back.

    Args:
        name: The dashboard.

    Raises:
        UnknownNameError: there is no such dashboard.
    """
    from cxloop.definitions.measure.boards import delete

    return delete(ws, name)


@verb(part="measure", right="read", limited="rows")
def dashboard_pdf(
    ws: Operations, name: BoardName, *, since: Moment = "", until: Moment = "", where: Condition = ""
) -> DashboardPdf:
    """A dashboard as PDF: A4 pages, each number with n, interval and method, readable in grey. It shows no persons.

    Args:
        name: The dashboard.
        since: First moment of the period in place of the dashboard's own, such as 90d.
        until: First moment after it.
        where: A condition that also has to hold, such as `channel == "web"`.

    Raises:
        UnknownNameError: there is no such dashboard.
    """
    from cxloop.core.boards import Filters
    from cxloop.definitions.measure.printing import print_board

    return print_board(ws, name, Filters(since, until, where))
