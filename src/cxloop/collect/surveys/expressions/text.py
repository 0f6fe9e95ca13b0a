"""Texts with names in braces: "Thanks {name}, you gave {nps}"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from cxloop.collect.surveys.expressions.writing import moved, replace_at

__all__ = ["Piece", "Text", "read_text"]

_PIECE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A name in braces, as it stands in a text."""

    path: str
    written: str
    at: int
    """The character it starts with, from 1."""


@dataclass(frozen=True)
class Text:
    """A text that was read: plain parts and pieces, in their order."""

    parts: tuple[str | Piece, ...]

    @cached_property
    def paths(self) -> frozenset[str]:
        """Everything in braces."""
        return frozenset(part.path for part in self.parts if isinstance(part, Piece))

    @cached_property
    def names(self) -> frozenset[str]:
        """The questions and variables that are read: what stands before the first dot or bracket in braces."""
        return frozenset(path.removeprefix("#").split(".")[0].split("[")[0] for path in self.paths)

    def fill(self, resolve: Callable[[str], str | None]) -> str:
        """Returns the text with what `resolve` says for each piece; nothing is escaped: that is the page's work.

        Args:
            resolve: from a path to what is shown: '' for a question without an answer, None for a name that nothing
                is known by, which then stays as it was written.
        """
        return "".join(part if isinstance(part, str) else _filled(part, resolve) for part in self.parts)

    def rename(self, old: str, new: str) -> Text:
        """Returns the text with a question under its new name.

        Raises:
            InputError: the new name is empty or holds braces.
        """
        pieces = (part for part in self.parts if isinstance(part, Piece))
        changes = ((part.at - 1, path) for part in pieces if (path := moved(part.path, old, new)) is not None)
        return read_text(replace_at("".join(map(_written, self.parts)), changes))


def _filled(piece: Piece, resolve: Callable[[str], str | None]) -> str:
    shown = resolve(piece.path)
    return piece.written if shown is None else shown


def _written(part: str | Piece) -> str:
    return part if isinstance(part, str) else part.written


def read_text(text: str) -> Text:
    """Returns a text's parts. Every text can be read: braces around nothing, or with a colon inside, are plain text.

    Example:
        >>> read_text("Hello {name}, {} and {a: b}").fill({"name": "Ada"}.get)
        'Hello Ada, {} and {a: b}'
    """
    parts: list[str | Piece] = []
    end = 0
    for found in _PIECE.finditer(text):
        path = found[1].strip()
        if path and ":" not in path:
            parts += [text[end : found.start()], Piece(path, found[0], found.start() + 1)]
            end = found.end()
    return Text(tuple(part for part in (*parts, text[end:]) if part))
