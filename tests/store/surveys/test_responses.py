"""Responses in the records: begun once, changed in turn, told to the log; places of quotas are taken once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from cxloop.core.errors import NotFoundError
from cxloop.store.base import Store
from cxloop.store.surveys import files, responses, surveys
from cxloop.store.surveys.responses import NewResponse, Writing


def test_a_response_begins_once_with_what_its_link_said(store: Store) -> None:
    new = NewResponse("r1", "delivery", 3, hidden={"order": "17"}, seed=5)

    first = responses.begin(store, new)
    responses.save(store, "r1", answers={"order": "17", "score": 9}, page="why")
    again = responses.begin(store, new)

    assert first.answers == {"order": "17"}
    assert (again.answers, again.page, again.revision) == ({"order": "17", "score": 9}, "why", 2)


def test_a_response_of_a_kiosk_is_stored_once_however_often_it_is_sent(store: Store) -> None:
    one = responses.begin(store, NewResponse("r1", "delivery", 1, client_id="tablet-7"))
    other = responses.begin(store, NewResponse("r2", "delivery", 1, client_id="tablet-7"))

    assert one == other


def test_what_nobody_stored_is_not_found(store: Store) -> None:
    assert responses.find(store, "nobody") is None
    with pytest.raises(NotFoundError, match="There is no response 'nobody'"):
        responses.get(store, "nobody")
    with pytest.raises(NotFoundError):
        responses.finish(store, "nobody")


def test_the_log_is_told_of_ended_responses_at_once_and_of_open_ones_when_they_rest(store: Store) -> None:
    for name in ("open", "done"):
        responses.begin(store, NewResponse(name, "delivery", 1))
    done = responses.finish(store, "done")
    now = store.clock()

    assert [each.id for each in responses.changed(store, now, 10)] == ["done"]
    assert {each.id for each in responses.changed(store, now + timedelta(minutes=1), 10)} == {"open", "done"}
    responses.mark_logged(store, {"done": done.revision})
    assert responses.changed(store, now, 10) == []
    responses.flag(store, "done", [{"code": "speeder", "reason": "2 s"}])
    assert [each.revision for each in responses.changed(store, now, 10)] == [done.revision + 1]
    responses.mark_logged(store, {"done": done.revision})  # an older revision takes nothing back
    assert [each.id for each in responses.changed(store, now, 10)] == ["done"]


def test_one_job_that_fails_does_not_take_the_others_with_it(store: Store) -> None:
    def broken(desk: Writing) -> str:
        desk.begin(NewResponse("lost", "delivery", 1))
        raise ValueError("broken")

    found = responses.together(
        store, [lambda desk: desk.begin(NewResponse("a", "s", 1)).id, broken, lambda desk: desk.now.isoformat()]
    )

    assert found[0] == "a"
    assert isinstance(found[1], ValueError)
    assert responses.find(store, "lost") is None
    assert responses.find(store, "a") is not None


def test_of_many_at_the_same_moment_exactly_as_many_as_there_are_places_get_one(store: Store) -> None:
    got: list[bool] = []

    def take() -> None:
        with responses.writing(store) as desk:
            got.append(desk.take_place("delivery", "men", 3))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == [False] * 5 + [True] * 3
    with responses.writing(store) as desk:
        assert desk.taken("delivery") == {"men": 3}


def test_a_survey_that_closes_keeps_what_was_given(store: Store) -> None:
    surveys.create(store, "delivery", title="Delivery")
    responses.begin(store, NewResponse("r1", "delivery", 1))
    responses.save(store, "r1", answers={"score": 9})

    assert responses.end_open(store, "delivery") == 1
    found = responses.get(store, "r1")
    assert (found.state, found.answers, found.ended) == ("partial", {"score": 9}, True)
    assert responses.counts(store, "delivery") == {"partial": 1}
    with responses.writing(store) as desk:
        desk.close_survey("delivery")
        assert desk.state_of("delivery") == "closed"


def test_responses_are_listed_newest_first_page_by_page(store: Store) -> None:
    for name in "abc":
        responses.begin(store, NewResponse(name, "delivery", 1))

    first = responses.of_survey(store, "delivery", limit=2)
    rest = responses.of_survey(store, "delivery", after=first[-1])

    assert [each.id for each in (*first, *rest)] == ["c", "b", "a"]
    assert responses.of_survey(store, "delivery", state="finished") == []


def test_a_file_is_kept_once_and_goes_when_no_answer_holds_it(store: Store) -> None:
    responses.begin(store, NewResponse("r1", "delivery", 1))
    with responses.writing(store) as desk:
        one = desk.files.add("r1", "photo", "a.png", "image/png", b"123")
        same = desk.files.add("r1", "photo", "a.png", "image/png", b"123")
        other = desk.files.add("r1", "photo", "b.png", "image/png", b"45")
        assert (one, desk.files.bytes_of("r1")) == (same, 5)
        desk.files.keep_only("r1", frozenset({other}))

    assert files.get(store, one) is None
    kept = files.get(store, other)
    assert kept is not None
    assert (kept.content, kept.size) == (b"45", 2)
