"""The pages as one application."""

from __future__ import annotations

import logging
from contextlib import suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from cxloop.core.accounts import Accounts
from cxloop.core.errors import (
    AccessDeniedError,
    CxloopError,
    InputError,
    NotFoundError,
    SignInNeededError,
    WorkspaceError,
)
from cxloop.core.host import Host
from cxloop.web.access import Door, NotYetError, visit_of
from cxloop.web.pages import appearance, customers, explore, pulse, settings, signin, sources, surveys
from cxloop.web.pages.explore.frame import AGAIN_SECONDS
from cxloop.web.security import SecurityHeaders, add_headers
from cxloop.web.site import BUILT, Site, assets_version, respond
from cxloop.web.words import _

__all__ = ["create_app"]


def create_app(host: Host, accounts: Accounts) -> FastAPI:
    """Returns the pages.

    Args:
        host: runs the verbs; every page goes through it with the visitor's role.
        accounts: redeems sign-in links and knows the sessions.

    Raises:
        WorkspaceError: the scripts and styles were not built.
    """
    assets_version()
    app = FastAPI(title="cxloop", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = Site(host, accounts)
    app.mount("/static", StaticFiles(directory=BUILT.parent), name="static")
    for pages in (signin, appearance, settings, pulse, explore, customers, sources, surveys):
        app.include_router(pages.router, include_in_schema=False)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(CxloopError, _refused)
    app.add_exception_handler(NotYetError, _not_yet)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_address)
    app.add_exception_handler(Exception, _broken)
    return app


def _refused(request: Request, failure: Exception) -> Response:
    """A page for each error that is raised on purpose; its message is written for people."""
    assert isinstance(failure, CxloopError)
    if isinstance(failure, SignInNeededError):
        return signin.signed_out(request)
    if isinstance(failure, AccessDeniedError):
        return _error(request, 403, _("This is not open to you."), failure.message)
    if isinstance(failure, NotFoundError):
        return _error(request, 404, _("There is nothing here."), failure.message)
    if isinstance(failure, InputError):
        return _error(request, 400, _("That cannot be used as it is."), failure.message)
    if isinstance(failure, WorkspaceError):
        return _away(request, failure)
    logging.getLogger(__name__).error("a page was not answered", exc_info=failure)
    return _error(request, 500, _("That did not work."), _("Nothing was changed. The log of the workspace says more."))


def _away(request: Request, failure: WorkspaceError) -> Response:
    logging.getLogger(__name__).warning("a page was not answered: %s", failure.message)
    answer = _error(
        request,
        503,
        _("The workspace cannot be reached."),
        _("Nothing was changed. Try again in a moment; the log of the workspace says more."),
    )
    answer.headers["Retry-After"] = str(AGAIN_SECONDS)
    return answer


def _not_yet(request: Request, _failure: Exception) -> Response:
    """What is shown until a first result is there; browsers ask again by themselves."""
    answer = _error(
        request,
        200,
        _("This is being worked out."),
        _("Nobody has asked for it before. This page shows it as soon as it is there."),
        title=_("Being worked out"),
    )
    answer.headers["Refresh"] = str(AGAIN_SECONDS)
    return answer


def _http_error(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    if failure.status_code == 404:
        return _error(request, 404, _("There is nothing here."), _("The address leads nowhere; it may have moved."))
    return _error(request, failure.status_code, _("That did not work."), str(failure.detail))


def _bad_address(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, RequestValidationError)
    named = ", ".join(sorted({str(error["loc"][-1]) for error in failure.errors()}))
    return _error(
        request, 404, _("There is nothing here."), f"{_('The address has a part that cannot be used:')} {named}."
    )


def _broken(request: Request, failure: Exception) -> Response:
    del failure  # the server logs it; a page never shows a traceback
    answer = _error(
        request, 500, _("Something broke."), _("It is not your doing. The log of the workspace has the details.")
    )
    add_headers(request.scope, answer.headers)  # this page leaves outside of the middleware
    return answer


def _error(request: Request, status: int, heading: str, message: str, title: str = "") -> HTMLResponse:
    site: Site = request.app.state.site
    door = None
    with suppress(WorkspaceError):  # who asks is in the records, and they may be what is away
        visit = visit_of(request)
        door = Door(site.host, site.accounts, visit) if visit else None
    context = {"title": title or f"{status}", "heading": heading, "message": message}
    return respond(request, "error.html", context, door=door, status=status)
