"""One error body for all endpoints, and the status that goes with each kind of error."""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from cxloop.core.accounts import ThrottledError
from cxloop.core.errors import (
    AccessDeniedError,
    CxloopError,
    InputError,
    Mistake,
    MistakesError,
    NotFoundError,
    SignInNeededError,
    WorkspaceError,
    did_you_mean,
    what_is_wrong,
)
from cxloop.core.verbs import Verb

__all__ = ["ErrorBody", "TooLargeError", "answer", "from_validation"]


class TooLargeError(InputError):
    """The body is larger than allowed."""

    code = "too_large"


class MistakeBody(BaseModel):
    """One mistake: where it is, and what is wrong."""

    where: str
    message: str


class ErrorBody(BaseModel):
    """What every endpoint answers when it cannot do what it was asked."""

    code: str
    message: str
    mistakes: list[MistakeBody] | None = None


# From the special to the general: the first that fits gives the status.
STATUS: tuple[tuple[type[CxloopError], int], ...] = (
    (TooLargeError, 413),
    (ThrottledError, 429),
    (SignInNeededError, 401),
    (AccessDeniedError, 403),
    (NotFoundError, 404),
    (WorkspaceError, 503),
    (InputError, 422),
)


def answer(failure: CxloopError) -> JSONResponse:
    """Returns the response for an error raised on purpose."""
    status = next((status for kind, status in STATUS if isinstance(failure, kind)), 500)
    later = {"retry-after": str(failure.seconds)} if isinstance(failure, ThrottledError) else None
    return JSONResponse(failure.to_dict(), status, later)


def from_validation(verb: Verb, failure: RequestValidationError) -> MistakesError:
    """Returns what FastAPI's check of the parameters found, in the words of every other face."""
    known = [item.name for item in verb.parameters]
    return MistakesError(verb.path, [_mistake(error, known) for error in failure.errors()])


def _mistake(error: Any, known: list[str]) -> Mistake:
    if error["type"] == "json_invalid":
        return Mistake("(body)", f"This is no JSON: {error['ctx']['error']}.")
    where = ".".join(str(step) for step in error["loc"][1:]) or "(body)"
    if error["type"] == "extra_forbidden":
        return Mistake(where, f"Unknown argument. {did_you_mean(where, known)}")
    if where == "(body)":
        return Mistake(where, "It is no JSON object. Send one, with the header Content-Type: application/json.")
    return Mistake(where, what_is_wrong(error))
