"""What came in: responses in lists and in full, left out of the numbers and taken back; short links; sessions."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cxloop.collect import verbs
from cxloop.collect.surveys import logged
from cxloop.core.errors import AccessDeniedError, InputError, MistakesError, NotFoundError
from cxloop.core.results import Estimate
from cxloop.measure.verbs import nps
from cxloop.store.surveys import responses
from cxloop.store.surveys.responses import NewResponse

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

DOCUMENT = {
    "title": {"default": "Delivery", "de": "Lieferung"},
    "hidden": [{"name": "table"}],
    "elements": [
        {
            "type": "rating",
            "name": "nps",
            "title": {"default": "How likely?", "de": "Wie wahrscheinlich?"},
            "rateMin": 0,
            "rateMax": 10,
            "metric": "nps",
        },
        {"type": "comment", "name": "why", "title": "Why?"},
    ],
}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """A workspace with a live survey and a live protocol, whose records read the clock of the test."""
    desk.store.clock = desk.now
    verbs.draft_survey(desk, "delivery", document=json.dumps(DOCUMENT))
    verbs.publish_survey(desk, "delivery")
    verbs.draft_survey(desk, "group", template="focus_group")
    verbs.publish_survey(desk, "group")
    return desk


def answer(desk: Desk, number: int, score: int, why: str = "", language: str = "en") -> str:
    """Somebody answers; returns the response's number."""
    name = f"r{number:03}"
    new = NewResponse(
        id=name,
        survey="delivery",
        version=1,
        language=language,
        key_namespace="shop",
        key_type="user_id",
        key_value=f"u{number}",
    )
    responses.begin(desk.store, new)
    responses.save(desk.store, name, answers={"nps": score, **({"why": why} if why else {})})
    responses.finish(desk.store, name)
    return name


def score_of(desk: Desk) -> tuple[float, int]:
    """NPS by the verb that everybody uses, and from how many answers."""
    logged.log_all(desk)
    [row] = nps(desk, where='survey_id == "delivery"', since="30d", until="2026-05-02").rows
    assert isinstance(row.result, Estimate)
    return round(row.result.value, 3), row.result.n


def test_published_answers_are_measured_by_the_verb_that_everybody_uses(shop: Desk) -> None:
    for number in range(20):
        answer(shop, number, 10 if number < 12 else 3)

    assert score_of(shop) == (20.0, 20)


def test_a_response_that_is_left_out_counts_nowhere_and_again_when_it_is_taken_back(shop: Desk) -> None:
    for number in range(20):
        answer(shop, number, 10 if number < 12 else 3)
    score_of(shop)

    said = str(verbs.flag_response(shop, "r019", reason="Our own test.", left_out=True))
    without = score_of(shop)
    row = verbs.responses(shop, "delivery", limit=1).records()[0]
    verbs.flag_response(shop, "r019", left_out=False)
    again = score_of(shop)

    assert said == "The response r019 is left out of every number; what was answered stays as it is."
    assert without == (round(100 * (12 - 7) / 19, 3), 19)
    assert (row["response"], row["left_out"]) == ("r019", True)
    assert again == (20.0, 20)
    assert shop.number("select count(*) from interactions where question_id = 'nps' and response_id = 'r019'") == 3


def test_a_flag_of_a_person_has_a_reason(shop: Desk) -> None:
    answer(shop, 1, 9)

    with pytest.raises(InputError, match="Say why"):
        verbs.flag_response(shop, "r001", left_out=True)
    assert verbs.flag_response(shop, "r001", reason="Looks like our own.").flags == ("Looks like our own.",)


def test_one_response_says_what_was_asked_in_the_language_that_it_was_asked_in(shop: Desk) -> None:
    answer(shop, 1, 9, "Schnell.", "de")

    found = verbs.response(shop, "r001")

    assert [(each.title, each.answer) for each in found.answers] == [("Wie wahrscheinlich?", "9"), ("Why?", "Schnell.")]
    with pytest.raises(NotFoundError, match="There is no response 'r9'"):
        verbs.response(shop, "r9")


def test_a_short_link_is_made_once_with_a_code_that_opens_it(shop: Desk) -> None:
    made = verbs.short_link(shop, "delivery", "Berlin, table 12", variables='{"table": "12"}')
    again = verbs.short_link(shop, "delivery", "Berlin, table 12", variables='{"table": "12"}')

    assert made.code == again.code
    assert made.address == f"http://127.0.0.1:8440/q/{made.code}"
    assert made.qr.startswith("<?xml")
    responses.begin(shop.store, NewResponse(id="r1", survey="delivery", version=1, link=made.code))
    [row] = verbs.short_links(shop, "delivery").records()
    assert (row["label"], row["responses"]) == ("Berlin, table 12", 1)

    verbs.drop_short_link(shop, made.code)
    assert verbs.short_links(shop).records() == []
    assert verbs.response(shop, "r1").response == "r1"


def test_a_link_says_nothing_that_the_survey_does_not_ask_for(shop: Desk) -> None:
    with pytest.raises(MistakesError, match='Did you mean "table"'):
        verbs.short_link(shop, "delivery", "Berlin", variables='{"tabel": "12"}')


def test_answers_by_a_short_link_say_where_it_hangs(shop: Desk) -> None:
    made = verbs.short_link(shop, "delivery", "Berlin, table 12")
    responses.begin(shop.store, NewResponse(id="r1", survey="delivery", version=1, link=made.code, channel="store"))
    responses.save(shop.store, "r1", answers={"nps": 9})
    responses.finish(shop.store, "r1")

    logged.log_all(shop)

    assert shop.rows("select location from interactions where metric = 'nps'") == [("Berlin, table 12",)]


def test_an_uploaded_file_is_listed_and_can_be_fetched(shop: Desk) -> None:
    answer(shop, 1, 9)
    with responses.writing(shop.store) as work:
        number = work.files.add("r001", "photo", "box.png", "image/png", b"a picture")

    assert verbs.response(shop, "r001").files == (f"{number}: box.png (photo, 9 bytes)",)
    assert base64.b64decode(verbs.response_file(shop, number).content) == b"a picture"
    to = shop.path / "box.png"
    assert str(verbs.response_file(shop, number, to=to)) == f"box.png (image/png, 9 bytes) is written to {to}."
    assert to.read_bytes() == b"a picture"
    with pytest.raises(InputError, match="cannot be written"):
        verbs.response_file(shop, number, to=to)
    shop.actor = replace(shop.actor, account_id=7)
    with pytest.raises(AccessDeniedError, match="only who sits at the machine"):
        verbs.response_file(shop, number, to=shop.path / "other.png")


REMARKS = [
    {"speaker": "p1", "part": "opening", "remark": "It took ages.", "mood": "negative"},
    {"speaker": "p2", "part": "depth", "remark": "Mine came early.", "mood": "positive"},
    {"speaker": "p1", "part": "closing", "remark": "Tell me the hour."},
]


def test_remarks_of_a_focus_group_become_answers_of_their_speakers_once(shop: Desk) -> None:
    first = verbs.record_session(shop, "group", "Berlin 1", remarks=json.dumps(REMARKS[:2]))
    more = verbs.record_session(
        shop, "group", "Berlin 1", remarks=json.dumps(REMARKS), participants='{"p2": "shop/user_id:u2"}'
    )
    logged.log_all(shop)

    assert (str(first), str(more)) == (
        "2 remarks of 2 speakers in Berlin 1 added.",
        "1 remark of 2 speakers in Berlin 1 added; 2 remarks had been written down before.",
    )
    said = shop.rows(
        "select k.value, i.text, i.properties ->> 'session' from interactions i join keys k using (key_id) "
        "where question_id = 'remark' order by i.text"
    )
    assert said == [
        ("group/Berlin 1/p1", "It took ages.", "Berlin 1"),
        ("group/Berlin 1/p2", "Mine came early.", "Berlin 1"),
        ("group/Berlin 1/p1", "Tell me the hour.", "Berlin 1"),
    ]


def test_a_speaker_who_is_a_known_customer_speaks_under_their_own_key(shop: Desk) -> None:
    verbs.record_session(
        shop, "group", "Berlin 2", remarks=json.dumps(REMARKS), participants='{"p1": "shop/user_id:u1"}'
    )
    logged.log_all(shop)

    found = shop.rows("select distinct k.namespace, k.type, k.value from interactions i join keys k using (key_id)")
    assert ("shop", "user_id", "u1") in found


def test_every_remark_that_does_not_fit_the_protocol_is_told(shop: Desk) -> None:
    wrong = [{"speaker": "p99", "remark": "x"}, {"speaker": "p1"}, {"speaker": "p1", "remark": "x", "mod": "y"}]

    with pytest.raises(MistakesError) as failure:
        verbs.record_session(shop, "group", "Berlin 3", remarks=json.dumps(wrong))

    assert [each.where for each in failure.value.mistakes] == ["[0].speaker", "[1].remark", "[2].mod"]
    with pytest.raises(InputError, match="is no protocol of a session"):
        verbs.record_session(shop, "delivery", "Berlin", remarks=json.dumps(REMARKS))
