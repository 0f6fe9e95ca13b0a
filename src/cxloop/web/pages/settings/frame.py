"""What the pages of Settings share: their tabs, and a word after something was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from cxloop.web.access import Door
from cxloop.web.site import respond
from cxloop.web.tabs import Tab, done, open_tabs, said_of, status_of
from cxloop.web.words import _

__all__ = ["DONE", "done", "show"]

TABS = (
    Tab("you", _("You"), "/settings", None),
    Tab("people", _("People"), "/settings/people", "admin.accounts"),
    Tab("keys", _("Keys"), "/settings/keys", "admin.keys"),
    Tab("privacy", _("Privacy"), "/settings/privacy", "unify.privacy"),
    Tab("audit", _("Audit"), "/settings/audit", "admin.audit"),
    Tab("workspace", _("Workspace"), "/settings/workspace", None),
)
DONE: dict[str, str] = {
    "profile": _("Saved."),
    "password": _("Your password is set. Other browsers that were signed in have to sign in again."),
    "factor-off": _("The second factor is off."),
    "session": _("That session is ended."),
    "sessions": _("All other sessions are ended."),
    "account": _("Saved. It holds from now on."),
    "disabled": _("The account is locked, and its sessions are ended."),
    "enabled": _("The account is open again."),
    "signed-out": _("The account is signed out everywhere."),
    "factor-reset": _("The second factor is taken away; the password is enough to sign in until a new one is set up."),
    "revoked": _("The key is revoked; whatever used it is refused from now on."),
}
"""What is said after something was done; the address only carries the word, so that nobody can make it say more."""


def show(request: Request, door: Door, tab: str, template: str, context: Mapping[str, Any]) -> HTMLResponse:
    """Returns one page of Settings.

    Args:
        request: what was asked.
        door: the visitor.
        tab: name of the tab.
        template: file name within templates/settings.
        context: what the template shows; `failure` of it is told above the page and gives its status.
    """
    failure = context.get("failure")
    frame = {
        "page": "settings",
        "tab": tab,
        "title": next(entry.title for entry in TABS if entry.name == tab),
        "tabs": open_tabs(door, TABS),
        "said": said_of(request, DONE),
        "mistake": failure.message if failure else "",
    }
    status = status_of(failure) if failure else 200
    return respond(request, f"settings/{template}", {**frame, **context}, door=door, status=status)
