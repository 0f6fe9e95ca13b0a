"""Surveys and answers drawn by chance go through the real pages and the real store, and through SurveyJS.

Nothing is stored that was not shown, nothing that was shown and answered is lost, and the pages come in the order of
SurveyJS, which interprets the same documents independently. Each page is sent twice, and with forged answers to
everything else in the survey.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from frontend.build import install, programs
from hypothesis import HealthCheck, given, settings, strategies
from tests.collect.surveys.flow.surveys import Author, answer
from tests.collect.surveys.pages.conftest import Browser, Clock, Page, Site

from cxloop.collect.surveys.definition import read
from cxloop.collect.surveys.flow import run
from cxloop.collect.surveys.pages.app import Respondents
from cxloop.store.base import Store
from cxloop.store.surveys import responses

HERE = Path(__file__).parent
COUNTER = count()
"""A survey of its own for each example, also where one is tried again."""
Walk = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def surveyjs() -> Iterator[Walk]:
    """Walks in one process of Node."""
    node, npm = programs()
    install(npm, HERE.parent / "expressions")
    with subprocess.Popen(
        [*node, str(HERE / "walk.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        pipe_in, pipe_out = process.stdin, process.stdout

        def walk(case: dict[str, Any]) -> dict[str, Any]:
            pipe_in.write(json.dumps(case) + "\n")
            pipe_in.flush()
            walked: dict[str, Any] = json.loads(pipe_out.readline())
            return walked

        yield walk
        process.stdin.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clock = Clock()
    store = Store.open(tmp_path_factory.mktemp("walks") / "app.sqlite", clock)
    app = Respondents(store)
    yield Site(store, clock, app)
    app.close()
    store.close()


def drawn(seed: int) -> dict[str, Any]:
    """A survey with answers to all of it, some of which are missing, and some that are given when they have to be."""
    random = Random(seed)
    author = Author(random, setting=False)
    document = author.survey()
    questions = [each for each in author.asked if each["type"] != "sum"]
    answers = {each["name"]: answer(random, each) for each in questions if random.random() < 0.8}
    second = {each["name"]: answer(random, each) for each in questions}
    variables = {"plan": "gold"} if random.random() < 0.5 else {}
    return {"document": document, "answers": answers, "second": second, "variables": variables}


def walked(browser: Browser, case: dict[str, Any], address: str) -> list[str]:
    """The names of the pages that a browser without a script leaves, one after the other."""
    given = dict(case["answers"])
    names = [page["name"] for page in case["document"]["pages"]]
    path: list[str] = []
    page = browser.get(address)
    for _ in range(100):
        if page.told:
            return path
        here = names[place_of(page) - 1]
        sent = _with_forged(page, given, case)
        there = browser.send(page=sent, **{n: given[n] for n in page.questions if n in given})
        if there.told or place_of(there) != place_of(page):
            path.append(here)
        if not there.wrong:  # sent again, as by a second click: what is stored and what comes next stay
            again = browser.send(page=sent, **{n: given[n] for n in page.questions if n in given})
            assert (again.told, again.questions) == (there.told, there.questions)
        given |= {name: case["second"][name] for name in there.wrong}
        page = there
    raise AssertionError("The survey has no end.")


def _with_forged(page: Page, given: dict[str, Any], case: dict[str, Any]) -> Page:
    """The page as somebody sends it who answers also what is on other pages, and gives variables that no page has."""
    others = set(case["second"]) - {n for each in case["document"]["pages"] for n in page.questions}
    mine = _on_page(case["document"], page)
    forged = [("_asked", f":{name}") for name in sorted(others - mine)]
    forged += [(f"q:{name}", str(case["second"][name])) for name in sorted(others - mine)]
    page.fields = [
        *[each for each in page.fields if each not in forged],
        *forged,
        ("_asked", ":plan"),
        ("q:plan", "forged"),
    ]
    return page


def _on_page(document: dict[str, Any], page: Page) -> set[str]:
    def names(element: dict[str, Any]) -> set[str]:
        inner = element.get("elements", ())
        return {element["name"], *(name for each in inner for name in names(each))}

    return names(document["pages"][place_of(page) - 1])


def place_of(page: Page) -> int:
    """The place of a page in the document, from the address that it is sent to."""
    return int(page.action.rpartition("/")[2].partition("?")[0])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=strategies.integers(0, 2**48))
def test_what_is_stored_is_what_was_shown_and_pages_come_as_in_surveyjs(surveyjs: Walk, pages: Site, seed: int) -> None:
    case, name = drawn(seed), f"s{next(COUNTER)}"
    theirs = surveyjs(case)
    pages.publish(case["document"], name, once=False)
    query = "?plan=gold" if case["variables"] else ""

    path = walked(pages.browser(), case, f"/s/{name}{query}")

    stored = responses.of_survey(pages.store, name)
    if not path:  # nothing is shown at all
        assert (theirs["path"], stored) == ([], [])
        return
    (found,) = stored
    assert (path, found.state) == (theirs["path"], "finished"), case
    assert {n: value for n, value in found.answers.items() if n != "plan"} == theirs["data"], case
    shown = run(read(case["document"]), found.answers, now=pages.clock.now.astimezone()).questions
    assert set(found.answers) - {"plan"} <= {question.name for question in shown}
