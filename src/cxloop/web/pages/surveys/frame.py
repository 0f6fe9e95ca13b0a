"""What the pages of Surveys share: the tabs of one survey, its state in words, and a word after something was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse

from cxloop.collect.results import SurveyDetails
from cxloop.core.errors import CxloopError, NotFoundError, UnknownNameError
from cxloop.web.access import Door
from cxloop.web.site import Site, respond
from cxloop.web.tabs import Tab, open_tabs, said_of, status_of
from cxloop.web.words import _

__all__ = ["DONE", "PATH", "STATES", "address_of", "found_survey", "show"]

PATH = "/surveys"
TABS = (
    Tab("editor", _("Questions"), "", "collect.survey"),
    Tab("settings", _("Settings"), "/settings", "collect.survey"),
    Tab("publish", _("Publish"), "/publish", "collect.survey"),
    Tab("share", _("Links and codes"), "/share", "collect.short_links"),
    Tab("plan", _("How many"), "/plan", "collect.plan_sample"),
    Tab("invite", _("Invite"), "/invite", "collect.waves"),
    Tab("results", _("Results"), "/results", "measure.survey"),
)
"""The pages of one survey: what comes after its own address, and the verb that decides who sees it."""
STATES: dict[str, tuple[str, str]] = {
    "draft": (_("draft"), ""),
    "live": (_("live"), "good"),
    "paused": (_("paused"), "warn"),
    "closed": (_("closed"), ""),
}
"""A survey's state: the word for it, and the tone of its tag."""
DONE: dict[str, str] = {
    "made": _("It is yours now: change what you like. Nobody sees it before you publish it."),
    "saved": _("Saved."),
    "published": _("It is live. Whoever opens it from now on sees this version."),
    "paused": _("Paused. Whoever opens it is told to come back later; what was answered stays."),
    "resumed": _("It takes answers again."),
    "closed": _("Closed. Nobody can answer any more; what was answered stays."),
    "invited": _("They are on their way. Each goes out when its customer may be written to."),
    "stopped": _("Stopped. Whoever was asked may still answer."),
    "reminded": _("Whoever has not answered is reminded, as far as the budget lets them."),
    "resolved": _("Noted. It is not sent again."),
    "left-out": _("Left out. Numbers follow within a minute; nothing is deleted."),
    "taken-back": _("Counted again. Numbers follow within a minute."),
    "link": _("The link is there, with its code to print."),
    "link-gone": _("The link leads nowhere any more; answers that came by it stay."),
}
"""What is said after something was done."""


def address_of(name: str, below: str = "") -> str:
    """Returns where a survey is made, or a page below it.

    Example:
        >>> address_of("delivery", "/results")
        '/surveys/delivery/results'
    """
    return f"{PATH}/{quote(name, safe='')}{below}"


def found_survey(door: Door, name: str) -> SurveyDetails:
    """Returns a survey with its draft; raises NotFoundError where the address names none."""
    try:
        found: SurveyDetails = door.run("collect.survey", {"name": name})
    except UnknownNameError as failure:  # in an address it is a place that is not there
        raise NotFoundError(failure.message) from None
    return found


def show(
    request: Request,
    door: Door,
    tab: str,
    template: str,
    context: Mapping[str, Any],
    *,
    survey: SurveyDetails | None = None,
) -> HTMLResponse:
    """Returns one page of Surveys.

    Args:
        request: what was asked.
        door: the visitor.
        tab: name of the tab; empty for a page that is none of one survey's.
        template: file name within templates/surveys; it extends surveys/frame.html.
        context: what the template shows, with its `title`; `failure` is told above the page and gives its status.
        survey: the survey that the page is about, for its tabs and state; None for the list.
    """
    failure: CxloopError | None = context.get("failure")
    site: Site = request.app.state.site
    name = survey.name if survey else ""
    frame = {
        "page": "surveys",
        "tab": tab,
        "tabs": [(entry, address_of(name, entry.address)) for entry in open_tabs(door, TABS)] if survey else [],
        "survey_name": name,
        "heading": survey.title if survey else "",
        "state": STATES.get(survey.state if survey else "", ("", "")),
        "said": said_of(request, DONE),
        "mistake": failure.message if failure else "",
        "zone_name": site.host.settings.company.time_zone,
    }
    status = status_of(failure) if failure else 200
    return respond(request, f"surveys/{template}", {**frame, **context}, door=door, status=status)
