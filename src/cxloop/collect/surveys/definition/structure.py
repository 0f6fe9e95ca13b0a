"""The elements of a survey as a list, with what decides whether each is shown, and the order to decide it in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from cxloop.collect.surveys import expressions
from cxloop.collect.surveys.definition.questions import Asking, Choosing, Element, choices

__all__ = ["Node", "Structure", "parsed", "reads", "sorted_by_need", "structure"]

Key = TypeVar("Key", int, str)


@dataclass(frozen=True)
class Node:
    """One element: where it stands, and the conditions that all have to hold for it to be shown.

    `within` are the places of the panels and of the page that it lies in, the page first.
    """

    place: int
    path: str
    element: Element
    within: tuple[int, ...]
    conditions: tuple[str, ...]
    visible: bool

    @property
    def page(self) -> int:
        """The place of the page that it is on; a page's own."""
        return (*self.within, self.place)[0]


@dataclass(frozen=True)
class Structure:
    """All elements in the order of the document.

    `order` are the places of what asks or tells, so that whatever a condition reads comes before it.
    """

    nodes: tuple[Node, ...]
    order: tuple[int, ...]
    calculated: tuple[str, ...]
    loops: tuple[tuple[str, ...], ...]
    places: Mapping[str, int] = field(default_factory=dict)


@lru_cache(maxsize=8192)
def parsed(text: str) -> expressions.Expression:
    """Returns an expression; reading one costs more than evaluating it, and pages read the same ones again."""
    return expressions.parse(text)


def reads(texts: Iterable[str], calculated: Mapping[str, str]) -> frozenset[str]:
    """Returns the names that expressions read, in small letters, those behind calculated values too."""
    by_name = {name.lower(): text for name, text in calculated.items()}
    found: set[str] = set()
    waiting = [name.lower() for text in texts for name in parsed(text).names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name in by_name:
            waiting += [inner.lower() for inner in parsed(by_name[name]).names]
    return frozenset(found)


def structure(pages: Iterable[Element], calculated: Mapping[str, str]) -> Structure:
    """Returns the structure of pages and their elements."""
    nodes: list[Node] = []
    for at, page in enumerate(pages):
        _add(nodes, page, f"pages[{at}]", None)
    leaves = [node for node in nodes if not hasattr(node.element, "elements")]
    places = {node.element.name.lower(): node.place for node in leaves if isinstance(node.element, Asking)}
    needs = {node.place: _needs(node, calculated, places) for node in leaves}
    order, cycles = sorted_by_need(needs)
    values = {name: {n for n in calculated if n.lower() in reads([text], {})} for name, text in calculated.items()}
    ordered, circles = sorted_by_need(values)
    loops = [tuple(nodes[place].element.name for place in cycle) for cycle in cycles]
    return Structure(tuple(nodes), tuple(order), tuple(ordered), (*loops, *circles), places)


def _add(nodes: list[Node], element: Element, path: str, above: Node | None) -> None:
    conditions = (*(above.conditions if above else ()), *([element.visible_if] if element.visible_if else ()))
    within = (*above.within, above.place) if above else ()
    node = Node(len(nodes), path, element, within, conditions, element.visible and (above is None or above.visible))
    nodes.append(node)
    for at, inner in enumerate(getattr(element, "elements", ())):
        _add(nodes, inner, f"{path}.elements[{at}]", node)


def _needs(node: Node, calculated: Mapping[str, str], places: Mapping[str, int]) -> set[int]:
    conditions = list(node.conditions)
    if isinstance(node.element, Choosing):
        conditions += [choice.visible_if for choice in choices(node.element) if choice.visible_if]
    found = reads(conditions, calculated)
    return {places[name] for name in (each.removesuffix("-comment") for each in found) if name in places}


def sorted_by_need(needs: Mapping[Key, set[Key]]) -> tuple[list[Key], list[tuple[Key, ...]]]:
    """Returns the keys so that each comes after those it needs, as far as there is such an order; and the circles."""
    done: dict[Key, None] = {}
    circles: list[tuple[Key, ...]] = []
    for start in needs:
        way: dict[Key, Iterator[Key]] = {} if start in done else {start: iter(sorted(needs[start]))}
        while way:
            here = next(reversed(way))
            following = next((key for key in way[here] if key not in done), None)
            if following is None:
                way.pop(here)
                done[here] = None
            elif following in way:
                walked = list(way)
                circles.append(tuple(walked[walked.index(following) :]))
            else:
                way[following] = iter(sorted(needs[following]))
    return list(done), circles
