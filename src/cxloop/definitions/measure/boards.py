"""Writing dashboards down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.measure.boards.model import KIND, check_board, written
from cxloop.measure.boards.reading import read_dashboard
from cxloop.measure.boards.results import DeletedDashboard, SavedDashboard
from cxloop.measure.boards.templates import TEMPLATES
from cxloop.store import documents

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["delete", "save"]


def save(ws: Operations, name: str, document: str, template: str | None) -> SavedDashboard:
    """Writes a dashboard down, or a new version of it; raises as the verb says."""
    if bool(document) == bool(template):
        raise InputError("A dashboard is saved either from a document or from a template: give one of the two.")
    if template is not None and template not in TEMPLATES:
        raise UnknownNameError("template", template, list(TEMPLATES))
    board = check_board(ws, name, document or json.dumps(TEMPLATES[template or ""]))
    saved = documents.save(ws.store, KIND, name, written(board), author_id=ws.actor.account_id)
    return SavedDashboard(name, board.title, saved.version, len(board.tiles))


def delete(ws: Operations, name: str) -> DeletedDashboard:
    """Has a dashboard offered no more; raises UnknownNameError where there is none."""
    board = read_dashboard(ws, name).board
    documents.save(ws.store, KIND, name, {**written(board), "removed": True}, author_id=ws.actor.account_id)
    return DeletedDashboard(name)
