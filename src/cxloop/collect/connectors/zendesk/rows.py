"""What Zendesk sends to rows of texts.

Fields that are missing, new or of another type break nothing: a row has the same columns whatever comes, each a text
or null. Whatever may change later (a ticket, a rating, the team of a message) has a `state_id`: the same state has the
same one, and the mapping's `revises` says which states belong together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cxloop.collect.connectors.zendesk.people import People

__all__ = [
    "ANSWERS",
    "MESSAGES",
    "RATINGS",
    "TICKETS",
    "Row",
    "answer_row",
    "listed",
    "message_rows",
    "rating_row",
    "text",
    "ticket_row",
]

Row = dict[str, str | None]

_CUSTOMER = ("customer_id", "customer_email", "customer_external_id", "customer_name")
TICKETS = (
    "state_id",
    "ticket_id",
    "changed_at",
    "created_at",
    *_CUSTOMER,
    "channel",
    "status",
    "outcome",
    "subject",
    "type",
    "priority",
    "tags",
    "agent",
    "team",
    "brand",
    "organization_id",
    "form_id",
    "seconds_open",
    "external_id",
)
MESSAGES = (
    "state_id",
    "message_id",
    "ticket_id",
    "said_at",
    *_CUSTOMER,
    "author",
    "public",
    "channel",
    "text",
    "attachments",
    "agent",
    "team",
    "brand",
)
RATINGS = (
    "state_id",
    "rating_id",
    "ticket_id",
    "rated_at",
    *_CUSTOMER,
    "score",
    "rating",
    "comment",
    "reason",
    "agent",
    "team",
    "brand",
)
ANSWERS = (
    "state_id",
    "answer_id",
    "response_id",
    "survey_id",
    "survey_version",
    "question_id",
    "ticket_id",
    "answered_at",
    *_CUSTOMER,
    "rating",
    "comment",
    "agent",
    "team",
    "brand",
)

_CHANNELS = {
    "email": "email",
    "web": "web",
    "web_form": "web",
    "web_service": "api",
    "api": "api",
    "mobile": "app",
    "mobile_sdk": "app",
    "chat": "chat",
    "chat_transcript": "chat",
    "native_messaging": "chat",
    "messaging": "chat",
    "whatsapp": "chat",
    "sms": "chat",
    "voice": "phone",
    "phone": "phone",
    "facebook": "social",
    "twitter": "social",
    "instagram_dm": "social",
    "any_channel": "social",
    "help_center": "web",
    "sample_ticket": "web",
}
"""Zendesk's via.channel to the channels of the product; what is not here keeps Zendesk's name."""
_SCRUBBED = frozenset({"SCRUBBED", "X"})
"""What Zendesk writes in place of the contents of a ticket that was deleted for good."""


def text(value: object) -> str | None:
    """Returns a value as a text: numbers and flags as JSON writes them, nothing as null."""
    match value:
        case None | "":
            return None
        case str():
            return value.replace("\x00", "")
        case bool() | int() | float() | list() | dict():
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def listed(value: object) -> list[Mapping[str, Any]]:
    """Returns the objects of a list, whatever else may stand there."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _when(value: object) -> str | None:
    found = _moment(value)
    return None if found is None else found.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")


def _channel(via: object) -> str | None:
    name = text(via.get("channel")) if isinstance(via, dict) else None
    return _CHANNELS.get(name, name) if name is not None else None


def _state(row: Row, stable: str | None, changed: str | None) -> str | None:
    """An id of a state: the same state is the same id, a change of anything that is read is another one."""
    if stable is None:
        return None
    digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:12]
    return f"{stable}/{changed or ''}/{digest}"


def ticket_row(ticket: Mapping[str, Any], people: People) -> Row:
    """Returns the row of a ticket's present state."""
    tags = ticket.get("tags")
    tagged = sorted(str(tag) for tag in tags) if isinstance(tags, list) else []
    status = text(ticket.get("status"))
    created, changed = _moment(ticket.get("created_at")), _moment(ticket.get("updated_at"))
    gone = status == "deleted"
    row: Row = {
        "ticket_id": text(ticket.get("id")),
        "changed_at": _when(ticket.get("updated_at")) or _when(ticket.get("created_at")),
        "created_at": _when(ticket.get("created_at")),
        **_customer(people, ticket.get("requester_id"), known=not gone),
        "channel": _channel(ticket.get("via")),
        "status": status,
        "outcome": "merged" if "closed_by_merge" in tagged else status,
        "subject": None if gone else _unscrubbed(ticket.get("subject")),
        "type": text(ticket.get("type")),
        "priority": text(ticket.get("priority")),
        "tags": ", ".join(tagged) or None,
        "agent": people.name(ticket.get("assignee_id")),
        "team": people.group(ticket.get("group_id")),
        "brand": people.brand(ticket.get("brand_id")),
        "organization_id": text(ticket.get("organization_id")),
        "form_id": text(ticket.get("ticket_form_id")),
        "seconds_open": _open_for(status, created, changed),
        "external_id": text(ticket.get("external_id")),
    }
    row["state_id"] = _state(row, row["ticket_id"], row["changed_at"])
    return row


def _open_for(status: str | None, created: datetime | None, changed: datetime | None) -> str | None:
    """How long a ticket took, told when it is solved; closing follows days later, and tells nothing."""
    if status != "solved" or created is None or changed is None or changed < created:
        return None
    return str(int((changed - created).total_seconds()))


def _unscrubbed(value: object) -> str | None:
    found = text(value)
    return None if found in _SCRUBBED else found


def _customer(people: People, ident: object, *, known: bool = True) -> Row:
    """The keys of a customer. Of a ticket that was deleted only the number is left."""
    person = people.person(ident) if known else {}
    email = text(person.get("email"))
    return {
        "customer_id": text(ident),
        "customer_email": email.lower() if email else None,
        "customer_external_id": text(person.get("external_id")),
        "customer_name": _unscrubbed(person.get("name")),
    }


def message_rows(event: Mapping[str, Any], people: People, *, private: bool) -> Iterator[Row]:
    """Yields the rows of the comments in an event of a ticket; what was said in a deleted ticket is not read.

    Args:
        event: one of the export of ticket events, with its comments.
        people: who is who.
        private: whether notes among agents are wanted.
    """
    if people.ticket(event.get("ticket_id")).get("status") == "deleted":
        return
    for child in listed(event.get("child_events")):
        if "Comment" not in (child.get("event_type"), child.get("type")):
            continue
        public = child.get("public") is not False
        if public or private:
            yield _message(event, child, people, public=public)


def _message(event: Mapping[str, Any], child: Mapping[str, Any], people: People, *, public: bool) -> Row:
    ticket = people.ticket(event.get("ticket_id"))
    author = child.get("author_id") or event.get("updater_id")
    staff = people.is_staff(author)
    customer = ticket.get("requester_id") if staff or author is None else author
    row: Row = {
        "message_id": text(child.get("id")),
        "ticket_id": text(event.get("ticket_id")),
        "said_at": _when(child.get("created_at")) or _when(event.get("created_at")) or _when(event.get("timestamp")),
        **_customer(people, customer),
        "author": "agent" if staff else "customer",
        "public": "true" if public else "false",
        "channel": _channel(child.get("via")) or _channel(event.get("via")) or _channel(ticket.get("via")),
        "text": _unscrubbed(child.get("plain_body") or child.get("body")),
        "attachments": str(len(listed(child.get("attachments")))),
        "agent": people.name(author) if staff else None,
        "team": people.group(ticket.get("group_id")),
        "brand": people.brand(ticket.get("brand_id")),
    }
    row["state_id"] = _state(row, row["message_id"], row["said_at"])
    return row


def rating_row(rating: Mapping[str, Any], people: People) -> Row | None:
    """Returns the row of a satisfaction rating; None where the customer was asked and has not answered."""
    rated = str(rating.get("score") or "")
    score = "1" if rated.startswith("good") else "0" if rated.startswith("bad") else None
    if score is None:
        return None
    ticket = people.ticket(rating.get("ticket_id"))
    row: Row = {
        "rating_id": text(rating.get("id")),
        "ticket_id": text(rating.get("ticket_id")),
        "rated_at": _when(rating.get("updated_at")) or _when(rating.get("created_at")),
        **_customer(people, rating.get("requester_id")),
        "score": score,
        "rating": rated.split("_")[0],
        "comment": _unscrubbed(rating.get("comment")),
        "reason": text(rating.get("reason")),
        "agent": people.name(rating.get("assignee_id")),
        "team": people.group(rating.get("group_id")),
        "brand": people.brand(ticket.get("brand_id")),
    }
    row["state_id"] = _state(row, row["rating_id"], row["rated_at"])
    return row


def answer_row(response: Mapping[str, Any], people: People) -> Row | None:
    """Returns the row of a CSAT survey's response; None where the question of satisfaction was not answered."""
    answers = listed(response.get("answers"))
    rated = next((each for each in answers if each.get("type") == "rating_scale" and each.get("rating")), None)
    if rated is None:
        return None
    said = next((each for each in answers if each.get("type") == "open_ended" and each.get("value")), {})
    subject = next(
        (each for each in listed(response.get("subjects")) if str(each.get("type", "")).endswith("ticket")), {}
    )
    ticket_id = subject.get("id")
    ticket = people.ticket(ticket_id)
    survey = response.get("survey")
    survey = survey if isinstance(survey, dict) else {}
    question = rated.get("question")
    row: Row = {
        "answer_id": text(response.get("id")),
        "response_id": text(response.get("id")),
        "survey_id": text(survey.get("id") or response.get("survey_id")),
        "survey_version": text(survey.get("version") or response.get("survey_version")),
        "question_id": text(question.get("id")) if isinstance(question, dict) else None,
        "ticket_id": text(ticket_id),
        "answered_at": _when(rated.get("updated_at")) or _when(rated.get("created_at")),
        **_customer(people, response.get("responder_id") or ticket.get("requester_id")),
        "rating": text(rated.get("rating")),
        "comment": text(said.get("value")),
        "agent": people.name(ticket.get("assignee_id")),
        "team": people.group(ticket.get("group_id")),
        "brand": people.brand(ticket.get("brand_id")),
    }
    row["state_id"] = _state(row, row["answer_id"], row["answered_at"])
    return row
