"""Results and inviting as people see them: one sentence, numbers with intervals, words, files, and who may."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.conftest import HOSTILE, Browser, Shop
from tests.web.surveys.answered import SURVEY, open_answered

from cxloop.core.host import LOCAL

RESULTS = f"/surveys/{SURVEY}/results"
INVITE = f"/surveys/{SURVEY}/invite"


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A company whose survey has answers."""
    shop = open_answered(tmp_path_factory.mktemp("answered") / "shop")
    yield shop
    shop.host.close()


@pytest.fixture(scope="module")
def owner(answered: Shop) -> Browser:
    """May everything."""
    return answered.browser("owner")


def test_the_first_sentence_is_the_score_with_its_interval(owner: Browser) -> None:
    page = owner.get(RESULTS)

    assert page.status == 200
    assert "After the delivery: NPS −24.8, between −37.1 and −11.5, from 141 answers." in page.text
    assert "flagged as doubtful" in page.text


def test_the_funnel_says_what_each_number_is_a_share_of(owner: Browser) -> None:
    text = owner.get(RESULTS).text

    assert "<b>240</b>" in text
    assert "of those sent" in text
    assert "this channel does not report what arrives" in text
    assert "asked often enough lately" in text
    only = owner.get(f"{RESULTS}?channel=sms").text
    assert (
        '<a class="chip" href="/surveys/after-delivery/results?channel=sms#funnel" aria-current="true">sms</a>' in only
    )


def test_questions_and_choices_are_called_as_people_saw_them(owner: Browser) -> None:
    text = owner.get(RESULTS).text

    assert "Where did we leave the parcel?" in text
    assert "With a neighbour" in text
    assert "put it first" in text
    assert "How far people come" in text


def test_words_of_customers_lead_to_the_customer_and_run_nowhere(owner: Browser) -> None:
    page = owner.get(RESULTS)

    assert HOSTILE not in page.text
    assert "&lt;script&gt;alert" in page.text
    assert any(link.startswith("/customers/") for link in page.links)


def test_whoever_may_see_no_persons_sees_numbers_and_no_words(answered: Shop) -> None:
    viewer = answered.browser("viewer")
    page = viewer.get(RESULTS)

    assert page.status == 200
    assert "In their words" not in page.text
    assert not any("rows.csv" in link or "texts.csv" in link for link in page.links)
    assert viewer.get(f"{RESULTS}/download/rows.csv").status == 403
    assert viewer.get(f"{RESULTS}/responses").status == 403


def test_a_cross_table_says_whether_both_go_together(owner: Browser) -> None:
    text = owner.get(f"{RESULTS}?row=where&column=channel").text

    assert "They go together" in text
    assert "▲" in text
    assert "more than by chance" in text
    assert "Unknown question" in owner.get(f"{RESULTS}?row=made-up&column=where").text


def test_rows_are_a_file_that_no_spreadsheet_runs(owner: Browser) -> None:
    found = owner.get(f"{RESULTS}/download/rows.csv")

    rows = list(csv.DictReader(io.StringIO(found.content.decode("utf-8-sig"))))
    assert len(rows) == 141
    assert {"response", "customer", "state", "recommend", "where", "why"} <= set(rows[0])
    assert 'filename="after-delivery-rows.csv"' in found.headers["content-disposition"]
    assert owner.get(f"{RESULTS}/download/rows.exe").status == 404
    assert owner.get(f"{RESULTS}/download/questions.json").status == 200


def test_a_condition_that_cannot_be_read_is_told_on_the_page(owner: Browser) -> None:
    page = owner.get(f"{RESULTS}?where=channel+%3D%3D")

    assert page.status == 400
    assert 'role="alert"' in page.text


def test_results_of_a_survey_that_was_answered_elsewhere_need_no_document(answered: Shop, tmp_path: Path) -> None:
    export = tmp_path / "form.csv"
    lines = ["Timestamp,How likely are you to recommend us?"]
    lines += [f"2026-10-{day:02d} 10:00:00,{day % 11}" for day in range(1, 25)]
    export.write_text("\n".join(lines))
    answered.host.run("collect.import_responses", {"path": export, "survey": "elsewhere"}, actor=LOCAL)
    page = answered.browser("owner").get("/surveys/elsewhere/results")

    assert page.status == 200
    assert "How likely are you to recommend us?" in page.text


def test_a_survey_that_nobody_knows_is_not_found(owner: Browser) -> None:
    assert owner.get("/surveys/made-up/results").status == 404


def test_before_anything_is_sent_it_is_shown_who_would_be_asked_and_why_not(owner: Browser, answered: Shop) -> None:
    before = answered.run("collect.waves", survey=SURVEY).cells
    page = owner.send(INVITE, INVITE, {"kind": "segment", "segment": "everybody", "do": "preview"})

    assert page.status == 200
    assert "would be asked. Nothing has been sent yet." in page.text
    assert "no address" in page.text
    assert "NO_ADDRESS" in page.text
    assert answered.run("collect.waves", survey=SURVEY).cells == before


def test_a_wave_is_begun_shown_and_stopped(owner: Browser, answered: Shop) -> None:
    form = {"kind": "event", "event": 'name == "delivered"', "delay": "2h", "do": "send"}
    begun = owner.send(INVITE, INVITE, form)
    assert begun.status == 303
    address = begun.headers["location"].partition("?")[0]

    page = owner.get(address)
    assert "Not asked, and why" in page.text
    stopped = owner.send(address, address, {"do": "stop"})
    assert stopped.status == 303
    assert answered.run("collect.wave", number=int(address.rpartition("/")[2])).state == "stopped"
    assert address in owner.get(INVITE).links


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"kind": "segment", "segment": "everybody", "rate": "200", "do": "preview"}, "is no share"),
        ({"kind": "event", "event": "name ==", "do": "preview"}, 'role="alert"'),
        ({"kind": "schedule", "segment": "everybody", "every": "soon", "do": "preview"}, 'role="alert"'),
    ],
)
def test_what_cannot_be_meant_is_told_and_nothing_is_lost(owner: Browser, form: dict[str, str], told: str) -> None:
    page = owner.send(INVITE, INVITE, form)

    assert page.status == 400
    assert told in page.text


def test_a_form_of_another_site_invites_nobody(owner: Browser) -> None:
    assert owner.post(INVITE, {"kind": "segment", "segment": "everybody", "do": "send"}).status == 403


def test_a_wave_of_another_survey_is_not_found(owner: Browser) -> None:
    assert owner.get(f"{INVITE}/4711").status == 404


def test_whoever_only_reads_sees_waves_and_no_form(answered: Shop) -> None:
    page = answered.browser("viewer").get(INVITE)

    assert page.status == 200
    assert "Show who would be asked" not in page.text
