"""What of a page's answers is kept. The browser is never believed: everything is checked against the survey."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxloop.collect.surveys.definition import Definition, in_language
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Checkbox,
    CountValidator,
    EmailValidator,
    ExpressionValidator,
    Matrix,
    NumericValidator,
    RegexValidator,
    TextValidator,
)
from cxloop.collect.surveys.flow.settling import COMMENT, Settled, settle
from cxloop.collect.surveys.flow.showing import is_read_only, is_required
from cxloop.collect.surveys.flow.values import (
    EMAIL,
    LONGEST_COMMENT,
    OTHER,
    Refused,
    fitting,
    is_empty,
    number,
    same,
    text_of,
)

__all__ = ["Accepted", "Problem", "accept", "begin"]

LONGEST_SEARCHED = 2_000
"""Characters that a regular expression of a survey looks at."""


@dataclass(frozen=True)
class Problem:
    """Why an answer is not enough: a code that a page can translate, and a sentence."""

    question: str
    code: str
    message: str


@dataclass(frozen=True)
class Accepted:
    """What is kept after a page was sent.

    `ignored` are names that were sent and that nobody was asked: hidden, read-only, on another page, or unknown.
    `dropped` are questions that had an answer and are not shown any more. A page with problems is shown again; what
    could be kept of it is kept.
    """

    answers: Mapping[str, Any]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()


def begin(definition: Definition, link: Mapping[str, Any] | None = None, *, now: datetime) -> Accepted:
    """Returns what a survey starts with: the variables of the link, defaults, and what follows from them.

    Args:
        definition: the survey.
        link: values for the survey's `hidden` variables; others are ignored.
        now: the moment that expressions read, with its time zone.
    """
    declared = {variable.name: variable for variable in definition.hidden}
    filled: dict[str, Any] = {name: each.default for name, each in declared.items() if each.default is not None}
    ignored = [name for name in link or {} if name not in declared]
    for name, value in (link or {}).items():
        if name in declared and isinstance(value, str | int | float):
            filled[name] = text_of(value, 10**6)[: declared[name].max_length] if isinstance(value, str) else value
    settled = settle(definition, filled, now=now, before=Settled(definition, {}, now))
    return Accepted(settled.values, (), tuple(ignored), (), settled.loops)


def accept(
    definition: Definition,
    answers: Mapping[str, Any],
    page: str,
    given: Mapping[str, Any],
    *,
    now: datetime,
    locale: str = "",
    whole: bool = True,
) -> Accepted:
    """Returns the answers after a page was sent.

    Args:
        definition: the survey.
        answers: what was kept until now.
        page: the name of the page that was sent.
        given: its answers by question; an empty one takes back what was said.
        now: the moment that expressions read, with its time zone.
        locale: the language of the survey's own messages.
        whole: whether the page is left, so that what is required has to be there; False while somebody still types.
    """
    before = settle(definition, answers, now=now)
    mine = _on_page(definition, page)
    values = dict(before.values)
    changed: list[str] = []
    problems: list[Problem] = []
    ignored = [name for name in given if name.removesuffix(COMMENT) not in mine]
    for name in (name for name in given if name not in ignored):
        question = mine[name.removesuffix(COMMENT)]
        if is_read_only(before, question):
            ignored.append(name)
            continue
        try:
            _take(values, changed, question, name, given[name])
        except Refused as failure:
            problems.append(Problem(question.name, failure.code, str(failure)))
    after = settle(definition, values, now=now, before=before, given=changed)
    hidden = [name for name in mine if not after.shows(name)]
    ignored += [name for name in given if name.removesuffix(COMMENT) in hidden]
    problems = [problem for problem in problems if problem.question not in hidden]
    if whole:
        asked = [question for name, question in mine.items() if name not in hidden]
        already = {problem.question for problem in problems}
        problems += [each for question in asked if question.name not in already for each in _missing(after, question)]
    wrong = list(_invalid(after, mine, locale or definition.own_language))
    if wrong:
        after = _without(after, wrong, before, changed, now)
    dropped = tuple(name for name in before.values if name in definition.by_name and not after.shows(name))
    return Accepted(after.values, (*problems, *wrong), tuple(dict.fromkeys(ignored)), dropped, after.loops)


def _without(after: Settled, wrong: list[Problem], before: Settled, changed: list[str], now: datetime) -> Settled:
    """The answers without those that break a rule of the survey: what was there before them stays."""
    names = {problem.question for problem in wrong}
    values = {name: value for name, value in after.values.items() if name not in names}
    values |= {name: before.values[name] for name in names if name in before.values and name in changed}
    return settle(after.definition, values, now=now, before=before, given=changed)


def _on_page(definition: Definition, page: str) -> dict[str, Asking]:
    nodes = definition.structure.nodes
    places = {node.place for node in nodes if not node.within and node.element.name == page}
    return {
        node.element.name: node.element for node in nodes if isinstance(node.element, Asking) and node.page in places
    }


def _take(values: dict[str, Any], changed: list[str], question: Asking, name: str, value: Any) -> None:
    """Puts what was given for a question, or for the words beside it, among the values."""
    if is_empty(value):
        found = None
    elif name.endswith(COMMENT) and name != question.name:
        if not (question.show_comment_area or getattr(question, "other", False)):
            raise Refused("type", "Nothing is asked beside this question.")
        found = text_of(value, LONGEST_COMMENT)
    else:
        found = fitting(question, value)
    if not same(found, values.get(name)):
        changed.append(name)
    values.pop(name, None)
    if not is_empty(found):
        values[name] = found


def _missing(settled: Settled, question: Asking) -> Iterator[Problem]:
    value = settled.values.get(question.name)
    chosen = value if isinstance(value, list) else [value]
    if value is None and is_required(settled, question):
        yield Problem(question.name, "required", "This question has to be answered.")
    elif value is None and isinstance(question, Checkbox) and question.min_selected_choices:
        # As in SurveyJS: whoever asks for two choices at least does not take none.
        yield Problem(question.name, "count", f"Choose at least {question.min_selected_choices}.")
    elif getattr(question, "other", False) and OTHER in chosen and not settled.values.get(question.name + COMMENT):
        yield Problem(question.name, "other", "Say what it is.")
    elif isinstance(question, Matrix) and _lacks_rows(question, value):
        yield Problem(question.name, "rows", "Every row has to be answered.")


def _lacks_rows(question: Matrix, value: Any) -> bool:
    wanted = question.each_row_required or question.is_all_row_required
    return wanted and len(value or {}) < len(question.rows)


def _invalid(settled: Settled, mine: Mapping[str, Asking], locale: str) -> Iterator[Problem]:
    """What the survey's own rules say against answers that are there."""
    for question in mine.values():
        value = settled.values.get(question.name)
        if value is None or not settled.shows(question.name):
            continue
        yield from _counted(question, value)
        for validator in question.validators:
            told = CHECKS[type(validator)](validator, value, settled)
            if told is not None:
                own = in_language(validator.text, locale, settled.definition.own_language)
                yield Problem(question.name, validator.type, own or told)


def _counted(question: Asking, value: Any) -> Iterator[Problem]:
    least, most = (getattr(question, f"{end}_selected_choices", 0) for end in ("min", "max"))
    if isinstance(value, list) and "none" not in value:
        if least and len(value) < least:
            yield Problem(question.name, "count", f"Choose at least {least}.")
        if most and len(value) > most:
            yield Problem(question.name, "count", f"Choose at most {most}.")


def _numeric(validator: NumericValidator, value: Any, _settled: Settled) -> str | None:
    low, high = validator.min_value, validator.max_value
    try:
        found = number(value)
    except Refused as failure:
        return str(failure)
    if (low is not None and found < low) or (high is not None and found > high):
        return f"Give a number from {'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}."
    return None


def _text(validator: TextValidator, value: Any, _settled: Settled) -> str | None:
    text = str(value)
    if len(text) < validator.min_length or (validator.max_length and len(text) > validator.max_length):
        return f"Write {validator.min_length} to {validator.max_length or 'any number of'} characters."
    if not validator.allow_digits and any(character.isdigit() for character in text):
        return "Write without digits."
    return None


def _email(_validator: EmailValidator, value: Any, _settled: Settled) -> str | None:
    return None if EMAIL.fullmatch(str(value).strip()) else "This is no e-mail address."


def _regex(validator: RegexValidator, value: Any, _settled: Settled) -> str | None:
    text = str(value)
    flags = re.IGNORECASE if validator.case_insensitive else 0
    if len(text) <= LONGEST_SEARCHED and re.search(validator.regex, text, flags):
        return None
    return "This does not have the expected form."


def _count(validator: CountValidator, value: Any, _settled: Settled) -> str | None:
    count = len(value) if isinstance(value, list) else 1
    if count < validator.min_count or (validator.max_count and count > validator.max_count):
        return f"Choose {validator.min_count} to {validator.max_count or 'any number'}."
    return None


def _condition(validator: ExpressionValidator, _value: Any, settled: Settled) -> str | None:
    return None if settled.holds(validator.expression) else "This does not fit the other answers."


CHECKS: dict[type, Any] = {
    NumericValidator: _numeric,
    TextValidator: _text,
    EmailValidator: _email,
    RegexValidator: _regex,
    CountValidator: _count,
    ExpressionValidator: _condition,
}
