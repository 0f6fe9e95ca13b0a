"""The way in: by password and second factor, by the company's own provider, by a link; and the way out.

Nothing here shows data: the name of the company is all that a stranger learns.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, unquote, urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core.accounts import Entrance, ThrottledError
from cxloop.core.errors import AccessDeniedError, InputError
from cxloop.web.access import (
    Checked,
    Door,
    SignedIn,
    accounts_of,
    browser_of,
    cookie_name,
    own_path,
    session_cookie,
    visit_of,
)
from cxloop.web.site import Site, drop_cookie, keep_cookie, keep_session, respond
from cxloop.web.words import _

__all__ = ["router", "signed_out"]

router = APIRouter()
_STEP_SECONDS = 600
CHALLENGE_COOKIE = "cxloop_challenge"
DEPARTURE_COOKIE = "cxloop_departure"
"""Cookies of a sign-in that is under way."""

Short = Annotated[str, Form(max_length=400)]
Secret = Annotated[str, Form(max_length=2000)]


@router.get("/signin")
def ask(request: Request, token: str = "", next: str = "/") -> Response:  # noqa: A002 (the name in the address)
    """Asks for address and password; with a link's token, for a click.

    A click, because programs that open every link in a message must not use it up.
    """
    if visit_of(request) is not None:
        return RedirectResponse(own_path(next), 303)
    if token:
        return respond(request, "link.html", {"title": _("Sign in"), "token": token})
    return _form(request, goal=own_path(next))


@router.post("/signin")
def by_link(request: Request, token: Short) -> Response:
    """Redeems a link."""
    try:
        entrance = accounts_of(request).sign_in(token, browser_of(request))
    except ThrottledError as failure:
        return _form(request, mistake=failure.message, status=429, wait=failure.seconds)
    except AccessDeniedError:
        return _form(request, mistake=_("This link was used already, or is too old."), status=403)
    known = entrance.session is None or accounts_of(request).profile(entrance.session).has_password
    return _further(request, entrance, "/", introduce=not known)


@router.post("/signin/password")
def by_password(request: Request, email: Short, password: Secret, next: Short = "/") -> Response:  # noqa: A002
    """Checks address and password."""
    goal = own_path(next)
    try:
        entrance = accounts_of(request).sign_in_with_password(email, password, browser_of(request))
    except ThrottledError as failure:
        return _form(request, goal=goal, email=email, mistake=failure.message, status=429, wait=failure.seconds)
    except AccessDeniedError as failure:
        return _form(request, goal=goal, email=email, mistake=failure.message, status=403)
    return _further(request, entrance, goal)


@router.get("/signin/code")
def ask_code(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Asks for the second factor of whoever passed the first step."""
    if not _carried(request, CHALLENGE_COOKIE):
        return RedirectResponse(f"/signin?{urlencode({'next': own_path(next)})}", 303)
    return _code_form(request, goal=own_path(next))


@router.post("/signin/code")
def by_code(request: Request, code: Short, next: Short = "/") -> Response:  # noqa: A002
    """Checks a code of the authenticator, or a recovery code."""
    goal, challenge = own_path(next), _carried(request, CHALLENGE_COOKIE)
    try:
        session = accounts_of(request).confirm(challenge, code.strip(), browser_of(request))
    except ThrottledError as failure:
        return _code_form(request, goal=goal, mistake=failure.message, status=429, wait=failure.seconds)
    except AccessDeniedError as failure:
        return _code_form(request, goal=goal, mistake=failure.message, status=403)
    response = RedirectResponse(goal, 303)
    _drop(request, response, CHALLENGE_COOKIE)
    keep_session(request, response, session)
    return response


@router.get("/signin/provider")
def depart(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Sends the browser to the provider. A link and no form: the policy of the pages keeps forms on this site."""
    try:
        departure = accounts_of(request).depart(_public(request, "/signin/arrive"))
    except (AccessDeniedError, InputError) as failure:
        return _form(request, goal=own_path(next), mistake=failure.message, status=403)
    response = RedirectResponse(departure.address, 303)
    kept = f"{departure.state} {quote(own_path(next))}"
    _carry(request, response, DEPARTURE_COOKIE, kept)
    return response


@router.get("/signin/arrive")
def arrive(request: Request) -> Response:
    """Takes the browser back from the provider."""
    state, _space, kept = _carried(request, DEPARTURE_COOKIE).partition(" ")
    goal = unquote(kept)
    try:
        answer = _public(request, f"/signin/arrive?{request.url.query}")
        entrance = accounts_of(request).arrive(state, answer, browser_of(request))
    except ThrottledError as failure:
        response: Response = _form(request, mistake=failure.message, status=429, wait=failure.seconds)
    except (AccessDeniedError, InputError) as failure:
        response = _form(request, goal=own_path(goal), mistake=failure.message, status=403)
    else:
        response = _further(request, entrance, own_path(goal))
    _drop(request, response, DEPARTURE_COOKIE)
    return response


@router.post("/signout")
def sign_out(request: Request, door: Checked) -> Response:
    """Ends the session on the server, not only in the browser."""
    accounts_of(request).sign_out(door.session)
    response = RedirectResponse("/signin", 303)
    drop_cookie(request, response, session_cookie(request))
    return response


@router.get("/welcome")
def welcome(request: Request, door: SignedIn, next: str = "/") -> Response:  # noqa: A002
    """Asks whoever came by a link for a name, an address and a password, to come back without one."""
    profile = accounts_of(request).profile(door.session)
    if profile.has_password:
        return RedirectResponse(own_path(next), 303)
    return _welcome_form(request, door, name="" if profile.name == "Owner" else profile.name, email=profile.email or "")


@router.post("/welcome")
def introduce(request: Request, door: Checked, name: Short, email: Short, password: Secret) -> Response:
    """Keeps name, address and password of somebody who has none yet."""
    accounts = accounts_of(request)
    try:
        accounts.rename(door.session, name=name, email=email)
        accounts.set_password(door.session, password)
    except (InputError, AccessDeniedError) as failure:
        return _welcome_form(request, door, name=name, email=email, mistake=failure.message)
    return RedirectResponse("/", 303)


def signed_out(request: Request) -> HTMLResponse:
    """Returns the page of somebody who is not signed in; signing in leads on to what was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return _form(request, goal=own_path(asked) if request.method == "GET" else "/", status=401)


def _public(request: Request, path: str) -> str:
    """The address of one of these pages as a browser sees it, also behind a proxy."""
    site: Site = request.app.state.site
    return (site.host.settings.server.public_url or str(request.base_url).rstrip("/")) + path


def _carry(request: Request, response: Response, name: str, value: str) -> None:
    keep_cookie(request, response, cookie_name(request, name), value, seconds=_STEP_SECONDS)


def _carried(request: Request, name: str) -> str:
    return request.cookies.get(cookie_name(request, name), "")


def _drop(request: Request, response: Response, name: str) -> None:
    drop_cookie(request, response, cookie_name(request, name))


def _further(request: Request, entrance: Entrance, goal: str, *, introduce: bool = False) -> Response:
    """Leads on after the first step: to the second, to the introduction, or to the page that was asked for."""
    if entrance.session is None:
        response = RedirectResponse(f"/signin/code?{urlencode({'next': goal})}", 303)
        _carry(request, response, CHALLENGE_COOKIE, entrance.challenge or "")
        return response
    response = RedirectResponse("/welcome" if introduce else goal, 303)
    keep_session(request, response, entrance.session)
    return response


def _form(
    request: Request, *, goal: str = "/", email: str = "", mistake: str = "", status: int = 200, wait: int = 0
) -> HTMLResponse:
    context = {
        "title": _("Sign in"),
        "goal": goal,
        "email": email,
        "mistake": mistake,
        "turned_away": status == 401,
        "provider": accounts_of(request).provider,
    }
    return _later(respond(request, "signin.html", context, status=status), wait)


def _code_form(request: Request, *, goal: str, mistake: str = "", status: int = 200, wait: int = 0) -> HTMLResponse:
    context = {"title": _("Sign in"), "goal": goal, "mistake": mistake}
    return _later(respond(request, "code.html", context, status=status), wait)


def _later(response: HTMLResponse, wait: int) -> HTMLResponse:
    """Says to programs, too, when to come back."""
    if wait:
        response.headers["retry-after"] = str(wait)
    return response


def _welcome_form(request: Request, door: Door, *, name: str, email: str, mistake: str = "") -> HTMLResponse:
    context = {"title": _("Welcome"), "csrf": door.csrf, "name": name, "email": email, "mistake": mistake}
    return respond(request, "welcome.html", context, status=400 if mistake else 200)
