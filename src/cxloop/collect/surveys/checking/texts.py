"""Texts of a survey: which languages lack which, and how long it takes to read and answer them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cxloop.collect.surveys.checking.problems import Problem
from cxloop.collect.surveys.definition import Definition, in_language, languages
from cxloop.collect.surveys.definition.base import Part, Text
from cxloop.collect.surveys.definition.questions import (
    Checkbox,
    Comment,
    File,
    Matrix,
    Ranking,
    TextInput,
)

__all__ = ["minutes", "missing_translations", "spoken", "texts"]

WORDS_READ = 238
"""Words a minute of silent reading: M. Brysbaert, How many words do we read per minute?, Journal of Memory and
Language 109 (2019), for non-fiction in English."""
WORDS_TYPED = 36
"""Words a minute on a phone: K. Palin et al., How do people type on mobile devices?, MobileHCI 2019."""
WORDS_OF_A_COMMENT = 15
WORDS_OF_A_LINE = 3
SECONDS_TO_CHOOSE = 3.0
"""Our assumption, as the two above it: seconds between reading and choosing; for each row, box and place again."""
SECONDS_FOR_A_FILE = 30.0
NAMES = re.compile(r"^(title|description|text|html|label(_\w+)?|\w+_(text|description|label|placeholder|html))$")


def texts(part: Part, path: str = "") -> Iterator[tuple[str, Text]]:
    """Yields the JSON path and the text of everything that a respondent may read."""
    for name, field in type(part).model_fields.items():
        value, where = getattr(part, name), f"{path}.{field.alias or name}".removeprefix(".")
        if isinstance(value, tuple):
            inner = ((each, f"{where}[{at}]") for at, each in enumerate(value) if isinstance(each, Part))
            yield from ((p, t) for each, place in inner for p, t in texts(each, place))
        elif isinstance(value, Part):
            yield from texts(value, where)
        elif value and NAMES.match(name) and isinstance(value, str | dict):
            yield where, value


def spoken(definition: Definition) -> frozenset[str]:
    """Returns the languages that a survey is there in, at least in part."""
    own = definition.own_language
    return frozenset({own}).union(*(languages(text, own) for _, text in texts(definition)))


def missing_translations(definition: Definition) -> Iterator[Problem]:
    """Yields each text that lacks one of the survey's languages."""
    every = spoken(definition)
    for path, text in texts(definition) if len(every) > 1 else ():
        for language in sorted(every - languages(text, definition.own_language)):
            told = f"There is no {language!r} text; respondents see {in_language(text, language)[:60]!r}. Translate it."
            yield Problem("warning", path, "translation", told)


def minutes(definition: Definition, language: str = "") -> float:
    """Returns how long a survey takes when everything in it is shown, in minutes.

    The words of all texts over 238 words a minute, three seconds for every choice, and what is typed over 36 words a
    minute: see the constants of this module for their sources. Most people see less than everything, so this is an
    upper estimate; what respondents really took replaces it once there are some.
    """
    own = definition.own_language
    read = sum(len(in_language(text, language or own, own).split()) for _, text in texts(definition))
    return read / WORDS_READ + sum(_seconds(question) for question in definition.questions) / 60


def _seconds(question: Part) -> float:
    if isinstance(question, Comment):
        return WORDS_OF_A_COMMENT * 60 / WORDS_TYPED
    if isinstance(question, TextInput):
        return WORDS_OF_A_LINE * 60 / WORDS_TYPED
    if isinstance(question, Matrix):
        return SECONDS_TO_CHOOSE * len(question.rows)
    if isinstance(question, Ranking):
        return SECONDS_TO_CHOOSE * max(1, len(question.choices))
    if isinstance(question, File):
        return SECONDS_FOR_A_FILE
    return SECONDS_TO_CHOOSE * (2 if isinstance(question, Checkbox) else 1)
