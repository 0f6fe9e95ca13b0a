"""The same surveys and answers in SurveyJS (survey-core, in Node) and in cxloop: what is seen has to be the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from frontend.build import install, programs
from tests.collect.surveys.flow.surveys import Drawn, draw

from cxloop.collect.surveys.definition import read
from cxloop.collect.surveys.flow import ShownPage, ShownPanel, ShownStatement, accept, begin, run

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CASES = {True: 200, False: 60}
"""SurveyJS is built anew for every step where people go back, which takes its time."""
Play = Callable[[list[Drawn], bool], list[list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def surveyjs() -> Play:
    """Plays many cases in one call of Node."""
    node, npm = programs()
    install(npm, HERE.parent / "expressions")

    def play(cases: list[Drawn], afresh: bool) -> list[list[dict[str, Any]]]:
        sent = [
            {
                "document": case.document,
                "variables": case.variables,
                "steps": [{"page": page, "given": list(given.items())} for page, given in case.steps],
                "afresh": afresh,
                "order": case.order,
            }
            for case in cases
        ]
        done = subprocess.run(
            [*node, str(HERE / "play.mjs")], input=json.dumps(sent), capture_output=True, text=True, check=True
        )
        told: list[list[dict[str, Any]]] = json.loads(done.stdout)
        return told

    return play


def ours(case: Drawn) -> list[dict[str, Any]]:
    """What cxloop shows after each page, in the words of play.mjs."""
    definition = read(case.document)
    kept = begin(definition, case.variables, now=NOW)
    told = [seen(definition, kept.answers, ())]
    for page, given in case.steps:
        accepted = accept(definition, kept.answers, page, given, now=NOW)
        kept = accepted
        told.append(seen(definition, kept.answers, [problem.question for problem in accepted.problems]))
    return told


def seen(definition: Any, answers: Mapping[str, Any], wrong: Any) -> dict[str, Any]:
    state = run(definition, answers, now=NOW)
    return {
        "pages": [page.name for page in state.pages],
        "questions": [question.name for question in state.questions],
        "statements": [item.name for page in state.pages for item in statements(page)],
        "required": list(state.required),
        "titles": {question.name: question.title for question in state.questions},
        "values": {name: value for name, value in state.values.items() if name != "plan"},
        "wrong": sorted(wrong),
    }


def statements(page: ShownPage | ShownPanel) -> list[ShownStatement]:
    inner = [each for item in page.items if isinstance(item, ShownPanel) for each in statements(item)]
    return [*(item for item in page.items if isinstance(item, ShownStatement)), *inner]


@pytest.mark.parametrize("setting", [True, False], ids=["values that are set", "back and forth"])
def test_what_is_seen_and_kept_is_what_surveyjs_sees_and_keeps(surveyjs: Play, setting: bool) -> None:
    cases = [draw(Random(seed), setting=setting) for seed in range(CASES[setting])]

    theirs = surveyjs(cases, not setting)

    for seed, (case, told) in enumerate(zip(cases, theirs, strict=True)):
        for step, (mine, other) in enumerate(zip(ours(case), told, strict=True)):
            other = {**other, "wrong": sorted(other["wrong"]), "statements": sorted(other["statements"])}
            mine["statements"].sort()
            assert mine == other, (seed, step, case)
