"""What people do with surveys: draft, check, publish, pause, close, and say how they are run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxloop.collect import verbs
from cxloop.core.errors import InputError, MistakesError, NotFoundError, UnknownNameError
from cxloop.store.surveys import surveys

if TYPE_CHECKING:
    from tests.collect.conftest import Desk


def asking(title: str = "How was it?", **more: Any) -> str:
    """A survey of one question."""
    question = {"type": "rating", "name": "q1", "title": title, "rateMin": 0, "rateMax": 10, "metric": "nps", **more}
    return json.dumps({"title": "Delivery", "pages": [{"name": "p1", "elements": [question]}]})


def test_a_draft_is_seen_by_nobody_until_it_is_published(desk: Desk) -> None:
    drafted = verbs.draft_survey(desk, "delivery", document=asking())
    assert (drafted.state, drafted.version, drafted.draft, drafted.title) == ("draft", None, 1, "Delivery")

    live = verbs.publish_survey(desk, "delivery")

    assert (live.state, live.version, live.changed) == ("live", 1, False)
    assert live.address == "http://127.0.0.1:8440/s/delivery"


def test_what_respondents_see_stays_while_the_draft_is_changed_and_earlier_versions_stay(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking("First"))
    verbs.publish_survey(desk, "delivery")
    changed = verbs.draft_survey(desk, "delivery", document=asking("Second"))
    assert (changed.version, changed.draft, changed.changed) == (1, 2, True)

    verbs.publish_survey(desk, "delivery")

    titles = [
        verbs.survey(desk, "delivery", version).document["pages"][0]["elements"][0]["title"] for version in (1, 2)
    ]
    assert titles == ["First", "Second"]
    assert [each.version for each in verbs.survey(desk, "delivery").versions] == [2, 1]
    with pytest.raises(NotFoundError, match="no version 3"):
        verbs.survey(desk, "delivery", 3)


def test_publishing_what_is_published_makes_no_new_version(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())
    verbs.publish_survey(desk, "delivery")

    assert verbs.publish_survey(desk, "delivery").version == 1


def test_publishing_is_refused_with_every_error(desk: Desk) -> None:
    questions = [
        {"type": "radiogroup", "name": "empty", "title": "Nothing to choose"},
        {"type": "rating", "name": "five", "title": "NPS of five", "metric": "nps"},
    ]
    verbs.draft_survey(desk, "broken", document=json.dumps({"elements": questions}))

    with pytest.raises(MistakesError) as failure:
        verbs.publish_survey(desk, "broken")

    assert {each.where.rpartition(".")[2] for each in failure.value.mistakes} == {"choices", "rateMax"}
    assert surveys.get(desk.store, "broken").state == "draft"


def test_every_template_becomes_a_survey_without_an_error(desk: Desk) -> None:
    rows = verbs.survey_templates(desk).records()
    assert {"relational_nps", "transactional_csat", "ces", "focus_group"} <= {row["template"] for row in rows}

    for row in rows:
        name = str(row["template"]).replace("_", "-")
        verbs.draft_survey(desk, name, template=str(row["template"]))
        assert verbs.publish_survey(desk, name).state == "live"


def test_two_people_who_edit_the_same_draft_do_not_overwrite_each_other(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking("First"), after=0)
    verbs.draft_survey(desk, "delivery", document=asking("Second"), after=1)

    with pytest.raises(InputError, match="saved in the meantime: it is version 2 now"):
        verbs.draft_survey(desk, "delivery", document=asking("Lost?"), after=1)


@pytest.mark.parametrize("name", ["Delivery", "-a", "a b", "a/b", "ü", "a" * 81])
def test_a_name_is_one_that_an_address_carries(desk: Desk, name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a survey"):
        verbs.draft_survey(desk, name, document=asking())


def test_a_document_that_is_not_saved_is_checked_and_its_mistakes_are_problems(desk: Desk) -> None:
    unread = verbs.check_survey(desk, document='{"pages": [{"elements": [{"type": "raiting", "name": "q"}]}]}')

    assert not unread.good
    assert 'Did you mean "rating"?' in unread.problems[0].message
    assert verbs.check_survey(desk, document=asking()).good


def test_one_thing_is_checked_at_a_time(desk: Desk) -> None:
    with pytest.raises(InputError, match="exactly one"):
        verbs.check_survey(desk, "delivery", document=asking())


def test_a_survey_goes_from_live_to_paused_to_closed_and_back(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())
    with pytest.raises(InputError, match="delivery is draft"):
        verbs.pause_survey(desk, "delivery")
    verbs.publish_survey(desk, "delivery")

    states = [
        verbs.pause_survey(desk, "delivery").state,
        verbs.close_survey(desk, "delivery").state,
        verbs.publish_survey(desk, "delivery").state,
    ]

    assert states == ["paused", "closed", "live"]


def test_a_survey_closes_at_its_end_and_publishing_takes_a_past_end_away(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())
    verbs.publish_survey(desk, "delivery")
    verbs.survey_settings(desk, "delivery", closes="2026-05-02")
    assert verbs.survey(desk, "delivery").state == "live"

    desk.forward(days=1)
    assert verbs.survey(desk, "delivery").state == "closed"
    assert [row["state"] for row in verbs.surveys(desk, "closed").records()] == ["closed"]

    assert verbs.publish_survey(desk, "delivery").closes_at is None


def test_settings_are_merged_and_null_goes_back_to_the_default(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())
    verbs.survey_settings(desk, "delivery", settings='{"access": "invited", "mail": {"sender": "The shop"}}')
    verbs.survey_settings(desk, "delivery", settings='{"access": null, "mail": {"inside": false}}')

    settings = verbs.survey(desk, "delivery").settings

    assert (settings["access"], settings["mail"]["sender"], settings["mail"]["inside"]) == ("open", "The shop", False)
    assert surveys.get(desk.store, "delivery").settings == {"mail": {"sender": "The shop", "inside": False}}


def test_every_mistake_in_the_settings_is_shown_at_once(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())

    with pytest.raises(MistakesError) as failure:
        verbs.survey_settings(
            desk, "delivery", settings='{"acess": "open", "priority": 500, "mail": {"sendr": "x"}, "every": "90"}'
        )

    told = {each.where: each.message for each in failure.value.mistakes}
    assert set(told) == {"acess", "priority", "mail.sendr", "every"}
    assert 'Did you mean "access"?' in told["acess"]
    assert 'Did you mean "sender"?' in told["mail.sendr"]


def test_colours_that_many_could_not_read_are_refused(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())

    with pytest.raises(MistakesError, match=r"has a contrast of 1\.07; WCAG asks for 4\.5"):
        verbs.survey_settings(desk, "delivery", settings='{"theme": {"text": "#ffffff", "background": "#f7f7f7"}}')


def test_a_purpose_that_is_not_declared_is_refused(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())

    with pytest.raises(MistakesError, match=r"purpose of experience\.toml 'feedback'"):
        verbs.survey_settings(desk, "delivery", settings='{"purpose": "feedback"}')


def test_a_file_becomes_a_draft_once_and_comes_out_as_it_went_in(desk: Desk) -> None:
    path = desk.write("Delivery CSAT.json", asking())

    taken = verbs.import_survey(desk, path)

    assert (taken.name, taken.document) == ("delivery-csat", json.loads(asking()))
    with pytest.raises(InputError, match="There is a survey 'delivery-csat' already"):
        verbs.import_survey(desk, path)


def test_the_list_shows_each_survey_with_what_it_asks(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())
    verbs.draft_survey(desk, "visit", template="store_visit")

    rows = {row["survey"]: row for row in verbs.surveys(desk).records()}

    assert (rows["delivery"]["questions"], rows["delivery"]["finished"], rows["delivery"]["languages"]) == (1, 0, "en")
    assert rows["visit"]["languages"] == "en, de"
    assert str(verbs.surveys(desk)) == "2 surveys, 0 live."


def test_an_unknown_survey_is_told_with_the_nearest_name(desk: Desk) -> None:
    verbs.draft_survey(desk, "delivery", document=asking())

    with pytest.raises(UnknownNameError, match='Did you mean "delivery"'):
        verbs.survey(desk, "delivry")


def test_a_survey_keeps_what_somebody_calls_it_and_follows_its_document_until_then(desk: Desk) -> None:
    def draft(title: str) -> str:
        document = {**json.loads(asking()), "title": title}
        return verbs.draft_survey(desk, "shop", document=json.dumps(document)).title

    assert draft("As asked") == "As asked"
    assert draft("Asked otherwise") == "Asked otherwise"
    assert verbs.survey_settings(desk, "shop", title="Our own name").title == "Our own name"
    assert draft("Once more") == "Our own name"
    assert verbs.publish_survey(desk, "shop").title == "Our own name"
    draft("And again")
    assert verbs.publish_survey(desk, "shop").title == "Our own name"
