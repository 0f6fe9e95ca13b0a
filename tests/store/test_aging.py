"""What of the records is old: only what the log has, what is over, and what has left."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from cxloop.store import aging
from cxloop.store.base import Store
from cxloop.store.messages.messages import NewMessage, put
from cxloop.store.models import Message
from cxloop.store.surveys import files, responses
from cxloop.store.surveys.responses import NewResponse

LATER = datetime(2027, 5, 1)


def answered(store: Store, number: str) -> None:
    with responses.writing(store) as work:
        work.begin(NewResponse(id=number, survey="delivery", version=1))
        work.files.add(number, "photo", "a.png", "image/png", b"bytes")


def test_a_response_is_old_once_the_log_has_it_and_goes_with_its_files(store: Store) -> None:
    answered(store, "told")
    answered(store, "untold")
    responses.mark_logged(store, {"told": 1})

    assert aging.old(store, "responses", LATER) == (1, store.clock())
    assert aging.old(store, "responses", store.clock() - timedelta(days=1)) == (0, None)
    aging.remove_old(store, "responses", LATER)

    assert [each.id for each in responses.of_survey(store, "delivery")] == ["untold"]
    assert files.of_response(store, "told") == []
    assert len(files.of_response(store, "untold")) == 1


def test_a_message_that_waits_or_is_in_doubt_is_never_old(store: Store) -> None:
    for number, state in enumerate(("waiting", "sending", "sent", "in_doubt", "failed", "bounced")):
        [made] = put(
            store, [NewMessage(f"m{number}", "x", "", None, 1, "email", "a", "", "t", {}, store.clock(), None)]
        )
        with store.work() as work:
            work.execute(update(Message).where(Message.id == made).values(state=state))

    aging.remove_old(store, "messages", LATER)

    with store.read() as work:
        left = set(work.scalars(select(Message.state)))
    assert left == {"waiting", "sending", "in_doubt"}
