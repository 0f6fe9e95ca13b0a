"""What somebody answered in surveys goes with them: answers, files, invitations, messages; and an access has it."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
from tests.unify.erasure.conftest import ANNA, BEN, PLANTED, Desk, files_with

from cxloop.collect.surveys import logged
from cxloop.outreach.messages import NewMessage, put
from cxloop.store.surveys import invitations, responses, waves
from cxloop.store.surveys.invitations import NewInvitation
from cxloop.store.surveys.responses import NewResponse

if TYPE_CHECKING:
    from cxloop.store.base import Store

DOCUMENT = {
    "elements": [
        {"type": "comment", "name": "why", "title": "Why?"},
        {"type": "file", "name": "photo", "title": "A picture"},
    ]
}


def key_of(desk: Desk, who: str) -> int:
    """The number of somebody's key."""
    engine = desk.host.workspace.engine
    engine.intern(pa.table({"namespace": ["shop"], "type": ["email"], "value": [who]}))
    rows = desk.verb("unify.customer", customer=who)
    return int(rows.customer_id)


def answer(store: Store, number: str, said: str, **whose: object) -> None:
    """Somebody answers with words and a file."""
    new = NewResponse(id=number, survey="delivery", version=1, **whose)  # type: ignore[arg-type]
    with responses.writing(store) as work:
        work.begin(new)
        kept = work.files.add(number, "photo", f"{said}.txt", "text/plain", f"{said} in a file".encode())
        photo = [{"name": f"{said}.txt", "type": "text/plain", "content": str(kept), "size": 9}]
        work.change(number, answers={"why": f"{said} was here, and it was fine.", "photo": photo})
        work.change(number, state="finished", finished_at=work.now)


def leave_answers(desk: Desk) -> None:
    """Anna is invited, answers under her key, under a key of a page, and as nobody; Ben answers, too."""
    workspace = desk.host.workspace
    store = workspace.store
    desk.verb("collect.draft_survey", name="delivery", document=json.dumps(DOCUMENT))
    desk.verb("collect.publish_survey", name="delivery")
    anna, now = key_of(desk, ANNA), store.clock()
    wave = waves.create(store, "delivery", "people", settings={"people": [ANNA, BEN]}, starts_at=now)
    invitations.add(store, wave.id, [NewInvitation(anna, "t1", "planned", channel="email")], before="", after="1")
    [invited] = invitations.some(store)
    message = NewMessage(
        once=f"invitation:{invited.id}",
        purpose="feedback",
        about="invitation",
        reference=invited.id,
        key_id=anna,
        channel="email",
        address=ANNA,
        language="en",
        template="survey_invitation",
        parameters={"first_name": PLANTED},
        due_at=now,
        not_after=now + timedelta(days=1),
    )
    put(store, [message])
    answer(store, "r-invited", PLANTED, key_id=anna, invitation_id=invited.id)
    by_page = {"key_namespace": "shop", "key_type": "email", "key_value": ANNA}
    answer(store, "r-page", f"{PLANTED} again", **by_page)
    answer(store, "r-ben", "Benjamin", key_namespace="shop", key_type="email", key_value=BEN)
    logged.log_all(workspace)
    answer(store, "r-waits", f"{PLANTED} late", **by_page)
    desk.host.derive()


def test_after_an_erasure_no_answer_file_or_message_is_found_anywhere(desk: Desk) -> None:
    leave_answers(desk)
    assert "app.sqlite" in " ".join(files_with(desk.path, PLANTED))

    erased = desk.verb("unify.erase", customers=[ANNA], reason="asked by letter")

    assert (erased.state, erased.failure) == ("proved", "")
    assert files_with(desk.path, ANNA, PLANTED) == []
    store = desk.host.workspace.store
    assert [each.id for each in responses.of_survey(store, "delivery")] == ["r-ben"]
    assert invitations.some(store) == []
    logged.log_all(desk.host.workspace)
    assert files_with(desk.path, ANNA, PLANTED) == []


def test_the_receipt_counts_the_answers(desk: Desk) -> None:
    leave_answers(desk)
    desk.verb("unify.erase", customers=[ANNA])

    receipt = desk.verb("unify.receipt", erasure=1)

    removed = [(row.place, row.amount) for row in receipt.removed if row.part == "records"]
    assert {place: sum(n for name, n in removed if name == place) for place, _ in removed} == {
        "survey_responses": 3,
        "invitations": 1,
        "messages": 1,
        "survey_waves": 1,
    }


def test_somebody_unknown_is_erased_by_the_number_of_their_response(desk: Desk) -> None:
    leave_answers(desk)
    answer(desk.host.workspace.store, "r-nobody", "Nobody in particular")
    logged.log_all(desk.host.workspace)
    desk.host.derive()

    desk.verb("unify.erase", customers=["surveys:response:r-nobody"])

    assert files_with(desk.path, "Nobody in particular") == []
    assert files_with(desk.path, PLANTED)


def test_an_access_request_holds_answers_files_and_messages(desk: Desk) -> None:
    leave_answers(desk)

    found = json.loads(desk.verb("unify.access", customer=ANNA, format="json").document)
    page = desk.verb("unify.access", customer=ANNA).document

    parts = {part["name"]: part["rows"] for part in found["parts"]}
    said = {row["answers"]["why"] for row in parts["survey_responses"]}
    assert {f"{PLANTED} was here, and it was fine.", f"{PLANTED} again was here, and it was fine."} <= said
    files = {base64.b64decode(row["content"]).decode() for row in parts["survey_files"]}
    assert f"{PLANTED} in a file" in files
    assert "Benjamin in a file" not in files
    assert parts["messages"][0]["address"] == ANNA
    assert {row["text"] for row in parts["interactions"] if row["source"] == "surveys"} >= said
    assert f"{PLANTED} again was here" in page
