"""Properties that mean something to the log: orders, returns, answers, reviews, and whatever is named as a column.

A property with the name of a column of the log fills that column and stays where it is. Nothing else is guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

__all__ = ["FACTS", "KINDS", "kind_of", "number", "sparse_facts", "text"]

KINDS = {"order completed": "order", "order refunded": "return", "product reviewed": "review"}
"""Events of Segment's e-commerce specification that are more than a touch, in lower case."""
METRICS = frozenset({"nps", "csat", "ces", "rating"})
_COLUMNS = ("brand", "product", "region", "location", "campaign", "employee", "team", "outcome")
_SURVEY = ("survey_id", "survey_version", "question_id", "response_id")
_OBJECTS = (("order_id", "order"), ("ticket_id", "ticket"))
_MONEY = ("revenue", "value", "total")
FACTS = frozenset({*_COLUMNS, "duration_seconds", *(name for name, _ in _OBJECTS)})
"""Properties that mean something on any event."""

_encode = msgspec.json.Encoder().encode


def text(value: object) -> str | None:
    """Returns a scalar as text, None for nothing, an empty text and a yes or no."""
    if value is None or isinstance(value, bool):
        return None
    return value.strip() or None if isinstance(value, str) else str(value)


def number(value: object) -> float | None:
    """Returns a scalar as a finite number, None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def kind_of(name: str | None, named: Mapping[str, Any]) -> str:
    """Returns what an event is: an answer where it declares metric and score, else by its name, else a touch."""
    if "metric" in named and _metric(named) is not None and number(named.get("score")) is not None:
        return "answer"
    return KINDS.get(name.lower(), "touch") if name else "touch"


def _metric(named: Mapping[str, Any]) -> str | None:
    said = text(named.get("metric"))
    return said.lower() if said is not None and said.lower() in METRICS else None


def sparse_facts(kind: str, named: Mapping[str, Any], locale: object) -> Iterator[tuple[str, Any]]:
    """Yields the columns of an event that few events have, with their values."""
    for column in _COLUMNS:
        if column in named and (value := text(named[column])):
            yield column, value
    if (seconds := number(named.get("duration_seconds"))) is not None:
        yield "duration_seconds", seconds
    objects = [(kind_, value) for name, kind_ in _OBJECTS if (value := text(named.get(name)))]
    if objects:
        yield "objects", _encode(objects)
    if kind in ("order", "return"):
        yield from _money(kind, named)
    elif kind in ("answer", "review"):
        yield from _said(kind, named, locale)


def _money(kind: str, named: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    found = next((amount for name in _MONEY if (amount := number(named.get(name))) is not None), None)
    if found is not None:
        yield "value", -abs(found) if kind == "return" else found
    if (currency := text(named.get("currency"))) is not None:
        yield "currency", currency.upper()


def _said(kind: str, named: Mapping[str, Any], locale: object) -> Iterator[tuple[str, Any]]:
    """An answer or a review: its score and words."""
    metric, score = (_metric(named), "score") if kind == "answer" else ("rating", "rating")
    if (value := number(named.get(score))) is not None:
        yield "metric", metric
        yield "score", value
        for end in ("scale_min", "scale_max"):
            if (limit := number(named.get(end))) is not None:
                yield end, limit
    for column in _SURVEY:
        if told := text(named.get(column)):
            yield column, told
    words = next((said for name in ("text", "comment", "review_body") if (said := text(named.get(name)))), None)
    if words is not None:
        yield "text", words
        if language := text(locale):
            yield "language", language.replace("_", "-")
