"""The flow of the browser, which a kiosk plays without a network, against the server's: every step the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
from frontend.build import FRONTEND, install, programs
from tests.collect.surveys.flow.surveys import draw

from cxloop.collect.surveys.definition import Definition, read
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Choosing,
    Comment,
    File,
    Matrix,
    Rating,
    Slider,
    TextInput,
    YesNo,
    choices,
)
from cxloop.collect.surveys.flow import accept, begin, next_page, previous_page, run
from cxloop.collect.surveys.flow.browser import for_kiosk, for_page
from cxloop.collect.surveys.flow.settling import offered, settle

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DRAWN = 250
EACH_TEMPLATE = 25
WORDS = ("It was late", "all fine 👍", "12", "", "a\u0000b", "<b>x</b>", "delivery late; driver rude")
Steps = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The browser's flow as one file."""
    run_node, npm = programs()
    install(npm, FRONTEND)
    made = str(tmp_path_factory.mktemp("flow") / "flow.mjs")
    build = "require('esbuild').buildSync({entryPoints: ['./src/survey/flow/index.ts'], outfile: process.argv[1], "
    build += "bundle: true, minify: true, format: 'esm', target: 'es2022'})"
    subprocess.run([*run_node, "-e", build, made], cwd=FRONTEND, check=True, capture_output=True)
    return made


def played(bundle: str, cases: list[tuple[dict[str, Any], dict[str, Any], Steps]]) -> list[list[dict[str, Any]]]:
    """What the browser's flow shows of cases: a logic, the variables of the link, and what is sent."""
    run_node, _ = programs()
    sent = [{"logic": logic, "variables": link, "now": NOW.isoformat(), "steps": steps} for logic, link, steps in cases]
    command = [*run_node, str(Path(__file__).parent / "play.mjs"), bundle]
    done = subprocess.run(command, input=json.dumps(sent), capture_output=True, text=True, check=True)
    told: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return told


def ours(definition: Definition, link: dict[str, Any], steps: Steps) -> list[dict[str, Any]]:
    """The same of the server's flow."""
    answers = begin(definition, link, now=NOW).answers
    told = [seen(definition, answers, [], None)]
    for page, given in steps:
        accepted = accept(definition, answers, page, given, now=NOW)
        answers = accepted.answers
        told.append(seen(definition, answers, [[each.question, each.code] for each in accepted.problems], page))
    return told


def seen(definition: Definition, answers: Mapping[str, Any], problems: Any, page: str | None) -> dict[str, Any]:
    state = run(definition, answers, now=NOW)
    settled = settle(definition, answers, now=NOW)
    shown = [question.question for question in state.questions]
    sheet = page if page is not None else ""
    holds = (at for at, each in enumerate(definition.completed_html_on_condition) if settled.holds(each.expression))
    return {
        "values": state.values,
        "calculated": {name: told(value) for name, value in state.calculated.items()},
        "pages": [each.name for each in state.pages],
        "questions": [question.name for question in shown],
        "required": list(state.required),
        "offered": {
            q.name: everything_offered(settled, q) for q in shown if everything_offered(settled, q) is not None
        },
        "problems": problems,
        "next": next_page(definition, answers, sheet, now=NOW) if page else next(iter(state.pages)).name,
        "previous": previous_page(definition, answers, sheet, now=NOW) if page else None,
        "ending": next(holds, -1),
    }


def told(value: Any) -> Any:
    """A date as JavaScript writes it."""
    return f"{value.isoformat()}.000Z" if isinstance(value, datetime) else value


def everything_offered(settled: Any, question: Asking) -> list[Any] | None:
    if isinstance(question, Choosing):
        return offered(settled, question)
    if isinstance(question, Rating):
        return list(question.scale)
    if isinstance(question, YesNo):
        return [question.value_true, question.value_false]
    if isinstance(question, Matrix):
        return [getattr(column, "value", column) for column in question.columns]
    return None


def plain(told: dict[str, Any]) -> dict[str, Any]:
    """With numbers as JSON has them."""
    read_again: dict[str, Any] = json.loads(json.dumps(told))
    return read_again


def agree(bundle: str, cases: list[tuple[Definition, dict[str, Any], Steps]]) -> None:
    theirs = played(bundle, [(for_kiosk(survey), link, steps) for survey, link, steps in cases])
    for at, (case, told) in enumerate(zip(cases, theirs, strict=True)):
        for step, (mine, other) in enumerate(zip(ours(*case), told, strict=True)):
            assert plain(mine) == other, (at, step, case[1:])


@pytest.mark.parametrize("setting", [True, False], ids=["values that are set", "back and forth"])
def test_drawn_surveys_play_in_the_browser_as_on_the_server(bundle: str, setting: bool) -> None:
    drawn = [draw(Random(seed), setting=setting) for seed in range(DRAWN)]

    showing = [(case, read(case.document)) for case in drawn]
    agree(bundle, [(s, c.variables, c.steps) for c, s in showing if run(s, c.variables, now=NOW).pages])


TEMPLATES = sorted(
    each.name for each in files("cxloop.collect.surveys.templates").iterdir() if each.name.endswith(".json")
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_plays_in_the_browser_as_on_the_server(bundle: str, name: str) -> None:
    document = json.loads(files("cxloop.collect.surveys.templates").joinpath(name).read_text("utf-8"))
    survey = read(document)
    cases = []
    for seed in range(EACH_TEMPLATE):
        random = Random(seed)
        steps = [(page.name, answers_on(random, survey, page.name)) for page in survey.sheets]
        cases.append((survey, {variable.name: "x" for variable in survey.hidden[: seed % 2]}, steps))

    agree(bundle, cases)


KINDS = read(
    {
        "hidden": [{"name": "store", "default": "Ulm"}],
        "calculatedValues": [{"name": "low", "expression": "{score} < 4"}, {"name": "when", "expression": "today()"}],
        "pages": [
            {
                "name": "a",
                "elements": [
                    {"type": "rating", "name": "score", "rateValues": [1, {"value": 3, "text": "fine"}, "top"]},
                    {"type": "slider", "name": "one", "sliderType": "single", "min": 0, "max": 10, "defaultValue": 5},
                    {"type": "slider", "name": "two", "visibleIf": "{low} = true"},
                    {"type": "boolean", "name": "yes", "valueTrue": "ja", "valueFalse": "nein"},
                    {"type": "text", "name": "age", "inputType": "number", "min": 0, "max": 120},
                    {"type": "text", "name": "day", "inputType": "date", "max": "2026-12-31"},
                    {"type": "text", "name": "mail", "inputType": "email", "requiredIf": "{yes} = 'ja'"},
                    {"type": "text", "name": "code", "validators": [{"type": "regex", "regex": "^[a-z]{2}\\d$"}]},
                    {"type": "comment", "name": "why", "maxLength": 12, "isRequired": True},
                ],
            },
            {
                "name": "b",
                "elements": [
                    {"type": "ranking", "name": "order", "choices": ["x", "y", "z"], "defaultValue": ["z", "x", "y"]},
                    {
                        "type": "checkbox",
                        "name": "some",
                        "choices": ["x", {"value": "y", "visibleIf": "{score} = 3"}, 7],
                        "showOtherItem": True,
                        "showNoneItem": True,
                        "maxSelectedChoices": 2,
                    },
                    {"type": "imagepicker", "name": "pictures", "multiSelect": True, "choices": ["cat", "dog"]},
                    {
                        "type": "matrix",
                        "name": "table",
                        "rows": ["r1", {"value": "r2", "text": "Two"}],
                        "columns": [1, 2, 3],
                        "isAllRowRequired": True,
                    },
                    {"type": "text", "name": "copy", "setValueIf": "{one} > 5", "setValueExpression": "{why} + '!'"},
                    {"type": "comment", "name": "locked", "enableIf": "{order} notempty", "showCommentArea": True},
                    {
                        "type": "comment",
                        "name": "own",
                        "validators": [
                            {"type": "text", "minLength": 3, "maxLength": 9, "allowDigits": False},
                            {"type": "expression", "expression": "{own} != {why}"},
                        ],
                    },
                ],
            },
            {"name": "c", "visibleIf": "{table.r1} = 2", "elements": [{"type": "html", "name": "x", "html": "x"}]},
            {"name": "d", "elements": [{"type": "boolean", "name": "last"}]},
        ],
        "triggers": [{"type": "complete", "expression": "{some} contains 'none'"}],
        "completedHtmlOnCondition": [{"expression": "{low} = true", "html": "Sorry"}],
    }
)


def test_every_type_of_question_is_taken_and_refused_alike(bundle: str) -> None:
    cases = []
    for seed in range(200):
        random = Random(seed)
        pages = random.choices([page.name for page in KINDS.sheets], k=4)
        cases.append((KINDS, {"store": "Bonn"}, [(page, answers_on(random, KINDS, page, wild=0.2)) for page in pages]))

    agree(bundle, cases)


def test_a_page_carries_the_answers_that_it_reads_and_no_others() -> None:
    logic = for_page(KINDS, "b", {"score": 3, "one": 6, "why": "because", "mail": "ann@example.com", "store": "Ulm"})

    assert logic["values"] == {"score": 3, "one": 6, "why": "because"}
    assert {node["name"] for node in logic["nodes"]} == {"b", *(q.name for q in KINDS.questions[9:16])}


def answers_on(random: Random, survey: Definition, page: str, wild: float = 0.0) -> dict[str, Any]:
    """What somebody sends for a page: mostly what fits, as forms or programs write it."""
    place = next(node.place for node in survey.structure.nodes if not node.within and node.element.name == page)
    found: dict[str, Any] = {}
    for node in survey.structure.nodes:
        question = node.element
        if node.page == place and isinstance(question, Asking) and random.random() < 0.8:
            value = random.choice(ODD) if random.random() < wild else an_answer(random, question)
            found[question.name] = str(value) if isinstance(value, int) and random.random() < 0.3 else value
            if random.random() < 0.3:
                found[f"{question.name}-Comment"] = random.choice(WORDS)
    return found


ODD: tuple[Any, ...] = (
    "",
    None,
    "nothing",
    -1,
    1e9,
    [],
    ["x", "x"],
    {"r1": 9},
    "3",
    "true",
    [9, 1],
    "2026-02-31",
    "a@b",
    "ab1",
    "x" * 30,
)


def an_answer(random: Random, question: Asking) -> Any:
    if isinstance(question, Rating):
        return random.choice(question.scale)
    if isinstance(question, Choosing):
        values = [choice.value for choice in choices(question)] + ["other"] * question.other + ["none"] * question.none
        several = getattr(question, "multi_select", question.type in ("checkbox", "tagbox", "ranking"))  # type: ignore[attr-defined]
        return random.sample(values, random.randint(1, len(values))) if several else random.choice(values)
    if isinstance(question, YesNo):
        return random.choice((question.value_true, question.value_false))
    if isinstance(question, Matrix):
        columns = [getattr(each, "value", each) for each in question.columns]
        rows = [str(getattr(each, "value", each)) for each in question.rows]
        return {row: random.choice(columns) for row in rows if random.random() < 0.8}
    if isinstance(question, Slider):
        return random.randint(0, 10) if question.slider_type == "single" else [random.randint(0, 9), 4]
    return a_line(random, question)


def a_line(random: Random, question: Asking) -> Any:
    if isinstance(question, File):
        return ""
    if isinstance(question, TextInput) and question.input_type in ("date", "number", "email"):
        return {"date": "2026-05-01", "number": random.randint(0, 150), "email": "ann@example.com"}[question.input_type]
    assert isinstance(question, TextInput | Comment)
    return random.choice(WORDS)
