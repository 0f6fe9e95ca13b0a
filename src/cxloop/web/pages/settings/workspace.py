"""Settings, Workspace: what this workspace is set to."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cxloop.web.access import SignedIn
from cxloop.web.pages.settings.frame import show
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()


@router.get("/settings/workspace")
def workspace(request: Request, door: SignedIn) -> HTMLResponse:
    """Shows the settings that change what the pages say."""
    company, measure = door.settings.company, door.settings.measure
    facts = [
        (_("Company"), company.name),
        (_("Time zone"), company.time_zone),
        (_("Currency"), company.currency),
        (_("Fewest answers for a number"), str(measure.minimum_n)),
        (_("Interval"), f"{100 * measure.level:g} %"),
        (_("Stages"), str(len(door.experience.stage))),
        (_("Touchpoints"), str(len(door.experience.touchpoint))),
    ]
    return show(request, door, "workspace", "workspace.html", {"facts": facts})
