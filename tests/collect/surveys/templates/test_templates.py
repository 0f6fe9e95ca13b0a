"""The surveys that people begin with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cxloop.collect.surveys.checking import minutes, problems, spoken
from cxloop.collect.surveys.definition import write
from cxloop.collect.surveys.flow import begin, first_page, next_page
from cxloop.collect.surveys.templates import names, template
from cxloop.core.errors import UnknownNameError

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_there_is_one_for_each_usual_occasion() -> None:
    assert names() == (
        "ces",
        "delivery",
        "event",
        "exit",
        "focus_group",
        "onboarding",
        "product_market_fit",
        "relational_nps",
        "store_visit",
        "transactional_csat",
    )


@pytest.mark.parametrize("name", names())
def test_a_template_has_no_problem_is_short_and_speaks_two_languages(name: str) -> None:
    survey = template(name)

    assert problems(survey) == []
    assert spoken(survey) == {"en", "de"}
    assert minutes(survey) < 5


@pytest.mark.parametrize("name", names())
def test_a_template_can_be_walked_to_its_end(name: str) -> None:
    survey = template(name)
    answers = begin(survey, now=NOW).answers
    page, walked = first_page(survey, answers, now=NOW), 0
    while page is not None:
        page, walked = next_page(survey, answers, page, now=NOW), walked + 1

    assert 1 <= walked <= len(survey.pages)
    assert write(survey)["title"]["de"]


def test_the_protocol_of_a_focus_group_names_its_speakers_and_times_its_guide() -> None:
    survey = template("focus_group")
    assert survey.session is not None
    pages = {page.name for page in survey.pages}

    assert survey.session.remarks in survey.by_name
    assert set(survey.session.minutes) <= pages
    assert sum(survey.session.minutes.values()) == 90
    assert len(survey.session.participants) == 9


def test_an_unknown_template_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="relational_nps"):
        template("relationl_nps")
