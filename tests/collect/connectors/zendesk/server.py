"""A help desk that speaks Zendesk's documented API: seeded tickets, events, users, ratings, and bad days on order."""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

EMAIL, TOKEN = "boss@acme.example", "zd-token-0123456789"
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
HOUR = 3_600
STATUSES = ("new", "open", "pending", "solved", "closed")

Thing = dict[str, Any]
Trouble = Callable[[str], "tuple[int, dict[str, str], bytes] | None"]


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class HelpDesk:
    """The account's data: what tests hold the log against."""

    seed: int = 7
    size: int = 230
    users: dict[int, Thing] = field(default_factory=dict)
    groups: dict[int, Thing] = field(default_factory=dict)
    brands: dict[int, Thing] = field(default_factory=dict)
    tickets: dict[int, Thing] = field(default_factory=dict)
    events: list[Thing] = field(default_factory=list)
    ratings: dict[int, Thing] = field(default_factory=dict)
    surveys: list[Thing] = field(default_factory=list)
    clock: int = START

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.groups = {each: {"id": each, "name": f"Team {each}"} for each in (71, 72, 73)}
        self.brands = {each: {"id": each, "name": f"Brand {each}"} for each in (81, 82)}
        for number in range(1, 7):
            self._user(100 + number, "agent" if number > 1 else "admin", f"Agent {number}", "acme.example")
        for number in range(60):
            self._user(1_000 + number, "end-user", f"Custo Mer {number}", "mail.example")
        self.users[1_007]["email"] = None
        for _ in range(self.size):
            self.clock += HOUR
            self._ticket()
        for ident in (5_003, 5_050, 5_111, 5_160, 5_229):
            self.delete(ident)

    def _user(self, ident: int, role: str, name: str, domain: str) -> None:
        email = f"{name.split()[0]}.{ident}@{domain}"
        external = f"shop-{ident}" if ident % 3 == 0 else None
        self.users[ident] = {"id": ident, "role": role, "name": name, "email": email, "external_id": external}

    def _ticket(self) -> None:
        ident = 5_000 + len(self.tickets)
        status = self.chance.choice(STATUSES)
        merged = status == "closed" and self.chance.random() < 0.2
        self.tickets[ident] = {
            "id": ident,
            "created_at": iso(self.clock),
            "updated_at": iso(self.clock),
            "generated_timestamp": self.clock,
            "requester_id": self.chance.randrange(1_000, 1_060),
            "assignee_id": self.chance.randrange(101, 107),
            "group_id": self.chance.choice(list(self.groups)),
            "brand_id": self.chance.choice(list(self.brands)),
            "status": status,
            "subject": f"Question {ident}",
            "tags": ["closed_by_merge"] if merged else ["vip"] if ident % 9 == 0 else [],
            "via": {"channel": self.chance.choice(["email", "web", "chat", "voice", "fax_machine"])},
            "type": None,
            "priority": "normal",
            "organization_id": None,
        }
        for number in range(self.chance.randrange(1, 5)):
            self.say(ident, staff=number % 2 == 1, public=not (number == 1 and ident % 5 == 0))
        if status in ("solved", "closed"):
            self.rate(ident, self.chance.choice(["good", "good", "bad", "offered"]))

    def touch(self, ident: int) -> Thing:
        """A change: the ticket comes again in the export."""
        self.clock += 60
        ticket = self.tickets[ident]
        ticket["updated_at"], ticket["generated_timestamp"] = iso(self.clock), self.clock
        return ticket

    def say(self, ident: int, *, staff: bool, public: bool = True) -> None:
        ticket = self.touch(ident)
        author = ticket["assignee_id"] if staff else ticket["requester_id"]
        number = 90_000 + len(self.events)
        comment = {
            "id": number,
            "event_type": "Comment",
            "type": "Comment",
            "author_id": author,
            "body": f"Words {number} about {ident}",
            "html_body": "<p>…</p>",
            "public": public,
            "attachments": [{"id": 1}] if number % 10 == 0 else [],
            "created_at": iso(self.clock),
        }
        change = {"id": number + 500_000, "event_type": "Change", "status": ticket["status"], "previous_value": "new"}
        self.events.append(
            {
                "id": number + 900_000,
                "ticket_id": ident,
                "timestamp": self.clock,
                "created_at": iso(self.clock),
                "updater_id": author,
                "event_type": "Audit",
                "via": "Web service",
                "child_events": [comment, change],
            }
        )

    def rate(self, ident: int, score: str) -> None:
        number = 700_000 + ident
        known = self.ratings.get(number, {"created_at": iso(self.clock)})
        ticket = self.tickets[ident]
        self.ratings[number] = {
            "id": number,
            "created_at": known["created_at"],
            "updated_at": iso(self.clock),
            "score": score,
            "comment": f"Felt {score}" if ident % 2 else None,
            "reason": None,
            "ticket_id": ident,
            "requester_id": ticket["requester_id"],
            "assignee_id": ticket["assignee_id"],
            "group_id": ticket["group_id"],
        }

    def survey(self, ident: int, rating: int, comment: str | None) -> None:
        at = iso(self.clock)
        asked = {"id": "01Q", "type": "rating_scale", "sub_type": "customer_satisfaction"}
        answers: list[Thing] = [
            {"type": "rating_scale", "rating": rating, "question": asked, "created_at": at, "updated_at": at},
            {"type": "open_ended" if comment else "skipped", "value": comment, "created_at": at, "updated_at": at},
        ]
        self.surveys.append(
            {
                "id": f"01J{ident}",
                "responder_id": self.tickets[ident]["requester_id"],
                "subjects": [{"id": str(ident), "type": "ticket", "zrn": f"zen:ticket:{ident}"}],
                "survey": {"id": "01S", "version": 3, "state": "enabled"},
                "answers": answers,
            }
        )

    def delete(self, ident: int) -> None:
        ticket = self.touch(ident)
        ticket |= {"status": "deleted", "subject": "SCRUBBED", "tags": []}

    def comments(self, *, staff: bool, public: bool = True) -> list[Thing]:
        """The comments that customers (or the staff) wrote in tickets that were not deleted."""
        said = [(each["ticket_id"], child) for each in self.events for child in each["child_events"]]
        return [
            {**child, "ticket_id": ident}
            for ident, child in said
            if child["event_type"] == "Comment"
            and self.tickets[ident]["status"] != "deleted"
            and child["public"] is public
            and (self.users[child["author_id"]]["role"] != "end-user") is staff
        ]


@dataclass
class Server:
    """Answers for a help desk over HTTP, in pages of `page` things."""

    desk: HelpDesk
    page: int = 77
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    asked: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    address: str = ""

    def answer(self, target: str, headers: Any) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(target)
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        for trouble in self.troubles:
            if (found := trouble(target)) is not None:
                return found
        if not self._known(headers.get("Authorization", "")):
            return 401, {}, b'{"error":"Couldn\'t authenticate you"}'
        path = parts.path.removeprefix("/api/v2/").removesuffix(".json")
        made: Callable[[Thing], Thing] | None = {
            "incremental/tickets/cursor": self._tickets,
            "incremental/ticket_events": self._events,
            "satisfaction_ratings": self._ratings,
            "guide/survey_responses": lambda query: self._listed("survey_responses", self.desk.surveys, query),
            "groups": lambda query: self._listed("groups", list(self.desk.groups.values()), query),
            "brands": lambda query: self._listed("brands", list(self.desk.brands.values()), query),
            "users/show_many": lambda query: self._many("users", self.desk.users, query),
            "tickets/show_many": lambda query: self._many("tickets", self.desk.tickets, query),
        }.get(path)
        if made is None:
            return 404, {}, b'{"error":"InvalidEndpoint"}'
        return 200, {}, json.dumps(made(query)).encode()

    def _known(self, given: str) -> bool:
        basic = {"Basic " + base64.b64encode(f"{EMAIL}/token:{each}".encode()).decode() for each in self.tokens}
        return given in basic or given in {f"Bearer {each}" for each in self.tokens}

    def _tickets(self, query: Thing) -> Thing:
        order = sorted(self.desk.tickets.values(), key=lambda each: (each["generated_timestamp"], each["id"]))
        if "cursor" in query:
            after = tuple(json.loads(base64.b64decode(query["cursor"])))
        else:
            after = (int(query["start_time"]) - 1, 0)
        later = [each for each in order if (each["generated_timestamp"], each["id"]) > after]
        found = later[: self.page]
        last = (found[-1]["generated_timestamp"], found[-1]["id"]) if found else after
        cursor = base64.b64encode(json.dumps(last).encode()).decode()
        wanted = {each[role] for each in found for role in ("requester_id", "assignee_id")}
        users = [self.desk.users[ident] for ident in sorted(wanted)] if "users" in query.get("include", "") else []
        return {
            "tickets": found,
            "users": users,
            "after_cursor": cursor,
            "after_url": f"{self.address}/api/v2/incremental/tickets/cursor.json?cursor={cursor}",
            "end_of_stream": len(later) <= self.page,
        }

    def _events(self, query: Thing) -> Thing:
        start = int(query["start_time"])
        later = [each for each in self.desk.events if each["timestamp"] >= start]
        found = later[: 3 * self.page]
        end = found[-1]["timestamp"] if found else start
        if "comment_events" not in query.get("include", ""):
            found = [{**each, "child_events": []} for each in found]
        return {
            "ticket_events": found,
            "count": len(found),
            "end_time": end,
            "next_page": f"{self.address}/api/v2/incremental/ticket_events.json?start_time={end}",
            "end_of_stream": len(later) <= 3 * self.page,
        }

    def _ratings(self, query: Thing) -> Thing:
        start = int(query.get("start_time", 0))
        kept = [each for each in self.desk.ratings.values() if each["created_at"] >= iso(start)]
        if query.get("score") == "received":
            kept = [each for each in kept if each["score"] in ("good", "bad")]
        # the newest first: nothing promises an order
        return self._listed("satisfaction_ratings", sorted(kept, key=lambda each: each["id"], reverse=True), query)

    def _listed(self, name: str, things: list[Thing], query: Thing) -> Thing:
        size = min(int(query.get("page[size]", 100)), self.page)
        at = int(query.get("page[after]", 0))
        more = at + size < len(things)
        return {
            name: things[at : at + size],
            "meta": {"has_more": more, "after_cursor": str(at + size) if more else None},
            "links": {"next": f"{self.address}/api/v2/{name}.json?page[after]={at + size}" if more else None},
        }

    def _many(self, name: str, things: dict[int, Thing], query: Thing) -> Thing:
        idents = [int(each) for each in query["ids"].split(",")]
        assert len(idents) <= 100
        found = [things[each] for each in idents if each in things]
        return {name: [each for each in found if each.get("status") != "deleted"], "next_page": None}


def once(part: str, status: int, headers: dict[str, str] | None = None, *, at: int = 1, body: bytes = b"{}") -> Trouble:
    """A trouble that comes with the request number `at` whose address holds `part`, and goes by itself."""
    seen = 0

    def trouble(target: str) -> tuple[int, dict[str, str], bytes] | None:
        nonlocal seen
        seen += part in target
        return (status, headers or {}, body) if part in target and seen == at else None

    return trouble


def slow(part: str, seconds: float) -> Trouble:
    """An answer that takes its time, once."""
    done = threading.Event()

    def trouble(target: str) -> None:
        if part in target and not done.is_set():
            done.set()
            time.sleep(seconds)

    return trouble


@contextmanager
def running(desk: HelpDesk, **more: Any) -> Iterator[Server]:
    """Serves a help desk on a free port of this machine."""
    server = Server(desk, **more)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = server.answer(self.path, self.headers)
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the base class's name
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    http = Quiet(("127.0.0.1", 0), Handler)
    server.address = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
