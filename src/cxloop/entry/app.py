"""The ASGI app of a workspace: pages, JSON API, health and metrics, put together around one host."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import JSONResponse

from cxloop import web
from cxloop.api import router
from cxloop.api.credentials import SCHEMES
from cxloop.api.errors import answer
from cxloop.core.errors import CxloopError, WorkspaceError
from cxloop.entry.credentials import Credentials
from cxloop.entry.health import add_health
from cxloop.entry.identities import accounts_of
from cxloop.runtime import parts
from cxloop.runtime.connect import connect
from cxloop.runtime.host import LocalHost

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
    app = web.create_app(host, accounts_of(host.workspace.store, host.settings))
    credentials = Credentials(host.workspace.store)
    verbs = parts.load()
    app.include_router(router.build(verbs, host, credentials.actor_of))
    add_health(app, host, credentials.actor_of)
    _add_description(app, credentials)
    app.include_router(router.rest(verbs))
    return app


def _add_description(app: FastAPI, credentials: Credentials) -> None:
    @app.get(DESCRIPTION, include_in_schema=False)
    def description(request: Request) -> JSONResponse:
        """The API in OpenAPI; for whoever may use it, since strangers have no need of a map."""
        try:
            credentials.actor_of(request)
        except CxloopError as failure:
            return answer(failure)
        document = app.openapi()
        document["components"]["securitySchemes"] = SCHEMES
        document["security"] = [{name: []} for name in SCHEMES]
        return JSONResponse(document)


def _host_from_environment() -> LocalHost:
    connection = connect(os.environ.get("CXLOOP_WORKSPACE"))
    if not isinstance(connection.host, LocalHost):
        raise WorkspaceError(f"{connection.note} One app process owns a workspace; stop that one first.")
    connection.host.derive()
    return connection.host
