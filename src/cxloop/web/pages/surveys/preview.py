"""A draft as respondents see it, in a frame of the editor or alone: it can be answered, and nothing is kept.

What was answered so far travels in the address of the page's own form. The page runs no script, and only pages of this
app may show it in a frame.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cxloop.collect.results import SurveyPreview
from cxloop.core.errors import InputError, NotFoundError, UnknownNameError
from cxloop.web.access import Door, SignedIn
from cxloop.web.pages.surveys.frame import address_of
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
LONGEST_STATE = 12_000
"""Characters of answers in an address; longer ones are forgotten on the way."""
POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src 'self' data: https:",
        "form-action 'self'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
        "sandbox allow-forms allow-same-origin",
    ]
)
HEADERS = {"content-security-policy": POLICY, "x-frame-options": "SAMEORIGIN"}
Page = Annotated[str, Query(max_length=200)]
State = Annotated[str, Query(max_length=LONGEST_STATE)]


@router.get("/surveys/{name}/preview")
def preview(
    door: SignedIn, name: str, page: Page = "", language: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """Shows a page of the draft."""
    return _shown(door, name, page=page, language=language)


@router.post("/surveys/{name}/preview")
async def answered(
    request: Request,
    door: SignedIn,
    name: str,
    page: Page = "",
    language: Annotated[str, Query(max_length=20)] = "",
    state: State = "",
) -> HTMLResponse:
    """Shows what comes after a page that was answered; it changes nothing, so it needs no token."""
    sent = [(field, value) for field, value in (await request.form()).multi_items() if isinstance(value, str)]
    return _shown(door, name, page=page, language=language, answers=_opened(state), form=urlencode(sent))


def _shown(door: Door, name: str, *, page: str, language: str, **more: str) -> HTMLResponse:
    mark = "/surveys/-/preview"
    try:
        asked = {"name": name, "page": page, "language": language, "action": mark, **more}
        drawn: SurveyPreview = door.run("collect.preview_survey", asked)
    except UnknownNameError as failure:  # in an address it is a place that is not there
        raise NotFoundError(failure.message) from None
    except InputError as failure:
        return HTMLResponse(_told(failure.message), 400, headers=HEADERS)
    going = {"page": drawn.page, "language": drawn.language, "state": _closed(drawn.answers)}
    action = f"{address_of(name, '/preview')}?{urlencode(going)}".replace("&", "&amp;")
    return HTMLResponse(drawn.html.replace(f'action="{mark}"', f'action="{action}"', 1), headers=HEADERS)


def _closed(answers: dict[str, Any]) -> str:
    packed = zlib.compress(json.dumps(answers, ensure_ascii=False, default=str).encode())
    state = base64.urlsafe_b64encode(packed).decode()
    return state if len(state) <= LONGEST_STATE else ""


def _opened(state: str) -> str:
    """The answers of an address; whatever is none is nothing answered."""
    try:
        return zlib.decompressobj().decompress(base64.urlsafe_b64decode(state.encode()), 1_000_000).decode()
    except (ValueError, zlib.error):
        return ""


def _told(message: str) -> str:
    from markupsafe import escape

    return f'<!doctype html><html lang="en"><title>{escape(_("Preview"))}</title><p>{escape(message)}</p></html>'
