"""What each answer of a response says, in the columns of the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Checkbox,
    Comment,
    File,
    ImagePicker,
    Matrix,
    Ranking,
    Rating,
    Slider,
    TextInput,
    YesNo,
)
from cxloop.collect.surveys.flow.settling import COMMENT

__all__ = ["Answer", "answers_of"]

BETWEEN = "|"
"""Stands between several values of one answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        question: its name; of a matrix, with the row behind a dot.
        place: of the question in the survey, from 1.
        value: the value ids that were chosen, in the order of a ranking; None for words.
        text: words in the customer's own language.
        score: a number, on a scale from `low` to `high` where the question has one.
        granted: of a consent: what was said; None for anything else.
        purpose: of a consent: what for.
        type: what the answers to the question are: score, single, several, ranking, number, date, text or file.
        wording: a digest of the question's words and scale: answers to other ones are never put into one number.
    """

    question: str
    place: int
    value: str | None = None
    text: str | None = None
    metric: str | None = None
    score: float | None = None
    low: float | None = None
    high: float | None = None
    granted: bool | None = None
    purpose: str | None = None
    type: str = "single"
    wording: str = ""


def answers_of(definition: Definition, answers: Mapping[str, Any]) -> list[Answer]:
    """Returns what was answered, in the order of the survey.

    Args:
        definition: the version that was seen.
        answers: as the flow keeps them: value by question, words beside it under the name with "-Comment".
    """
    found: list[Answer] = []
    for place, question in enumerate(definition.questions, 1):
        value, words = answers.get(question.name), answers.get(question.name + COMMENT)
        if value is None and not words:
            continue
        kind, wording = _type(question), _wording(question)
        found += [replace(each, type=kind, wording=wording) for each in _told(question, place, value, words)]
    return found


def _type(question: Asking) -> str:
    if isinstance(question, Checkbox) or (isinstance(question, ImagePicker) and question.multi_select):
        return "several"
    if isinstance(question, TextInput):
        return {"number": "number", "date": "date", "datetime-local": "date"}.get(question.input_type, "text")
    kinds = {Rating: "score", Slider: "score", Ranking: "ranking", Comment: "text", File: "file"}
    return kinds.get(type(question), "single")


def _wording(question: Asking) -> str:
    """A digest of what a person reads: the title in every language, and the ends of a scale with their words."""
    names = {"title", "rate_min", "rate_max", "rate_values", "rate_count", "min_rate_description"}
    names |= {"max_rate_description", "min", "max", "min_label", "max_label"}
    said = question.model_dump(mode="json", include=names & set(type(question).model_fields))
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:8]


def _told(question: Asking, place: int, value: Any, words: str | None) -> Iterator[Answer]:
    """The answers to one question: one, or of a matrix one for each row."""
    if isinstance(question, Matrix):
        yield from _of_rows(question, place, value or {})
        if words:
            yield Answer(question.name, place, text=words)
        return
    if _type(question) == "text":
        own = str(value) if value is not None else None
        yield Answer(question.name, place, text="\n".join(each for each in (own, words) if each))
        return
    low, high = _scale(question)
    score = float(value) if _is_number(value) and isinstance(question, Rating | Slider | TextInput) else None
    consent = isinstance(question, YesNo) and question.purpose is not None and value is not None
    yield Answer(
        question.name,
        place,
        value=_values(question, value),
        text=words,
        metric=question.metric if score is not None else None,
        score=score,
        low=low if score is not None else None,
        high=high if score is not None else None,
        granted=value == question.value_true if consent and isinstance(question, YesNo) else None,
        purpose=question.purpose if consent and isinstance(question, YesNo) else None,
    )


def _of_rows(question: Matrix, place: int, value: Mapping[str, Any]) -> Iterator[Answer]:
    for row, column in value.items():
        score = float(column) if _is_number(column) else None
        yield Answer(f"{question.name}.{row}", place, value=_text(column), score=score)


def _scale(question: Asking) -> tuple[float | None, float | None]:
    if isinstance(question, Rating):
        numbers = [float(str(value)) for value in question.scale if _is_number(value)]
        return (min(numbers), max(numbers)) if numbers else (None, None)
    return (question.min, question.max) if isinstance(question, Slider) else (None, None)


def _values(question: Asking, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(question, File):  # its name may say who somebody is: the log knows the number of the kept file only
        return BETWEEN.join(str(each.get("content", "")) for each in value)
    return BETWEEN.join(map(_text, value)) if isinstance(value, list | tuple) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace(BETWEEN, "/")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
