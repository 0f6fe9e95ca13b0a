"""Replays: the last days under other rules, beside what really happened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cxloop.collect.surveys.inviting import running, verbs
from cxloop.core.errors import InputError, MistakesError
from cxloop.store.messages import messages

if TYPE_CHECKING:
    from tests.collect.surveys.inviting.conftest import Town

DELIVERED = 'kind == "delivery"'


def _weeks_of_deliveries(town: Town, weeks: int) -> None:
    """Each week a parcel for Ada, and every other week one for Ben; the survey really asks, once in 90 days."""
    town.settle(["ada", "ben"])
    verbs.invite(town.desk, "delivery", event=DELIVERED)
    for week in range(weeks):
        town.happen(["ada", "ben"] if week % 2 else ["ada"], kind="delivery", name="delivered")
        running.run_due(town.desk)
        town.send()
        town.pass_time(days=7)
        town.desk.as_of = town.desk.now()


def test_the_present_rules_tell_what_really_was(town: Town) -> None:
    _weeks_of_deliveries(town, 8)

    told = verbs.replay_invitations(town.desk, "delivery", days=90)

    assert (told.wanted, told.asked, told.really) == (12, 2, 2)
    assert told.contacts == told.contacts_really == {1: 2}
    assert [(each.reason, each.rule, each.customers) for each in told.not_asked] == [
        ("OVER_BUDGET", "delivery: once in 90d", 10)
    ]


def test_a_looser_rule_would_have_asked_as_often_as_its_clock_allows(town: Town) -> None:
    _weeks_of_deliveries(town, 8)

    # by hand: a parcel for Ada each week, and one place in 14 days: days 0, 14, 28 and 42, whichever parcel takes them;
    # Ben's parcels come every 14 days, on days 7, 21, 35 and 49, and each finds its place
    told = verbs.replay_invitations(
        town.desk, "delivery", rules='{"survey": {"every": "14d"}, "contact": {"wait": "14d"}}'
    )

    assert told.contacts == {4: 2}
    assert (told.busiest, told.busiest_really, told.really) == (4, 1, 2)
    assert str(told).startswith("delivery over the last 90 days: 12 wanted, 8 would have been asked, 2 really were;")


def test_a_budget_that_is_tried_counts_what_others_sent(town: Town) -> None:
    from cxloop.store.messages.messages import Change, NewMessage

    town.settle(["ada"])
    new = NewMessage("news:1", "news", "news", None, town.numbers["ada"], "email", "ada@example.org", "", "news")
    (number,) = messages.put(town.desk.store, [new])
    messages.change(town.desk.store, [Change(number, ("waiting",), "sent", sent_at=town.desk.now())])
    town.pass_time(days=2)
    town.happen(["ada"], kind="delivery", name="delivered")
    town.pass_time(days=1)
    town.desk.as_of = town.desk.now()

    free = verbs.replay_invitations(town.desk, "delivery", event=DELIVERED)
    tight = verbs.replay_invitations(
        town.desk, "delivery", event=DELIVERED, rules='[contact]\nmost = 1\nwithin = "30d"\nwait = "1d"\n'
    )

    assert (free.contacts, free.contacts_really) == ({2: 1}, {1: 1})
    assert (tight.asked, tight.not_asked[0].rule) == (0, "at most 1 in 30d")
    assert town.desk.now() - timedelta(days=3) == messages.some(town.desk.store, ["sent"], 1)[0].sent_at


def test_rules_that_cannot_be_read_are_named(town: Town) -> None:
    town.settle(["ada"])
    with pytest.raises(InputError, match="neither JSON nor TOML"):
        verbs.replay_invitations(town.desk, "delivery", rules="most 2")
    with pytest.raises(MistakesError, match="rules"):
        verbs.replay_invitations(town.desk, "delivery", rules='{"contact": {"mst": 2}}')
    with pytest.raises(InputError, match="'title' is none"):
        verbs.replay_invitations(town.desk, "delivery", rules='{"survey": {"title": "x"}}')
