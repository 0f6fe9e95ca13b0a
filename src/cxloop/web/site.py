"""What all pages share: templates, the rail, the age of what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from cxloop._version import __version__
from cxloop.core import wording
from cxloop.core.accounts import Accounts
from cxloop.core.errors import WorkspaceError
from cxloop.core.host import Host, Snapshot
from cxloop.core.time import parse_zone
from cxloop.web import words
from cxloop.web.access import Door, session_cookie
from cxloop.web.words import _

__all__ = [
    "BUILT",
    "PAGES",
    "THEMES",
    "THEME_COOKIE",
    "Page",
    "Site",
    "age",
    "assets_version",
    "drop_cookie",
    "keep_cookie",
    "keep_session",
    "now",
    "respond",
]

BUILT = Path(__file__).parent / "static" / "built"
THEMES = ("system", "light", "dark")
THEME_COOKIE = "cxloop_theme"


@dataclass(frozen=True)
class Page:
    """One entry of the rail: its verb decides who sees it; `key` follows `g` on the keyboard."""

    name: str
    title: str
    address: str
    verb: str | None
    key: str
    group: int


PAGES = (
    Page("pulse", _("Pulse"), "/", None, "p", 0),
    Page("sources", _("Sources"), "/sources", "collect.imports", "s", 1),
    Page("surveys", _("Surveys"), "/surveys", "collect.surveys", "u", 1),
    Page("customers", _("Customers"), "/customers", "unify.customers", "c", 1),
    Page("explore", _("Explore"), "/explore", "measure.nps", "e", 2),
)
"""The rail, in the order of the loop. A page that is not built is not here."""


@dataclass
class Site:
    """What the app holds for its whole life."""

    host: Host
    accounts: Accounts

    @cached_property
    def templates(self) -> Environment:
        """The page templates; a name that is missing is an error and never an empty place."""
        environment = Environment(
            loader=PackageLoader("cxloop.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
        environment.filters.update(
            count=wording.count,
            answers=wording.answers,
            metric=wording.label,
            minus=wording.minus,
            day=wording.day,
            day_month=words.day_month,
            clock=words.clock,
            local=lambda moment: words.local(moment, self.zone),
            readable=words.readable,
            since_phrase=words.since_phrase,
        )
        environment.globals.update(
            plural=words.plural, number=wording.number, version=__version__, assets=assets_version()
        )
        return environment

    @property
    def zone(self) -> Any:
        """The reporting time zone."""
        return parse_zone(self.host.settings.company.time_zone)


def assets_version() -> str:
    """Returns a text that changes with the built files; raises WorkspaceError where they were not built."""
    stamp = BUILT / "inputs.sha256"
    if not stamp.is_file():
        raise WorkspaceError(f"The pages' scripts and styles are missing in {BUILT}. Run `python frontend/build.py`.")
    return stamp.read_text()[:12]


def now() -> datetime:
    """Returns the present moment, UTC without zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def respond(
    request: Request, template: str, context: Mapping[str, Any], *, door: Door | None = None, status: int = 200
) -> HTMLResponse:
    """Returns a page.

    Args:
        request: what was asked; gives theme and address.
        template: file name of the template.
        context: what the template shows; `title` and `page` (its name in the rail) are expected.
        door: the visitor, or None for pages that strangers see.
        status: HTTP status.
    """
    site: Site = request.app.state.site
    theme = request.cookies.get(THEME_COOKIE, "system")
    frame = {
        "door": door,
        "rail": [page for page in PAGES if door and (page.verb is None or door.may(page.verb))],
        "theme": theme if theme in THEMES else "system",
        "themes": THEMES,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "wall": request.query_params.get("wall") == "1",
        "company": site.host.settings.company.name,
        "page": "",
    }
    response = HTMLResponse(site.templates.get_template(template).render({**frame, **context}), status)
    if door is not None and (fresh := site.accounts.renew(door.session)) is not None:
        keep_session(request, response, fresh)
    return response


def keep_session(request: Request, response: Response, session: str) -> None:
    """Lets the browser keep a session, for as long as one lasts."""
    site: Site = request.app.state.site
    days = site.host.settings.sign_in.longest_days
    keep_cookie(request, response, session_cookie(request), session, seconds=round(days * 86_400))


def keep_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int) -> None:
    """Lets the browser keep a secret, out of reach of scripts and of other sites."""
    site: Site = request.app.state.site
    secure = site.host.settings.server.secure
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Has the browser forget a secret; what else is said of it has to be what was said when it was kept."""
    site: Site = request.app.state.site
    response.delete_cookie(name, httponly=True, samesite="lax", secure=site.host.settings.server.secure)


def age(kept: Snapshot) -> str:
    """Returns when a kept result was computed and from how much; says where the log has grown since."""
    parts = [
        _("Computed"),
        words.ago(kept.computed_at, now()),
        _("from"),
        words.plural(kept.position, _("interaction"), _("interactions")),
    ]
    newer = f", {_('newer ones are being counted')}" if kept.stale else ""
    return " ".join(parts) + newer
