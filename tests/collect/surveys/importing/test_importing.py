"""Exports of survey products land in the log in the shape of one's own surveys, once."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.surveys.importing.exports import as_csv, google, qualtrics, surveymonkey, typeform

from cxloop.collect.surveys.importing.export import cells_of
from cxloop.collect.surveys.importing.google import read_google_forms
from cxloop.collect.surveys.importing.results import ResponsesImport
from cxloop.collect.surveys.importing.shapes import glued_choices, shapes_of, split
from cxloop.collect.surveys.importing.verbs import import_responses
from cxloop.collect.verbs import rejects, replay
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.engine.query import Query

LOGGED = Query(
    name="test.imported",
    sql="""
        select i.message_id, e.name, i.source, i.kind, i.occurred_at, i.survey_id, i.response_id, i.question_id,
            i.metric, i.score, i.scale_min, i.scale_max, i.answer_value, i.text, i.language, i.properties, i.traffic,
            e.claimed_channel as channel, k.namespace, k.type, k.value
        from interactions as i
        inner join event_codes as e on e.event_code = i.event_code
        left join keys as k on k.key_id = i.key_id
        order by i.response_id, i.ordinal
    """,
    inputs=("interactions", "event_codes", "keys"),
    output={},
)


def logged(desk: Any) -> list[dict[str, Any]]:
    """Everything in the log."""
    rows: list[dict[str, Any]] = desk.engine.fetch(LOGGED).to_pylist()
    return rows


def answers(desk: Any, response: str) -> dict[str, dict[str, Any]]:
    """The answers of one response, by question."""
    return {row["question_id"]: row for row in logged(desk) if row["response_id"] == response and row["question_id"]}


def write(folder: Path, rows: Any, *, encoding: str = "utf-8", sign: str = ",", name: str = "export.csv") -> Path:
    """An export as a file."""
    path = folder / name
    path.write_bytes(as_csv(rows, sign).encode(encoding))
    return path


def becomes(found: ResponsesImport) -> dict[str, str]:
    """What each question is taken for."""
    return {question.name: question.becomes for question in found.questions if question.title}


def test_qualtrics_with_its_three_header_rows(desk: Any, tmp_path: Path) -> None:
    path = write(tmp_path, qualtrics({"RecipientEmail": "Ann@Example.org"}, {"Q3": "Web"}, {"Q3": "App,Web"}))
    found = import_responses(desk, path, survey="relationship")

    assert (found.product, found.responses, found.rejected, found.zone) == ("qualtrics", 3, 0, "America/Denver")
    assert becomes(found) == {
        "Q1": "nps", "Q2": "csat:1-5", "Q3": "several", "Q4": "matrix", "Q5": "ranking", "Q6": "text",
    }  # fmt: skip
    got = answers(desk, "qualtrics:R_1")
    assert (got["Q1"]["metric"], got["Q1"]["score"], got["Q1"]["scale_max"]) == ("nps", 9.0, 10.0)
    assert got["Q1"]["name"] == "nps_answered"
    assert (got["Q2"]["metric"], got["Q2"]["score"]) == ("csat", 4.0)
    assert got["Q3"]["answer_value"] == "Web|App"
    assert (got["Q4.Speed"]["answer_value"], got["Q4.Price"]["answer_value"]) == ("Good", "Bad")
    assert got["Q5"]["answer_value"] == "Price|Speed"
    assert got["Q6"]["text"] == "Because of reason number 1."
    # 09:03:21 in Denver is 16:03:21 UTC: on 5 March the clocks there had not changed yet
    assert got["Q6"]["occurred_at"] == datetime(2026, 3, 5, 16, 3, 21)
    assert (got["Q1"]["type"], got["Q1"]["value"]) == ("email", "ann@example.org")
    assert got["Q1"]["channel"] == "web"
    assert json.loads(got["Q1"]["properties"])["question"] == "How likely are you to recommend us?"


def test_minus_99_is_seen_and_unanswered(desk: Any, tmp_path: Path) -> None:
    path = write(tmp_path, qualtrics({"Q1": "-99", "Q3": "-99"}, {}, {}))
    import_responses(desk, path, survey="relationship")

    assert not {"Q1", "Q3"} & set(answers(desk, "qualtrics:R_1"))


def test_a_numeric_export_of_qualtrics_reads_codes(desk: Any, tmp_path: Path) -> None:
    rows = qualtrics(*({"Q1": str(number), "Q2": str(1 + number % 5), "Finished": "1"} for number in range(6)))
    import_responses(desk, write(tmp_path, rows), survey="relationship")

    got = answers(desk, "qualtrics:R_4")
    assert (got["Q1"]["score"], got["Q2"]["score"], got["Q2"]["scale_max"]) == (3.0, 4.0, 5.0)


def test_an_answer_written_beside_a_choice_is_its_text(desk: Any, tmp_path: Path) -> None:
    path = write(tmp_path, qualtrics({"Q3": "Web,Other", "Q3_5_TEXT": "By fax"}, {}, {"Q3": "Web,Other"}))
    import_responses(desk, path, survey="relationship")

    got = answers(desk, "qualtrics:R_1")["Q3"]
    assert (got["answer_value"], got["text"]) == ("Web|Other", "By fax")


def test_previews_are_marked_and_unfinished_ones_are_in_part(desk: Any, tmp_path: Path) -> None:
    path = write(tmp_path, qualtrics({"Status": "Survey Preview"}, {"Finished": "False"}, {"Status": "Spam"}))
    found = import_responses(desk, path, survey="relationship")

    assert found.previews == 1
    names = {
        row["response_id"]: {each["name"] for each in logged(desk) if each["response_id"] == row["response_id"]}
        for row in logged(desk)
    }
    assert "survey_finished" in names["qualtrics:R_1"]
    assert "survey_finished" not in names["qualtrics:R_2"]
    assert answers(desk, "qualtrics:R_1")["Q1"]["traffic"] == "test"
    assert json.loads(answers(desk, "qualtrics:R_3")["Q1"]["properties"])["flags"] == ["spam"]


def test_surveymonkey_with_its_two_header_rows(desk: Any, tmp_path: Path) -> None:
    found = import_responses(desk, write(tmp_path, surveymonkey()), survey="shop", time_zone="America/New_York")

    assert becomes(found) == {"q1": "nps", "q2": "several", "q3": "matrix", "q4": "text", "q5": "skip"}
    got = answers(desk, "surveymonkey:11800000002")
    assert (got["q1"]["score"], got["q2"]["answer_value"], got["q2"]["text"]) == (8.0, "Web", "By phone")
    assert got["q3.Price"]["answer_value"] == "Fair"
    # 2:02:55 PM in New York on 14 March, when summer time had begun, is 18:02:55 UTC
    assert got["q1"]["occurred_at"] == datetime(2026, 3, 14, 18, 2, 55)


def test_typeform_with_a_column_for_each_choice(desk: Any, tmp_path: Path) -> None:
    found = import_responses(desk, write(tmp_path, typeform()), survey="helped")

    assert becomes(found) == {"q1": "nps", "q2": "several", "q3": "number", "q4": "text"}
    assert answers(desk, "typeform:tok1")["q2"]["answer_value"] == "Web|App"
    other = answers(desk, "typeform:tok3")["q2"]
    assert (other["answer_value"], other["text"]) == ("App", "By phone")
    assert other["occurred_at"] == datetime(2026, 3, 3, 10, 2, 30)


def test_google_forms_in_german_with_a_grid(desk: Any, tmp_path: Path) -> None:
    found = import_responses(desk, write(tmp_path, google()), survey="umfrage", time_zone="Europe/Berlin")

    assert becomes(found) == {"q1": "nps", "q2": "several", "q3": "matrix", "q4": "text", "q5": "skip"}
    rows = [row for row in logged(desk) if row["value"] == "ann3@example.org"]
    got = {row["question_id"]: row for row in rows}
    assert got["q2"]["answer_value"] == "Web|Ja, sehr gern"
    assert (got["q3.Tempo"]["answer_value"], got["q3.Preis"]["answer_value"]) == ("gut", "schlecht")
    assert got["q1"]["occurred_at"] == datetime(2026, 3, 15, 13, 22, 10)


@pytest.mark.parametrize(
    ("stamp", "first"),
    [
        ("3/{day}/2026 14:22:10", datetime(2026, 3, 13, 14, 22, 10)),
        ("{day}/03/2026 14:22:10", datetime(2026, 3, 13, 14, 22, 10)),
        ("2026/03/{day} 2:22:10 PM GMT+1", datetime(2026, 3, 13, 13, 22, 10)),
        ("2026/03/{day} 2:22:10 p.\u00a0m. GMT-5:30", datetime(2026, 3, 13, 19, 52, 10)),
        ("2026-03-{day} 14:22:10.123", datetime(2026, 3, 13, 14, 22, 10)),
    ],
)
def test_timestamps_in_the_ways_of_many_countries(desk: Any, tmp_path: Path, stamp: str, first: datetime) -> None:
    import_responses(desk, write(tmp_path, google(stamp=stamp)), survey="form", time_zone="UTC")

    assert min(row["occurred_at"] for row in logged(desk)) == first


def test_the_order_of_responses_tells_day_from_month(desk: Any, tmp_path: Path) -> None:
    rows = google(3)
    for row, stamp in zip(rows[1:], ["09/03/2026 10:00:00", "10/03/2026 10:00:00", "02/04/2026 10:00:00"], strict=True):
        row[0] = stamp
    found = import_responses(desk, write(tmp_path, rows), survey="form", time_zone="UTC")

    assert found.dates == "%d/%m/%Y %H:%M:%S"


def test_dates_that_nothing_tells_apart_are_asked_about(desk: Any, tmp_path: Path) -> None:
    rows = google(2)
    rows[1][0], rows[2][0] = "03/04/2026 10:00:00", "05/06/2026 10:00:00"
    path = write(tmp_path, rows)

    with pytest.raises(InputError, match='dates="%m/%d/%Y %H:%M:%S" or dates="%d/%m/%Y'):
        import_responses(desk, path, survey="form")
    assert import_responses(desk, path, survey="form", dates="%d/%m/%Y %H:%M:%S").admitted > 0


@pytest.mark.parametrize("rows", [qualtrics({}, {}, {}), surveymonkey(), typeform(), google()])
def test_importing_twice_adds_nothing(desk: Any, tmp_path: Path, rows: Any) -> None:
    path = write(tmp_path, rows)
    first = import_responses(desk, path, survey="again", time_zone="UTC")
    second = import_responses(desk, path, survey="again", time_zone="UTC")

    assert first.admitted == len(logged(desk)) > 0
    assert (second.admitted, second.already_there, second.rejected) == (0, first.admitted, 0)


def test_a_newer_export_adds_what_is_new(desk: Any, tmp_path: Path) -> None:
    import_responses(desk, write(tmp_path, google(5)), survey="form", time_zone="UTC")
    found = import_responses(desk, write(tmp_path, google(6)), survey="form", time_zone="UTC")

    assert {row["value"] for row in logged(desk)} == {f"ann{number}@example.org" for number in range(1, 7)}
    assert found.rejected == 0
    assert found.questions[-1].reason == "nobody answered it"
    assert next(each.reason for each in found.questions if each.name == "q1") == "as in import-1"


def test_a_dry_run_shows_and_changes_nothing(desk: Any, tmp_path: Path) -> None:
    found = import_responses(desk, write(tmp_path, google()), survey="form", time_zone="UTC", dry_run=True)

    assert found.import_id is None
    assert found.admitted > 0
    assert logged(desk) == []
    reason = next(question for question in found.questions if question.name == "q1")
    assert (reason.becomes, reason.answered) == ("nps", 8)
    assert "recommendation" in reason.reason
    assert "Nummer" not in str(found.to_dict())  # nobody's words stand in a preview


def test_a_person_corrects_what_was_suggested(desk: Any, tmp_path: Path) -> None:
    mapping = ("q1=rating:0-10", "q2=skip")
    found = import_responses(desk, write(tmp_path, google()), survey="form", time_zone="UTC", mapping=mapping)

    assert becomes(found)["q1"] == "rating:0-10"
    assert "q2" not in {row["question_id"] for row in logged(desk)}


@pytest.mark.parametrize(
    ("mapping", "failure"),
    [("q9=nps", UnknownNameError), ("q1=npss", UnknownNameError), ("q1", InputError), ("q1=csat:5-1", InputError)],
)
def test_a_correction_that_cannot_be_read_is_told(
    desk: Any, tmp_path: Path, mapping: str, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        import_responses(desk, write(tmp_path, google()), survey="form", mapping=(mapping,))


def test_bad_rows_and_answers_are_kept_with_their_reason_and_the_rest_is_taken(desk: Any, tmp_path: Path) -> None:
    rows = qualtrics({}, {"Q1": "11"}, {"RecordedDate": "soon", "StartDate": "later"}, {"ResponseId": "R_1"}, {}, {})
    rows[-1] = rows[-1][:5]
    found = import_responses(desk, write(tmp_path, rows), survey="relationship", mapping=("Q1=nps",))

    kept = {row["code"]: row for row in rejects(desk).records()}
    assert set(kept) == {"bad_answer", "bad_date", "duplicate", "malformed"}
    assert kept["bad_answer"]["line"] == 5
    assert (found.rejected, found.import_id) == (4, "import-1")
    assert "Q6" in answers(desk, "qualtrics:R_2")
    assert "Q1" not in answers(desk, "qualtrics:R_2")


def test_what_was_rejected_is_imported_again_and_not_replayed(desk: Any, tmp_path: Path) -> None:
    import_responses(desk, write(tmp_path, qualtrics({}, {"Q1": "11"}, {})), survey="r", mapping=("Q1=nps",))

    with pytest.raises(InputError, match="import it again"):
        replay(desk, "import-1")


@pytest.mark.parametrize(("encoding", "sign"), [("utf-8-sig", ","), ("utf-16", "\t"), ("cp1252", ";")])
def test_encodings_and_signs_between_cells(desk: Any, tmp_path: Path, encoding: str, sign: str) -> None:
    rows = google()
    rows[1][6] = "Größe und Qualität"
    import_responses(desk, write(tmp_path, rows, encoding=encoding, sign=sign), survey="form", time_zone="UTC")

    assert "Größe und Qualität" in {row["text"] for row in logged(desk)}


def test_hostile_cells_arrive_as_they_are(desk: Any, tmp_path: Path) -> None:
    said = '=HYPERLINK("http://x")\n<script>alert(1)</script>\'; drop table interactions; -- \u202e👍'
    rows = google()
    rows[1][6] = said
    import_responses(desk, write(tmp_path, rows), survey="form", time_zone="UTC")

    assert said in {row["text"] for row in logged(desk)}


def test_another_file_is_told_and_not_guessed_at(desk: Any, tmp_path: Path) -> None:
    path = write(tmp_path, [["id", "score"], ["1", "9"]])

    with pytest.raises(InputError, match="none of the exports that are known"):
        import_responses(desk, path, survey="form")


def test_choices_that_hold_the_comma_stay_whole() -> None:
    said = ["Web, Ja, gern", "Web", "Ja, gern", "App, Ja, gern"]
    glued = glued_choices(", ", said)

    assert [split(value, ", ", glued) for value in said] == [
        ["Web", "Ja, gern"],
        ["Web"],
        ["Ja, gern"],
        ["App", "Ja, gern"],
    ]


@given(st.lists(st.lists(st.text(max_size=20), max_size=6), max_size=8), st.sampled_from(",;\t"))
def test_any_cells_are_read_without_a_crash(rows: list[list[str]], sign: str) -> None:
    head = [["Timestamp", "How likely are you to recommend us?", "Why? [A]", "Why? [B]"]]
    read = cells_of(as_csv([*head, *rows], sign))

    assert shapes_of(read_google_forms(read))
