"""Speaks a lexicon: turns arrays of themes and facts into arrays of comments, a pattern at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cxloop.simulate.blocks import join, pick
from cxloop.simulate.clock import Ints
from cxloop.simulate.texts.lexicon import MISHAPS, THEMES, TONES, Lexicon

__all__ = ["Facts", "comments", "parse", "variants"]

_PIECES = re.compile(r"\(([^()]*\|[^()]*)\)|\{(\w+)\}")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_EMOJI = {
    "bad": ("😡", "👎", "😞", "🙄", "😤"),
    "plain": ("🙂", "😐", "🤷"),
    "good": ("😊", "👍", "🎉", "❤️", "😍", "⭐⭐⭐⭐⭐"),
}

Piece: TypeAlias = "str | tuple[str, ...] | Slot"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a fact fills."""

    name: str


@dataclass(frozen=True)
class Facts:
    """What happened to each writer, one entry per comment in each array.

    Attributes:
        theme: number in `THEMES`.
        second: number in `THEMES` of a further sentence, or -1.
        tone: number in `TONES`.
        product: number of the product.
        days: how many days something took, at least 1.
        minutes: how many minutes something took.
        city: Arrow strings.
    """

    theme: NDArray[np.int8]
    second: NDArray[np.int8]
    tone: NDArray[np.int8]
    product: NDArray[np.int16]
    days: Ints
    minutes: Ints
    city: Any

    def rows(self, chosen: NDArray[np.int64]) -> Facts:
        """Returns the facts of some writers."""
        return Facts(
            self.theme[chosen], self.second[chosen], self.tone[chosen], self.product[chosen],
            self.days[chosen], self.minutes[chosen], pick(self.city, chosen),
        )  # fmt: skip


@cache
def variants(pattern: str) -> tuple[str, ...]:
    """Returns the pattern with every choice that holds a slot written out.

    Example:
        >>> variants("It came (late|{days} late) (today|at last).")
        ('It came late (today|at last).', 'It came {days} late (today|at last).')
    """
    for found in _CHOICE.finditer(pattern):
        if "{" in found[1]:
            begin, rest = pattern[: found.start()], pattern[found.end() :]
            return tuple(whole for option in found[1].split("|") for whole in variants(begin + option + rest))
    return (pattern,)


@cache
def parse(pattern: str) -> tuple[Piece, ...]:
    """Returns the pieces of a pattern: literal texts, choices and slots.

    Example:
        >>> parse("The {product} is (nice|fine).")
        ('The ', Slot(name='product'), ' is ', ('nice', 'fine'), '.')
    """
    pieces: list[Piece] = []
    end = 0
    for found in _PIECES.finditer(pattern):
        pieces.append(pattern[end : found.start()])
        pieces.append(tuple(found[1].split("|")) if found[1] is not None else Slot(found[2]))
        end = found.end()
    pieces.append(pattern[end:])
    return tuple(piece for piece in pieces if piece != "")


def comments(rng: np.random.Generator, lexicon: Lexicon, facts: Facts) -> Any:
    """Returns one comment per writer, as Arrow strings: opening, sentence, perhaps a second one, closing."""
    if facts.theme.size == 0:
        return pa.array([], pa.string())
    mood = _mood(facts)
    main = _spoken(rng, lexicon, facts, facts.theme, lexicon.themes, THEMES)
    more = _spoken(rng, lexicon, facts, facts.second, lexicon.themes, THEMES)
    opens = np.where(mood == TONES.index("ask"), -1, mood)
    opening = _spoken(rng, lexicon, facts, _some(rng, opens, 0.55), lexicon.openings, TONES)
    closing = _spoken(rng, lexicon, facts, _some(rng, mood, 0.6), lexicon.closings, TONES)
    text = pc.utf8_trim_whitespace(pc.binary_join_element_wise(opening, main, more, closing, " "))
    return _typed(rng, lexicon, pc.replace_substring_regex(text, " +", " "), facts.tone)


def _mood(facts: Facts) -> NDArray[np.int8]:
    """Returns the tone of opening and closing: questions have their own, and no praise frames a mishap."""
    asks = np.array([theme.startswith("ask_") for theme in THEMES])[facts.theme]
    mishap = np.array([theme in MISHAPS for theme in THEMES])
    told = mishap[facts.theme] | ((facts.second >= 0) & mishap[facts.second])
    softened = np.where(told & (facts.tone == TONES.index("good")), TONES.index("plain"), facts.tone)
    return np.where(asks, TONES.index("ask"), softened).astype(np.int8)


def _some(rng: np.random.Generator, codes: NDArray[Any], share: float) -> NDArray[np.int8]:
    return np.where(rng.random(codes.size) < share, codes, -1).astype(np.int8)


def _spoken(
    rng: np.random.Generator,
    lexicon: Lexicon,
    facts: Facts,
    codes: NDArray[np.int8],
    patterns: Any,
    names: Sequence[str],
) -> Any:
    """Returns a sentence per row: one of the patterns that its code names; empty where the code is -1."""
    parts, rows = [pa.array([""] * int((codes < 0).sum()), pa.string())], [np.flatnonzero(codes < 0)]
    for code in np.unique(codes[codes >= 0]):
        known = [variant for pattern in patterns[names[code]] for variant in variants(pattern)]
        mine = np.flatnonzero(codes == code)
        drawn = rng.integers(0, len(known), mine.size)
        for place in range(len(known)):
            chosen = mine[drawn == place]
            if chosen.size:
                parts.append(_filled(rng, lexicon, parse(known[place]), facts, chosen))
                rows.append(chosen)
    order = np.argsort(np.concatenate(rows), kind="stable")
    return pick(pa.concat_arrays(parts), order)


def _filled(
    rng: np.random.Generator, lexicon: Lexicon, pieces: tuple[Piece, ...], facts: Facts, rows: NDArray[np.int64]
) -> Any:
    spoken = [_piece(rng, lexicon, piece, facts, rows) for piece in pieces]
    if all(isinstance(part, str) for part in spoken):
        return pa.array(["".join(spoken)] * rows.size)
    return join(*spoken)


def _piece(rng: np.random.Generator, lexicon: Lexicon, piece: Piece, facts: Facts, rows: NDArray[np.int64]) -> Any:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, tuple):
        return pick(piece, rng.integers(0, len(piece), rows.size))
    if piece.name == "city":
        return pick(facts.city, rows)
    if piece.name == "minutes":
        return pa.array(facts.minutes[rows])
    forms, places = _forms(rng, lexicon, piece.name.lower(), facts, rows)
    if piece.name[0].isupper():
        forms = tuple(form[0].upper() + form[1:] for form in forms)
    return pick(forms, places)


def _forms(
    rng: np.random.Generator, lexicon: Lexicon, name: str, facts: Facts, rows: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    if name in lexicon.weekdays:
        # Monday to Saturday: the stores are closed on Sundays.
        return lexicon.weekdays[name], rng.integers(0, 6, rows.size)
    if name in lexicon.durations:
        forms = lexicon.durations[name]
        return forms, np.clip(facts.days[rows], 1, len(forms)) - 1
    return lexicon.products[name], facts.product[rows].astype(np.int64)


def _typed(rng: np.random.Generator, lexicon: Lexicon, text: Any, tone: NDArray[np.int8]) -> Any:
    """Returns the texts as people type them: some with slips, without capitals, in capitals, with an emoji."""
    draw = rng.random((4, tone.size))
    for written, slipped in lexicon.slips:
        text = pc.if_else(
            pa.array(draw[0] < 0.10), pc.replace_substring(text, written, slipped, max_replacements=1), text
        )
    text = pc.if_else(pa.array(draw[1] < 0.07), pc.utf8_lower(text), text)
    text = pc.if_else(pa.array(draw[2] < np.array([0.05, 0.004, 0.01])[tone]), pc.utf8_upper(text), text)
    for code, name in enumerate(_EMOJI):
        emoji = pick(_EMOJI[name], rng.integers(0, len(_EMOJI[name]), tone.size))
        text = pc.if_else(pa.array((tone == code) & (draw[3] < 0.09)), join(text, " ", emoji), text)
    return text
