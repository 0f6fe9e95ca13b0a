"""A route that bounds the body, refuses forged requests and answers every error with the one body."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from cxloop.api.errors import TooLargeError, answer, from_validation
from cxloop.core.errors import AccessDeniedError, CxloopError, Mistake, MistakesError
from cxloop.core.verbs import Verb

__all__ = ["GUARD_HEADER", "MOST_BODY_BYTES", "route_class"]

MOST_BODY_BYTES = 1_000_000
GUARD_HEADER = "x-cxloop"
"""A page of another site cannot send it without being asked first by the browser, which then says no."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def route_class(verb: Verb) -> type[APIRoute]:
    """Returns the route class of one verb."""

    class VerbRoute(APIRoute):
        """Answers one verb."""

        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    _refuse_forged(request)
                    return await handle(Request(request.scope, _bounded(request)))
                except RequestValidationError as failure:
                    return answer(from_validation(verb, failure))
                except HTTPException as failure:
                    return answer(_unread(verb, failure))
                except CxloopError as failure:
                    return answer(failure)

            return guarded

    return VerbRoute


def _unread(verb: Verb, failure: HTTPException) -> CxloopError:
    """Returns why the framework could not read a body: what `receive` said, or that it is no text."""
    if isinstance(failure.__cause__, CxloopError):
        return failure.__cause__
    return MistakesError(verb.path, [Mistake("(body)", "It cannot be read. Send a JSON object in UTF-8.")])


def _refuse_forged(request: Request) -> None:
    if request.method != "POST" or "authorization" in request.headers:
        return  # no page of another site can add a key to a request
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise AccessDeniedError(
            "This request comes from another site. Changes are taken from the app's own pages only."
        )
    if GUARD_HEADER not in request.headers:
        raise AccessDeniedError(f"A request that changes something needs the header {GUARD_HEADER}: 1.")


def _bounded(request: Request) -> Receive:
    """Returns a `receive` that gives up on a body over the limit, whatever length it announced."""
    _check_size(int(request.headers.get("content-length") or 0))
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        _check_size(seen)
        return message

    return receive


def _check_size(size: int) -> None:
    if size > MOST_BODY_BYTES:
        raise TooLargeError(
            f"The body has more than {MOST_BODY_BYTES:,} bytes. Put larger files into the workspace's inbox."
        )
