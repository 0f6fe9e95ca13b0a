"""What the collector answers, as the two messages of ASGI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from starlette.types import Send

__all__ = ["SUCCESS", "Answer", "RefusalError", "answer", "data", "refusal", "send_answer"]

Headers = Sequence[tuple[bytes, bytes]]
JSON = (b"content-type", b"application/json")
COMMON: tuple[tuple[bytes, bytes], ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
EXPOSED = (b"access-control-expose-headers", b"retry-after")


class Answer(msgspec.Struct, frozen=True):
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes


class RefusalError(Exception):
    """Ends the work on a request with an answer that says why."""

    def __init__(self, status: int, code: str, message: str, headers: Headers = ()) -> None:
        super().__init__(code)
        self.answer = refusal(status, code, message, headers)


def answer(status: int, body: bytes, headers: Headers = (JSON,)) -> Answer:
    """Returns an answer with the headers that all have."""
    return Answer(status, (*COMMON, (b"content-length", b"%d" % len(body)), *headers), body)


def data(status: int, content: Any, headers: Headers = ()) -> Answer:
    """Returns an answer with JSON in it."""
    return answer(status, msgspec.json.encode(content), (JSON, *headers))


def refusal(status: int, code: str, message: str, headers: Headers = ()) -> Answer:
    """Returns the answer to a request that was not accepted: the one shape of all errors."""
    content = {"success": False, "code": code, "message": message}
    return data(status, content, (EXPOSED, *headers) if headers else ())


SUCCESS = data(200, {"success": True})


async def send_answer(send: Send, given: Answer) -> None:
    """Sends an answer."""
    await send({"type": "http.response.start", "status": given.status, "headers": given.headers})
    await send({"type": "http.response.body", "body": given.body})
