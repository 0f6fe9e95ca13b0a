"""Answers brought to rest: what is hidden is dropped, what is worked out is worked out, until nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cxloop.collect.surveys import expressions
from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.definition.questions import Asking, Choosing, choices
from cxloop.collect.surveys.definition.structure import Node, parsed, reads
from cxloop.collect.surveys.flow.values import NONE, OTHER, Refused, fitting, is_empty, same

__all__ = ["COMMENT", "Settled", "known", "settle"]

COMMENT = "-Comment"
"""What SurveyJS adds to a question's name for the words beside its answer."""
MOST_ROUNDS = 50
"""After so many rounds, values that still set each other are left as they are, and told."""


@dataclass
class Settled:
    """Answers at rest: what is shown (places in the structure), and what works against itself."""

    definition: Definition
    values: dict[str, Any]
    now: datetime
    calculated: dict[str, Any] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    loops: tuple[str, ...] = ()

    @property
    def everything(self) -> dict[str, Any]:
        """What expressions read: answers, variables of the link, calculated values."""
        return {**self.values, **self.calculated}

    def holds(self, condition: str) -> bool:
        """Whether a condition holds over the answers as they are."""
        return expressions.holds(parsed(condition), self.everything, now=self.now)

    def evaluate(self, expression: str) -> Any:
        """What an expression gives over the answers as they are."""
        return expressions.evaluate(parsed(expression), self.everything, now=self.now)

    def calculate(self) -> None:
        """Works the calculated values out anew."""
        texts = {value.name: value.expression for value in self.definition.calculated_values}
        self.calculated = {}
        for name in self.definition.structure.calculated:
            found = self.evaluate(texts[name])
            if not is_empty(found):
                self.calculated[name] = found

    def shows(self, question: str) -> bool:
        """Whether a question is shown."""
        return self.definition.structure.places.get(question.lower(), -1) in self.shown


def known(definition: Definition, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what belongs to the survey's questions and variables, without what is empty."""
    names = {variable.name for variable in definition.hidden}
    for question in definition.questions:
        names |= {question.name, question.name + COMMENT}
    return {name: value for name, value in answers.items() if name in names and not is_empty(value)}


def settle(
    definition: Definition,
    answers: Mapping[str, Any],
    *,
    now: datetime,
    before: Settled | None = None,
    given: Iterable[str] = (),
) -> Settled:
    """Returns answers at rest.

    Args:
        definition: the survey.
        answers: what was answered, and the variables of the link.
        now: the moment that expressions read.
        before: the answers at rest before this change; what became visible gets its default, and what reads something
            that changed is set anew. Without it nothing is set.
        given: questions that were answered in this change: their answers win over what would be set.
    """
    settled = Settled(definition, known(definition, answers), now)
    settled.calculate()
    old = dict(before.everything) if before else {}
    _sweep(settled, before.shown if before else None)
    if before is None:
        return settled
    kept, changed = frozenset(given), frozenset[str]()
    for _ in range(MOST_ROUNDS):
        changed = _changed(old, settled.everything)
        old = dict(settled.everything)
        shown = set(settled.shown)
        appeared = shown - before.shown
        if not changed or not _set(settled, changed, kept, appeared):
            return settled
        _sweep(settled, shown)
        kept = frozenset()
    settled.loops = tuple(sorted(changed | _changed(old, settled.everything)))
    return settled


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> frozenset[str]:
    missing = object()
    return frozenset(n for n in {**old, **new} if not same(old.get(n, missing), new.get(n, missing)))


def _sweep(settled: Settled, shown_before: set[int] | None) -> None:
    """Decides what is shown, in the order of who reads whom; once more where conditions run in a circle."""
    for _ in range(MOST_ROUNDS):
        start = dict(settled.values)
        settled.shown = set()
        for place in settled.definition.structure.order:
            _decide(settled, settled.definition.structure.nodes[place], shown_before)
        if start == settled.values or not settled.definition.structure.loops:
            return
        # A default that hid its own question must not come back in the next round.
        shown_before = set(settled.definition.structure.order)


def _decide(settled: Settled, node: Node, shown_before: set[int] | None) -> None:
    if node.visible and all(settled.holds(condition) for condition in node.conditions):
        settled.shown |= {node.place, *node.within}
        if isinstance(node.element, Asking):
            _narrow(settled, node.element)
            if shown_before is not None and node.place not in shown_before:
                _put(settled, node.element, node.element.default_value, over=False)
    elif isinstance(node.element, Asking):
        _drop(settled, node.element.name)


def _drop(settled: Settled, name: str) -> None:
    found = [settled.values.pop(each, None) for each in (name, name + COMMENT)]
    if any(value is not None for value in found):
        settled.calculate()


def _narrow(settled: Settled, question: Asking) -> None:
    """Takes choices out of an answer that are not there any more."""
    if not isinstance(question, Choosing) or question.name not in settled.values:
        return
    gone = [c.value for c in choices(question) if c.visible_if and not settled.holds(c.visible_if)]
    if not gone:
        return
    value = settled.values[question.name]
    rest = [each for each in value if each not in gone] if isinstance(value, list) else value
    if rest == [] or (not isinstance(value, list) and value in gone):
        _drop(settled, question.name)
    elif rest != value:
        settled.values[question.name] = rest
        settled.calculate()


def _put(settled: Settled, question: Asking, value: Any, *, over: bool) -> bool:
    """Sets a question to a value that it can have; returns whether that changed it."""
    present = settled.values.get(question.name)
    if not over and (is_empty(value) or present is not None):
        return False
    try:
        found = None if is_empty(value) else fitting(question, value)
    except Refused:
        return False
    if same(found, present):
        return False
    settled.values.pop(question.name, None)
    if found is not None:
        settled.values[question.name] = found
    settled.calculate()
    return True


def _set(settled: Settled, changed: frozenset[str], kept: frozenset[str], appeared: set[int]) -> bool:
    """Sets the questions whose expressions read something that changed; returns whether any changed."""
    small = {name.lower() for name in changed}
    did = False
    for node in settled.definition.structure.nodes:
        question = node.element
        if not isinstance(question, Asking) or node.place not in settled.shown or question.name in kept:
            continue
        texts = [text for text in (question.set_value_if, question.set_value_expression) if text]
        news = small - {question.name.lower()}
        fresh = node.place in appeared and question.name not in settled.values and question.set_value_expression
        if not texts or not (fresh or news & reads(texts, {})):
            continue
        if question.set_value_if and not settled.holds(question.set_value_if):
            continue
        value = settled.evaluate(question.set_value_expression) if question.set_value_expression else None
        did |= _put(settled, question, value, over=True)
    return did


def offered(settled: Settled, question: Choosing) -> list[Any]:
    """Returns the values that can be chosen now, in the order of the document, with none and other at the end."""
    there = [c.value for c in choices(question) if not c.visible_if or settled.holds(c.visible_if)]
    return [*there, *([NONE] if question.none else []), *([OTHER] if question.other else [])]
