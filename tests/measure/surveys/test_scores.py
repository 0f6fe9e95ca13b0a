"""A survey at a glance, its words, and its rows."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.measure.surveys.conftest import Surveyed, choice, nps

from cxloop.core.results import Estimate, Result
from cxloop.core.spreadsheet import as_csv
from cxloop.measure.surveys.verbs import (
    crosstab,
    survey,
    survey_funnel,
    survey_questions,
    survey_rows,
    survey_verbatims,
)
from cxloop.measure.verbs import nps as nps_verb


def csat(score: float, **more: object) -> dict[str, object]:
    """An answer on five points."""
    return {"metric": "csat", "score": score, "scale_min": 1.0, "scale_max": 5.0, **more}


def answered(ws: Surveyed) -> Surveyed:
    """Forty responses with two scores and a reason."""
    for number in range(40):
        answers = {"recommend": nps(9 if number % 4 else 3), "happy": csat(5 if number % 2 else 2)}
        answers["why"] = {"text": f"Because of {number}.", "language": "en"}
        ws.respond(f"r{number}", answers, customer=number, channel="email")
    return ws.done()


def test_the_score_of_a_survey_is_the_one_that_the_metric_gives(ws: Surveyed) -> None:
    found = survey(answered(ws), "delivery")

    (row,) = nps_verb(ws, where='survey_id == "delivery"').rows
    assert found.scores[0].now == row.result
    assert isinstance(row.result, Estimate)
    assert row.result.value == 50.0
    assert [(score.metric, score.question) for score in found.scores] == [("nps", "recommend"), ("csat", "happy")]
    assert found.headline.startswith("NPS is +50.0 [")
    assert found.scores[0].course.every == "week"


def test_another_wording_is_a_score_of_its_own_and_said(ws: Surveyed) -> None:
    for number in range(40):
        own = {"properties": {"wording": "aa" if number < 20 else "bb"}}
        ws.respond(f"r{number}", {"recommend": nps(9 if number < 20 else 3, **own)}, customer=number)
    found = survey(ws.done(), "delivery")

    values = [score.now.value for score in found.scores if isinstance(score.now, Estimate)]
    assert sorted(values) == [-100.0, 100.0]
    assert "in other words" in found.notes[0]


def test_versions_that_are_taken_together_are_named(ws: Surveyed) -> None:
    for number in range(20):
        ws.respond(f"r{number}", {"recommend": nps(9)}, customer=number, survey_version=str(1 + number % 2))

    assert "versions 1 to 2" in survey(ws.done(), "delivery").notes[0]


def test_a_low_response_rate_is_said_before_the_score_is_used(ws: Surveyed) -> None:
    for number in range(200):
        ws.invite(number)
    for number in range(12):
        ws.respond(f"r{number}", {"recommend": nps(9)}, customer=number, campaign="wave-1", channel="email")
    found = survey(ws.done(), "delivery")

    assert "94.0 % of those reached did not answer" in found.notes[0]


def test_left_out_responses_are_counted_and_in_no_score(ws: Surveyed) -> None:
    answered(ws)
    own = {"customer": 0, "response_id": "r0", "channel": "email", "properties": {"left_out": True}}
    for question in ("recommend", "happy", "why"):
        row = {"question_id": question, "revises": f"r0.{question}.1", **own}
        ws.write("answer", "answer_left_out", f"r0.{question}.2", **row)
    found = survey(ws.done(), "delivery")

    assert (found.left_out, found.responses, found.scores[0].now.n) == (1, 39, 39)
    assert survey_verbatims(ws, "delivery").total == 39


def test_a_window_and_a_condition_narrow_everything(ws: Surveyed) -> None:
    answered(ws)
    for number in range(40, 55):
        ws.respond(f"r{number}", {"recommend": nps(10)}, customer=number, channel="kiosk")

    assert survey(ws.done(), "delivery", where='channel == "kiosk"').scores[0].now.n == 15
    assert survey(ws, "delivery", until="2026-03-01").responses == 0


def test_verbatims_name_customer_and_score_newest_first(ws: Surveyed) -> None:
    found = survey_verbatims(answered(ws), "delivery", limit=2)

    first = found.rows[0]
    assert (found.total, first.text, first.score, first.metric) == (40, "Because of 39.", 9.0, "nps")
    assert first.customer_id is not None
    assert survey_verbatims(ws, "delivery", highest=6).total == 10
    assert survey_verbatims(ws, "delivery", metric="csat", lowest=5).total == 20


def test_rows_have_a_column_for_each_question_in_order(ws: Surveyed) -> None:
    ws.respond("r1", {"recommend": nps(9), "why": {"text": "Good."}, "other": choice("x")}, customer=1, channel="web")
    ws.respond("r2", {"recommend": nps(3)}, end="", customer=2, channel="web")
    found = survey_rows(ws.done(), "delivery")

    assert found.columns[-3:] == ("recommend", "why", "other")
    first, second = found.records()
    assert (first["response"], first["state"], first["recommend"], first["why"]) == ("r2", "in part", 3, None)
    assert (second["state"], second["why"], second["other"]) == ("finished", "Good.", "x")
    assert isinstance(second["started_at"], datetime)


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_text_of_a_customer_becomes_a_formula_in_the_file(ws: Surveyed, text: str) -> None:
    ws.respond("r1", {"why": {"text": text}, "=cmd": choice("x;=1+1")}, customer=1)

    lines = as_csv(survey_rows(ws.done(), "delivery"))

    assert f"'{text}" in lines
    assert "'=cmd" in lines
    assert '"x;=1+1"' in lines  # where a semicolon parts cells, quotes keep this one whole


def test_results_survive_the_way_through_json(ws: Surveyed) -> None:
    answered(ws)
    results: list[Result] = [
        survey(ws, "delivery"),
        survey_funnel(ws, "delivery"),
        survey_questions(ws, "delivery"),
        crosstab(ws, "delivery", "recommend", "channel"),
        survey_verbatims(ws, "delivery"),
        survey_rows(ws, "delivery"),
    ]

    for result in results:
        assert type(result).from_dict(result.to_dict()) == result


def test_every_row_of_a_result_has_the_same_columns(ws: Surveyed) -> None:
    for number in range(12):
        answers = {"recommend": nps(9), "order": choice("x|y", "ranking"), "age": choice(str(number), "number")}
        answers["why"] = {"text": "Good."}
        ws.respond(f"r{number}", answers, customer=number, channel="web")
    ws.done()

    for result in (survey_questions(ws, "delivery"), survey_funnel(ws, "delivery"), survey(ws, "delivery")):
        assert len({tuple(row) for row in result.records()}) == 1
        assert as_csv(result).count("\n") == len(result.records()) + 1
