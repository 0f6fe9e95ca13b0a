"""Settings, People: who may sign in, as what, and to which rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.core.host import LIMITED_BY
from cxloop.web import words
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.pages.settings.frame import done, show
from cxloop.web.pages.settings.roles import LIMIT_TITLES, ROLE_OFFER, ROLE_TITLES, limits_of, listed
from cxloop.web.site import Site, now
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
Row: TypeAlias = Mapping[str, Any]
_REFUSED = (InputError, NotFoundError)
PATH = "/settings/people"
_BLANK = {"role": "viewer", "email": "", "name": "", **dict.fromkeys(LIMITED_BY, "")}


@router.get(PATH)
def people(request: Request, door: SignedIn) -> HTMLResponse:
    """Lists the accounts, and asks whom to let in."""
    return _list(request, door)


@router.post(f"{PATH}/invite")
def invite(request: Request, door: Checked, form: Inputs) -> Response:
    """Makes an account, or a new link for one; the link is shown this once."""
    wanted = {
        "email": form.get("email", ""),
        "name": form.get("name", ""),
        "role": form.get("role", ""),
        **limits_of(form),
    }
    try:
        invited = door.run("admin.invite", wanted)
    except _REFUSED as failure:
        return _list(request, door, form=form, failure=failure)
    return _list(request, door, invited=invited)


@router.get(f"{PATH}/{{account}}")
def person(request: Request, door: SignedIn, account: int) -> HTMLResponse:
    """Shows one account, and what can be changed of it."""
    return _one(request, door, account)


@router.post(f"{PATH}/{{account}}/change")
def change(request: Request, door: Checked, account: int, form: Inputs) -> Response:
    """Changes role and limits."""
    limits = limits_of(form)
    wanted = {"account": str(account), "role": form.get("role", ""), **limits, "all_rows": not any(limits.values())}
    try:
        door.run("admin.change", wanted)
    except _REFUSED as failure:
        return _one(request, door, account, form=form, failure=failure)
    return done(f"{PATH}/{account}", "account")


@router.post(f"{PATH}/{{account}}/{{act}}")
def act(request: Request, door: Checked, account: int, act: str) -> Response:
    """Locks an account, opens it again, signs it out everywhere, or takes a lost second factor away."""
    verbs: dict[str, tuple[str, dict[str, Any], str]] = {
        "disable": ("admin.disable", {}, "disabled"),
        "enable": ("admin.enable", {}, "enabled"),
        "sign-out": ("admin.sign_out", {}, "signed-out"),
        "reset-factor": ("admin.change", {"reset_second_factor": True}, "factor-reset"),
    }
    if act not in verbs:
        raise NotFoundError(f"An account cannot be asked to {act!r}.")
    path, more, said = verbs[act]
    try:
        door.run(path, {"account": str(account), **more})
    except _REFUSED as failure:
        return _one(request, door, account, failure=failure)
    return done(f"{PATH}/{account}", said)


@router.post(f"{PATH}/{{account}}/link/new")
def new_link(request: Request, door: Checked, account: int) -> Response:
    """Makes a new sign-in link for somebody who has lost the password."""
    row = _account(door, account)
    same = {column: listed(row[column] or "") for column in LIMITED_BY}
    try:
        invited = door.run("admin.invite", {"email": row["email"] or "", "role": row["role"], **same})
    except _REFUSED as failure:
        return _one(request, door, account, failure=failure)
    return _one(request, door, account, invited=invited)


def _account(door: Door, account: int) -> dict[str, Any]:
    rows: list[dict[str, Any]] = door.run("admin.accounts", {}).records()
    found = next((row for row in rows if row["account"] == account), None)
    if found is None:
        raise NotFoundError(f"There is no account {account}.")
    return found


def _list(
    request: Request,
    door: Door,
    *,
    form: Mapping[str, str] | None = None,
    invited: Any = None,
    failure: CxloopError | None = None,
) -> HTMLResponse:
    rows = [_row(row) for row in door.run("admin.accounts", {}).records()]
    open_ones = sum(row["disabled_at"] is None for row in rows)
    lede = words.plural(open_ones, _("person may sign in."), _("people may sign in."))
    context = {
        "people": rows,
        "lede": lede if open_ones > 1 else _("You are the only one who may sign in."),
        "form": _BLANK | dict(form or {}),
        "link": _link(request, invited),
        "invited": invited,
        "failure": failure,
        **_choices(),
    }
    return show(request, door, "people", "people.html", context)


def _one(
    request: Request,
    door: Door,
    account: int,
    *,
    form: Mapping[str, str] | None = None,
    invited: Any = None,
    failure: CxloopError | None = None,
) -> HTMLResponse:
    row = _row(_account(door, account))
    context = {
        "person": row,
        "form": _BLANK | (dict(form) if form else row),
        "own": row["account"] == door.actor.account_id,
        "link": _link(request, invited),
        "invited": invited,
        "failure": failure,
        **_choices(),
    }
    return show(request, door, "people", "person.html", context)


def _choices() -> dict[str, Any]:
    return {"roles": [(role, ROLE_TITLES[role], ROLE_OFFER[role]) for role in ROLE_TITLES], "limits": LIMIT_TITLES}


def _link(request: Request, invited: Any) -> str:
    """The sign-in link at the address by which the owner came, unless the settings know a public one."""
    if invited is None:
        return ""
    site: Site = request.app.state.site
    base = site.host.settings.server.public_url or str(request.base_url).rstrip("/")
    return f"{base}/signin?token={invited.token}"


def _row(row: Row) -> dict[str, Any]:
    seen = words.ago(row["seen_at"], now()) if row["seen_at"] else _("never")
    return {**row, "seen": seen, "title": ROLE_TITLES[row["role"]], "address": f"{PATH}/{row['account']}"}
