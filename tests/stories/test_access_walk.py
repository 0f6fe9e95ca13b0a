"""Every route and every verb by everybody: who gets in, and that nothing of another team shows anywhere.

A route or a verb that is new has no line in the tables below, and then the walk fails: who may use it has to be said.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

import httpx
import pyarrow as pa
import pytest
from fastapi import FastAPI
from starlette.routing import Mount
from tests.stories.access_cast import (
    CAST,
    ELSEWHERE,
    EVERYBODY,
    KEYS,
    LAST_DAY,
    LIKE,
    LIMITED,
    MARK,
    NARROWER,
    NOBODY,
    SERVING,
    STRANGER,
    UNKNOWN,
)
from tests.stories.access_table import (
    ARGUMENTS,
    COLLECTOR,
    ROUTES,
    VERBS,
    Line,
)

from cxloop.collect.http.app import OURS, PATHS
from cxloop.core.schema import INCOMING
from cxloop.core.verbs import Verb
from cxloop.entry.app import create_app
from cxloop.entry.beside import Beside
from cxloop.entry.collecting import collector
from cxloop.runtime import parts
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.workspace import open_workspace
from cxloop.store import notes
from cxloop.store.accounts import create_account, create_link
from cxloop.store.keys import create
from cxloop.web.access import SESSION_COOKIE


def south_text(column: str) -> str:
    """What the other team's rows hold in a column."""
    return f"{MARK}-{column.replace('_', '-')}"


def north_row(number: int, **more: Any) -> dict[str, Any]:
    """One answer of a customer of North."""
    return {
        "message_id": f"n{number}",
        "source": "desk",
        "kind": "answer",
        "name": "answered",
        "touchpoint": "desk",
        "channel": "web",
        "key_namespace": "desk",
        "key_type": "user_id",
        "key_value": f"north{number % 20}",
        "occurred_at": LAST_DAY - timedelta(days=number),
        "text": "Here in time.",
        "metric": "nps",
        "score": float(number % 11),
        "scale_min": 0.0,
        "scale_max": 10.0,
        "team": "North",
        "product": "kettle",
        "properties": json.dumps({"note": "north"}),
        "traits": json.dumps({"name": f"Nora North{number % 20}"}),
        **more,
    }


def south_row(number: int, **more: Any) -> dict[str, Any]:
    """One answer of a customer of the other team, with the mark in every text."""
    texts = {column.name: south_text(column.name) for column in INCOMING.columns if column.type == "text"}
    return {
        **texts,
        "message_id": f"{MARK}{number}",
        "key_value": f"{MARK}-user-{number % 20}",
        "occurred_at": LAST_DAY - timedelta(days=number % 200, minutes=1),
        "promise_due_at": LAST_DAY,
        "metric": "nps" if number % 3 else south_text("metric"),
        "traffic": None if number % 5 else south_text("traffic"),
        "score": float(number % 5),
        "scale_min": 0.0,
        "scale_max": 10.0,
        "revises": None if number else south_text("revises"),
        "team": "South" if number % 4 else None,
        "other_keys": json.dumps([[MARK, "device", f"{MARK}-device-{number}"]]),
        "objects": json.dumps([["order", f"{MARK}-order-{number}"]]),
        "properties": json.dumps({"note": south_text("note"), MARK: MARK}),
        "traits": json.dumps({"name": f"{MARK} person", "email": f"{number}@{MARK}.example", "phone": MARK}),
        "consents": json.dumps([[south_text("purpose"), None, True]]),
        **more,
    }


def rows_of_both() -> list[dict[str, Any]]:
    """A customer of each team alone, and one whom both have served: each told something else of them."""
    shared = {"key_namespace": "desk", "key_type": "user_id", "key_value": "shared"}
    return [
        *(north_row(number) for number in range(60)),
        north_row(60, **shared, traits=json.dumps({"name": "Sasha Shared"})),
        *(south_row(number) for number in range(137)),
        south_row(137, **shared),
    ]


def incoming(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as the table that `admit` takes."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


def hide_more(host: LocalHost) -> None:
    """What a workspace holds besides its log: an import with a row that waits, a connection, people."""
    engine = host.workspace.engine
    files = json.dumps([{"name": f"{MARK}.csv"}])
    run = {"import_id": "import-9", "source": MARK, "mapping": f'source = "{MARK}"', "files": files}
    counts = dict.fromkeys(("rows_read", "admitted", "already_there", "rejected"), 7)
    engine.append("imports", pa.Table.from_pylist([{**run, **counts, "seconds": 1.0, "started_at": LAST_DAY}]))
    rejected = {"rejected_id": 1, "import_id": "import-9", "source": MARK, "file": f"{MARK}.csv", "line": 1}
    why = {"code": "format", "reason": f"{MARK} is no date", "raw": json.dumps({"who": MARK})}
    engine.append("rejected", pa.Table.from_pylist([{**rejected, **why, "rejected_at": LAST_DAY}]))
    host.workspace.folder.inbox.mkdir(exist_ok=True)
    (host.workspace.folder.inbox / f"{MARK}.toml").write_text(f'source = "{MARK}"')
    create_account(host.workspace.store, name=MARK, email=f"{MARK}@example.org", role="viewer", now=LAST_DAY)


@dataclass
class Walk:
    """The app of a company with two teams, the collector beside it, sessions of the cast and secrets of the keys."""

    host: LocalHost
    app: FastAPI
    collector: Any
    sessions: Mapping[str, str]
    secrets: Mapping[str, str]
    customers: Mapping[str, int]
    loop: asyncio.Runner = field(default_factory=asyncio.Runner)
    heard: dict[str, httpx.Response] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def read(self, who: str, address: str, **more: Any) -> httpx.Response:
        """Reads as somebody of the cast would; what was read before is not asked for again."""
        key = repr((who, address, more))
        if key not in self.heard:
            self.heard[key] = self.ask(who, "GET", address, **more)
        return self.heard[key]

    def ask(self, who: str, method: str, address: str, **more: Any) -> httpx.Response:
        """Asks as somebody of the cast would: by a cookie, by a key, or as a stranger with neither."""
        cookies = {SESSION_COOKIE: self.sessions[who]} if who in self.sessions else {}

        async def ask() -> httpx.Response:
            both: Any = Beside(self.collector, self.app, self.app)
            transport = httpx.ASGITransport(app=both, raise_app_exceptions=False, client=ELSEWHERE)
            auth = {"authorization": f"Bearer {self.secrets[who]}"} if who in self.secrets else {}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://cxloop.test", cookies=cookies, headers=auth, trust_env=False
            ) as client:
                return await client.request(method, self.filled(address), **more)

        return self.loop.run(ask())

    def filled(self, text: str) -> str:
        """Puts the customers' numbers into an address or an argument."""
        for name, number in self.customers.items():
            text = text.replace(f"{{{name}}}", str(number))
        return text

    def call(self, who: str, verb: Verb, arguments: Mapping[str, Any]) -> httpx.Response:
        """Runs a verb over HTTP."""
        filled = {name: self.filled(value) if isinstance(value, str) else value for name, value in arguments.items()}
        address = f"/api/{verb.part}/{verb.name}"
        if verb.method == "GET":
            return self.read(who, address, params=filled)
        return self.ask(who, "POST", address, json=filled, headers={"x-cxloop": "1"})

    def form(self, who: str, line: Line) -> dict[str, str]:
        """The form of a line with the token of the session that sends it."""
        return {**line.form, **({"csrf": self.token_of(who)} if line.csrf and who in self.sessions else {})}

    def token_of(self, who: str) -> str:
        """The token that the forms of somebody's own pages carry, as long as the session is the same."""
        session = self.sessions[who]
        if session not in self.tokens:
            found = re.search(r'name="csrf" value="(\w+)"', self.ask(who, "GET", "/settings").text)
            assert found is not None
            self.tokens[session] = found[1]
        return self.tokens[session]


def session_of(host: LocalHost, name: str) -> str:
    """Makes an account, signs it in and returns the session's secret."""
    role, limits = CAST[name]
    store = host.workspace.store
    account = create_account(store, name=name, email=None, role=role, now=store.clock(), limits=limits)
    entrance: Any = store.accounts.sign_in(create_link(store, account, now=store.clock()))
    secret = entrance if isinstance(entrance, str) else entrance.session
    assert secret
    return str(secret)


def customer_called(host: LocalHost, value: str) -> int:
    """The number of the customer with an identifier."""
    keys = host.workspace.engine.cursor().sql("select value, key_id from keys").fetchall()  # type: ignore[attr-defined]
    return int(dict(keys)[value])


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """The company. The owner has looked at everything before, so that what is kept for pages is there to leak."""
    folder = tmp_path_factory.mktemp("walk") / "company"
    folder.mkdir(mode=0o700)
    # one thread: to share out a log of 200 rows costs more than to read it
    (folder / "cxloop.toml").write_text("[measure]\nminimum_n = 2\n[engine]\nthreads = 1\n")
    (folder / "experience.toml").write_text('channel = ["web", "phone"]\n[[dimension]]\nname="note"\nproperty="note"\n')
    host = LocalHost(open_workspace(Folder(folder)))
    host.workspace.engine.admit(incoming(rows_of_both()), now=LAST_DAY)
    host.derive()
    hide_more(host)
    who = {"north": "north3", "south": f"{MARK}-user-3", "shared": "shared"}
    sessions = {name: session_of(host, name) for name in CAST}
    secrets = {name: create(host.workspace.store, new).secret for name, new in KEYS.items()}
    customers = {name: customer_called(host, value) for name, value in who.items()}
    notes.add(host.workspace.store, customers["south"], f"{MARK} note", author_id=None, author=MARK)
    taking = collector(host.workspace.folder, host.workspace.store, host.settings, "app")
    made = Walk(host, create_app(host), taking, sessions, secrets, customers)
    for method, address in addresses():
        if method == "GET":
            made.ask("owner", "GET", address)
    yield made
    taking.writer.close()
    made.loop.close()
    host.close()


def addresses() -> list[tuple[str, str]]:
    """Every address of the table with its method."""
    return [(route.split()[0], address) for route, line in ROUTES.items() for address, _ in line.addresses]


def routes_of(routes: Any) -> Iterator[str]:
    """Every route of an app, also of the routers that it includes."""
    for route in routes:
        if isinstance(route, Mount):
            yield f"MOUNT {route.path}"
        elif hasattr(route, "original_router"):
            prefix = route.include_context.prefix
            inner = (found.split(" ", 1) for found in routes_of(route.original_router.routes))
            yield from (f"{method} {prefix}{path}" for method, path in inner)
        else:
            yield from (f"{method} {route.path}" for method in sorted(route.methods) if method != "HEAD")


def least(verb: Verb) -> dict[str, Any]:
    """The least that a verb takes: a value for each parameter that has to be given."""
    return {item.name: _value(item.annotation) for item in verb.parameters if item.required}


def _value(annotation: Any) -> Any:
    kinds = {annotation, *get_args(annotation)}
    if bool in kinds:
        return True
    if int in kinds or float in kinds:
        return 1
    choices = [choice for kind in kinds for choice in get_args(kind) if isinstance(choice, str)]
    return choices[0] if choices else "nothing"


def arguments_of(verb: Verb) -> tuple[Mapping[str, Any], ...]:
    """What a verb is asked on the walk."""
    return ARGUMENTS.get(verb.path) or (least(verb),)


def kept_out(status: int) -> bool:
    """Whether an answer says that one may not."""
    return status in (401, 403)


def test_every_route_has_a_line(walk: Walk) -> None:
    verbs = {f"{verb.method} /api/{verb.part}/{verb.name}" for verb in parts.load()}

    assert sorted(set(routes_of(walk.app.routes)) - verbs) == sorted(ROUTES)


def test_every_verb_has_a_line() -> None:
    assert sorted(verb.path for verb in parts.load()) == sorted(VERBS)


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_whoever_may_gets_in_and_nobody_else(walk: Walk, who: str) -> None:
    wrong = []
    for route, line in ROUTES.items():
        method = route.split()[0]
        for address, may in line.addresses:
            form = {"data": walk.form(who, line)}
            answer = walk.ask(who, method, address, **form) if method == "POST" else walk.read(who, address)
            expected = _expected(who, may, answer.status_code)
            if expected:
                wrong.append(f"{who}: {method} {address} is {answer.status_code}, {expected}: {said(answer)}")
        if route == "POST /signout" and who in walk.sessions:
            walk.sessions = {**walk.sessions, who: session_of(walk.host, who)}
    assert wrong == []


def said(answer: httpx.Response) -> str:
    """What a page or an endpoint says of an error, in a line."""
    text = answer.text.partition("<main")[2] or answer.text
    return " ".join(re.sub("<[^>]*>", " ", text).split())[:300]


def _expected(who: str, may: frozenset[str], status: int) -> str:
    """What is wrong with a status; empty where nothing is."""
    if status >= 500:
        return "and nothing may break"
    if who in may:
        return "and should be open" if kept_out(status) and may != EVERYBODY else ""
    # what somebody may not see can also be as unknown as what does not exist
    wanted = (401, 403) if who == STRANGER else (403, 404)
    return "" if status in wanted else f"and should be {wanted[0]}"


@pytest.mark.parametrize("who", sorted(KEYS))
def test_no_page_takes_a_key(walk: Walk, who: str) -> None:
    wrong = []
    for route, line in ROUTES.items():
        method = route.split()[0]
        for address, may in line.addresses if line.who != EVERYBODY else ():
            form = {"data": walk.form(who, line)}
            answer = walk.ask(who, method, address, **form) if method == "POST" else walk.read(who, address)
            by_key = LIKE[who] in may and route == "GET /metrics"
            if kept_out(answer.status_code) == by_key:
                wrong.append(f"{method} {address} is {answer.status_code}: {said(answer)}")
    assert wrong == []


@pytest.mark.parametrize("who", sorted({*EVERYBODY, *KEYS}))
def test_whoever_may_runs_a_verb_and_nobody_else(walk: Walk, who: str) -> None:
    wrong = []
    for verb in parts.load():
        for arguments in arguments_of(verb):
            answer = walk.call(who, verb, arguments)
            expected = _expected(LIKE.get(who, who), _may(who, verb, arguments), answer.status_code)
            if expected and not _personal(who, verb, arguments):
                wrong.append(
                    f"{who}: {verb.path} {dict(arguments)} is {answer.status_code}, {expected}: {said(answer)}"
                )
    assert wrong == []


def _may(who: str, verb: Verb, arguments: Mapping[str, Any]) -> frozenset[str]:
    """Who may run a verb, from the point of view of `who`: a key that reads serves nobody."""
    may = VERBS.get(verb.path, NOBODY)
    for argument in arguments.items():
        may = may & NARROWER.get((verb.path, argument), may)
    reads_only = who in KEYS and KEYS[who].kind == "read" and verb.path in SERVING
    return may - {LIKE[who]} if reads_only else may


def _personal(who: str, verb: Verb, arguments: Mapping[str, Any]) -> bool:
    """Whether a viewer asks for numbers by something that may show single persons: that is refused by another door."""
    return "viewer" in LIKE.get(who, who) and not verb.personal and "where" in arguments


@pytest.mark.parametrize("who", sorted(LIMITED))
def test_nothing_of_the_other_team_shows_on_any_page_in_any_file_or_message(walk: Walk, who: str) -> None:
    leaks = []
    for route, line in ROUTES.items():
        method = route.split()[0]
        if method == "POST" and route != "POST /theme":
            continue
        for address, _ in line.addresses:
            answer = walk.ask(who, method, address) if method == "POST" else walk.read(who, address)
            leaks += [f"{address}: {found}" for found in marks(answer)]
    assert leaks == []


@pytest.mark.parametrize("who", sorted(LIMITED))
def test_nothing_of_the_other_team_shows_in_the_answer_of_any_verb(walk: Walk, who: str) -> None:
    leaks = []
    for verb in parts.load():
        for arguments in arguments_of(verb):
            answer = walk.call(who, verb, arguments)
            leaks += [f"{verb.path} {dict(arguments)}: {found}" for found in marks(answer)]
    assert leaks == []


def marks(answer: httpx.Response) -> list[str]:
    """Where the mark stands in an answer, with what is around it."""
    heard = answer.text + " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    places = [place for place in range(len(heard)) if heard.startswith(MARK, place)]
    return [heard[max(0, place - 60) : place + 60] for place in places[:3]]


@pytest.mark.parametrize("who", ["owner", STRANGER, *sorted(KEYS)])
def test_the_collector_takes_events_by_a_write_key_alone_and_tells_nobody_anything(walk: Walk, who: str) -> None:
    wrong = []
    for route, (may, statuses) in COLLECTOR.items():
        method, address = route.split()
        # as the protocol has it: the key is the user name of Basic, also where it is no write key
        more: dict[str, Any] = {"auth": (walk.secrets[who], "")} if who in walk.secrets else {}
        answer = walk.ask(who, method, address, **more, **({"json": {}} if method == "POST" else {}))
        let_in = may in (who, "anybody")
        right = answer.status_code in statuses if let_in else answer.status_code in (400, 401, 403, 404)
        if not right or [found for found in marks(answer) if MARK not in address]:
            wrong.append(f"{route} is {answer.status_code}: {said(answer)}")
    assert wrong == []


def test_every_address_of_the_collector_has_a_line() -> None:
    assert {route.split()[1] for route in COLLECTOR if route.startswith("POST /v1") or "beacon" in route} == set(PATHS)
    assert all(any(route.split()[1].startswith(ours) for route in COLLECTOR) for ours in OURS)


def test_the_mark_is_there_to_be_found(walk: Walk) -> None:
    for address in ("/", "/explore?by=product&every=none&since=all", "/customers", "/customers/{south}", "/sources"):
        assert marks(walk.ask("owner", "GET", address)), address


@pytest.mark.parametrize("who", ["agent of North", "analyst of North"])
def test_a_customer_of_another_team_is_as_unknown_as_one_that_does_not_exist(walk: Walk, who: str) -> None:
    for address in ("/customers/{}", "/customers/{}?channel=web", "/api/unify/timeline?customer={}"):
        theirs = walk.ask(who, "GET", address.format(walk.customers["south"]))
        nobody = walk.ask(who, "GET", address.format(UNKNOWN))

        assert (theirs.status_code, nobody.status_code) == (404, 404)
        assert re.sub(rf"\b{walk.customers['south']}\b", str(UNKNOWN), said(theirs)) == said(nobody)


def test_a_customer_of_both_teams_shows_each_what_their_own_rows_say(walk: Walk) -> None:
    answer = walk.ask("agent of North", "GET", "/api/unify/timeline?customer={shared}").json()

    assert answer["customer"]["label"] == "Sasha Shared"
    assert (answer["customer"]["interactions"], answer["total"]) == (1, 1)


def test_counts_of_a_limited_account_are_those_of_its_rows(walk: Walk) -> None:
    pulse = walk.ask("agent of North", "GET", "/api/measure/pulse").json()
    people = walk.ask("agent of North", "GET", "/api/unify/customers").json()

    assert (pulse["interactions"], pulse["customers"], pulse["rejected"]) == (61, 21, 0)
    assert people["total"] == 21


def test_the_panel_that_says_how_says_the_limits(walk: Walk) -> None:
    limited = walk.ask("agent of North", "GET", "/explore?every=none&since=all").text
    whole = walk.ask("agent", "GET", "/explore?every=none&since=all").text

    assert "Limited to rows with team = North." in limited
    assert "Limited to rows" not in whole


@pytest.mark.parametrize("who", ["owner", "agent of North"])
def test_a_form_without_its_token_does_nothing(walk: Walk, who: str) -> None:
    wrong = []
    for route, line in ROUTES.items():
        for address in line.ask if line.csrf and route.startswith("POST") else ():
            for token in ({}, {"csrf": "0" * 64}, {"csrf": walk.token_of("viewer")}):
                answer = walk.ask(who, "POST", address, data={**line.form, **token})
                if answer.status_code != 403:
                    wrong.append(f"{address} with {token}: {answer.status_code}")
    assert wrong == []


def test_a_change_over_the_api_needs_the_header_that_no_form_can_send(walk: Walk) -> None:
    for verb in parts.load():
        if verb.changes != "nothing":
            assert walk.ask("owner", "POST", f"/api/{verb.part}/{verb.name}", json=least(verb)).status_code == 403
