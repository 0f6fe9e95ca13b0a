"""The ASGI app of a workspace: pages, JSON API, health and metrics, put together around one host."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import JSONResponse

from cxloop import web
from cxloop.api import router
from cxloop.core.errors import SignInNeededError, WorkspaceError
from cxloop.core.host import Actor
from cxloop.entry.health import add_health
from cxloop.runtime import parts
from cxloop.runtime.connect import connect
from cxloop.runtime.host import LocalHost
from cxloop.web.access import visit_of

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["create_app"]

DESCRIPTION = "/api/openapi.json"


def create_app(host: LocalHost | None = None) -> FastAPI:
    """Returns the app.

    Args:
        host: of the open workspace; by default of the one at $CXLOOP_WORKSPACE.

    Raises:
        WorkspaceError: another process holds the workspace.
    """
    host = host or _host_from_environment()
    app = web.create_app(host, host.workspace.store.accounts)
    app.include_router(router.build(parts.load(), host, actor_of))
    add_health(app, host, actor_of)
    app.add_api_route(DESCRIPTION, lambda: JSONResponse(app.openapi()), include_in_schema=False)
    return app


def _host_from_environment() -> LocalHost:
    connection = connect(os.environ.get("CXLOOP_WORKSPACE"))
    if not isinstance(connection.host, LocalHost):
        raise WorkspaceError(f"{connection.note} One app process owns a workspace; stop that one first.")
    connection.host.derive()
    return connection.host


def actor_of(request: Request) -> Actor:
    """Returns who asks, by the session cookie that the pages use; raises SignInNeededError for a stranger."""
    visit = visit_of(request)
    if visit is None:
        raise SignInNeededError("Nobody is signed in. Open the app and sign in; the API takes the same session.")
    return visit.actor
