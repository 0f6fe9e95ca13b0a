"""Zendesk as dlt resources: tickets, messages, and satisfaction, each continued where the last pull stopped.

Tickets come by the cursor of the incremental export. Messages come by the time-based export of ticket events, whose
pages overlap: the ids of comments make each one interaction. Ratings are asked for anew from some days before the
latest one, since a customer may change a rating.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import dlt
import httpx

from cxloop.collect.connectors.base import Scope, SourceError
from cxloop.collect.connectors.zendesk.client import Client, authorization
from cxloop.collect.connectors.zendesk.connector import ZendeskSettings, base_address
from cxloop.collect.connectors.zendesk.people import People
from cxloop.collect.connectors.zendesk.rows import Row, answer_row, listed, message_rows, rating_row, ticket_row

__all__ = ["Desk", "kept", "messages", "ratings", "resources", "surveys", "tickets"]

State: TypeAlias = dict[str, Any]
Pages: TypeAlias = Iterator[list[Row]]

RATING_MAY_CHANGE = timedelta(days=30)
"""Ratings are read again from so long before the latest one."""


class Desk:
    """What all resources of one pull share: settings, connection, and who is who."""

    def __init__(self, settings: ZendeskSettings, scope: Scope, client: Client | None = None) -> None:
        """Asks nothing yet."""
        self.settings = settings
        self.some = False
        self.pending: set[str] = set()
        self.scope = scope
        token = settings.token.get_secret_value()
        self.client = client or Client(
            base_address(settings),
            authorization(settings.sign_in, settings.email, token),
            timeout_seconds=settings.timeout_seconds,
        )
        self.people = People(self.client.get, scope.note)
        start = settings.since
        self.start = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp())


def resources(settings: ZendeskSettings, scope: Scope) -> list[Any]:
    """Returns the resources that the settings ask for."""
    desk = Desk(settings, scope)
    reads: dict[str, Callable[[Desk, State], Pages]] = {"tickets": tickets, "messages": messages}
    if settings.satisfaction == "ratings":
        reads["ratings"] = ratings
    elif settings.satisfaction == "surveys":
        reads["answers"] = surveys
    desk.pending |= {"tickets"}
    return [_resource(desk, name, read) for name, read in reads.items()]


def _resource(desk: Desk, name: str, read: Callable[[Desk, State], Pages]) -> Any:
    def pages() -> Pages:
        yield from kept(desk, read(desk, dlt.current.resource_state()))
        desk.pending.discard(name)

    return dlt.resource(pages, name=name)


def kept(desk: Desk, pages: Pages) -> Pages:
    """Yields pages; a failure after some of the pull's pages ends this slice, so that what was read is kept.

    The next slice meets the failure at once, if it lasts, and tells it.
    """
    try:
        for page in pages:
            desk.some = desk.some or bool(page)
            yield page
    except (SourceError, httpx.TransportError):
        if not desk.some:
            raise
        desk.scope.stopped = True


def tickets(desk: Desk, state: State) -> Pages:
    """Yields the tickets that changed, a page at a time; the state is Zendesk's cursor."""
    while True:
        query = {"cursor": state["cursor"]} if state.get("cursor") else {"start_time": str(desk.start)}
        page = desk.client.get("/api/v2/incremental/tickets/cursor.json", {**query, "include": "users"})
        found = listed(page.get("tickets"))
        desk.people.learn("users", listed(page.get("users")))
        desk.people.learn("tickets", found)
        desk.people.need("users", (each.get(role) for each in found for role in ("requester_id", "assignee_id")))
        yield [ticket_row(each, desk.people) for each in found]
        before, state["cursor"] = state.get("cursor"), page.get("after_cursor") or state.get("cursor")
        if found:
            desk.scope.reached(f"tickets changed until {found[-1].get('updated_at')}")
        if page.get("end_of_stream") or state["cursor"] == before or desk.scope.enough():
            return


def messages(desk: Desk, state: State) -> Pages:
    """Yields what was said in tickets; the state is the second up to which events were read, and which those are."""
    while "tickets" in desk.pending:  # tickets first: they say which were deleted, and whose they are
        yield []
    start = max(desk.start, int(state.get("until", 0)))
    while not desk.scope.stopped:
        query = {"start_time": str(start), "include": "comment_events"}
        page = desk.client.get("/api/v2/incremental/ticket_events.json", query)
        ended = page.get("end_time")
        until = max(start, ended) if isinstance(ended, int) else start
        events = listed(page.get("ticket_events"))
        known = set(state.get("latest", ()))
        yield _said(desk, [each for each in events if each.get("id") not in known])
        # an export begins with the second at which the one before ended
        state["until"], state["latest"] = until, [each.get("id") for each in events if each.get("timestamp") == until]
        desk.scope.reached(f"messages until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M}")
        if page.get("end_of_stream", True) or desk.scope.enough():
            return
        if until <= start:
            raise SourceError("Zendesk's export of ticket events names no later time to go on from.", "unforeseen")
        start = until


def _said(desk: Desk, events: Sequence[Mapping[str, Any]]) -> list[Row]:
    people = desk.people
    people.need("tickets", (each.get("ticket_id") for each in events))
    authors = [child.get("author_id") for each in events for child in listed(each.get("child_events"))]
    owners = [people.ticket(each.get("ticket_id")).get("requester_id") for each in events]
    people.need("users", [*authors, *owners, *(each.get("updater_id") for each in events)])
    return [row for each in events for row in message_rows(each, people, private=desk.settings.private_notes)]


def ratings(desk: Desk, state: State) -> Pages:
    """Yields ratings from some days before the latest one on."""
    start = max(desk.start, int(state.get("latest", 0)) - int(RATING_MAY_CHANGE.total_seconds()))
    query = {"score": "received", "start_time": str(start), "page[size]": "100"}
    latest = int(state.get("latest", desk.start))
    for found in _listing(desk, "/api/v2/satisfaction_ratings.json", "satisfaction_ratings", query):
        desk.people.need("tickets", (each.get("ticket_id") for each in found))
        desk.people.need("users", (each.get(role) for each in found for role in ("requester_id", "assignee_id")))
        rows = [row for each in found if (row := rating_row(each, desk.people)) is not None]
        latest = max([latest, *(_seconds(each.get("created_at")) for each in found)])
        yield rows
    # only now: pages come in no promised order
    state["latest"] = latest


def surveys(desk: Desk, state: State) -> Pages:
    """Yields responses to CSAT surveys from some days before the latest one on."""
    start = max(desk.start, int(state.get("latest", 0)) - int(RATING_MAY_CHANGE.total_seconds()))
    query = {"filter[created_at_start]": str(start), "page[size]": "100"}
    latest = int(state.get("latest", desk.start))
    for found in _listing(desk, "/api/v2/guide/survey_responses", "survey_responses", query):
        subjects = [subject for each in found for subject in listed(each.get("subjects"))]
        desk.people.need("tickets", (each.get("id") for each in subjects if each.get("type") == "ticket"))
        owners = [desk.people.ticket(each.get("id")) for each in subjects]
        idents = [owner.get(role) for owner in owners for role in ("requester_id", "assignee_id")]
        desk.people.need("users", [*idents, *(each.get("responder_id") for each in found)])
        rows = [row for each in found if (row := answer_row(each, desk.people)) is not None]
        answers = [answer for each in found for answer in listed(each.get("answers"))]
        latest = max([latest, *(_seconds(each.get("created_at")) for each in answers)])
        yield rows
    state["latest"] = latest


def _listing(desk: Desk, path: str, name: str, query: Mapping[str, str]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yields the pages of a list by cursor."""
    after: str | None = None
    while True:
        page = desk.client.get(path, {**query, **({"page[after]": after} if after else {})})
        found = listed(page.get(name))
        if found:
            yield found
        meta = page.get("meta")
        more = meta.get("after_cursor") if isinstance(meta, dict) and meta.get("has_more") else None
        if not more or more == after:
            return
        after = str(more)


def _seconds(value: object) -> int:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return 0
    return int(found.timestamp()) if found.tzinfo else 0
