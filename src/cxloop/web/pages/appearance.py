"""Light, dark, or as the device has it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from cxloop.web.access import own_path
from cxloop.web.site import THEME_COOKIE, THEMES

__all__ = ["router"]

router = APIRouter()
_YEAR_SECONDS = 365 * 86_400


@router.post("/theme")
def theme(theme: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """Remembers light, dark or the device's own setting; changes nothing but a cookie."""
    response = RedirectResponse(own_path(back), 303)
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
    return response
