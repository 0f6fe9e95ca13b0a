"""What the pages say by themselves, in each language that they speak; and what went wrong with an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from cxloop.collect.surveys.definition import in_language
from cxloop.collect.surveys.definition.questions import (
    Asking,
    File,
    Matrix,
    Ranking,
    Slider,
    TextInput,
)
from cxloop.collect.surveys.flow import Problem
from cxloop.collect.surveys.flow.values import EXAMPLES, LONGEST_COMMENT, LONGEST_LINE

__all__ = ["DEFAULT", "SPOKEN", "Words", "direction", "message", "name_of", "readable_size", "words"]

SPOKEN = ("en", "de", "fr", "es", "ar")
DEFAULT = "en"
RIGHT_TO_LEFT = frozenset({
    "ar", "arc", "ckb", "dv", "fa", "he", "ks", "ku", "nqo", "ps", "sd", "syr", "ug", "ur", "yi",
})  # fmt: skip
"""Languages whose usual script runs from right to left (Unicode CLDR, characterOrder)."""
NAMES = {
    "da": "Dansk", "fi": "Suomi", "he": "עברית", "hi": "हिन्दी", "it": "Italiano", "ja": "日本語", "ko": "한국어",
    "nb": "Norsk", "nl": "Nederlands", "no": "Norsk", "pl": "Polski", "pt": "Português", "ru": "Русский",
    "sv": "Svenska", "tr": "Türkçe", "uk": "Українська", "zh": "中文", "fa": "فارسی", "ur": "اردو", "cs": "Čeština",
    "el": "Ελληνικά", "hu": "Magyar", "ro": "Română", "vi": "Tiếng Việt", "th": "ไทย", "id": "Bahasa Indonesia",
}  # fmt: skip
Words = Mapping[str, str]


@cache
def _catalogue(language: str) -> Words:
    there = files("cxloop.collect.surveys.pages") / "words" / f"{language}.json"
    found: dict[str, str] = json.loads(there.read_text(encoding="utf-8"))
    return found


@lru_cache(256)
def words(language: str) -> Words:
    """Returns the words of a language, else of English: survey texts may be in a language that these are not in."""
    small = language.partition("-")[0].lower()
    return _catalogue(small if small in SPOKEN else DEFAULT)


def direction(language: str) -> str:
    """Returns "rtl" for a language that is written from right to left, else "ltr".

    Example:
        >>> direction("ar-EG"), direction("de")
        ('rtl', 'ltr')
    """
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def name_of(language: str) -> str:
    """Returns how a language calls itself; its code where that is not known."""
    small = language.partition("-")[0].lower()
    return _catalogue(small)["language"] if small in SPOKEN else NAMES.get(small, language)


def readable_size(size: float) -> str:
    """Returns a number of bytes for people.

    Example:
        >>> readable_size(2_500_000), readable_size(800)
        ('2.5 MB', '1 KB')
    """
    return f"{size / 1e6:.3g} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} KB"


def message(problem: Problem, question: Asking, given: Any, language: str, own: str) -> str:
    """Returns why an answer is not enough, in the words of the survey where it has any, else in ours.

    Args:
        problem: what `flow.accept` found.
        question: of the survey.
        given: what was sent.
        language: of the page.
        own: the survey's own language.
    """
    said = _own(problem, question, language, own)
    name, values = _named(problem, question, given)
    known = words(language)
    return said or (known.get(f"problem_{name}") or known[name]).format(**values)


def _own(problem: Problem, question: Asking, language: str, own: str) -> str:
    texts: Sequence[Any] = ()
    if problem.code == "required":
        texts = (question.required_error_text,)
    elif problem.code == "other":
        texts = (getattr(question, "other_error_text", None),)
    else:
        texts = [each.text for each in question.validators if each.type == problem.code]
    found = [in_language(text, language, own) for text in texts if text]
    # Of several validators of one kind, the flow says which text it was.
    return next((text for text in found if text == problem.message), found[0] if found else "")


def _named(problem: Problem, question: Asking, given: Any) -> tuple[str, dict[str, Any]]:
    """The message of a problem, by what is asked and what was sent; and what it fills in."""
    code = problem.code
    if code == "length":
        return (
            ("file_size", {"size": readable_size(question.max_size)})
            if isinstance(question, File)
            else _long(question, given)
        )
    if code in ("range", "numeric"):
        return _bounds(question, code)
    if code in ("count", "answercount"):
        return _counted(question, code)
    if code == "type":
        return _kind(question)
    if code == "choice" and isinstance(question, Matrix):
        return ("unique" if question.each_row_unique else "choice"), {}
    if code == "choice" and isinstance(question, Ranking):
        return "places", {}
    known = ("required", "choice", "other", "rows", "email", "regex", "text", "expression")
    return (code if code in known else "type"), {}


def _long(question: Asking, given: Any) -> tuple[str, dict[str, Any]]:
    longest = LONGEST_LINE if isinstance(question, TextInput) else LONGEST_COMMENT
    wanted = getattr(question, "max_length", -1)
    most = min(wanted, longest) if wanted > 0 else longest
    return "length", {"given": f"{len(str(given)):,}", "most": f"{most:,}"}


def _bounds(question: Asking, code: str) -> tuple[str, dict[str, Any]]:
    low, high = getattr(question, "min", None), getattr(question, "max", None)
    if code == "numeric":
        found = next(each for each in question.validators if each.type == "numeric")
        low, high = getattr(found, "min_value", None), getattr(found, "max_value", None)
    values = {"low": _plain(low), "high": _plain(high)}
    return ("low" if high is None else "high" if low is None else "range"), values


def _plain(bound: Any) -> str:
    return f"{bound:g}" if isinstance(bound, int | float) else str(bound)


def _counted(question: Asking, code: str) -> tuple[str, dict[str, Any]]:
    if isinstance(question, File):
        return "count_files", {"most": question.max_files if question.allow_multiple else 1}
    least = getattr(question, "min_selected_choices", 0)
    most = getattr(question, "max_selected_choices", 0)
    if code == "answercount":
        found = next(each for each in question.validators if each.type == "answercount")
        least, most = getattr(found, "min_count", 0), getattr(found, "max_count", 0)
    return counted(least, most)


def counted(least: int, most: int) -> tuple[str, dict[str, Any]]:
    """Returns the name of the sentence that says how many are to be chosen, without the "problem_" of it."""
    name = "between" if least and most else "least" if least else "most"
    return f"choose_{name}", {"least": least, "most": most}


def _kind(question: Asking) -> tuple[str, dict[str, Any]]:
    if isinstance(question, File):
        return "file_type", {"types": question.accepted_types or "-"}
    if isinstance(question, Slider):
        return ("number" if question.slider_type == "single" else "ends"), {}
    kind = getattr(question, "input_type", "")
    if kind in EXAMPLES:
        return "date", {"example": EXAMPLES[kind]}
    return (kind if kind in ("number", "email") else "type"), {}
