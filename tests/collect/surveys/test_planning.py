"""How many answers and invitations are needed, from the survey's own history; or nobody can say."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from cxloop.collect import verbs
from cxloop.collect.surveys import logged
from cxloop.core.errors import InputError
from cxloop.store.surveys import invitations, responses, waves
from cxloop.store.surveys.invitations import NewInvitation, Step
from cxloop.store.surveys.responses import NewResponse

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

NPS = {"type": "rating", "name": "nps", "title": "How likely?", "rateMin": 0, "rateMax": 10, "metric": "nps"}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """A workspace with a live survey that asks for NPS."""
    desk.store.clock = desk.now
    verbs.draft_survey(desk, "relation", document=json.dumps({"elements": [NPS]}))
    verbs.publish_survey(desk, "relation")
    return desk


def invited(desk: Desk, sent: int, finished: int) -> None:
    """A wave of eight days ago: so many were sent, and so many of them answered."""
    names = [f"u{number}" for number in range(sent)]
    desk.engine.intern(pa.table({"namespace": ["shop"] * sent, "type": ["user_id"] * sent, "value": names}))
    keys = [row[0] for row in desk.rows("select key_id from keys order by key_id")]
    wave = waves.create(desk.store, "relation", "people", settings={}, starts_at=desk.now())
    new = [NewInvitation(key, f"t{key}", "planned", channel="email") for key in keys]
    invitations.add(desk.store, wave.id, new, before="", after="1")
    then = desk.now() - timedelta(days=8)
    numbers = sorted(each.id for each in invitations.some(desk.store, limit=sent))
    invitations.set_states(desk.store, [Step(number, state="sent", sent_at=then) for number in numbers])
    for number in numbers[:finished]:
        invitations.note(desk.store, number, "finished", then)


def test_without_a_history_the_widest_spread_is_reckoned_with_and_no_rate_is_told(shop: Desk) -> None:
    found = verbs.plan_sample(shop, "relation", precision=5)

    # (1.96 * 100 / 5)^2
    assert (found.answers, found.spread_from, found.invitations) == (1537, 0, None)
    assert "nobody can say yet" in str(found)


def test_the_surveys_own_answers_and_rate_say_how_many_invitations_it_takes(shop: Desk) -> None:
    invited(shop, 200, 20)
    for number in range(40):
        name = f"r{number}"
        responses.begin(shop.store, NewResponse(id=name, survey="relation", version=1))
        responses.save(shop.store, name, answers={"nps": 10 if number < 20 else 8})
        responses.finish(shop.store, name)
    logged.log_all(shop)

    found = verbs.plan_sample(shop, "relation", precision=5)

    # half promoters, half passives: the spread of 100 and 0 is 50, with n - 1 50.637; (1.95996 * 50.637 / 5)^2 = 393.99
    assert (found.spread_from, found.answers) == (40, 394)
    # Wilson's interval of 20 of 200 at 95 %: 6.6 % to 14.9 %
    assert (found.rate, found.rate_low, found.rate_high) == (0.1, 0.0657, 0.1494)
    assert (found.invitations, found.invitations_low) == (3940, 2638)
    assert "at your response rate of 10.0%, 3,940 invitations (2,638 to " in str(found)


def test_few_invitations_tell_no_rate_and_a_given_one_is_taken(shop: Desk) -> None:
    invited(shop, 49, 10)

    assert verbs.plan_sample(shop, "relation", change=5).rate is None
    given = verbs.plan_sample(shop, "relation", change=5, rate=0.083)
    assert given.invitations is not None
    assert "at this response rate of 8.3%" in str(given)


def test_a_change_needs_far_more_than_a_precision_of_the_same_size(shop: Desk) -> None:
    change, precise = verbs.plan_sample(shop, change=5), verbs.plan_sample(shop, precision=5)

    # 2 * (1.96 + 0.84)^2 against 1.96^2, in each of two periods
    assert change.answers / precise.answers == pytest.approx(4.086, abs=0.01)
    assert "To see a change of 5 NPS points in 80% of cases" in str(change)


def test_one_aim_at_a_time(shop: Desk) -> None:
    with pytest.raises(InputError, match="Give one of the two"):
        verbs.plan_sample(shop, "relation", change=5, precision=5)
