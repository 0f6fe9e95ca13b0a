"""Building a dashboard: keep a question on it, name, order, size and remove its tiles. No script is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core.boards import Tile
from cxloop.core.errors import CxloopError, InputError
from cxloop.measure.results import Dashboard, Dashboards
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.pages.explore.boards import PATH, SINCE, board_address, found_board, free_name
from cxloop.web.pages.explore.frame import show
from cxloop.web.pages.explore.leading import OPEN
from cxloop.web.pages.explore.tiles import titled
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["keeping", "router"]

router = APIRouter()
SIZES = (("small", _("small")), ("medium", _("medium")), ("wide", _("wide")))
FIELDS = ("title", "about", "since", "where")


def keeping(door: Door, path: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns what the form "Keep on a dashboard" needs; None for those who may not build one.

    Args:
        door: the visitor.
        path: of the verb that answers the question on the page.
        arguments: that it is asked with.
    """
    if not door.may("measure.save_dashboard"):
        return None
    found = door.run("measure.dashboards", {})
    assert isinstance(found, Dashboards)
    said = {name: value for name, value in arguments.items() if value not in (None, "", (), [])}
    tile = json.dumps({"verb": path, "arguments": said}, ensure_ascii=False)
    return {"boards": [(row.name, row.title) for row in found.rows], "tile": tile}


@router.post("/explore/keep")
def keep(
    door: Checked,
    tile: Annotated[str, Form(max_length=12_000)] = "",
    board: Annotated[str, Form(max_length=40)] = "",
    title: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Puts a question on a dashboard, or on a new one."""
    door.require("measure.save_dashboard")
    given = _tile(tile)
    if board:
        document = _document(found_board(door, board))
    else:
        known = door.run("measure.dashboards", {})
        board, document = free_name(title or "dashboard", known), {"title": title.strip() or _("My dashboard")}
    document["tiles"] = [*document.get("tiles", []), given]
    door.run("measure.save_dashboard", {"name": board, "document": json.dumps(document)})
    return done(board_address(board), "kept")


@router.get(PATH + "/{name}/edit")
def edit(request: Request, door: SignedIn, name: str) -> HTMLResponse:
    """Shows the tiles of a dashboard with what may be changed of each."""
    door.require("measure.save_dashboard")
    return _form(request, door, found_board(door, name))


@router.post(PATH + "/{name}/edit")
def change(request: Request, door: Checked, name: str, form: Inputs) -> Response:
    """Saves what the form says; a button of a tile moves or removes that tile as well."""
    kept = found_board(door, name)
    document = _document(kept)
    try:
        if form.get("version") != str(kept.version):
            raise InputError(_("Somebody else has changed this dashboard since. Look at it as it is now."))
        document |= {field: form.get(field, "").strip() for field in FIELDS}
        document["tiles"] = _moved(_named(document["tiles"], form), form.get("do", ""))
        door.run("measure.save_dashboard", {"name": name, "document": json.dumps(document)})
    except InputError as failure:
        return _form(request, door, kept, failure)
    stays = form.get("do", "save") != "save"
    return RedirectResponse(f"{board_address(name)}/edit", 303) if stays else done(board_address(name), "board_saved")


@router.post(PATH + "/{name}/delete")
def delete(door: Checked, name: str) -> Response:
    """Deletes a dashboard."""
    found_board(door, name)
    door.run("measure.delete_dashboard", {"name": name})
    return done(PATH, "board_deleted")


def _form(request: Request, door: Door, kept: Dashboard, failure: CxloopError | None = None) -> HTMLResponse:
    board = kept.board
    context = {
        "title": board.title,
        "board": board,
        "version": kept.version,
        "path": board_address(board.name),
        "tiles": [(tile, titled(tile), _asks(tile)) for tile in board.tiles],
        "sizes": SIZES,
        "since_choices": SINCE if board.filters.since in SINCE else (board.filters.since, *SINCE),
        "failure": failure,
    }
    return show(request, door, "boards", "board_edit.html", context)


def _asks(tile: Tile) -> str:
    """What a tile asks, in few words."""
    said = [
        f"{name.replace('name', 'metric')} {', '.join(value) if isinstance(value, list) else value}"
        for name, value in tile.arguments.items()
    ]
    return "; ".join([tile.verb, *said])


def _document(kept: Dashboard) -> dict[str, Any]:
    board, filters = kept.board, kept.board.filters
    tiles = [{"title": t.title, "verb": t.verb, "arguments": dict(t.arguments), "size": t.size} for t in board.tiles]
    own = {"since": filters.since, "until": filters.until, "where": filters.where}
    return {"title": board.title, "about": board.about, **own, "tiles": tiles}


def _tile(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise InputError(_("This is no question that a dashboard can keep. Go back to Explore and try again."))
    drawn = given.get("verb") in OPEN or any(given.get("arguments", {}).get(name) for name in ("by", "every"))
    return {**given, "size": "medium" if drawn else "small"}


def _named(tiles: Sequence[Mapping[str, Any]], form: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tiles with the titles and sizes of the form."""
    return [
        {
            **tile,
            "title": form.get(f"title-{place}", tile["title"]).strip(),
            "size": form.get(f"size-{place}", tile["size"]),
        }
        for place, tile in enumerate(tiles)
    ]


def _moved(tiles: list[dict[str, Any]], do: str) -> list[dict[str, Any]]:
    """Tiles after a button was pressed: up-2, down-0, remove-1."""
    what, _dash, written = do.partition("-")
    if what not in ("up", "down", "remove") or not written.isdigit() or int(written) >= len(tiles):
        return tiles
    place = int(written)
    tile = tiles.pop(place)
    if what != "remove":
        tiles.insert(max(0, place - 1) if what == "up" else place + 1, tile)
    return tiles
