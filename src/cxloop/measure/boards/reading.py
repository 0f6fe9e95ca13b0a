"""Reading dashboards from what people have defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.core.errors import UnknownNameError
from cxloop.measure.boards.model import KIND, read_board
from cxloop.measure.boards.results import Dashboard, DashboardEntry, Dashboards
from cxloop.measure.boards.templates import TEMPLATES

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["list_dashboards", "read_dashboard"]


def list_dashboards(ws: Analysis) -> Dashboards:
    """Returns the dashboards that are not deleted, by title."""
    found = [(item, read_board(name, item.content)) for name, item in ws.defined(KIND).items()]
    rows = [
        DashboardEntry(board.name, board.title, board.about, item.version, len(board.tiles), item.created_at)
        for item, board in found
        if board is not None
    ]
    templates = tuple((name, str(content["title"])) for name, content in TEMPLATES.items())
    return Dashboards(tuple(sorted(rows, key=lambda row: (row.title.casefold(), row.name))), templates)


def read_dashboard(ws: Analysis, name: str, version: int | None = None) -> Dashboard:
    """Returns a dashboard; raises UnknownNameError where there is none, NotFoundError without such a version."""
    known = {row.name for row in list_dashboards(ws).rows}
    if name not in known:
        raise UnknownNameError("dashboard", name, sorted(known))
    item = ws.defined(KIND)[name] if version is None else ws.defined_before(KIND, name, version)
    board = read_board(name, item.content)
    if board is None:
        raise UnknownNameError("dashboard", name, sorted(known))
    return Dashboard(board, item.version, item.created_at)
