"""What the answers to each question of an export are, with the reason: a suggestion that a person may correct."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from cxloop.collect.surveys.importing.export import FACTS, Export, Fact, Group, plain
from cxloop.core.errors import InputError, UnknownNameError

__all__ = [
    "KINDS",
    "METRICS",
    "UNANSWERED",
    "Kind",
    "Shape",
    "corrected",
    "glued_choices",
    "point",
    "shapes_of",
    "split",
]

Kind = Literal["score", "single", "several", "ranking", "matrix", "number", "date", "text", "skip"]
KINDS: tuple[Kind, ...] = ("single", "several", "ranking", "matrix", "number", "date", "text", "skip")
UNANSWERED = "nobody answered it"
METRICS = ("nps", "csat", "ces", "rating")
_LOOKED_AT = 5_000
_FEW = 40
"""Different answers up to which a column is one of choices, where most were given more than once."""
_RECOMMENDS = re.compile(r"recommend|empfehl|weiterempf|recomend|recommand|consigli|aanbevel|\bnps\b", re.IGNORECASE)
_SATISFIES = re.compile(r"satisf|zufrieden|content|soddisf|tevreden|\bcsat\b|happy", re.IGNORECASE)
_EASES = re.compile(r"\beas(y|ily|ier)\b|effort|einfach|leicht|facil|fácil|\bces\b", re.IGNORECASE)
_RATES = re.compile(r"\brat(e|ing)\b|\bstars?\b|bewert|sterne|calific|\bnote[rz]?\b|avalie", re.IGNORECASE)
_EMAIL = re.compile(r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+$")
_POINT = re.compile(r"^(\d{1,2})(?:\s*[-–:=(.]\s*\D.*|\s+\D.*)?$", re.DOTALL)
_NUMBER = re.compile(r"^[+-]?\d+(?:[.,]\d+)?$")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[T ].*)?$")

_HIDDEN = "\u0000"

_LADDERS: tuple[tuple[str, ...], ...] = (
    ("extremely dissatisfied", "somewhat dissatisfied", "neither satisfied nor dissatisfied", "somewhat satisfied",
     "extremely satisfied"),
    ("very dissatisfied", "dissatisfied", "neither satisfied nor dissatisfied", "satisfied", "very satisfied"),
    ("very dissatisfied", "somewhat dissatisfied", "neither satisfied nor dissatisfied", "somewhat satisfied",
     "very satisfied"),
    ("very unsatisfied", "unsatisfied", "neutral", "satisfied", "very satisfied"),
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree"),
    ("strongly disagree", "somewhat disagree", "neither agree nor disagree", "somewhat agree", "strongly agree"),
    ("strongly disagree", "disagree", "somewhat disagree", "neither agree nor disagree", "somewhat agree", "agree",
     "strongly agree"),
    ("extremely difficult", "somewhat difficult", "neither easy nor difficult", "somewhat easy", "extremely easy"),
    ("very difficult", "difficult", "neutral", "easy", "very easy"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("terrible", "poor", "average", "good", "excellent"),
    ("sehr unzufrieden", "unzufrieden", "weder zufrieden noch unzufrieden", "zufrieden", "sehr zufrieden"),
)  # fmt: skip
"""Ladders of words that stand for the points of a scale, lowest first."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a question becomes.

    Attributes:
        group: its columns.
        kind: what its answers are.
        metric: of a score: which metric; empty for none.
        scale: of a score: (lowest, highest).
        ladder: of a score that is said in words: the words, lowest first.
        fact: what it says of the response as a whole, where it is no question at all.
        reason: why that is thought.
    """

    group: Group
    kind: Kind
    metric: str = ""
    scale: tuple[int, int] | None = None
    ladder: tuple[str, ...] = ()
    fact: Fact | None = None
    reason: str = ""

    @property
    def becomes(self) -> str:
        """What it becomes, as `mapping` writes it: nps, csat:1-5, several, email."""
        if self.fact is not None:
            return self.fact
        if self.kind != "score" or self.scale is None:
            return self.kind
        return self.metric if self.metric == "nps" else f"{self.metric}:{self.scale[0]}-{self.scale[1]}"


def shapes_of(export: Export) -> list[Shape]:
    """Returns what each question is taken for, by its words and answers. At most one of them is the NPS question."""
    shapes = [_shape(group, export) for group in export.groups]
    emails = "email" in export.facts
    found: list[Shape] = []
    for shape in shapes:
        if shape.fact == "email":
            emails, shape = True, shape if not emails else replace(shape, fact=None, kind="text")
        found.append(shape)
    return found


def _values(export: Export, place: int) -> list[str]:
    rows = export.rows[:_LOOKED_AT]
    cells = (row[place].strip() for row in rows if place < len(row))
    return [cell for cell in cells if cell not in export.missing]


def _shape(group: Group, export: Export) -> Shape:
    columns = [_values(export, part.place) for part in group.parts]
    if len(columns) > 1:
        return _of_columns(group, columns, export)
    said = columns[0]
    if not said:
        return Shape(group, "skip", reason=UNANSWERED)
    for look in (_scored, _addressed, _dated, _numbered, _several):
        shape = look(group, said)
        if shape is not None:
            return shape
    if group.parts[0].label:  # one column of a question with choices, of which only one was ever given
        if _ticked(group.parts[0].label, said):
            return Shape(group, "several", reason="a column for each choice")
        return Shape(group, "matrix", reason="a column for each row")
    different = len(set(said))
    prose = sum(len(value) > 60 or value.count(" ") > 6 for value in said)
    sentences = sum(value.count(" ") > 2 for value in said)
    alike = different < 0.8 * len(said)
    if different > _FEW or prose > 0.3 * len(said) or (not alike and (len(said) > 5 or sentences > 0.5 * len(said))):
        return Shape(group, "text", reason="texts, hardly two alike")
    return Shape(group, "single", reason=f"{different} different answers")


def _of_columns(group: Group, columns: Sequence[Sequence[str]], export: Export) -> Shape:
    if all(_ticked(part.label, said) for part, said in zip(group.parts, columns, strict=True)):
        return Shape(group, "several", reason="a column for each choice")
    if _ranked(group, export):
        return Shape(group, "ranking", reason="each response puts the columns into an order")
    return Shape(group, "matrix", reason="a column for each row, with several answers")


def _ticked(label: str, said: Iterable[str]) -> bool:
    """Whether a column says only that its choice was taken."""
    different = {value.lower() for value in said} - {"0", "false", "no", "unchecked"}
    return len(different) <= 1 and different <= {plain(label).lower(), "1", "true", "x", "yes", "checked", "selected"}


def _ranked(group: Group, export: Export) -> bool:
    most, seen = len(group.parts), 0
    for row in export.rows[:_LOOKED_AT]:
        places = [row[part.place].strip() for part in group.parts if part.place < len(row)]
        given = [place for place in places if place not in export.missing]
        if not given:
            continue
        if len(set(given)) < len(given) or not all(place.isdigit() and 1 <= int(place) <= most for place in given):
            return False
        seen += 1
    return seen > 1


def point(text: str) -> int | None:
    """Returns the point that an answer begins with: exports write "10 - Extremely likely" for 10.

    Example:
        >>> point("10 - Extremely likely"), point("7"), point("3 apples")
        (10, 7, 3)
        >>> point("2024") is None
        True
    """
    found = _POINT.match(text.strip())
    return int(found[1]) if found else None


def _scored(group: Group, said: Sequence[str]) -> Shape | None:
    ladder = _ladder(said)
    title = group.title
    if ladder:
        metric = (
            "ces"
            if _EASES.search(title) or "easy" in ladder[-1]
            else "csat"
            if _SATISFIES.search(f"{title} {ladder[-1]}")
            else "rating"
        )
        return Shape(group, "score", metric, (1, len(ladder)), ladder, reason="its answers are the words of a scale")
    points = [point(value) for value in said]
    if any(each is None for each in points):
        return None
    known = [each for each in points if each is not None]
    if _RECOMMENDS.search(title) and max(known) <= 10:
        return Shape(group, "score", "nps", (0, 10), reason="it asks for a recommendation, with answers from 0 to 10")
    top = next((top for top in (5, 7, 10) if min(known) >= 1 and max(known) <= top), None)
    named = next(
        (m for m, like in (("ces", _EASES), ("csat", _SATISFIES), ("rating", _RATES)) if like.search(title)), ""
    )
    if top is None or not named:
        return None
    if named == "ces" and top == 5 and max(known) < 5:
        top = 7
    return Shape(group, "score", named, (1, top), reason=f"its words say so, with answers from 1 to {top}")


def _ladder(said: Sequence[str]) -> tuple[str, ...]:
    words = {plain(value).lower() for value in said}
    # one word alone, such as "good", may be a choice like any other
    if not words or (len(words) == 1 and all(" " not in word for word in words)):
        return ()
    return next((ladder for ladder in _LADDERS if words <= set(ladder)), ())


def _addressed(group: Group, said: Sequence[str]) -> Shape | None:
    if sum(bool(_EMAIL.match(value)) for value in said) < 0.9 * len(said):
        return None
    return Shape(group, "skip", fact="email", reason="its answers are e-mail addresses")


def _dated(group: Group, said: Sequence[str]) -> Shape | None:
    if all(_DATE.match(value) for value in said):
        return Shape(group, "date", reason="its answers are dates")
    return None


def _numbered(group: Group, said: Sequence[str]) -> Shape | None:
    if all(_NUMBER.match(value) for value in said) and group.joined != ",":
        return Shape(group, "number", reason="its answers are numbers")
    if group.joined == "," and len(set(said)) > _FEW and all(_NUMBER.match(value) for value in said):
        return Shape(group, "number", reason="its answers are numbers")
    return None


def _several(group: Group, said: Sequence[str]) -> Shape | None:
    """One cell that holds several choices: the parts are few, and most of them come more than once."""
    sign = _sign(group, said)
    if not sign:
        return None
    glued = glued_choices(sign, said)
    parts = Counter(part for value in said for part in split(value, sign, glued))
    cut = sum(sign in value for value in said)
    repeated = sum(n for n in parts.values() if n > 1)
    if cut < 2 or len(parts) > _FEW or repeated < 0.8 * sum(parts.values()) or max(map(len, parts)) > 120:
        return None
    return Shape(
        replace(group, joined=sign), "several", reason=f"several choices in one cell, {sign.strip()!r} between"
    )


def _sign(group: Group, said: Sequence[str]) -> str:
    if group.joined == ", " and any(";" in value for value in said):
        return ";"
    return group.joined if group.joined and any(group.joined in value for value in said) else ""


def split(value: str, sign: str, glued: Sequence[str]) -> list[str]:
    """Returns the choices of a cell.

    Args:
        value: the cell.
        sign: what stands between choices.
        glued: choices that hold the sign themselves; see `glued_choices`.

    Example:
        >>> split("Mail, Yes, gladly", ", ", ["Yes, gladly"])
        ['Mail', 'Yes, gladly']
    """
    text = value
    for choice in glued:
        text = text.replace(choice, choice.replace(sign, _HIDDEN))
    return [part.strip().replace(_HIDDEN, sign) for part in text.split(sign) if part.strip()]


def glued_choices(sign: str, said: Sequence[str]) -> list[str]:
    """Returns choices that hold the sign between choices themselves, such as "Yes, gladly".

    They are known by their halves: each comes only beside the other, and the second begins with a small letter.
    """
    alone: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for value in said:
        parts = value.split(sign)
        alone.update(parts)
        pairs.update(pairwise(parts))
    return [
        f"{left}{sign}{right}"
        for (left, right), n in pairs.items()
        if n > 1 and n == alone[left] == alone[right] and right[:1].islower()
    ]


def corrected(
    shapes: Sequence[Shape], export: Export, mapping: Sequence[str], reason: str = "you said so"
) -> tuple[list[Shape], dict[Fact, int]]:
    """Returns the shapes and facts as a person corrected them.

    Args:
        shapes: as suggested.
        export: the file.
        mapping: such as "q3=nps", "q4=csat:1-5", "q7=skip", "q2=email".
        reason: why.

    Raises:
        InputError: it cannot be read.
        UnknownNameError: it names a question that is not there.
    """
    found = {shape.group.name: shape for shape in shapes}
    for each in mapping:
        name, sign, wanted = (part.strip() for part in each.rpartition("="))
        if not sign or not name or not wanted:
            raise InputError(f"{each!r} is no mapping. Write question=what, such as q3=nps or q7=skip.")
        if name not in found:
            raise UnknownNameError("question", name, found)
        found[name] = _as(found[name], wanted, export, reason)
    facts = dict(export.facts)
    for shape in found.values():
        if shape.fact is not None:
            facts[shape.fact] = shape.group.parts[0].place
    return list(found.values()), facts


def _as(shape: Shape, wanted: str, export: Export, by_hand: str) -> Shape:
    what, _, ends = wanted.partition(":")
    if what in METRICS:
        scale = _ends(ends) or ((0, 10) if what == "nps" else shape.scale)
        if scale is None:
            raise InputError(f"{what} needs its scale, such as {what}:1-5.")
        said = [plain(value).lower() for part in shape.group.parts for value in _values(export, part.place)]
        long = scale[1] - scale[0] + 1
        ladder = next((each for each in _LADDERS if len(each) == long and said and set(said) <= set(each)), ())
        return replace(shape, kind="score", metric=what, scale=scale, fact=None, reason=by_hand, ladder=ladder)
    known: dict[str, Callable[[], Shape]] = {
        **{kind: _kind(shape, kind, by_hand) for kind in KINDS},
        **{fact: _fact(shape, fact, by_hand) for fact in FACTS if fact != "skip"},
    }
    if what not in known:
        raise UnknownNameError("kind of answers", what, [*METRICS, *known])
    return known[what]()


def _kind(shape: Shape, kind: Kind, reason: str) -> Callable[[], Shape]:
    return lambda: replace(shape, kind=kind, metric="", scale=None, ladder=(), fact=None, reason=reason)


def _fact(shape: Shape, fact: Fact, reason: str) -> Callable[[], Shape]:
    return lambda: replace(shape, kind="skip", metric="", scale=None, ladder=(), fact=fact, reason=reason)


def _ends(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = re.fullmatch(r"(-?\d{1,3})-(\d{1,3})", text)
    if found is None or int(found[1]) >= int(found[2]):
        raise InputError(f"{text!r} is no scale. Write lowest-highest, such as 1-5.")
    return int(found[1]), int(found[2])
