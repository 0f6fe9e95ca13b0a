"""Settings, You: name, password, second factor, sessions, appearance."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core.accounts import Enrolment, OpenSession
from cxloop.core.errors import AccessDeniedError, CxloopError, InputError, NotFoundError
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn, accounts_of
from cxloop.web.codes import qr
from cxloop.web.pages.settings.frame import done, show
from cxloop.web.pages.settings.roles import ROLE_ABOUT, limits_in_words
from cxloop.web.site import now

__all__ = ["router"]

router = APIRouter()
Short = Annotated[str, Form(max_length=400)]
Secret = Annotated[str, Form(max_length=2000)]
_REFUSED = (InputError, AccessDeniedError, NotFoundError)


@router.get("/settings")
def you(request: Request, door: SignedIn) -> HTMLResponse:
    """Who is signed in and how."""
    return _show(request, door)


@router.post("/settings/profile")
def rename(request: Request, door: Checked, name: Short, email: Short = "") -> Response:
    """Changes one's name and address."""
    try:
        accounts_of(request).rename(door.session, name=name, email=email or None)
    except _REFUSED as failure:
        return _show(request, door, failure=failure)
    return done("/settings", "profile")


@router.post("/settings/password")
def set_password(request: Request, door: Checked, password: Secret, former: Secret = "") -> Response:
    """Sets or changes one's password."""
    try:
        accounts_of(request).set_password(door.session, password, former=former or None)
    except _REFUSED as failure:
        return _show(request, door, failure=failure)
    return done("/settings", "password")


@router.post("/settings/factor")
def begin_factor(request: Request, door: Checked) -> Response:
    """Shows the QR code of a second factor, and asks for the first code."""
    try:
        return _show(request, door, enrolment=accounts_of(request).begin_second_factor(door.session))
    except _REFUSED as failure:
        return _show(request, door, failure=failure)


@router.post("/settings/factor/confirm")
def confirm_factor(request: Request, door: Checked, code: Short) -> Response:
    """Turns the second factor on, and shows the recovery codes this once."""
    accounts = accounts_of(request)
    try:
        codes = accounts.confirm_second_factor(door.session, code.strip())
    except _REFUSED as failure:
        again = _enrolment(request, door)
        return _show(request, door, failure=failure, enrolment=again)
    return _show(request, door, codes=codes)


@router.post("/settings/factor/remove")
def remove_factor(request: Request, door: Checked, code: Short) -> Response:
    """Turns the second factor off."""
    try:
        accounts_of(request).remove_second_factor(door.session, code.strip())
    except _REFUSED as failure:
        return _show(request, door, failure=failure)
    return done("/settings", "factor-off")


@router.post("/settings/sessions/{session_id}/end")
def end_session(request: Request, door: Checked, session_id: int) -> Response:
    """Ends one of one's sessions."""
    accounts_of(request).end_session(door.session, session_id)
    return done("/settings", "session")


@router.post("/settings/sessions/end-others")
def end_others(request: Request, door: Checked) -> Response:
    """Ends all sessions but this one."""
    accounts_of(request).end_other_sessions(door.session)
    return done("/settings", "sessions")


def _enrolment(request: Request, door: Door) -> Enrolment | None:
    """The secret that is being confirmed; None where the time for it is over."""
    try:
        return accounts_of(request).begin_second_factor(door.session)
    except _REFUSED:
        return None


def _show(
    request: Request,
    door: Door,
    *,
    failure: CxloopError | None = None,
    enrolment: Enrolment | None = None,
    codes: tuple[str, ...] = (),
) -> HTMLResponse:
    accounts = accounts_of(request)
    profile = accounts.profile(door.session)
    context = {
        "profile": profile,
        "about": " ".join(part for part in (ROLE_ABOUT[profile.role], limits_in_words(profile.limits)) if part),
        "sessions": [_session(item) for item in accounts.sessions(door.session)],
        "enrolment": enrolment,
        "qr": qr(enrolment.uri) if enrolment else "",
        "codes": codes,
        "failure": failure,
    }
    return show(request, door, "you", "you.html", context)


def _session(item: OpenSession) -> dict[str, Any]:
    return {**asdict(item), "device": words.device(item.agent), "seen": words.ago(item.seen_at, now())}
