"""/healthz and /metrics of the app process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse

from cxloop._version import __version__
from cxloop.core.addresses import asked_here
from cxloop.core.errors import AccessDeniedError, SignInNeededError
from cxloop.core.host import Actor
from cxloop.runtime.health import metrics, not_ready

if TYPE_CHECKING:
    from fastapi import FastAPI

    from cxloop.runtime.host import LocalHost

__all__ = ["add_health"]


def add_health(app: FastAPI, host: LocalHost, actor_of: Callable[[Request], Actor]) -> None:
    """Adds the two routes.

    Args:
        app: to add to.
        host: of the workspace.
        actor_of: says who asks; raises SignInNeededError for a stranger.
    """

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> JSONResponse:
        """Live: the process answers. Ready: engine, spool and loader work; otherwise it says which does not."""
        missing = not_ready(host.workspace)
        state: dict[str, Any] = {"live": True, "ready": not missing, "version": __version__}
        if missing:
            state["not_ready"] = missing
        return JSONResponse(state, 503 if missing else 200)

    @app.get("/metrics", include_in_schema=False)
    def metrics_(request: Request) -> PlainTextResponse:
        """Counters for Prometheus: for this machine, or with an API key."""
        if not (asks_from_here(request) and not host.settings.server.public_url):
            _require_key(actor_of, request)
        return PlainTextResponse(metrics(host.counters, host.workspace), media_type="text/plain; version=0.0.4")


def asks_from_here(request: Request) -> bool:
    """Whether a request was made on this machine, and was not passed on by a proxy that runs on it."""
    peer = request.client.host if request.client else ""
    return asked_here(peer, request.headers.get("host", ""), request.headers.keys())


def _require_key(actor_of: Callable[[Request], Actor], request: Request) -> None:
    said = "Metrics are read from the machine itself, or with a read or admin key: Authorization: Bearer cxr_..."
    try:
        actor = actor_of(request)
    except SignInNeededError:
        raise AccessDeniedError(said) from None
    if actor.limits:
        raise AccessDeniedError("Metrics are about all rows; this key is limited to some.")
