"""Requests made from the OpenAPI document of the JSON API: whatever it allows or forbids, nothing breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from tests.api.conftest import Ask

from cxloop.runtime import parts

EXAMPLES = 8
"""Of each verb and kind: two minutes on a busy machine are too long for all of them."""
REACHES_OUT = {"collect.pull", "collect.connect", "collect.try_connection"}
"""Verbs that talk to other systems or start work of their own: whatever is made up for them would be tried."""


@pytest.fixture(scope="module")
def schema(app: FastAPI) -> Any:
    return schemathesis.openapi.from_dict(app.openapi())


@pytest.mark.parametrize("verb", [verb for verb in parts.load() if verb.path not in REACHES_OUT], ids=lambda v: v.path)
def test_no_request_breaks_a_verb(ask: Ask, app: FastAPI, schema: Any, verb: Any) -> None:
    path = f"/api/{verb.part}/{verb.name}"
    (method,) = (each.upper() for each in app.openapi()["paths"][path])
    operation = schema[path][method]

    for mode in GenerationMode:
        if mode is GenerationMode.NEGATIVE and not verb.parameters:
            continue  # nothing to do wrong

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(generation_mode=mode))
        def hold(case: Any) -> None:
            query = {str(name): value for name, value in (case.query or {}).items()}
            body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()
            rest = {"content": body, "headers": {"x-cxloop": "1"}} if method == "POST" else {}
            case.validate_response(ask(method, path, params=query, **rest), checks=[not_a_server_error])

        hold()
