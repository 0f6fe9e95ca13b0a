"""One address for everything: the collector and the pages for customers answer their own paths, the app all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.collect.http.app import answers_path
from cxloop.outreach.pages.app import answers as answers_preferences

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Beside"]


class Beside:
    """The collector's app and the preference pages beside another one, whose framework none of them passes."""

    def __init__(self, collector: ASGIApp, app: ASGIApp, preferences: ASGIApp) -> None:
        self._collector = collector
        self._app = app
        self._preferences = preferences

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await self._chosen(scope)(scope, receive, send)

    def _chosen(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self._app
        if answers_path(scope["path"]):
            return self._collector
        return self._preferences if answers_preferences(scope["path"]) else self._app
