"""What people wrote, and everything they answered, one row per response: for those who may read single persons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from cxloop.core.results import Value
from cxloop.core.wording import many
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import dimensions_of
from cxloop.measure.metrics import ANSWERED
from cxloop.measure.surveys.queries import ROWS, VERBATIMS
from cxloop.measure.surveys.questions import questions_asked
from cxloop.measure.surveys.results import Quoted, SurveyRows, SurveyVerbatims
from cxloop.measure.surveys.selecting import Asked, Chosen, choose

__all__ = ["read_rows", "read_verbatims"]

Row = Mapping[str, Any]
_HEAD = (
    "response", "customer", "started_at", "finished_at", "state", "channel", "touchpoint", "location", "campaign",
    "mode", "language", "version", "flags",
)  # fmt: skip
_ENDS = {"survey_finished": "finished", "survey_screened": "screened out"}


def read_verbatims(
    ws: Analysis,
    asked: Asked,
    *,
    question: str | None,
    metric: str | None,
    lowest: float | None,
    highest: float | None,
    limit: int,
) -> SurveyVerbatims:
    """Returns texts of a survey, the newest first.

    Args:
        ws: the workspace.
        asked: the survey, window and condition.
        question: only answers to this question.
        metric: whose score of the same response stands beside each text; None for the survey's first.
        lowest: only where that score is at least so much.
        highest: only where it is at most so much.
        limit: most texts.

    Raises:
        InputError: a moment or the condition cannot be used.
    """
    chosen = choose(ws, asked)
    metric = metric or _first_metric(ws, chosen)
    parameters = {"question": question, "metric": metric, "least": lowest, "most": highest, "rows": limit}
    rows = ws.engine.fetch(VERBATIMS, parameters, chosen.slots).to_pylist()
    known = {name: dimensions_of(ws).resolve(name) for name in ("channel", "touchpoint")}
    total = rows[0]["total"] if rows else 0
    return SurveyVerbatims(
        asked.survey,
        total,
        tuple(
            Quoted(
                **{
                    **{name: value for name, value in row.items() if name != "total"},
                    **{name: dimension.label(row[name]) for name, dimension in known.items()},
                    "flags": _flags(row["flags"]),
                }
            )
            for row in rows
        ),
    )


def _first_metric(ws: Analysis, chosen: Chosen) -> str | None:
    """The metric that a survey is about: the first that it asks, in the order of the metrics."""
    asked = {row["metric"] for row in questions_asked(ws, chosen)}
    return next((item.name for item in ANSWERED if item.name in asked), None)


def _flags(written: str | None) -> tuple[str, ...]:
    """Flags of quality: a list of words, or of objects with the word as `flag`."""
    try:
        found = json.loads(written or "[]")
    except ValueError:
        return ()
    if not isinstance(found, list):
        return ()
    words = (each.get("flag") or each.get("reason") if isinstance(each, dict) else each for each in found)
    return tuple(str(word) for word in words if word)


def read_rows(ws: Analysis, asked: Asked, limit: int) -> SurveyRows:
    """Returns the newest responses, one row each, with a column for each question; raises InputError."""
    chosen = choose(ws, asked)
    found: list[dict[str, Any]] = ws.engine.fetch(ROWS, {"rows": limit}, chosen.slots).to_pylist()
    questions = _columns(found)
    rows = [_response(list(own)) for _, own in groupby(found, key=lambda row: row["response"])]
    columns = (*_HEAD, *questions)
    out = sum(row["state"] == "left out" for row in rows)
    said = f"{many(len(rows), 'response')} to {asked.survey}{f', {out} of them left out' if out else ''}."
    return SurveyRows(said, columns, tuple(tuple(row.get(name) for name in columns) for row in rows))


def _columns(found: Iterable[Row]) -> tuple[str, ...]:
    """A column per question, and one for what was written beside a choice; the names of the head are taken."""
    ordered: dict[str, int] = {}
    for row in found:
        for name, _ in _cells(row):
            ordered[name] = min(ordered.get(name, row["ordinal"] or 0), row["ordinal"] or 0)
    return tuple(sorted(ordered, key=lambda name: (ordered[name], name)))


def _cells(row: Row) -> Iterator[tuple[str, Value]]:
    if row["question"] is None:
        return
    name = f"{row['question']} (question)" if row["question"] in _HEAD else row["question"]
    given: Value = row["answer_value"] if row["score"] is None else _number(row["score"])
    if row["text"] is not None and given is not None:
        yield f"{name} (text)", row["text"]
    yield name, given if given is not None else row["text"]


def _number(score: float) -> int | float:
    return int(score) if score == int(score) else score


def _response(rows: list[dict[str, Any]]) -> dict[str, Value]:
    answers = {name: value for row in rows for name, value in _cells(row)}
    first, names = rows[0], {row["name"] for row in rows}
    state = next((state for name, state in _ENDS.items() if name in names), "in part")
    finished = [row["occurred_at"] for row in rows if row["name"] in _ENDS]
    head: dict[str, Value] = {
        "response": first["response"],
        "customer": first["customer_id"],
        "started_at": min(row["occurred_at"] for row in rows),
        "finished_at": max(finished, default=None),
        "state": "left out" if any(row["left_out"] for row in rows) else state,
        "flags": ", ".join(dict.fromkeys(flag for row in rows for flag in _flags(row["flags"]))),
    }
    for name in ("channel", "touchpoint", "location", "campaign", "mode", "language", "version"):
        head[name] = next((row[name] for row in rows if row[name] is not None), None)
    return {**answers, **head}
