"""Errors: one body in every face, and back again."""

from __future__ import annotations

import json

import pytest

from cxloop.core.errors import (
    AccessDeniedError,
    CxloopError,
    EngineError,
    InputError,
    InternalError,
    Mistake,
    MistakesError,
    NotFoundError,
    SignInNeededError,
    UnknownNameError,
    WorkspaceError,
    did_you_mean,
)

SIMPLE = [
    AccessDeniedError,
    EngineError,
    InputError,
    InternalError,
    NotFoundError,
    SignInNeededError,
    WorkspaceError,
]


@pytest.mark.parametrize("kind", SIMPLE)
def test_an_error_survives_the_way_through_json(kind: type[CxloopError]) -> None:
    body = json.loads(json.dumps(kind("The cellar is flooded.").to_dict()))

    back = CxloopError.from_dict(body)

    assert type(back) is kind
    assert str(back) == "The cellar is flooded."
    assert back.to_dict() == body


def test_an_unknown_name_keeps_its_suggestion_through_json() -> None:
    back = CxloopError.from_dict(UnknownNameError("dimension", "chanel", ["channel", "brand"]).to_dict())

    assert isinstance(back, UnknownNameError)
    assert back.message == "Unknown dimension 'chanel'. Did you mean \"channel\"?"


def test_mistakes_stay_apart_through_json() -> None:
    failure = MistakesError("cxloop.toml", [Mistake("company.name", "is empty"), Mistake("measure", "is odd")])

    back = CxloopError.from_dict(json.loads(json.dumps(failure.to_dict())))

    assert isinstance(back, MistakesError)
    assert back.source == "cxloop.toml"
    assert [str(mistake) for mistake in back.mistakes] == ["company.name: is empty", "measure: is odd"]
    assert str(back) == str(failure)


def test_an_error_of_a_newer_version_is_still_an_error() -> None:
    back = CxloopError.from_dict({"code": "from_the_future", "message": "Something new."})

    assert type(back) is CxloopError
    assert str(back) == "Something new."


def test_an_error_without_a_code_of_its_own_travels_as_its_parent() -> None:
    class BlueInputError(InputError):
        """Still an input error."""

    assert type(CxloopError.from_dict(BlueInputError("Too blue.").to_dict())) is InputError


@pytest.mark.parametrize(
    ("kind", "natural"),
    [
        (InputError, ValueError),
        (NotFoundError, LookupError),
        (AccessDeniedError, PermissionError),
        (WorkspaceError, RuntimeError),
    ],
)
def test_each_error_is_also_the_natural_builtin(kind: type[CxloopError], natural: type[Exception]) -> None:
    assert issubclass(kind, natural)


def test_a_name_without_a_neighbour_is_answered_with_what_there_is() -> None:
    assert (
        did_you_mean("zzz", [f"name{i:02}" for i in range(14)], most=3) == "Known: name00, name01, name02 and 11 more."
    )
    assert did_you_mean("zzz", []) == "There is none yet."
