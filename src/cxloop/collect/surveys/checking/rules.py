"""What can be wrong in a survey that can be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from cxloop.collect.surveys.checking.problems import Problem
from cxloop.collect.surveys.checking.reach import can_hold
from cxloop.collect.surveys.checking.texts import minutes, missing_translations, texts
from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Choice,
    Choosing,
    Rating,
    Row,
    YesNo,
    conditions,
)
from cxloop.collect.surveys.definition.structure import Node, parsed, reads, sorted_by_need
from cxloop.collect.surveys.flow.values import Refused, fitting
from cxloop.core.errors import did_you_mean

__all__ = ["problems"]

PIPED = re.compile(r"\{([^{}]{1,250})\}")
LONG_MINUTES = 5.0


def problems(
    definition: Definition, *, purposes: Collection[str] | None = None, long_minutes: float = LONG_MINUTES
) -> list[Problem]:
    """Returns what is wrong or doubtful in a survey: errors first, each with its JSON path.

    Args:
        definition: the survey.
        purposes: the purposes that the catalogue declares; None where it is not known.
        long_minutes: above so many estimated minutes a survey is called long.
    """
    found = [problem for rule in RULES for problem in rule(definition)]
    found += _purposes(definition, purposes)
    took = minutes(definition)
    if took > long_minutes:
        told = f"It takes up to {took:.0f} minutes. Beyond {long_minutes:g} many people leave; ask less, or some only."
        found.append(Problem("warning", "(survey)", "long", told))
    return sorted(found, key=lambda problem: problem.severity != "error")


def _unreachable(definition: Definition) -> Iterator[Problem]:
    told: set[int] = set()
    for node in definition.structure.nodes:
        if told & set(node.within) or not node.conditions:
            continue
        if can_hold(definition, node.conditions) is False:
            told.add(node.place)
            what = f"{node.element.name!r} can never be shown: no answers make {' and '.join(node.conditions)} true."
            yield Problem("error", f"{node.path}.visibleIf", "unreachable", f"{what} Change it, or take it out.")


def _loops(definition: Definition) -> Iterator[Problem]:
    for loop in definition.structure.loops:
        way = " reads ".join(repr(name) for name in (*loop, loop[0]))
        yield Problem("error", "(survey)", "loop", f"{way}: whether they are shown depends on itself. Cut the circle.")
    calculated = {value.name: value.expression for value in definition.calculated_values}
    setting = {q.name: [t for t in (q.set_value_if, q.set_value_expression) if t] for q in definition.questions}
    read = {name: reads(found, calculated) for name, found in setting.items()}
    needs = {name: {each for each in setting if each.lower() in read[name]} for name in setting}
    for loop in sorted_by_need(needs)[1]:
        way = " from ".join(repr(name) for name in (*loop, loop[0]))
        yield Problem("error", "(survey)", "loop", f"{way}: they set each other without end. Cut the circle.")


def _unknown_names(definition: Definition) -> Iterator[Problem]:
    known = [*definition.by_name, *definition.variables]
    small = {name.lower() for name in known}
    for path, text in conditions(definition):
        for name in sorted(parsed(text).names):
            if name.lower() not in small and name.lower().removesuffix("-comment") not in small:
                told = f"{{{name}}} is neither a question nor a variable. {did_you_mean(name, known)}"
                yield Problem("error", path, "unknown_name", told)
    for path, words in texts(definition):
        for text in {words} if isinstance(words, str) else set(words.values()):
            for name in sorted({found.strip() for found in PIPED.findall(text)}):
                if name.lower() not in small:
                    told = f"{{{name}}} would be shown with its braces: {did_you_mean(name, known)}"
                    yield Problem("warning", path, "unknown_name", told)


def _metrics(definition: Definition) -> Iterator[Problem]:
    for node, question in _asked(definition):
        if question.metric is None:
            continue
        if not isinstance(question, Rating):
            told = f"metric {question.metric!r} needs a scale. Make the question a rating."
            yield Problem("error", f"{node.path}.metric", "metric", told)
        elif question.metric == "nps" and question.scale != tuple(range(11)):
            told = f"NPS is asked from 0 to 10; this scale is {_range(question)}. Set rateMin 0 and rateMax 10."
            yield Problem("error", f"{node.path}.rateMax", "nps_scale", told)
        elif not all(isinstance(value, int | float) and not isinstance(value, bool) for value in question.scale):
            told = f"The values of a {question.metric} question are numbers. Give rateValues with a value and a text."
            yield Problem("error", f"{node.path}.rateValues", "metric", told)


def _range(question: Rating) -> str:
    return f"{question.scale[0]} to {question.scale[-1]}"


def _values(definition: Definition) -> Iterator[Problem]:
    """Values that stand twice, and defaults that the question cannot have."""
    for node, question in _asked(definition):
        for field in ("choices", "rows", "columns", "rateValues"):
            parts = getattr(question, "rate_values" if field == "rateValues" else field, ())
            # The rows of a comment are a number: how many lines are drawn.
            parts = parts if isinstance(parts, tuple) else ()
            values = [str(part.value if isinstance(part, Choice | Row) else part) for part in parts]
            for value in sorted({value for value in values if values.count(value) > 1}):
                told = f"The value {value!r} stands twice, so that answers cannot be told apart. Rename one."
                yield Problem("error", f"{node.path}.{field}", "duplicate_value", told)
        if isinstance(question, Choosing) and not question.choices:
            yield Problem("error", f"{node.path}.choices", "no_choices", "There is nothing to choose. Add choices.")
        try:
            _ = question.default_value is None or fitting(question, question.default_value)
        except Refused as failure:
            told = f"The default {question.default_value!r} cannot be an answer: {failure}"
            yield Problem("error", f"{node.path}.defaultValue", "default", told)


def _quotas(definition: Definition) -> Iterator[Problem]:
    for at, quota in enumerate(definition.quotas):
        if quota.limit == 0:
            told = f"The quota {quota.name!r} lets nobody in. Set a limit, or take it out."
            yield Problem("warning", f"quotas[{at}].limit", "quota", told)
        if can_hold(definition, [quota.when]) is False:
            told = f"The quota {quota.name!r} can never fill: no answers make {quota.when} true. Change it."
            yield Problem("error", f"quotas[{at}].when", "quota", told)


def _names_of_pages(definition: Definition) -> Iterator[Problem]:
    pages = [page.name for page in definition.sheets]
    for name in sorted({name for name in pages if pages.count(name) > 1}):
        yield Problem("error", "pages", "duplicate_name", f"Two pages are called {name!r}. Rename one of them.")
    for node, question in _asked(definition):
        if not question.title:
            told = f"Respondents read the name {question.name!r}. Give the question a title."
            yield Problem("warning", f"{node.path}.title", "no_title", told)


def _purposes(definition: Definition, purposes: Collection[str] | None) -> Iterator[Problem]:
    for node, question in _asked(definition):
        if not isinstance(question, YesNo) or question.purpose is None:
            continue
        if purposes is not None and question.purpose not in purposes:
            near = did_you_mean(question.purpose, list(purposes))
            told = f"{question.purpose!r} is no purpose of experience.toml. {near}"
            yield Problem("error", f"{node.path}.purpose", "purpose", told)
        if question.default_value is not None:
            # Court of Justice of the European Union, C-673/17 (Planet49): a box ticked beforehand is no consent.
            told = "A consent that is ticked beforehand is none. Take the default out."
            yield Problem("error", f"{node.path}.defaultValue", "consent", told)
        if question.is_required or question.required_if:
            told = "Whoever has to consent does not consent freely (Article 7 (4) GDPR). Let people pass it over."
            yield Problem("warning", f"{node.path}.isRequired", "consent", told)


def _asked(definition: Definition) -> Iterator[tuple[Node, Asking]]:
    for node in definition.structure.nodes:
        if isinstance(node.element, Asking):
            yield node, node.element


RULES: tuple[Callable[[Definition], Iterator[Problem]], ...] = (
    _names_of_pages,
    _values,
    _unknown_names,
    _loops,
    _unreachable,
    _metrics,
    _quotas,
    missing_translations,
)
