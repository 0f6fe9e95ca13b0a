"""How a survey is run: who may answer, how often, what invitations say, how it looks, widget and kiosk."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import UploadFile

from cxloop.collect.results import SurveyDetails
from cxloop.core.errors import InputError, MistakesError
from cxloop.web import words
from cxloop.web.access import Door, SignedIn, checked_form
from cxloop.web.pages.surveys.editing.words import RIGHT_TO_LEFT
from cxloop.web.pages.surveys.frame import address_of, found_survey, show
from cxloop.web.pages.surveys.settings_form import SECTIONS, Section, Setting, patch, value_of
from cxloop.web.site import Site
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
MOST_LOGO_BYTES = 6_000
MOMENTS = (("opens", _("Takes answers from"), "opens_at"), ("closes", _("Until"), "closes_at"))


@router.get("/surveys/{name}/settings")
def settings(request: Request, door: SignedIn, name: str) -> HTMLResponse:
    """Shows the settings, to be changed by those who may."""
    return _page(request, door, found_survey(door, name))


@router.post("/surveys/{name}/settings")
async def change(request: Request, door: SignedIn, name: str) -> Response:
    """Saves one section of the settings."""
    form = await request.form()
    given = {field: value for field, value in form.items() if isinstance(value, str)}
    checked_form(door, given.get("csrf", ""))
    door.require("collect.survey_settings")
    section = next((each for each in SECTIONS if each.name == given.get("section")), SECTIONS[0])
    many = {field: [value for value in form.getlist(field) if isinstance(value, str)] for field in form}
    survey = found_survey(door, name)
    try:
        for setting in (each for each in section.settings if each.kind == "image"):
            given[setting.path] = await _image(form.get(setting.path))
        asked: dict[str, Any] = {"name": name, "settings": json.dumps(patch(section, given, many))}
        if section.name == "who":
            asked |= {"title": given.get("title", "").strip(), **_moments(given)}
        door.run("collect.survey_settings", asked)
    except InputError as failure:
        return _page(request, door, survey, failure=failure, section=section.name, given=given)
    return done(address_of(name, "/settings"), "saved", section=section.name)


async def _image(sent: Any) -> str:
    if not isinstance(sent, UploadFile) or not sent.filename:
        return ""
    content = await sent.read()
    kind = sent.content_type or ""
    if len(content) > MOST_LOGO_BYTES or kind not in ("image/png", "image/svg+xml", "image/webp", "image/jpeg"):
        told = _("The logo has {} bytes and is {}. Use a PNG, SVG, WebP or JPEG of at most 6,000 bytes.")
        raise InputError(told.format(len(content), kind or _("of no known kind")))
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _moments(given: Mapping[str, str]) -> dict[str, str]:
    """Since and until when, on the company's clock; an empty one takes it away."""
    return {name: given.get(name, "").strip() or "any" for name, _label, _field in MOMENTS}


def _page(
    request: Request,
    door: Door,
    survey: SurveyDetails,
    *,
    failure: InputError | None = None,
    section: str = "",
    given: Mapping[str, str] | None = None,
) -> HTMLResponse:
    site: Site = request.app.state.site
    mistakes = {}
    if isinstance(failure, MistakesError):
        mistakes = {mistake.where: mistake.message for mistake in failure.mistakes}
    shown = section or request.query_params.get("section", "")
    context = {
        "title": _("Settings"),
        "survey": survey,
        "sections": [_section(each, survey, door, given if each.name == section else None) for each in SECTIONS],
        "mistakes": mistakes,
        "open_section": shown,
        "moments": [(name, label, _local(getattr(survey, field), site)) for name, label, field in MOMENTS],
        "rtl": RIGHT_TO_LEFT,
        "may_change": door.may("collect.survey_settings"),
        "lede": _lede(survey),
        "kiosk_address": f"{survey.address}/kiosk",
        "failure": failure,
    }
    return show(request, door, "settings", "settings.html", context, survey=survey)


def _local(moment: datetime | None, site: Site) -> str:
    return words.local(moment, site.zone).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _section(section: Section, survey: SurveyDetails, door: Door, given: Mapping[str, str] | None) -> dict[str, Any]:
    on = survey.settings.get(section.name) is not None if section.switch else True
    return {
        "section": section,
        "on": bool(given.get("on")) if given is not None and section.switch else on,
        "inputs": [_input(setting, survey, door, given) for setting in section.settings],
    }


DEFAULTS: Mapping[str, Any] = {
    "widget.percentage": 100, "widget.delay_seconds": 0, "widget.until_answered": True, "widget.place": "corner",
    "kiosk.idle_seconds": 30,
}  # fmt: skip
"""Of sections that are not there yet: what their settings would begin with."""


def _input(setting: Setting, survey: SurveyDetails, door: Door, given: Mapping[str, str] | None) -> dict[str, Any]:
    value = value_of(survey.settings, setting.path)
    if value is None:
        value = DEFAULTS.get(setting.path)
    shown: Any = value
    if setting.kind == "spoken":
        known = value or {}
        spoken = [*survey.languages, *(each for each in known if each not in survey.languages)]
        shown = [(each, known.get(each) or "") for each in spoken]
        if given is not None:
            shown = [(each, given.get(f"{setting.path}:{each}", "")) for each, _words in shown]
    elif setting.kind == "list":
        shown = ", ".join(value or ())
    elif setting.kind in ("days", "several"):
        shown = [str(each) for each in value or ()]
    elif setting.kind == "time":
        shown = str(value or "")[:5]
    elif setting.kind == "number" and isinstance(value, float) and value.is_integer():
        shown = int(value)
    if given is not None and setting.kind in ("text", "number", "list", "time", "colour", "choice"):
        shown = given.get(setting.path, "")
    return {"setting": setting, "value": shown, "options": _options(setting, door, value)}


def _options(setting: Setting, door: Door, value: Any) -> list[tuple[str, str]]:
    offered = list(setting.options)
    if setting.path == "purpose":
        offered = [("", _("the first that is declared, or none"))]
        offered += [(each.name, each.label or each.name) for each in door.experience.purpose]
    if setting.path == "touchpoint":
        offered = [("", _("none")), *((each.name, each.label or each.name) for each in door.experience.touchpoint)]
    if value and setting.kind == "choice" and str(value) not in dict(offered):
        offered.append((str(value), str(value)))
    return offered


def _lede(survey: SurveyDetails) -> str:
    given = survey.settings
    who = _("Only who was invited answers") if given.get("access") == "invited" else _("Whoever has the link answers")
    once = _("once") if given.get("once") else _("as often as they like")
    rest = (
        f"{_('nobody is asked again within')} {given['every']}" if given.get("every") else _("without a rest between")
    )
    return f"{who}, {once}; {rest}."
