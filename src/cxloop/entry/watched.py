"""Writes down what an app raises, before the server sees it: pages and API have answered by then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.runtime import logs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Watched"]


class Watched:
    """An ASGI app around another one."""

    def __init__(self, app: ASGIApp, log: Path) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        try:
            await self._app(scope, receive, send)
        except Exception as failure:  # noqa: BLE001 - the framework has sent its error page, and raises for the log
            logs.failure(self._log, failure, where="request")
