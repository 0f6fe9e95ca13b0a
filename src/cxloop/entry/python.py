"""`import cxloop as cx`: a workspace whose members are the verbs, `ws.measure.nps(by="channel")`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from cxloop.cli import progress
from cxloop.core.config import Experience, Settings
from cxloop.core.errors import UnknownNameError
from cxloop.core.host import LOCAL
from cxloop.core.loop import GROUP_ABOUT, Group
from cxloop.core.results import Result
from cxloop.core.verbs import Verb
from cxloop.runtime import folder, parts
from cxloop.runtime.connect import Connection, connect

if TYPE_CHECKING:
    from cxloop.engine.spark.session import Session

__all__ = ["Handle", "create_handle", "open_handle"]


def open_handle(path: str | Path | None, spark: Session | None = None) -> Handle:
    """Opens a workspace; see `cxloop.open`."""
    connection = connect(path, spark)
    if connection.note:
        sys.stderr.write(connection.note + "\n")
    return Handle(connection)


def create_handle(path: str | Path, *, template: str) -> Handle:
    """Creates a workspace and opens it; see `cxloop.create`."""
    return Handle(connect(folder.create(path, template).path))


class Handle:
    """An open workspace. Its members are the parts of the loop, and theirs are the verbs.

    Use it in a `with` statement, or close it; other processes wait until then.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def path(self) -> Path:
        """The folder of the workspace."""
        return self._connection.folder.path

    @property
    def settings(self) -> Settings:
        """cxloop.toml."""
        return self._connection.host.settings

    @property
    def experience(self) -> Experience:
        """experience.toml."""
        return self._connection.host.experience

    def close(self) -> None:
        """Gives the workspace up to other processes."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> PartMember:
        found = [part for part in parts.names() if part == name]
        if not found:
            raise AttributeError(str(UnknownNameError("part of the loop", name, parts.names())))
        return PartMember(self._connection, found[0])

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *parts.names()]

    def __repr__(self) -> str:
        through = " through its server" if self._connection.note else ""
        return f"<cxloop workspace {self.path}{through}: {', '.join(parts.names())}>"


class PartMember:
    """One part of the loop, such as `ws.measure`; its members are its verbs."""

    def __init__(self, connection: Connection, part: Group) -> None:
        self._connection = connection
        self._part = part
        self.__doc__ = GROUP_ABOUT[part]

    def __getattr__(self, name: str) -> Callable[..., Result]:
        if name.startswith("_"):
            raise AttributeError(name)
        for verb in parts.verbs_of(self._part):
            if verb.name == name:
                return _bound(self._connection, verb)
        known = [verb.name for verb in parts.verbs_of(self._part)]
        raise AttributeError(str(UnknownNameError(f"verb of {self._part}", name, known)))

    def __dir__(self) -> list[str]:
        return [verb.name for verb in parts.verbs_of(self._part)]

    def __repr__(self) -> str:
        verbs = "\n".join(f"  {verb.name}: {verb.about}" for verb in parts.verbs_of(self._part))
        return f"{self._part}: {GROUP_ABOUT[self._part]}\n{verbs}"


def _bound(connection: Connection, verb: Verb) -> Callable[..., Result]:
    """Returns the verb as a function without `ws`, with its own name, signature and docstring."""
    own = inspect.signature(verb.function)
    signature = own.replace(parameters=list(own.parameters.values())[1:])

    def call(*positional: Any, **named: Any) -> Result:
        try:
            arguments = _arguments(signature, positional, named)
        except TypeError as failure:
            names = ", ".join(f"{item}=" for item in signature.parameters)
            raise TypeError(f"ws.{verb.path}: {failure}. Give arguments by name: {names}") from None
        with progress.shown(verb.about) as moves:
            return connection.host.run(verb.path, arguments, actor=LOCAL, progress=moves)

    call.__name__ = verb.name
    call.__qualname__ = verb.path
    call.__doc__ = verb.function.__doc__
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _arguments(signature: inspect.Signature, positional: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """Returns all arguments by name; unknown names are left to the verb's own check, which suggests the right one."""
    known = {name: value for name, value in named.items() if name in signature.parameters}
    bound = signature.bind_partial(*positional, **known)
    return {**named, **bound.arguments}
