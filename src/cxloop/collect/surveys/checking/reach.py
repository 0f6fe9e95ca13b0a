"""Whether a condition can ever hold: tried over the values that the questions it reads can have.

Where all of those are choices, scales or yes and no, trying them all is a proof. For numbers and texts the values that
the conditions themselves name, and those just beside them, are enough, as long as they are only compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, combinations, islice, product
from math import prod
from typing import Any

from cxloop.collect.surveys import expressions
from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.definition.questions import Asking, Checkbox, Choosing, Rating, YesNo, choices
from cxloop.collect.surveys.definition.structure import parsed, reads
from cxloop.collect.surveys.expressions.nodes import Binary, Const, walk
from cxloop.collect.surveys.flow.settling import Settled
from cxloop.collect.surveys.flow.values import NONE, OTHER

__all__ = ["can_hold"]

MOST_TRIED = 3_000
"""Combinations of answers; beyond it nothing is said."""
MOST_SUBSETS = 64
ARITHMETIC = frozenset("+-*/%^")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""Any moment: conditions that call functions of time are not judged."""


def can_hold(definition: Definition, conditions: Iterable[str]) -> bool | None:
    """Returns whether conditions can hold together; None where trying cannot tell.

    Args:
        definition: the survey that they belong to.
        conditions: expressions, all of which have to hold.
    """
    texts = list(dict.fromkeys(conditions))
    calculated = {value.name: value.expression for value in definition.calculated_values}
    names, closed = _closure(definition, texts, calculated)
    read = reads([*texts, *closed], calculated)
    every = list(dict.fromkeys([*texts, *closed, *(text for n, text in calculated.items() if n.lower() in read)]))
    domains = {name: list(_domain(definition, name, every)) for name in sorted(names)}
    if prod(len(domain) for domain in domains.values()) > MOST_TRIED:
        return None
    for values in product(*domains.values()):
        if _hold(definition, texts, {n: v for n, v in zip(domains, values, strict=True) if v is not None}):
            return True
    finite = all(_is_finite(definition.by_name.get(name)) for name in names)
    simple = all(_only_compares(text) for text in every)
    return False if (finite and not _calls(every)) or simple else None


def _closure(definition: Definition, texts: list[str], calculated: Mapping[str, str]) -> tuple[set[str], list[str]]:
    """The names of questions and variables that conditions hang on, and the conditions of those questions."""
    structure, closed = definition.structure, list[str]()
    own = {name.lower(): name for name in chain(definition.by_name, (each.name for each in definition.hidden))}
    names: set[str] = set()
    waiting = list(reads(texts, calculated))
    while waiting:
        name = own.get(waiting.pop().removesuffix("-comment"))
        if name is None or name in names:
            continue
        names.add(name)
        if name.lower() in structure.places:
            conditions = structure.nodes[structure.places[name.lower()]].conditions
            closed += conditions
            waiting += reads(conditions, calculated)
    return names, closed


def _hold(definition: Definition, texts: list[str], values: dict[str, Any]) -> bool:
    settled = Settled(definition, values, NOW)
    settled.calculate()
    structure = definition.structure
    for place in structure.order:
        node = structure.nodes[place]
        if node.element.name in values and not (node.visible and all(settled.holds(each) for each in node.conditions)):
            del values[node.element.name]
            settled.calculate()
    return all(settled.holds(text) for text in texts)


def _domain(definition: Definition, name: str, texts: list[str]) -> Iterator[Any]:
    """Nothing, and the values that a question or variable can have, as far as conditions can tell them apart."""
    yield None
    question = definition.by_name.get(name)
    if isinstance(question, Choosing):
        offered = [choice.value for choice in choices(question)]
        offered += [value for wanted, value in ((question.none, NONE), (question.other, OTHER)) if wanted]
        yield from _subsets(offered) if isinstance(question, Checkbox) else offered
    elif isinstance(question, Rating):
        yield from question.scale
    elif isinstance(question, YesNo):
        yield from (question.value_true, question.value_false)
    else:
        yield from _beside(texts)


def _subsets(values: list[Any]) -> Iterator[list[Any]]:
    sizes = chain.from_iterable(combinations(values, size) for size in (1, 2, len(values)))
    every = chain.from_iterable(combinations(values, size) for size in range(1, len(values) + 1))
    yield from (list(each) for each in islice(every if len(values) <= 5 else sizes, MOST_SUBSETS))


def _beside(texts: list[str]) -> Iterator[Any]:
    """The values that conditions name, and those between and beyond them."""
    found = {node.value for text in texts for node in walk(parsed(text).tree) if isinstance(node, Const)}
    yield "some words"
    for value in found:
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield from (value - 1, value - 0.5, value, value + 0.5, value + 1)
        elif value is not None:
            yield value


def _is_finite(question: Asking | None) -> bool:
    if isinstance(question, Checkbox):
        return len(choices(question)) + question.none + question.other <= 5
    return isinstance(question, Choosing | Rating | YesNo)


def _only_compares(text: str) -> bool:
    tree = parsed(text)
    return not tree.functions and not any(isinstance(n, Binary) and n.operator in ARITHMETIC for n in walk(tree.tree))


def _calls(texts: list[str]) -> bool:
    """Whether a function is called that depends on more than its arguments, such as the day."""
    pure = {"mentions", "iif", "sum", "avg", "min", "max", "round", "trunc"}
    return any(name.lower() not in pure for text in texts for name in expressions.parse(text).functions)
