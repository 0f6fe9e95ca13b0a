"""Surveys to begin with, in English and German: the documents lie beside this module, one a file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from cxloop.collect.surveys.definition import Definition, read
from cxloop.core.errors import UnknownNameError

__all__ = ["names", "template"]


@cache
def names() -> tuple[str, ...]:
    """Returns the names of the templates, such as "relational_nps"."""
    return tuple(
        sorted(file.name.removesuffix(".json") for file in files(__name__).iterdir() if file.name.endswith(".json"))
    )


@cache
def template(name: str) -> Definition:
    """Returns a template by its name.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if name not in names():
        raise UnknownNameError("template", name, names())
    return read(files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
