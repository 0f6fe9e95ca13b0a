"""What was answered to each question: shares, ranks, means, and how many wrote something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from cxloop.core.results import How
from cxloop.engine.base import Analysis
from cxloop.measure.surveys.queries import ANSWERS, ORDERS, RESPONSES, SIZES
from cxloop.measure.surveys.results import Known, QuestionAnswers, QuestionKind, RankedItem, Said, SurveyQuestions
from cxloop.measure.surveys.selecting import Asked, Chosen, choose, explained
from cxloop.measure.surveys.shares import mean_of, share_of
from cxloop.stats.sums import Clusters

__all__ = ["kind_of", "question_key", "questions_asked", "read_questions"]

Row = Mapping[str, Any]
Key = tuple[Any, ...]

KINDS: tuple[QuestionKind, ...] = ("score", "single", "several", "ranking", "number", "date", "text")
MOST_ANSWERS = 60
"""Different answers to a question of choices; with more it is an open one, and its answers are words of persons."""
MOST_POINTS = 20
"""Length of a scale whose points are told one by one; of a longer one the mean is."""
_LONGEST_CHOICE = 200
_DEFINITION = "Of those who answered the question, the share that gave each answer; of several choices each is a share."
_KEYS = ("question", "metric", "low", "high", "type", "wording")


def question_key(row: Row) -> Key:
    """Returns what makes two answers answers to the same question: its name, words and scale."""
    return tuple(row[name] for name in _KEYS)


def kind_of(row: Row) -> QuestionKind:
    """Returns what the answers to a question are: as whoever logged them says, or by a look at them."""
    if row["type"] == "file":
        return "text"
    if row["type"] in KINDS and row["type"] != "score":
        return next(kind for kind in KINDS if kind == row["type"])
    if row["low"] is not None and row["numbers"]:
        return "score" if row["high"] - row["low"] <= MOST_POINTS else "number"
    if not row["n"]:
        return "text"
    if row["several"]:
        return "several"
    return "number" if row["numbers"] == row["n"] else "single"


def questions_asked(ws: Analysis, chosen: Chosen) -> Sequence[Row]:
    """Returns the questions that have answers, in the order in which they are asked, with their sums."""
    rows: list[dict[str, Any]] = ws.engine.fetch(SIZES, {}, chosen.slots).to_pylist()
    return rows


def read_questions(ws: Analysis, asked: Asked) -> SurveyQuestions:
    """Returns the answers to each question of a survey; raises InputError for what cannot be used."""
    chosen = choose(ws, asked)
    asked_for = questions_asked(ws, chosen)
    answers, orders = defaultdict(list), defaultdict(list)
    for row in ws.engine.fetch(ANSWERS, {}, chosen.slots).to_pylist():
        answers[question_key(row)].append(row)
    if any(row["type"] == "ranking" for row in asked_for):
        for row in ws.engine.fetch(ORDERS, {}, chosen.slots).to_pylist():
            orders[question_key(row)].append(row)
    where = {"log": chosen.slots["log"], "where": chosen.slots["where"]}
    left_out = ws.engine.fetch(RESPONSES, {}, where).to_pylist()[0]["left_out"]
    return SurveyQuestions(
        survey=asked.survey,
        questions=tuple(_question(ws, row, answers[question_key(row)], orders[question_key(row)]) for row in asked_for),
        left_out=int(left_out or 0),
        how=How(definition=_DEFINITION, method=explained(ws), sql=ws.engine.sql(ANSWERS, chosen.slots)),
    )


def _question(ws: Analysis, row: Row, answers: Sequence[Row], orders: Sequence[Row]) -> QuestionAnswers:
    kind = kind_of(row)
    if kind in ("single", "several") and _is_open(answers):
        kind = "text"
    base = QuestionAnswers(
        question=row["question"],
        title=row["title"] or "",
        kind=kind,
        metric=row["metric"],
        scale=None if row["low"] is None or row["high"] is None else (row["low"], row["high"]),
        wording=row["wording"] or "",
        versions=(row["first_version"] or "", row["last_version"] or ""),
        n=row["n"],
        customers=row["customers"],
        texts=row["texts"],
    )
    return _filled(ws, base, row, answers, orders)


def _filled(
    ws: Analysis, base: QuestionAnswers, row: Row, answers: Sequence[Row], orders: Sequence[Row]
) -> QuestionAnswers:
    if base.kind == "ranking":
        return replace(base, ranking=_ranking(ws, orders))
    if base.kind == "number":
        return replace(base, mean=_mean(ws, row), spread=_spread(answers))
    if base.kind == "date":
        return replace(base, answers=_months(ws, row, answers))
    if base.kind == "text":
        hidden = 0 if row["texts"] else row["n"]
        return replace(base, texts=max(row["texts"], hidden), hidden=hidden)
    said = _scored(ws, row, answers) if base.kind == "score" else _chosen(ws, row, answers)
    return replace(base, answers=said)


def _is_open(answers: Sequence[Row]) -> bool:
    """Whether these are rather people's own words than choices: nobody may read those in a table of numbers."""
    return len(answers) > MOST_ANSWERS or any(len(row["said"]) > _LONGEST_CHOICE for row in answers)


def _share(ws: Analysis, row: Row, one: Row) -> Known:
    return share_of(
        ws,
        min(one["n"], row["n"]),
        row["n"],
        customers=row["customers"],
        squares=one["total_squares"],
        sizes=one["total_sizes"],
        size_squares=row["size_squares"],
    )


def _chosen(ws: Analysis, row: Row, answers: Sequence[Row]) -> tuple[Said, ...]:
    order = sorted(answers, key=lambda one: (-one["n"], one["said"]))
    return tuple(Said(_shown(one["said"]), one["n"], _share(ws, row, one)) for one in order)


def _shown(said: str) -> str:
    """The value of a row of a matrix may be a number, which the log writes as 5.0."""
    return said.removesuffix(".0") if said.removesuffix(".0").lstrip("-").isdigit() else said


def _scored(ws: Analysis, row: Row, answers: Sequence[Row]) -> tuple[Said, ...]:
    """Answers in the order of the scale; a point that nobody gave is there with none."""
    found = {_point(one["said"]): one for one in answers}
    low, high = row["low"], row["high"]
    points = set(found)
    if low is not None and high is not None and high - low <= 10 and all(float(point) % 1 == 0 for point in points):
        points |= {f"{point:g}" for point in np.arange(low, high + 1)}
    none = {"n": 0, "total_squares": 0, "total_sizes": 0}
    return tuple(
        Said(point, found.get(point, none)["n"], _share(ws, row, found.get(point, none)))
        for point in sorted(points, key=float)
    )


def _point(said: str) -> str:
    return f"{float(said):g}"


def _months(ws: Analysis, row: Row, answers: Sequence[Row]) -> tuple[Said, ...]:
    """Dates by month: a day would be one person's."""
    months: dict[str, dict[str, int]] = defaultdict(lambda: {"n": 0, "total_squares": 0, "total_sizes": 0})
    for one in answers:
        for name in ("n", "total_squares", "total_sizes"):
            months[_month(one["said"])][name] += one[name]
    return tuple(Said(month, one["n"], _share(ws, row, one)) for month, one in sorted(months.items()))


def _month(said: str) -> str:
    try:
        return f"{date.fromisoformat(said[:10]):%Y-%m}"
    except ValueError:
        return "no date"


def _clusters(row: Row) -> Clusters:
    names = ("customers", "total_squares", "total_sizes", "size_squares")
    return Clusters(*(np.array([float(row[name] or 0)]) for name in names))


def _mean(ws: Analysis, row: Row) -> Known:
    scale = None if row["low"] is None or row["high"] is None else (row["low"], row["high"])
    return mean_of(ws, row["numbers"], row["total"] or 0.0, row["squares"] or 0.0, _clusters(row), scale)


def _spread(answers: Sequence[Row]) -> tuple[float, float, float, float, float] | None:
    """Least, quartiles and largest of numbers, from how often each was given."""
    pairs = sorted((float(one["said"]), one["n"]) for one in answers if _is_number(one["said"]))
    if not pairs:
        return None
    values = np.repeat([value for value, _ in pairs], [n for _, n in pairs])
    low, first, middle, third, high = (float(each) for each in np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
    return low, first, middle, third, high


def _is_number(said: str) -> bool:
    try:
        return bool(np.isfinite(float(said)))
    except ValueError:
        return False


def _ranking(ws: Analysis, orders: Sequence[Row]) -> tuple[RankedItem, ...]:
    """Mean place and share of first places; an item that somebody did not place counts for those who placed it."""
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in orders:
        for place, item in enumerate(row["whole"].split("|"), 1):
            places[item].append((place, row["n"]))
    n = sum(row["n"] for row in orders)
    items = [_ranked(ws, item, found, n) for item, found in places.items()]
    order = {
        item: sum(place * count for place, count in found) / sum(c for _, c in found) for item, found in places.items()
    }
    return tuple(sorted(items, key=lambda item: (order[item.value], item.value)))


def _ranked(ws: Analysis, item: str, found: Sequence[tuple[int, int]], n: int) -> RankedItem:
    place, count = (np.array(each, dtype=float) for each in zip(*found, strict=True))
    own, total, squares = float(count.sum()), float((place * count).sum()), float((place**2 * count).sum())
    clusters = Clusters(np.array([own]), np.array([squares]), np.array([total]), np.array([own]))
    first = float(count[place == 1].sum())
    rate = share_of(ws, first, n, customers=n, squares=first, sizes=first, size_squares=n)
    return RankedItem(item, int(own), mean_of(ws, own, total, squares, clusters), rate)
