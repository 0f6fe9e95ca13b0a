"""Pages that belong together: the tabs above them, a word after something was done, and the status of a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse

from cxloop.core.accounts import ThrottledError
from cxloop.core.errors import AccessDeniedError, CxloopError
from cxloop.web.access import Door

__all__ = ["Tab", "done", "open_tabs", "said_of", "status_of"]


@dataclass(frozen=True)
class Tab:
    """One page of several; its verb decides who sees it."""

    name: str
    title: str
    address: str
    verb: str | None


def open_tabs(door: Door, tabs: tuple[Tab, ...]) -> list[Tab]:
    """Returns the tabs that this visitor may open."""
    return [tab for tab in tabs if tab.verb is None or door.may(tab.verb)]


def said_of(request: Request, sentences: Mapping[str, str]) -> str:
    """Returns what is said after something was done: the address only carries a word, and can make it say no more."""
    return sentences.get(request.query_params.get("done", ""), "") if request.method == "GET" else ""


def done(address: str, what: str, **also: str) -> RedirectResponse:
    """Leads back to a page that then says what was done."""
    return RedirectResponse(f"{address}?{urlencode({'done': what, **also})}", 303)


def status_of(failure: CxloopError) -> int:
    """Returns the status of a page that says what could not be done."""
    return 429 if isinstance(failure, ThrottledError) else 403 if isinstance(failure, AccessDeniedError) else 400
