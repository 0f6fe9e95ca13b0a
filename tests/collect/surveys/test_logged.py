"""What people answer reaches the log: exactly once, whatever is killed when, and each change as a revision."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from sqlalchemy import text

from cxloop.collect import verbs
from cxloop.collect.surveys import logged
from cxloop.store.surveys import invitations, responses, waves
from cxloop.store.surveys.invitations import NewInvitation, Step
from cxloop.store.surveys.responses import NewResponse

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

DOCUMENT = {
    "title": "Delivery",
    "hidden": [{"name": "order_id"}, {"name": "location"}, {"name": "table"}],
    "pages": [
        {
            "name": "scores",
            "elements": [
                {
                    "type": "rating",
                    "name": "nps",
                    "title": "How likely?",
                    "rateMin": 0,
                    "rateMax": 10,
                    "metric": "nps",
                },
                {"type": "comment", "name": "why", "title": "Why?"},
                {"type": "checkbox", "name": "liked", "title": "What?", "choices": ["price", "speed"]},
                {
                    "type": "matrix",
                    "name": "parts",
                    "title": "Each",
                    "columns": ["good", "bad"],
                    "rows": ["parcel", "driver"],
                },
            ],
        }
    ],
}
CURRENT = """
    select question_id, metric, score, scale_min, scale_max, answer_value, text, properties::varchar
    from interactions i
    where source = 'surveys' and kind = 'answer'
    and not exists (select 1 from interactions r where r.source = i.source and r.revises = i.message_id)
    order by question_id
"""
STEPS = "select message_id from interactions where source = 'surveys' and kind <> 'answer' order by message_id"


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """A workspace with a live survey, whose records read the clock of the test."""
    desk.store.clock = desk.now
    verbs.draft_survey(desk, "delivery", document=json.dumps(DOCUMENT))
    verbs.publish_survey(desk, "delivery")
    return desk


def answer(
    desk: Desk, answers: Mapping[str, Any], *, response: str = "r1", state: str = "finished", **more: Any
) -> None:
    """Somebody answers on one page, and is done unless `state` says "open"."""
    responses.begin(desk.store, NewResponse(id=response, survey="delivery", version=1, language="en", **more))
    responses.save(desk.store, response, answers=dict(answers), seconds={"scores": 12.5})
    if state == "finished":
        responses.finish(desk.store, response)


def intern(desk: Desk, value: str) -> int:
    """The number of a customer's key."""
    desk.engine.intern(pa.table({"namespace": ["shop"], "type": ["user_id"], "value": [value]}))
    return desk.number(f"select key_id from keys where value = '{value}'")


def test_a_finished_response_is_told_at_once_with_one_row_for_each_answer(shop: Desk) -> None:
    answer(
        shop,
        {"nps": 9, "why": "Fast.", "liked": ["speed", "price"], "parts": {"parcel": "good"}},
        hidden={"order_id": "o-1", "location": "Berlin", "table": "12"},
    )

    done = logged.step(shop)

    assert done is not None
    said = {"flags": [], "mode": "page", "state": "finished", "table": "12"}
    rows = [(*row[:-1], json.loads(row[-1])) for row in shop.rows(CURRENT)]
    types = {row[0]: row[-1].pop("type") for row in rows}
    assert types == {"liked": "several", "nps": "score", "parts.parcel": "single", "why": "text"}
    assert len({row[-1].pop("wording") for row in rows}) == 4
    assert rows == [
        ("liked", None, None, None, None, "speed|price", None, said),
        ("nps", "nps", 9.0, 0.0, 10.0, "9", None, said),
        ("parts.parcel", None, None, None, None, "good", None, said),
        ("why", None, None, None, None, None, "Fast.", said),
    ]
    assert [row[0] for row in shop.rows(STEPS)] == ["r1.finished", "r1.page.scores", "r1.started"]
    assert shop.rows("select distinct survey_id, survey_version, location, language from interactions where text <> ''")
    assert shop.rows("select distinct type, id from interaction_objects") == [("order", "o-1")]
    assert shop.rows("select distinct namespace, type, value from keys") == [("surveys", "response", "r1")]


def test_what_is_open_is_told_after_fifteen_idle_minutes_and_goes_on_as_a_revision(shop: Desk) -> None:
    answer(shop, {"nps": 3}, state="open")
    assert logged.step(shop) is None
    shop.forward(minutes=16)
    logged.step(shop)
    first = shop.rows(
        "select message_id, revises, occurred_at, properties ->> 'state' from interactions where metric = 'nps'"
    )

    responses.save(shop.store, "r1", answers={"nps": 6, "why": "Late."})
    responses.finish(shop.store, "r1")
    logged.step(shop)

    began = shop.now() - timedelta(minutes=16)
    assert first == [("r1.nps.2", None, began, "partial")]
    rows = shop.rows(
        "select message_id, revises, score, properties ->> 'state' from interactions where metric = 'nps' order by 1"
    )
    assert rows == [("r1.nps.2", None, 3.0, "partial"), ("r1.nps.4", "r1.nps.2", 6.0, "finished")]
    assert [row[:3] for row in shop.rows(CURRENT)] == [("nps", "nps", 6.0), ("why", None, None)]


def test_an_answer_that_is_taken_back_counts_no_more_and_stays_in_the_log(shop: Desk) -> None:
    answer(shop, {"nps": 3, "why": "Hm."}, state="open")
    shop.forward(minutes=16)
    logged.step(shop)

    responses.save(shop.store, "r1", answers={"nps": 3})
    responses.finish(shop.store, "r1")
    logged.step(shop)

    assert [row[6] for row in shop.rows(CURRENT)] == [None, None]
    assert shop.number("select count(*) from interactions where text = 'Hm.'") == 1


class Killed(Exception):  # noqa: N818 - no error of the program: what `kill -9` is
    """The process is gone."""


@pytest.mark.parametrize("place", ["admit", "mark responses", "mark invitations"])
def test_killed_at_any_moment_every_answer_is_there_exactly_once(
    shop: Desk, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(shop, {"nps": 3}, state="open")
    shop.forward(minutes=16)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        where: dict[str, tuple[object, str]] = {
            "admit": (type(shop.engine), "admit"),
            "mark responses": (responses, "mark_logged"),
            "mark invitations": (invitations, "mark_logged"),
        }
        patch.setattr(*where[place], killed)
        with pytest.raises(Killed):
            logged.step(shop)
    # before anybody looks again, the answer is changed
    responses.save(shop.store, "r1", answers={"nps": 10})
    responses.finish(shop.store, "r1")

    logged.log_all(shop)
    logged.log_all(shop)

    assert [row[2] for row in shop.rows(CURRENT)] == [10.0]
    assert [row[0] for row in shop.rows(STEPS)] == ["r1.finished", "r1.page.scores", "r1.started"]
    assert logged.step(shop) is None


def test_telling_it_again_from_the_beginning_changes_nothing(shop: Desk) -> None:
    answer(shop, {"nps": 3, "why": "Hm.", "parts": {"parcel": "good"}})
    logged.step(shop)
    before = shop.rows("select * from interactions order by interaction_id")

    with shop.store.work() as work:
        work.execute(text("update survey_responses set logged = 0"))
    logged.step(shop)

    assert shop.rows("select * from interactions order by interaction_id") == before


def test_who_was_invited_is_known_by_their_own_key_and_the_wave_stands_beside(shop: Desk) -> None:
    anna = intern(shop, "anna")
    wave = waves.create(shop.store, "delivery", "people", settings={}, starts_at=shop.now())
    invitations.add(
        shop.store,
        wave.id,
        [NewInvitation(anna, "t1", "planned", channel="email", probability=0.5)],
        before="",
        after="1",
    )
    [invited] = invitations.some(shop.store)
    invitations.set_states(shop.store, [Step(invited.id, state="sent", sent_at=shop.now())])
    answer(shop, {"nps": 9}, key_id=anna, invitation_id=invited.id, channel="email")

    logged.step(shop)

    rows = shop.rows(
        "select e.name, i.message_id, k.value, i.campaign from interactions i join keys k using (key_id) "
        "join event_codes e using (event_code) where i.source = 'surveys' order by 2"
    )
    number = invited.id
    assert rows == [
        ("survey_sampled", f"invitation.{number}.sampled", "anna", f"wave-{wave.id}"),
        ("survey_sent", f"invitation.{number}.sent", "anna", f"wave-{wave.id}"),
        ("survey_finished", "r1.finished", "anna", f"wave-{wave.id}"),
        ("nps_answered", "r1.nps.3", "anna", f"wave-{wave.id}"),
        ("survey_page", "r1.page.scores", "anna", f"wave-{wave.id}"),
        ("survey_started", "r1.started", "anna", f"wave-{wave.id}"),
    ]


def test_a_decision_that_is_changed_is_revised_and_what_follows_is_told_once(shop: Desk) -> None:
    anna = intern(shop, "anna")
    wave = waves.create(shop.store, "delivery", "people", settings={}, starts_at=shop.now())
    new = NewInvitation(anna, "t1", "planned", channel="email")
    invitations.add(shop.store, wave.id, [new], before="", after="1")
    [invited] = invitations.some(shop.store)
    told: Callable[[], list[tuple[Any, ...]]] = lambda: shop.rows(  # noqa: E731 - asked after each step
        "select message_id, revises, outcome from interactions where source = 'surveys' order by batch, message_id"
    )
    logged.step(shop)
    invitations.set_states(shop.store, [Step(invited.id, state="held", reason="OVER_BUDGET")])
    logged.step(shop)

    sampled = f"invitation.{invited.id}.sampled"
    assert told() == [(sampled, None, "asked"), (f"{sampled}.2", sampled, "OVER_BUDGET")]

    invitations.note(shop.store, invited.id, "opened", shop.now())
    logged.step(shop)
    invitations.note(shop.store, invited.id, "started", shop.now())
    logged.step(shop)
    assert [row[0] for row in told()] == [sampled, f"{sampled}.2", f"invitation.{invited.id}.opened"]


def test_closing_a_survey_tells_what_was_begun(shop: Desk) -> None:
    answer(shop, {"nps": 3}, state="open")

    said = str(verbs.close_survey(shop, "delivery"))
    logged.step(shop)

    assert "1 response that was begun" in said
    assert [row[2] for row in shop.rows(CURRENT)] == [3.0]


def test_a_survey_that_ends_by_itself_tells_what_was_begun(shop: Desk) -> None:
    answer(shop, {"nps": 3}, state="open")
    verbs.survey_settings(shop, "delivery", closes=(shop.now() + timedelta(minutes=5)).isoformat())
    assert logged.step(shop) is None

    shop.forward(minutes=6)
    logged.step(shop)

    assert responses.get(shop.store, "r1").state == "partial"
    assert [row[2] for row in shop.rows(CURRENT)] == [3.0]


def test_loading_what_waits_brings_answers_in_too(shop: Desk) -> None:
    answer(shop, {"nps": 3})

    verbs.load(shop)

    assert [row[2] for row in shop.rows(CURRENT)] == [3.0]
