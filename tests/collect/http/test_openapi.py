"""The collector's OpenAPI document against the collector: requests made from the one, answered by the other."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error, response_schema_conformance, status_code_conformance
from schemathesis.generation import GenerationMode
from tests.collect.http.conftest import Desk

from cxloop.collect.http.openapi import document

EXAMPLES = 25
NAMES = ["identify", "track", "page", "screen", "group", "alias", "batch"]
CHECKS: list[Any] = [not_a_server_error, status_code_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def schema() -> Any:
    return schemathesis.openapi.from_dict(document())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_the_document_allows_or_forbids_is_answered_as_it_says(
    desk: Desk, schema: Any, name: str, mode: GenerationMode
) -> None:
    operation = schema[f"/v1/{name}"]["POST"]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case: Any) -> None:
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()
        headers = {str(each): str(value) for each, value in (case.headers or {}).items() if _can_be_sent(value)}
        headers.pop("Authorization", None)
        answer = desk.send(f"/v1/{name}", body, headers={**headers, "content-type": "application/json"})
        case.validate_response(answer, checks=CHECKS)

    hold()


def _can_be_sent(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


def test_the_document_lists_every_address_of_the_protocol_and_is_served(desk: Desk) -> None:
    answer = desk.ask("GET", "/v1/openapi.json", auth=None)

    assert answer.json() == document()
    assert sorted(answer.json()["paths"]) == sorted(f"/v1/{name}" for name in NAMES)
