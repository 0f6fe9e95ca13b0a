"""What a respondent sees: pages, questions and choices in their order, with their texts in one language."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import Any, TypeVar

from cxloop.collect.surveys.definition import Definition, Page, Panel, in_language
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Choice,
    Choosing,
    Element,
    Matrix,
    Rating,
    Row,
    Statement,
    YesNo,
    choices,
)
from cxloop.collect.surveys.definition.structure import reads
from cxloop.collect.surveys.flow.settling import Settled, offered, settle
from cxloop.collect.surveys.flow.values import NONE, OTHER, is_empty, same

__all__ = [
    "Option",
    "ShownPage",
    "ShownPanel",
    "ShownQuestion",
    "ShownStatement",
    "State",
    "isolated",
    "live",
    "run",
    "show",
    "shown_questions",
    "whole",
]

WORDS = {
    "en": {"yes": "Yes", "no": "No", OTHER: "Other", NONE: "None of these"},
    "de": {"yes": "Ja", "no": "Nein", OTHER: "Sonstiges", NONE: "Nichts davon"},
    "fr": {"yes": "Oui", "no": "Non", OTHER: "Autre", NONE: "Aucun de ces choix"},
    "es": {"yes": "Sí", "no": "No", OTHER: "Otro", NONE: "Ninguna de las anteriores"},
    "ar": {"yes": "نعم", "no": "لا", OTHER: "غير ذلك", NONE: "لا شيء مما سبق"},
}
PIPED = re.compile(r"\{([^{}]{1,250})\}")
TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
Each = TypeVar("Each")


@dataclass(frozen=True)
class Option:
    """Something that can be chosen: what is stored, what is read, and the picture of an imagepicker.

    `hidden` is one that answers on the same page may bring.
    """

    value: Any
    text: str
    image: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class ShownStatement:
    """Words without a question, with answers piped in. The page that draws them cleans them of scripts."""

    name: str
    html: str
    hidden: bool = False


@dataclass(frozen=True)
class ShownQuestion:
    """A question as it is now."""

    name: str
    question: Asking
    title: str
    description: str
    required: bool
    read_only: bool
    value: Any
    comment: str
    options: tuple[Option, ...] = ()
    rows: tuple[Option, ...] = ()
    hidden: bool = False


@dataclass(frozen=True)
class ShownPanel:
    """Questions that belong together."""

    name: str
    title: str
    description: str
    items: tuple[ShownItem, ...]
    hidden: bool = False


ShownItem = ShownQuestion | ShownStatement | ShownPanel


@dataclass(frozen=True)
class ShownPage:
    """A page as it is now."""

    name: str
    title: str
    description: str
    items: tuple[ShownItem, ...]


@dataclass(frozen=True)
class State:
    """A survey over some answers, at one moment.

    `values` are the answers that count, with the variables of the link; `calculated` what was worked out of them.
    `loops` names what kept setting each other and was left as it was.
    """

    pages: tuple[ShownPage, ...]
    values: Mapping[str, Any]
    calculated: Mapping[str, Any]
    loops: tuple[str, ...]
    locale: str

    def page(self, name: str) -> ShownPage | None:
        """Returns a page by its name, or None where it is not shown."""
        return next((page for page in self.pages if page.name == name), None)

    @property
    def questions(self) -> tuple[ShownQuestion, ...]:
        """Every question that is shown, in its order."""
        return tuple(question for page in self.pages for question in shown_questions(page.items))

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the questions that are shown and have to be answered."""
        return tuple(question.name for question in self.questions if question.required)


def run(definition: Definition, answers: Mapping[str, Any], *, locale: str = "", seed: int = 0, now: datetime) -> State:
    """Returns what a respondent sees of a survey.

    Args:
        definition: the survey.
        answers: what `begin` and `accept` gave; what belongs to no shown question does not count.
        locale: the language, such as "de"; the survey's own where it is empty or a text is missing.
        seed: what random orders are drawn from: the same for a respondent on every page.
        now: the moment that expressions read, with its time zone.
    """
    return show(settle(definition, answers, now=now), locale=locale, seed=seed)


def live(definition: Definition, answers: Mapping[str, Any], *, locale: str, seed: int, now: datetime) -> State:
    """Returns what a respondent sees, and beside it, as `hidden`, what answers on the same page may bring.

    Args:
        definition: the survey.
        answers: likewise, `locale`, `seed` and `now`: as in `run`.
        locale: the language.
        seed: of random orders.
        now: the moment.
    """
    settled = settle(definition, answers, now=now)
    return show(settled, locale=locale, seed=seed, waiting=_waiting(settled))


def whole(definition: Definition, *, locale: str, now: datetime) -> tuple[ShownPage, ...]:
    """Returns every page with everything on it, the braces of piped answers still there: for a kiosk to fill and hide.

    Args:
        definition: the survey.
        locale: the language.
        now: the moment, for questions that are required or locked under a condition.
    """
    artist = _Template(Settled(definition, {}, now), locale, 0)
    return tuple(artist.page(node.element) for node in _pages(artist.settled))


def _waiting(settled: Settled) -> frozenset[int]:
    """The places of what is hidden now, and may be seen as soon as something on its page is answered."""
    definition, nodes = settled.definition, settled.definition.structure.nodes
    calculated = {value.name: value.expression for value in definition.calculated_values}
    found: set[int] = set()
    for node in nodes:
        if not node.visible or node.place in settled.shown or not node.within:
            continue
        read = {name.removesuffix("-comment") for name in reads(node.conditions, calculated)}
        if any(nodes[place].page == node.page for name, place in definition.structure.places.items() if name in read):
            found |= {node.place, *(place for place in node.within[1:] if place not in settled.shown)}
    return frozenset(found)


def show(settled: Settled, *, locale: str = "", seed: int = 0, waiting: frozenset[int] | None = None) -> State:
    """Returns what a respondent sees of answers at rest.

    Args:
        settled: the answers.
        locale: the language; the survey's own where it is empty.
        seed: of random orders.
        waiting: the places of what is not shown, and drawn all the same, as `hidden`, with choices that may come.
    """
    artist = _Artist(settled, locale or settled.definition.own_language, seed, waiting)
    pages = tuple(artist.page(node.element) for node in _pages(settled) if node.place in settled.shown)
    return State(pages, dict(settled.values), dict(settled.calculated), settled.loops, artist.locale)


def shown_questions(items: Iterable[ShownItem]) -> list[ShownQuestion]:
    """Returns the questions among what is shown, those in panels too."""
    found: list[ShownQuestion] = []
    for item in items:
        if isinstance(item, ShownPanel):
            found += shown_questions(item.items)
        elif isinstance(item, ShownQuestion):
            found.append(item)
    return found


def shuffled(items: Sequence[Each], seed: int, scope: str) -> list[Each]:
    """Returns items in an order that only the seed and the name of what they belong to decide."""

    def drawn(at: int) -> bytes:
        return hashlib.blake2b(f"{seed}\0{scope}\0{at}".encode("utf-8", "replace"), digest_size=8).digest()

    return [items[at] for at in sorted(range(len(items)), key=drawn)]


def _pages(settled: Settled) -> list[Any]:
    return [node for node in settled.definition.structure.nodes if not node.within]


class _Artist:
    """Writes out what is shown, in one language and one order."""

    def __init__(self, settled: Settled, locale: str, seed: int, waiting: frozenset[int] | None = None) -> None:
        self.settled, self.locale, self.seed, self.live = settled, locale, seed, waiting is not None
        self.definition = settled.definition
        nodes = self.definition.structure.nodes
        # Panels and statements may share a name: what is shown is known by the place, found by the object.
        self.shown = {id(nodes[place].element) for place in settled.shown}
        self.waiting = {id(nodes[place].element) for place in waiting or ()}
        self.everything = {name.lower(): value for name, value in settled.everything.items()}

    def text(self, text: Any) -> str:
        return self.piped(in_language(text, self.locale, self.definition.own_language))

    def html(self, text: Any) -> str:
        """A text with tags: what somebody answered, or put into a link, adds none."""
        return self.piped(in_language(text, self.locale, self.definition.own_language), escape)

    def piped(self, text: str, written: Callable[[str], str] = str) -> str:
        return PIPED.sub(lambda found: written(isolated(self.answer_of(found[1].strip(), found[0]))), text)

    def answer_of(self, name: str, otherwise: str) -> str:
        """The words of an answer; nothing where there is none, and the braces stay around what nobody knows."""
        small = name.lower()
        place = self.definition.structure.places.get(small)
        if place is not None:
            question = self.definition.structure.nodes[place].element
            return displayed(question, self.everything.get(small), self.everything, self)
        variables = [variable.lower() for variable in self.definition.variables]
        return _said(self.everything.get(small)) if small in variables else otherwise

    def plain(self, text: Any) -> str:
        return in_language(text, self.locale, self.definition.own_language)

    def page(self, page: Page) -> ShownPage:
        inherited = self.definition.question_order or self.definition.questions_order or ""
        items = self.items(page, page.name, inherited)
        return ShownPage(page.name, self.text(page.title), self.text(page.description), items)

    def items(self, holder: Page | Panel, scope: str, inherited: str) -> tuple[ShownItem, ...]:
        order = next((o for o in (holder.question_order, holder.questions_order) if o and o != "default"), inherited)
        elements = list(holder.elements)
        if order == "random":
            elements = shuffled(elements, self.seed, scope)
        drawn = self.shown | self.waiting
        return tuple(self.item(element, order) for element in elements if id(element) in drawn)

    def item(self, element: Element, order: str) -> ShownItem:
        hidden = id(element) not in self.shown
        if isinstance(element, Panel):
            items = self.items(element, element.name, order)
            return ShownPanel(element.name, self.text(element.title), self.text(element.description), items, hidden)
        if isinstance(element, Statement):
            return ShownStatement(element.name, self.html(element.html), hidden)
        return self.question(element, hidden)  # type: ignore[arg-type]

    def question(self, question: Asking, hidden: bool) -> ShownQuestion:
        values = self.settled.values
        return ShownQuestion(
            name=question.name,
            question=question,
            title=self.text(question.title) or question.name,
            description=self.text(question.description),
            required=is_required(self.settled, question),
            read_only=is_read_only(self.settled, question),
            value=values.get(question.name),
            comment=str(values.get(f"{question.name}-Comment", "")),
            options=self.options(question),
            rows=self.rows(question),
            hidden=hidden,
        )

    def options(self, question: Asking) -> tuple[Option, ...]:
        if isinstance(question, Choosing):
            return self.choices(question)
        if isinstance(question, Matrix):
            return tuple(self.option(column) for column in question.columns)
        if isinstance(question, Rating):
            return tuple(self.option(each) for each in question.rate_values or question.scale)
        if isinstance(question, YesNo):
            values = question.value_true, question.value_false
            return tuple(Option(value, yes_or_no(question, value, self.text, self.locale)) for value in values)
        return ()

    def choices(self, question: Choosing) -> tuple[Option, ...]:
        found = self.drawn(question)
        if question.choices_order == "random":
            found = shuffled(found, self.seed, question.name)
        elif question.choices_order != "none":
            found.sort(key=lambda option: option.text.casefold(), reverse=question.choices_order == "desc")
        added = ((question.none, NONE, question.none_text), (question.other, OTHER, question.other_text))
        words = own_words(self.locale)
        return (*found, *(Option(each, self.text(text) or words[each]) for wanted, each, text in added if wanted))

    def drawn(self, question: Choosing) -> list[Option]:
        """What can be chosen, and on a live page, as `hidden`, what its answers may bring."""
        there = offered(self.settled, question)
        drawn = []
        for choice in choices(question):
            hidden = not any(same(choice.value, value) for value in there)
            if not hidden or (self.live and self.may_come(question, choice)):
                drawn.append(replace(self.option(choice), hidden=hidden))
        return drawn

    def may_come(self, question: Choosing, choice: Choice) -> bool:
        """Whether the condition of a choice reads a question of its own page."""
        structure = self.definition.structure
        calculated = {value.name: value.expression for value in self.definition.calculated_values}
        page = structure.nodes[structure.places[question.name.lower()]].page
        read = reads([choice.visible_if] if choice.visible_if else [], calculated)
        places = (structure.places.get(name.removesuffix("-comment")) for name in read)
        return any(structure.nodes[place].page == page for place in places if place is not None)

    def rows(self, question: Asking) -> tuple[Option, ...]:
        if not isinstance(question, Matrix):
            return ()
        rows = [self.option(row) for row in question.rows]
        random = "random" in (question.rows_order, question.row_order)
        return tuple(shuffled(rows, self.seed, question.name) if random else rows)

    def option(self, part: Any) -> Option:
        if not isinstance(part, Choice | Row):
            return Option(part, str(part))
        image = self.plain(part.image_link) if isinstance(part, Choice) else ""
        return Option(part.value, self.text(part.text) or str(part.value), image)


class _Template(_Artist):
    """Writes out everything, with the braces of piped answers as the document has them."""

    def __init__(self, settled: Settled, locale: str, seed: int) -> None:
        super().__init__(settled, locale, seed)
        self.shown = {id(node.element) for node in self.definition.structure.nodes}

    def piped(self, text: str, written: Callable[[str], str] = str) -> str:  # noqa: ARG002 - nothing is filled in
        return text

    def drawn(self, question: Choosing) -> list[Option]:
        return [self.option(choice) for choice in choices(question)]


def isolated(text: str) -> str:
    """Returns an answer so that control characters in it turn the direction of nothing around it.

    Source: Unicode Standard Annex 9, "Explicit Directional Isolates": PDI ends what the answer left open.

    Example:
        >>> isolated("Ann"), isolated("\u202eAnn")
        ('Ann', '\u2068\u202eAnn\u2069')
    """
    if not TURNING.search(text):
        return text
    depth, kept = 0, []
    for character in text:
        depth += (character in "\u2066\u2067\u2068") - (character == "\u2069")
        if depth < 0:
            depth = 0
            continue
        kept.append(character)
    return "\u2068" + "".join(kept) + "\u2069" * (depth + 1)


def is_required(settled: Settled, question: Asking) -> bool:
    """Whether a question has to be answered now."""
    return question.is_required or bool(question.required_if and settled.holds(question.required_if))


def is_read_only(settled: Settled, question: Asking) -> bool:
    """Whether a question is shown and cannot be changed now."""
    return question.read_only or bool(question.enable_if and not settled.holds(question.enable_if))


def own_words(locale: str) -> dict[str, str]:
    """Returns the words for what every survey has, in a language that we have them in, else in English."""
    return WORDS.get(locale.partition("-")[0].lower(), WORDS["en"])


def yes_or_no(question: YesNo, value: Any, text: Callable[[Any], str], locale: str) -> str:
    """Returns the words of a yes or a no."""
    yes = same(value, question.value_true)
    return text(question.label_true if yes else question.label_false) or own_words(locale)["yes" if yes else "no"]


def displayed(question: Any, value: Any, everything: Mapping[str, Any], artist: _Artist) -> str:
    """Returns an answer in words: the texts of what was chosen, in the language of the page."""
    if is_empty(value):
        return ""
    if isinstance(value, list):
        return ", ".join(displayed(question, each, everything, artist) for each in value)
    if isinstance(question, YesNo):
        return yes_or_no(question, value, artist.plain, artist.locale)
    if value in (NONE, OTHER) and isinstance(question, Choosing):
        said = str(everything.get(f"{question.name}-comment".lower(), "")) if value == OTHER else ""
        own = question.other_text if value == OTHER else question.none_text
        return said or artist.plain(own) or own_words(artist.locale)[value]
    parts: Iterable[Any] = getattr(question, "choices", ()) or getattr(question, "rate_values", ())
    texts = [part.text for part in parts if isinstance(part, Choice) and same(part.value, value)]
    return (artist.plain(texts[0]) if texts else "") or _said(value)


def _said(value: Any) -> str:
    if is_empty(value):
        return ""
    if isinstance(value, dict):
        return str(value.get("name", "")) or ", ".join(f"{key}: {_said(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def pipe(settled: Settled, text: Any, *, locale: str = "") -> str:
    """Returns a text with tags of the document in a language, with answers piped in."""
    return _Artist(settled, locale or settled.definition.own_language, 0).html(text)
