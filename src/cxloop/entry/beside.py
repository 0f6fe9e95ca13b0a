"""One address for everything: the collector answers its own paths, the app all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.collect.http.app import answers_path

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Beside"]


class Beside:
    """The collector's app beside another one; events do not pass the framework of the pages."""

    def __init__(self, collector: ASGIApp, app: ASGIApp) -> None:
        self._collector = collector
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        chosen = self._collector if scope["type"] == "http" and answers_path(scope["path"]) else self._app
        await chosen(scope, receive, send)
