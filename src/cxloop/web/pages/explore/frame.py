"""What the pages of Explore share: their tabs, and a word after something was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from cxloop.core.errors import CxloopError
from cxloop.web.access import Door
from cxloop.web.site import respond
from cxloop.web.tabs import Tab, open_tabs, said_of, status_of
from cxloop.web.words import _

__all__ = ["DONE", "TABS", "show", "working"]

TABS = (
    Tab("metric", _("Numbers"), "/explore", None),
    Tab("boards", _("Dashboards"), "/explore/dashboards", "measure.dashboards"),
    Tab("compare", _("Comparisons"), "/explore/compare", "measure.compare"),
    Tab("control", _("Control charts"), "/explore/control", "measure.control_chart"),
    Tab("league", _("League tables"), "/explore/league", "measure.league"),
    Tab("retention", _("Retention"), "/explore/retention", "measure.retention"),
    Tab("money", _("Money"), "/explore/money", "measure.point_value"),
    Tab("value", _("Value"), "/explore/value", "measure.lifetime_value"),
    Tab("whole_base", _("All customers"), "/explore/all-customers", "measure.whole_base"),
    Tab("metrics", _("All metrics"), "/explore/metrics", "measure.metrics"),
)
"""The pages of Explore, with the verb that decides who sees each."""
DONE = {
    "noted": _("Written down. Charts over time show it."),
    "note_removed": _("Removed."),
    "board_saved": _("Saved."),
    "board_deleted": _("Deleted. Its versions are kept."),
    "shared": _("Signed. Who has the link reads this dashboard until it ends."),
    "share_stopped": _("Stopped. The link opens nothing any more."),
    "mailed": _("On its way."),
    "scheduled": _("Written down. It goes out by itself from now on."),
    "unscheduled": _("Stopped. It goes out no more."),
    "kept": _("Kept. It is the last tile of this dashboard."),
    "defined": _("Written down. It can be asked for from now on, everywhere."),
    "retired": _("Retired. Its versions can still be asked for."),
}
"""What is said after something was done; the address only carries the word, so that nobody can make it say more."""

AGAIN_SECONDS = 3


def show(request: Request, door: Door, tab: str, template: str, context: Mapping[str, Any]) -> HTMLResponse:
    """Returns one page of Explore.

    Args:
        request: what was asked.
        door: the visitor.
        tab: name of the tab.
        template: file name within templates/explore; it extends explore/frame.html.
        context: what the template shows, with its `title`; `failure` is told above the page and gives its status.
    """
    failure: CxloopError | None = context.get("failure")
    frame = {
        "page": "explore",
        "tab": tab,
        "tabs": open_tabs(door, TABS),
        "said": said_of(request, DONE),
        "mistake": failure.message if failure else "",
    }
    status = status_of(failure) if failure else 200
    return respond(request, f"explore/{template}", {**frame, **context}, door=door, status=status)


def working(request: Request, door: Door, tab: str, title: str) -> HTMLResponse:
    """Returns the page that is shown until a first result is there; browsers ask again by themselves.

    Args:
        request: what was asked.
        door: the visitor.
        tab: name of the tab.
        title: of the page.
    """
    response = show(request, door, tab, "working.html", {"title": title})
    response.headers["Refresh"] = str(AGAIN_SECONDS)
    return response
