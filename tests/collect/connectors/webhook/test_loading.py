"""Deliveries become interactions once, whatever happens between spool, folder and log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.collect.connectors.webhook.conftest import MAPPING, SECRET, Post, review

from cxloop.collect.connections import connect
from cxloop.collect.connectors.importing import take
from cxloop.collect.connectors.landing import Place
from cxloop.collect.connectors.webhook import loading
from cxloop.collect.connectors.webhook.loading import load
from cxloop.collect.files.replays import replay_rejected
from cxloop.collect.results import Suggestion, Trial
from cxloop.core.errors import InputError


def test_a_delivery_becomes_what_the_mapping_says(post: Post) -> None:
    taken = post.load(post.delivery(review(3)))

    assert (taken.admitted, taken.rejected) == (1, 0)
    found = post.desk.rows(
        "select i.source, i.kind, i.text, i.score, k.type, k.value, o.id from interactions i "
        "join keys k using (key_id) join interaction_objects o using (interaction_id)"
    )
    assert found == [("reviews", "review", "It was number 3.", 4.0, "customer", "c3", "o3")]


def test_the_same_deliveries_handed_over_again_add_nothing(post: Post) -> None:
    deliveries = [post.delivery(review(number)) for number in range(10)]
    bad = post.delivery(review(11, at="never"))

    post.load(*deliveries, bad)
    again = post.load(*deliveries, bad)
    more = post.load(*deliveries[5:], bad, post.delivery(review(20)))

    assert (again.admitted, again.already_there, again.rejected) == (0, 0, 0)
    assert (more.admitted, more.already_there, more.rejected) == (1, 0, 0)
    assert post.desk.number("select count(*) from interactions") == 11
    assert post.desk.number("select count(*) from rejected") == 1


def test_a_crash_between_landing_and_import_loses_and_doubles_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = [post.delivery(review(number)) for number in range(6)]

    def killed(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "take", killed)
    with pytest.raises(KeyboardInterrupt):
        post.load(*deliveries[:4])
    monkeypatch.setattr(loading, "take", take)
    post.load(*deliveries)

    assert post.desk.number("select count(*) from interactions") == 6
    assert Place.of(post.desk.path, "reviews").waiting() == []


def test_a_sender_that_tries_again_is_heard_once(post: Post) -> None:
    mapping = MAPPING.replace('id = "id"\n', "")
    post.connect(mapping)

    post.load(post.delivery(review(1), ident="d-1"))
    post.load(post.delivery(review(1), ident="d-1"), post.delivery(review(1), ident="d-2"))
    post.load(post.delivery(review(2)), post.delivery(review(2)))

    # d-1 was tried twice, d-2 says the same words anew; without an id, the same body is the same delivery
    assert post.desk.number("select count(*) from interactions where text like '%number 1.'") == 2
    assert post.desk.number("select count(*) from interactions where text like '%number 2.'") == 1


def test_a_field_that_is_missing_today_is_null(post: Post) -> None:
    small = {"id": "r9", "at": "2026-04-09T10:00:00Z", "stars": 5, "customer": {"id": "c1"}}

    taken = post.load(post.delivery(small))

    assert (taken.admitted, taken.rejected) == (1, 0)
    assert post.desk.rows("select text from interactions") == [(None,)]


def test_a_row_that_does_not_fit_is_kept_with_its_reason(post: Post) -> None:
    taken = post.load(post.delivery(review(1, stars="many")), post.delivery(review(2)))

    assert (taken.admitted, taken.rejected) == (1, 1)
    raw = json.loads(post.desk.rows("select raw from rejected")[0][0])
    assert raw["stars"] == "many"
    assert raw["customer.id"] == "c1"


def test_deliveries_wait_for_a_mapping(post: Post) -> None:
    post.connect(None)
    post.load(post.delivery(review(1)), post.delivery(review(2)))
    waiting = post.state

    post.connect(MAPPING)
    post.load()

    assert waiting.outcome == "failed"
    assert "no mapping yet" in waiting.reason
    assert post.desk.number("select count(*) from interactions") == 2
    assert post.state.outcome == "done"


def test_a_mapping_that_is_wrong_stops_nothing_but_its_own_deliveries(post: Post) -> None:
    post.connect(MAPPING.replace('"stars"', '"stars +"'))

    post.load(post.delivery(review(1)))

    assert post.state.outcome == "failed"
    assert "score" in post.state.reason
    post.connect(MAPPING)
    assert post.load().admitted == 1


def test_the_connection_shows_what_came_last(post: Post) -> None:
    post.load(post.delivery(review(1)), post.delivery(review(2, at="never")))

    state = post.state

    assert (state.outcome, state.rows, state.admitted, state.rejected) == ("done", 2, 1, 1)
    assert state.finished_at == post.desk.now()


def test_a_list_inside_the_body_gives_a_row_each(post: Post) -> None:
    post.connect(MAPPING, rows="data.events")

    taken = post.load(post.delivery({"data": {"events": [review(1), review(2)]}}))

    assert taken.admitted == 2


def test_deliveries_to_a_connection_that_is_gone_wait_for_it(post: Post) -> None:
    from cxloop.store import connections

    delivery = post.delivery(review(1))
    connections.remove(post.desk.store, "reviews")

    assert load(post.desk, "reviews", [delivery]).admitted == 0
    post.connect()
    assert post.load().admitted == 1


def test_a_mapping_is_found_by_looking_at_what_waits(post: Post) -> None:
    settings = json.dumps({"scheme": "hmac", "secret": SECRET})
    with pytest.raises(InputError, match="No delivery waits"):
        connect(post.desk, "webhook", "shop", settings=settings, suggest=True)
    connect(post.desk, "webhook", "shop", settings=settings)
    post.name = "shop"
    post.load(post.delivery(review(3)), post.delivery(review(4)))

    suggested = connect(post.desk, "webhook", "shop", suggest=True)
    shown = connect(post.desk, "webhook", "shop", mapping_text=MAPPING, dry_run=True)
    before = post.desk.number("select count(*) from interactions")
    connect(post.desk, "webhook", "shop", mapping_text=MAPPING)

    assert isinstance(suggested, Suggestion)
    assert isinstance(shown, Trial)
    assert shown.preview is not None
    assert 'source = "shop"' in suggested.mapping
    assert "order.number" in suggested.mapping
    assert shown.preview.admitted == 2
    assert before == 0
    assert post.desk.number("select count(*) from interactions where source = 'shop'") == 2


def test_rows_that_were_rejected_can_be_replayed(post: Post) -> None:
    post.load(post.delivery(review(1, stars="4 stars")))
    corrected = MAPPING.replace('score = "stars"', "score = 'number(split(stars, \" \", 1))'").replace(
        'source = "shop"', 'source = "reviews"'
    )

    done = replay_rejected(post.desk, None, (1,), post.desk.write("corrected.toml", corrected))

    assert done.admitted == 1
    assert post.desk.rows("select score, text from interactions") == [(4.0, "It was number 1.")]
