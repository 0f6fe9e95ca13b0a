"""Settings, Keys: what programs may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.core.host import LIMITED_BY
from cxloop.web import words
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.pages.settings.frame import done, show
from cxloop.web.pages.settings.roles import LIMIT_TITLES, ROLE_TITLES, limits_of, listed
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
Row: TypeAlias = Mapping[str, Any]
_REFUSED = (InputError, NotFoundError)
PATH = "/settings/keys"
_BLANK = {
    "kind": "write",
    **dict.fromkeys(("name", "expires", "source", "origins", "test", "role", *LIMITED_BY), ""),
}
KINDS: dict[str, tuple[str, str]] = {
    "write": (_("Write"), _("sends events of one source, and can do nothing else; may stand in a page")),
    "read": (_("Read"), _("reads the API: numbers, or single persons as well")),
    "admin": (_("Admin"), _("may do what an owner may; keep it like a password")),
}
LASTING: dict[str, str] = {
    "": _("as is usual for its kind"),
    "30d": _("30 days"),
    "90d": _("90 days"),
    "365d": _("a year"),
    "never": _("for ever"),
}
OVERLAPS: dict[str, str] = {
    "7d": _("works for 7 more days"),
    "1d": _("works for one more day"),
    "0d": _("ends at once: somebody has got hold of it"),
}


@router.get(PATH)
def keys(request: Request, door: SignedIn, kind: str = "write", source: str = "") -> HTMLResponse:
    """Lists the keys, and makes new ones."""
    return _show(request, door, form={"kind": kind if kind in KINDS else "write", "source": source})


@router.post(PATH)
def create(request: Request, door: Checked, form: Inputs) -> Response:
    """Makes a key; its secret is shown this once."""
    try:
        issued = door.run("admin.create_key", _wanted(form))
    except _REFUSED as failure:
        return _show(request, door, form=form, failure=failure)
    return _show(request, door, issued=issued)


@router.post(f"{PATH}/{{key}}/rotate")
def rotate(request: Request, door: Checked, key: int, overlap: Annotated[str, Form(max_length=10)] = "7d") -> Response:
    """Gives a key a new secret; the former one works on for a while."""
    try:
        issued = door.run("admin.rotate_key", {"key": str(key), "overlap": overlap})
    except _REFUSED as failure:
        return _show(request, door, failure=failure)
    return _show(request, door, issued=issued)


@router.post(f"{PATH}/{{key}}/revoke")
def revoke(request: Request, door: Checked, key: int) -> Response:
    """Ends a key."""
    try:
        door.run("admin.revoke_key", {"key": str(key)})
    except _REFUSED as failure:
        return _show(request, door, failure=failure)
    return done(PATH, "revoked")


def _wanted(form: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of admin.create_key: what does not go with the kind is left out, since it was not asked for."""
    kind = form.get("kind", "")
    wanted: dict[str, Any] = {"kind": kind, "name": form.get("name", ""), "expires": form.get("expires", "")}
    if kind == "write":
        wanted |= {
            "source": form.get("source", ""),
            "origins": listed(form.get("origins", "")),
            "test": bool(form.get("test")),
        }
    if kind == "read":
        wanted |= {"role": form.get("role", ""), **limits_of(form)}
    return wanted


def _show(
    request: Request,
    door: Door,
    *,
    form: Mapping[str, str] | None = None,
    issued: Any = None,
    failure: CxloopError | None = None,
) -> HTMLResponse:
    rows = [_row(row) for row in door.run("admin.keys", {}).records()]
    context = {
        "keys": rows,
        "lede": words.plural(len(rows), _("program has a key."), _("programs have keys."))
        if rows
        else _("No program has a key yet."),
        "form": _BLANK | dict(form or {}),
        "issued": issued,
        "kinds": KINDS,
        "lasting": LASTING,
        "overlaps": OVERLAPS,
        "roles": {role: ROLE_TITLES[role] for role in ("viewer", "analyst")},
        "limits": LIMIT_TITLES,
        "failure": failure,
    }
    return show(request, door, "keys", "keys.html", context)


def _row(row: Row) -> dict[str, Any]:
    what = row["source"] if row["kind"] == "write" else ROLE_TITLES.get(row["role"], row["role"])
    return {**row, "what": what, "title": KINDS[row["kind"]][0]}
