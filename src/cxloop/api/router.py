"""One endpoint per verb: GET with query parameters where it reads, POST with a JSON body where it changes.

A verb that reads, but is asked with long texts, takes a body as well.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from cxloop.api.errors import ErrorBody, answer
from cxloop.api.routes import route_class
from cxloop.core.errors import NotFoundError, did_you_mean
from cxloop.core.host import Actor, Host
from cxloop.core.verbs import Verb

__all__ = ["ActorOf", "build", "rest"]

ActorOf = Callable[[Request], Actor]
"""Says who asks; raises SignInNeededError where nobody is signed in."""

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorBody, "description": "Nobody is signed in, or the key is not known."},
    403: {"model": ErrorBody, "description": "The account lacks the right."},
    422: {"model": ErrorBody, "description": "A parameter cannot be used."},
    429: {"model": ErrorBody, "description": "Too many wrong keys came from there."},
}


def build(verbs: Iterable[Verb], host: Host, actor_of: ActorOf) -> APIRouter:
    """Returns the router of the JSON API, to be mounted by the app.

    Args:
        verbs: a registry, or some verbs.
        host: runs them.
        actor_of: dependency that says who asks.
    """

    def actor(request: Request) -> Actor:
        # Typed here, so that whatever callable is handed in gets the request.
        return actor_of(request)

    router = APIRouter(prefix="/api")
    for verb in verbs:
        _add(router, verb, host, actor)
    return router


def rest(verbs: Iterable[Verb]) -> APIRouter:
    """Returns what answers every other address of the API: programs get the one error body, and no page.

    Args:
        verbs: those that `build` got. Include this router after everything else that lies under /api.
    """
    methods = {f"{verb.part}/{verb.name}": verb.method for verb in verbs}
    router = APIRouter(prefix="/api")

    @router.api_route("/{path:path}", methods=_METHODS, include_in_schema=False)
    def nothing_here(path: str) -> JSONResponse:
        """Says which address or method may have been meant."""
        if path in methods:
            return JSONResponse(
                {"code": "input", "message": f"/api/{path} is asked with {methods[path]}."},
                405,
                {"allow": methods[path]},
            )
        meant = did_you_mean(path.replace("-", "_"), list(methods))
        return answer(NotFoundError(f"There is nothing at /api/{path}. {meant} /api/openapi.json describes all."))

    return router


def _add(router: APIRouter, verb: Verb, host: Host, actor_of: ActorOf) -> None:
    # The class is given per router, so each verb has one of its own.
    own = APIRouter(route_class=route_class(verb))
    own.add_api_route(
        f"/{verb.part}/{verb.name}",
        _endpoint(verb, host, actor_of),
        methods=[verb.method],
        operation_id=verb.path.replace(".", "_"),
        summary=verb.about,
        description=verb.description,
        tags=[verb.part],
        response_model=verb.result,
        responses=ERRORS,
    )
    router.include_router(own)


def _endpoint(verb: Verb, host: Host, actor_of: ActorOf) -> Callable[..., JSONResponse]:
    """Returns the handler; not async, so that it runs in a thread and may wait for the engine."""

    def endpoint(actor: Actor, given: BaseModel) -> JSONResponse:
        arguments = {name: getattr(given, name) for name in given.model_fields_set}
        result = host.run(verb.path, arguments, actor=actor)
        return JSONResponse(result.to_dict())

    def admitted(request: Request) -> Actor:
        actor = actor_of(request)
        if not actor.may(verb):
            # before the parameters are looked at; the host refuses, and writes it down
            host.run(verb.path, {}, actor=actor)
        return actor

    place = Query() if verb.method == "GET" else Body()
    parameters = {"actor": Annotated[Actor, Depends(admitted)], "given": Annotated[verb.model, place]}
    endpoint.__name__ = verb.path.replace(".", "_")
    endpoint.__annotations__ = {**parameters, "return": JSONResponse}
    endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in parameters.items()]
    )
    return endpoint
