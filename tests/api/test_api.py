"""The JSON API: rights for everybody, one error body, bounded requests, no forged ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from tests.api.conftest import Ask

from cxloop.api.routes import GUARD_HEADER, MOST_BODY_BYTES
from cxloop.core.host import Actor, Role
from cxloop.core.verbs import Verb
from cxloop.runtime import parts

GUARD = {GUARD_HEADER: "1"}
VERBS = list(parts.load())
WRITING = [verb for verb in VERBS if verb.changes != "nothing"]
CAST: tuple[Role | None, ...] = ("owner", "analyst", "viewer", None)


def address_of(verb: Verb) -> str:
    return f"/api/{verb.part}/{verb.name}"


@pytest.mark.parametrize("role", CAST)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.path)
def test_only_who_has_the_right_gets_past_the_door(verb: Verb, role: Role | None, ask: Ask) -> None:
    # What is asked is wrong on purpose where something is required; whoever may ask is told so, the others are not.
    required = {item.name: "x" for item in verb.parameters if item.required}
    place = {"params": required} if verb.method == "GET" else {"json": required}

    status = ask(verb.method, address_of(verb), role, headers=GUARD, **place).status_code

    if role is None:
        assert status == 401
    elif Actor(None, role, role).may(verb):
        assert status in {200, 404, 422}
    else:
        assert status == 403


def test_a_result_is_what_every_face_gives(ask: Ask) -> None:
    answer = ask("GET", "/api/measure/nps", params={"by": "channel", "every": "week"})

    assert answer.status_code == 200
    assert answer.json()["how"]["cli"] == "cxloop measure nps --by channel --every week"


@pytest.mark.parametrize("query", ["by=channel,region", "by=channel&by=region"])
def test_several_names_may_be_written_either_way(query: str, ask: Ask) -> None:
    assert ask("GET", f"/api/measure/nps?{query}").json()["by"] == ["channel", "region"]


@pytest.mark.parametrize(
    ("query", "where", "words"),
    [
        ("evry=week", "evry", 'Did you mean "every"?'),
        ("every=fortnight", "every", "fortnight"),
        ("since=" + "9" * 50, "since", "40 characters"),
    ],
)
def test_a_wrong_parameter_is_named_in_the_error_body(query: str, where: str, words: str, ask: Ask) -> None:
    answer = ask("GET", f"/api/measure/nps?{query}")

    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "mistakes")
    assert body["mistakes"][0]["where"] == where
    assert words in body["mistakes"][0]["message"]


def test_a_wrong_value_found_later_has_the_same_body(ask: Ask) -> None:
    answer = ask("GET", "/api/measure/nps?by=chanel")

    assert answer.status_code == 422
    assert answer.json() == {
        "code": "unknown_name",
        "message": "Unknown dimension 'chanel'. Did you mean \"channel\"?",
    }


@pytest.mark.parametrize("verb", WRITING, ids=lambda verb: verb.path)
def test_reading_addresses_change_nothing(verb: Verb, ask: Ask) -> None:
    assert ask("GET", address_of(verb)).status_code == 405


@pytest.mark.parametrize("verb", WRITING, ids=lambda verb: verb.path)
@pytest.mark.parametrize(
    "headers", [{}, {**GUARD, "sec-fetch-site": "cross-site"}, {**GUARD, "sec-fetch-site": "same-site"}]
)
def test_a_request_that_another_site_could_forge_is_refused(verb: Verb, headers: dict[str, str], ask: Ask) -> None:
    answer = ask("POST", address_of(verb), headers=headers, json={})

    assert (answer.status_code, answer.json()["code"]) == (403, "access_denied")


@pytest.mark.parametrize("verb", WRITING[:1], ids=lambda verb: verb.path)
def test_a_body_over_the_limit_is_refused(verb: Verb, ask: Ask) -> None:
    answer = ask("POST", address_of(verb), headers=GUARD, content=b"x" * (MOST_BODY_BYTES + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("verb", WRITING[:1], ids=lambda verb: verb.path)
def test_a_body_that_does_not_say_how_long_it_is_is_bounded_all_the_same(verb: Verb, ask: Ask) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * (MOST_BODY_BYTES // 10)

    answer = ask("POST", address_of(verb), headers={**GUARD, "content-type": "application/json"}, content=endless())

    assert answer.status_code == 413


@pytest.mark.parametrize("verb", WRITING[:1], ids=lambda verb: verb.path)
@pytest.mark.parametrize("content", [b"{bad", b"[]", b'"text"', b"\xff", b""])
def test_a_body_that_is_no_object_is_refused(verb: Verb, content: bytes, ask: Ask) -> None:
    answer = ask("POST", address_of(verb), headers={**GUARD, "content-type": "application/json"}, content=content)

    assert (answer.status_code, answer.json()["code"]) == (422, "mistakes")


def test_the_description_is_openapi_3_1_with_help_and_schemas(app: FastAPI) -> None:
    described = app.openapi()

    assert described["openapi"].startswith("3.1")
    for verb in VERBS:
        operation = described["paths"][address_of(verb)][verb.method.lower()]
        assert operation["summary"] == verb.about
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema["$ref"] == f"#/components/schemas/{verb.result.__name__}"
        assert operation["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith("ErrorBody")
        if verb.method == "GET":
            named = {item["name"]: item.get("description", "") for item in operation.get("parameters", [])}
            assert named == {item.name: item.about for item in verb.parameters}


def test_an_address_that_is_none_says_so_to_programs(ask: Ask) -> None:
    unknown = ask("POST", "/api/unify/define-segment", json={})
    wrong_way = ask("GET", "/api/unify/erase")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert 'Did you mean "unify/define_segment"?' in unknown.json()["message"]
    assert (wrong_way.status_code, wrong_way.headers["allow"]) == (405, "POST")
    assert wrong_way.json()["message"] == "/api/unify/erase is asked with POST."
