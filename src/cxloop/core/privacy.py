"""Whether a question may show single persons: by names of columns that hold their words, identifiers or pseudonyms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from cxloop.core import expr
from cxloop.core.config import Experience
from cxloop.core.errors import AccessDeniedError
from cxloop.core.schema import Personal, table
from cxloop.core.verbs import Condition, Names, Verb

__all__ = ["require_no_persons"]

_PERSONAL = frozenset(column.name for column in table("interactions").columns if column.personal is not Personal.NONE)


def require_no_persons(verb: Verb, arguments: Mapping[str, Any], experience: Experience) -> None:
    """The door for who may see numbers only: a split or a condition could spell out what one person said.

    A property of the log may hold anything; one that experience.toml declares as a dimension has been found harmless.

    Args:
        verb: what is asked.
        arguments: all of them, checked.
        experience: declares the dimensions.

    Raises:
        AccessDeniedError: an argument names a column that may show a person.
        ExpressionError: a condition cannot be read.
    """
    declared = {dimension.name for dimension in experience.dimension}
    for argument, name in _named(verb, arguments):
        first = name.split(".", 1)[0]
        if first in _PERSONAL and name not in declared - _PERSONAL:
            raise AccessDeniedError(
                f"{argument} names {name!r}, which may show single persons, and your role sees numbers only. "
                "Use a dimension that experience.toml declares, or ask an owner of this workspace."
            )


def _named(verb: Verb, arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields each dimension or column that an argument names, with the argument's name."""
    for item in verb.parameters:
        given = arguments.get(item.name)
        kinds = (item.annotation, *get_args(item.annotation))
        if not given:
            continue
        if Names in kinds:
            yield from ((item.name, name) for name in given)
        elif Condition in kinds and given.strip():
            yield from ((item.name, name) for name in sorted(expr.names(expr.parse(given))))
