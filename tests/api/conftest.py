"""The JSON API over the verbs of the product, asked as by a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import httpx
import pytest
from fastapi import FastAPI, Request

from cxloop.api.router import build, rest
from cxloop.core.errors import SignInNeededError
from cxloop.core.host import Actor, Role
from cxloop.runtime import parts
from cxloop.runtime.connect import Connection, connect

Ask: TypeAlias = Callable[..., httpx.Response]
ROLE_HEADER = "x-test-role"


def actor_of(request: Request) -> Actor:
    """Takes the role from a header, where the app takes it from the session."""
    role: Any = request.headers.get(ROLE_HEADER)
    if role is None:
        raise SignInNeededError("Nobody is signed in.")
    return Actor(None, role, role)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """An empty workspace; none of the requests changes it."""
    folder = tmp_path_factory.mktemp("api")
    for name in ("cxloop.toml", "experience.toml"):
        (folder / name).touch()
    opened = connect(folder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def app(connection: Connection) -> FastAPI:
    """The API alone, without pages."""
    made = FastAPI()
    made.include_router(build(parts.load(), connection.host, actor_of))
    made.include_router(rest(parts.load()))
    return made


@pytest.fixture
def ask(app: FastAPI) -> Ask:
    """Sends a request as somebody of a role; None is an outsider."""

    def send(
        method: str, path: str, role: Role | None = "owner", *, headers: dict[str, str] | None = None, **rest: Any
    ) -> httpx.Response:
        who = {} if role is None else {ROLE_HEADER: role}

        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, headers={**who, **(headers or {})}, **rest)

        return asyncio.run(sent())

    return send
