"""Errors that a person can act on: each says the value, what is allowed and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

from cxloop.core.patterns import IN_WORDS

__all__ = [
    "AccessDeniedError",
    "CxloopError",
    "EngineError",
    "InputError",
    "InternalError",
    "Mistake",
    "MistakesError",
    "NotFoundError",
    "SignInNeededError",
    "UnknownNameError",
    "WorkspaceError",
    "did_you_mean",
    "what_is_wrong",
]


_LONGEST_SHOWN = 100
"""Letters of a wrong value that a message repeats."""


class CxloopError(Exception):
    """Base of every error raised on purpose; `code` is stable and machine-readable."""

    code = "error"
    by_code: ClassVar[dict[str, type[CxloopError]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # One that shares its parent's code travels as its parent.
        if "code" in cls.__dict__:
            CxloopError.by_code[cls.code] = cls

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def to_dict(self) -> dict[str, object]:
        """Returns the one error body that the API, the socket and `--json` share."""
        return {"code": self.code, "message": self.message}

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> CxloopError:
        """Returns the error that `to_dict` gave, of its own class where this version knows it."""
        kind = CxloopError.by_code.get(str(body.get("code")), CxloopError)
        failure = kind.__new__(kind)
        # Subclasses compose their message from parts; here the message is already whole.
        CxloopError.__init__(failure, str(body.get("message")))
        if isinstance(failure, MistakesError):
            failure.source = str(body.get("source", ""))
            failure.mistakes = tuple(Mistake(item["where"], item["message"]) for item in body.get("mistakes", ()))
        return failure


class InputError(CxloopError, ValueError):
    """A value that cannot be used: names the value, what is allowed and what to do."""

    code = "input"


class UnknownNameError(InputError):
    """A name nothing is known by; suggests the nearest one."""

    code = "unknown_name"

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f"Unknown {kind} {name!r}. {did_you_mean(name, names)}")


class NotFoundError(CxloopError, LookupError):
    """The object does not exist, or may not be seen by whoever asks (deliberately the same answer)."""

    code = "not_found"


class AccessDeniedError(CxloopError, PermissionError):
    """The account lacks the right; says which."""

    code = "access_denied"


class SignInNeededError(AccessDeniedError):
    """Nobody is signed in; says how to."""

    code = "sign_in_needed"


class WorkspaceError(CxloopError, RuntimeError):
    """The workspace cannot be opened or used; says why and what to do."""

    code = "workspace"


class InternalError(CxloopError, RuntimeError):
    """Something broke that nobody foresaw; says where the details are."""

    code = "internal"


class EngineError(CxloopError, RuntimeError):
    """A query failed in the engine; carries the query's name and its SQL."""

    code = "engine"


class Mistake:
    """One mistake in a configuration file: where it is and what is wrong with it."""

    __slots__ = ("message", "where")

    def __init__(self, where: str, message: str) -> None:
        self.where = where
        self.message = message

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"

    def __repr__(self) -> str:
        return f"Mistake({self.where!r}, {self.message!r})"


class MistakesError(InputError):
    """All mistakes of one file, shown together."""

    code = "mistakes"

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        head = f"{source} has {count} {'mistake' if count == 1 else 'mistakes'}:"
        super().__init__("\n".join([head, *(f"  - {mistake}" for mistake in self.mistakes)]))

    def to_dict(self) -> dict[str, object]:
        """Returns the error body with each mistake apart."""
        mistakes = [{"where": mistake.where, "message": mistake.message} for mistake in self.mistakes]
        return {**super().to_dict(), "source": self.source, "mistakes": mistakes}


def did_you_mean(name: str, known: Sequence[str], *, most: int = 12) -> str:
    """Returns a sentence with the nearest known name, or with what there is to choose from.

    Example:
        >>> did_you_mean("chanel", ["channel", "brand"])
        'Did you mean "channel"?'
        >>> did_you_mean("x", ["channel", "brand"])
        'Known: channel, brand.'
    """
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f'Did you mean "{near[0]}"?'
    if not known:
        return "There is none yet."
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return f"Known: {', '.join(known[:most])}{more}."


def what_is_wrong(error: Mapping[str, Any]) -> str:
    """Returns one mistake that pydantic found in words: what should be there, and what was given, cut where it is long.

    Example:
        >>> what_is_wrong({"type": "missing", "msg": "Field required", "input": {"a": 1}})
        'It is needed, and was not given.'
        >>> what_is_wrong({"type": "int_parsing", "msg": "Input should be a valid integer, unable ...", "input": "x"})
        "'x' is no whole number."
    """
    given = repr(error.get("input"))
    shown = given if len(given) <= _LONGEST_SHOWN else f"{given[:_LONGEST_SHOWN]}..."
    match error["type"]:
        case "missing":
            return "It is needed, and was not given."
        case "int_parsing" | "int_from_float" | "int_type":
            return f"{shown} is no whole number."
        case "float_parsing" | "float_type":
            return f"{shown} is no number."
        case "string_pattern_mismatch" if error["ctx"]["pattern"] in IN_WORDS:
            return f"{shown} cannot be used. Give {IN_WORDS[error['ctx']['pattern']]}."
        case _:
            return f"{error['msg']} (got {shown})"
