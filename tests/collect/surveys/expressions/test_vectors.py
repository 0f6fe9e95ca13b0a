"""One list of cases for Python, for the browser and for SurveyJS itself."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from tests.collect.surveys.expressions.cases import OWN, REFERENCE, agree, cases, ours, vectors
from tests.collect.surveys.expressions.conftest import Program

MOST_BYTES = 4_700
"""Gzipped, with the parser."""
MOST_BYTES_OF_A_PAGE = 4_096
"""Gzipped, in each page of a survey that has conditions: their trees come with the page."""


def unlike(given: list[dict[str, Any]], results: list[dict[str, Any]], expected: str) -> list[str]:
    pairs = zip(given, results, strict=True)
    return [f"{case['expression']} of {case['values']}: {was}" for case, was in pairs if not agree(case[expected], was)]


def test_python_says_what_each_case_expects() -> None:
    given = vectors()

    assert unlike(given, [ours(case) for case in given], "expected") == []


def test_the_browser_says_what_each_case_expects(browser: Program) -> None:
    given = vectors()

    assert unlike(given, browser(given), "expected") == []


def test_surveyjs_says_what_each_case_of_its_own_expects(survey_core: Program) -> None:
    given = [case for case in vectors() if case["source"] == REFERENCE]

    assert unlike(given, survey_core(given), "expected") == []


def test_surveyjs_differs_where_we_say_so_and_as_we_say(survey_core: Program) -> None:
    given = [case for case in vectors() if case["source"] == OWN]

    assert unlike(given, survey_core(given), "survey_core") == []
    assert [case["expression"] for case in given if agree(case["expected"], case["survey_core"])] == []


def test_the_file_holds_every_case_that_is_listed() -> None:
    listed = [[case["expression"], case["values"]] for case in cases()]

    assert listed == [[case["expression"], case["values"]] for case in vectors() if case["source"] == REFERENCE]


def test_the_browsers_evaluator_stays_small(bundle: str, bundle_of_pages: str) -> None:
    assert len(gzip.compress(Path(bundle).read_bytes(), 9)) < MOST_BYTES
    assert len(gzip.compress(Path(bundle_of_pages).read_bytes(), 9)) < MOST_BYTES_OF_A_PAGE
