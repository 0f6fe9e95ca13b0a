"""The line of a JSON text on which each of its places stands, for whoever writes a survey by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from cxloop.web.pages.surveys.editing.places import Steps, path_of, steps_of

__all__ = ["line_of", "lines"]

TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def lines(text: str) -> dict[str, int]:
    """Returns the line, from 1, on which each place of a JSON text begins; of a broken text as far as it goes.

    Example:
        >>> lines('{"pages": [\\n {"name": "a"}\\n]}')
        {'': 1, 'pages': 1, 'pages[0]': 2, 'pages[0].name': 2}
    """
    found: dict[str, int] = {}
    for steps, place in _places(text):
        found.setdefault(path_of(steps), place)
    return found


def line_of(path: str, known: dict[str, int]) -> int:
    """Returns the line of a place, else of the nearest one above it that is there."""
    steps = steps_of(path)
    for kept in range(len(steps), 0, -1):
        if (line := known.get(path_of(steps[:kept]))) is not None:
            return line
    return 1


def _places(text: str) -> Iterator[tuple[Steps, int]]:
    way: list[int | str] = []
    open_: list[str] = []
    line, seen, naming = 1, 0, False
    for token in TOKEN.finditer(text):
        line += text.count("\n", seen, token.start())
        seen = token.start()
        word = token[0]
        if word in "}]":
            if not open_:
                return
            open_.pop()
            way.pop()
            naming = False
        elif word == ",":
            if not open_:
                return
            naming = open_[-1] == "{"
            if open_[-1] == "[":
                way[-1] = int(way[-1]) + 1
        elif word == ":":
            naming = False
        elif naming and word.startswith('"'):
            way[-1] = _name(word)
        else:
            yield tuple(way), line
            if word in "{[":
                open_.append(word)
                way.append("" if word == "{" else 0)
                naming = word == "{"


def _name(word: str) -> str:
    try:
        return str(json.loads(word))
    except ValueError:  # such as a wrong escape
        return word.strip('"')
