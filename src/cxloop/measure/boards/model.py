"""What a dashboard may say, checked before it is written down and again when it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cxloop.core.boards import Board, Filters, Tile, TileSize, arguments_of
from cxloop.core.errors import CxloopError, InputError, Mistake, MistakesError, UnknownNameError, what_is_wrong
from cxloop.core.verbs import Verb, registry
from cxloop.measure.conditions import wanted

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["KIND", "MOST_TILES", "check_board", "check_name", "may_stand", "read_board", "written"]

KIND = "dashboard"
MOST_TILES = 24
"""More than anybody reads on one page; each is a question to the log."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_Moment = Annotated[str, Field(max_length=40)]
_Condition = Annotated[str, Field(max_length=4000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _Tile(_Strict):
    verb: Annotated[str, Field(max_length=80)]
    title: Annotated[str, Field(max_length=80)] = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    size: TileSize = "medium"


class _Board(_Strict):
    title: Annotated[str, Field(min_length=1, max_length=80)]
    about: Annotated[str, Field(max_length=400)] = ""
    since: _Moment = ""
    until: _Moment = ""
    where: _Condition = ""
    tiles: Annotated[list[_Tile], Field(max_length=MOST_TILES)] = Field(default_factory=list)
    removed: bool = False


def check_name(name: str) -> None:
    """Raises InputError where a dashboard cannot be called so."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"A dashboard cannot be called {name!r}: up to 40 small letters, digits, - and _, beginning with a letter."
        )


def read_board(name: str, content: Mapping[str, Any]) -> Board | None:
    """Returns the dashboard of a document, None where it was deleted; raises MistakesError for what is none."""
    found = _parsed(content)
    return None if found.removed else _board(name, found)


def check_board(ws: Analysis, name: str, document: str) -> Board:
    """Returns the dashboard that a document describes, every tile of which can be asked.

    Args:
        ws: the workspace.
        name: of the dashboard.
        document: a JSON object.

    Raises:
        InputError: the name or the text cannot be used.
        MistakesError: something in it is wrong; names every mistake.
    """
    check_name(name)
    board = _board(name, _parsed(_object(document)))
    mistakes = [
        *_of_condition(ws, "where", board.filters.where),
        *(each for place, tile in enumerate(board.tiles) for each in _of_tile(ws, f"tiles.{place}", tile)),
    ]
    if mistakes:
        raise MistakesError(f"the dashboard {name}", mistakes)
    return board


def written(board: Board) -> dict[str, Any]:
    """Returns the document of a dashboard."""
    filters = board.filters
    tiles = [
        {"title": tile.title, "verb": tile.verb, "arguments": dict(tile.arguments), "size": tile.size}
        for tile in board.tiles
    ]
    own = {"since": filters.since, "until": filters.until, "where": filters.where}
    return {"title": board.title, "about": board.about, **own, "tiles": tiles}


def may_stand(verb: Verb) -> bool:
    """Whether a verb may answer a tile: a number or a list of measure that shows no single person."""
    return verb.part == "measure" and verb.right == "read" and not verb.personal and verb.limited == "rows"


def _object(document: str) -> Mapping[str, Any]:
    try:
        found = json.loads(document)
    except ValueError as failure:
        raise InputError(f"The dashboard is no JSON: {failure}.") from None
    if not isinstance(found, dict):
        raise InputError(f"The dashboard is a JSON object with a title and tiles, not a {type(found).__name__}.")
    return found


def _parsed(content: Mapping[str, Any]) -> _Board:
    try:
        return _Board.model_validate(dict(content))
    except ValidationError as failure:
        wrong = [
            Mistake(".".join(str(step) for step in error["loc"]) or "(all)", what_is_wrong(error))
            for error in failure.errors()
        ]
        raise MistakesError("the dashboard", wrong) from None


def _board(name: str, found: _Board) -> Board:
    tiles = tuple(Tile(each.title, each.verb, each.arguments, each.size) for each in found.tiles)
    return Board(name, found.title, found.about, Filters(found.since, found.until, found.where), tiles)


def _of_tile(ws: Analysis, where: str, tile: Tile) -> Iterator[Mistake]:
    try:
        verb = registry.get(tile.verb)
    except UnknownNameError as failure:
        yield Mistake(f"{where}.verb", failure.message)
        return
    if not may_stand(verb):
        yield Mistake(f"{where}.verb", f"{tile.verb} cannot stand on a dashboard: only numbers of measure can.")
        return
    try:
        verb.check(arguments_of(tile, Filters(), verb))
    except CxloopError as failure:
        yield Mistake(f"{where}.arguments", failure.message)
    known = {item.name for item in verb.parameters}
    for name in tile.arguments:
        if name not in known:
            yield Mistake(f"{where}.arguments.{name}", f"{tile.verb} takes {', '.join(sorted(known))}.")
    yield from _of_condition(ws, f"{where}.arguments.where", str(tile.arguments.get("where") or ""))


def _of_condition(ws: Analysis, where: str, condition: str) -> Iterator[Mistake]:
    try:
        wanted(ws, condition)
    except CxloopError as failure:
        yield Mistake(where, failure.message)
