"""Signing in by a link, signing out, appearance and settings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core.errors import AccessDeniedError
from cxloop.core.host import ROLES, Role
from cxloop.web.access import SESSION_COOKIE, Door, SignedIn, checked_form, visit_of
from cxloop.web.site import THEME_COOKIE, THEMES, Site, respond
from cxloop.web.words import _

__all__ = ["router", "signed_out"]

router = APIRouter()
_MONTH_SECONDS = 30 * 86_400
_YEAR_SECONDS = 365 * 86_400
_ROLE_ABOUT: dict[Role, str] = {
    "owner": _("As an owner you see everything and may change everything."),
    "analyst": _("As an analyst you see everything, single persons included, and may import."),
    "agent": _("As an agent you see numbers and the customers that are yours to serve."),
    "viewer": _("As a viewer you see numbers; single persons are not shown to you."),
}
assert _ROLE_ABOUT.keys() == ROLES.keys()


@router.get("/signin")
def confirm(request: Request, token: str = "") -> Response:
    """Asks for a click: programs that open every link in a message must not use it up."""
    if visit_of(request) is not None:
        return RedirectResponse("/", 303)
    if not token:
        return signed_out(request)
    return respond(request, "link.html", {"title": _("Sign in"), "token": token})


@router.post("/signin")
def sign_in(request: Request, token: Annotated[str, Form(max_length=400)]) -> Response:
    """Redeems the link and starts a session."""
    site: Site = request.app.state.site
    try:
        session = site.accounts.sign_in(token).session or ""
    except AccessDeniedError:
        return signed_out(request, heading=_("This link was used already, or is too old."), status=403)
    response = RedirectResponse("/", 303)
    secure = site.host.settings.server.secure_cookies
    response.set_cookie(SESSION_COOKIE, session, max_age=_MONTH_SECONDS, httponly=True, samesite="lax", secure=secure)
    return response


@router.post("/signout")
def sign_out(request: Request, door: Annotated[Door, Depends(checked_form)]) -> Response:
    """Ends the session on the server, not only in the browser."""
    del door  # the form was checked
    visit = visit_of(request)
    if visit is not None:
        request.app.state.site.accounts.sign_out(visit.session)
    response = RedirectResponse("/signin", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.post("/theme")
def theme(theme: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """Remembers light, dark or the device's own setting; changes nothing but a cookie."""
    own = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    response = RedirectResponse(own, 303)
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
    return response


@router.get("/settings")
def settings(request: Request, door: SignedIn) -> HTMLResponse:
    """Who is signed in, how the app looks, and what this workspace is set to."""
    company, measure = door.settings.company, door.settings.measure
    workspace = [
        (_("Company"), company.name),
        (_("Time zone"), company.time_zone),
        (_("Fewest answers for a number"), str(measure.minimum_n)),
        (_("Interval"), f"{100 * measure.level:g} %"),
    ]
    context = {
        "title": _("Settings"),
        "page": "settings",
        "workspace": workspace,
        "rights": _ROLE_ABOUT[door.actor.role],
    }
    return respond(request, "settings.html", context, door=door)


def signed_out(request: Request, *, heading: str = "", status: int = 401) -> HTMLResponse:
    """Returns the page of somebody who is not signed in: it says how to get a link."""
    heading = heading or _("You are not signed in.")
    return respond(request, "signed_out.html", {"title": _("Signed out"), "heading": heading}, status=status)
