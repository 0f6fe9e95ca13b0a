"""A verb that exists only in this test appears in every face, with no other edit."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from fastapi import FastAPI

import cxloop as cx
from cxloop.api.router import build
from cxloop.core.errors import SignInNeededError
from cxloop.core.host import Actor, Role
from cxloop.core.results import Records
from cxloop.core.verbs import Names, registry, verb
from cxloop.engine.base import Analysis
from cxloop.entry.cli import command_line
from cxloop.runtime import parts
from cxloop.runtime.connect import connect
from cxloop.runtime.reference import reference_markdown, rights_table

PATH = "improve.applause"


@pytest.fixture
def applause() -> Iterator[None]:
    """The verb, for the time of one test."""

    @verb(part="improve", right="write")
    def applause(
        ws: Analysis, whom: str, *, how: Literal["softly", "loudly"] = "softly", hands: int = 2, by: Names = ()
    ) -> Records:
        """Applaud somebody.

        Args:
            whom: who is applauded.
            how: softly or loudly.
            hands: how many hands.
            by: who joins in.
        """
        row = (whom, how, hands, ", ".join(by), ws.engine.count("interactions"))
        return Records(f"{whom} bows.", ("whom", "how", "hands", "by", "interactions"), (row,))

    yield
    registry.remove(PATH)


@pytest.mark.usefixtures("applause")
def test_it_is_in_the_python_facade(bare_workspace: Path) -> None:
    with cx.open(bare_workspace) as ws:
        assert "improve" in dir(ws)
        assert "applause" in dir(ws.improve)
        assert str(inspect.signature(ws.improve.applause)).startswith("(whom: 'str', *, how:")
        assert (ws.improve.applause.__doc__ or "").startswith("Applaud somebody.")

        result = ws.improve.applause("Marta", by="Ana,Bo", hands=4)

    assert str(result) == "Marta bows."
    assert result.records() == [{"whom": "Marta", "how": "softly", "hands": 4, "by": "Ana, Bo", "interactions": 0}]


@pytest.mark.usefixtures("applause")
def test_it_is_on_the_command_line(bare_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["improve", "applause", "Marta", "--how", "loudly", "--by", "Ana", "-w", str(bare_workspace), "--csv"]

    for asked in (["improve", "applause", "--help"], words):
        with pytest.raises(SystemExit) as ended:
            command_line()(asked, prog_name="cxloop")
        assert ended.value.code == 0
    written = capsys.readouterr().out

    assert "Applaud somebody." in written
    assert "who is applauded." in written
    assert written.endswith("whom,how,hands,by,interactions\nMarta,loudly,2,Ana,0\n")


@pytest.mark.usefixtures("applause")
def test_it_is_in_the_json_api_and_its_description(bare_workspace: Path) -> None:
    connection = connect(bare_workspace)
    app = FastAPI()
    app.include_router(build(parts.load(), connection.host, lambda _request: Actor(None, "Ana", "analyst")))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.post("/api/improve/applause", json={"whom": "Marta"}, headers={"x-cxloop": "1"})

    answered = asyncio.run(ask())
    connection.close()

    described = app.openapi()
    operation = described["paths"]["/api/improve/applause"]["post"]
    assert described["openapi"].startswith("3.1")
    assert operation["summary"] == "Applaud somebody."
    fields = described["components"]["schemas"]["ImproveApplause"]["properties"]
    assert fields["whom"]["description"] == "who is applauded."
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Records")
    assert answered.json()["cells"] == [["Marta", "softly", 2, "", 0]]


@pytest.mark.usefixtures("applause")
def test_it_is_in_the_reference_and_the_table_of_rights() -> None:
    assert "### improve.applause\n\nApplaud somebody." in reference_markdown(parts.load())
    assert "| `improve.applause` | write |  | yes | yes |  |" in rights_table(parts.load())


@pytest.mark.usefixtures("applause")
@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("analyst", 200), ("viewer", 403), (None, 401)])
def test_its_right_is_checked(role: Role | None, status: int, bare_workspace: Path) -> None:
    def actor_of(_request: object) -> Actor:
        if role is None:
            raise SignInNeededError("Nobody is signed in.")
        return Actor(None, role, role)

    connection = connect(bare_workspace)
    app = FastAPI()
    app.include_router(build(parts.load(), connection.host, actor_of))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.post("/api/improve/applause", json={"whom": "Marta"}, headers={"x-cxloop": "1"})

    answered = asyncio.run(ask())
    connection.close()

    assert answered.status_code == status


def test_it_is_gone_afterwards() -> None:
    assert PATH not in {item.path for item in parts.load()}
