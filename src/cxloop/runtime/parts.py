"""The parts that exist, and admin: found by their folder, loaded when their verbs are needed.

Verbs of a quiet part that write down what people define stand in `definitions/<part>`, beside the part.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.core.loop import GROUPS, Group

if TYPE_CHECKING:
    from cxloop.core.verbs import Registry, Verb

__all__ = ["DEFINED", "find", "has", "load", "names", "verbs_of"]


DEFINED: tuple[Group, ...] = ("measure",)
"""Quiet parts whose definitions people write down: own metrics, dashboards."""


@cache
def has(part: Group, module: str) -> bool:
    """Returns whether a part has a module of that name, without importing the part."""
    found = find_spec(f"cxloop.{part}")
    folders = found.submodule_search_locations if found is not None else None
    return any((Path(folder) / f"{module}.py").is_file() for folder in folders or ())


def names() -> list[Group]:
    """Returns the parts that have verbs, in the order of the loop, without loading any."""
    registered: set[str] = set()
    if "cxloop.core.verbs" in sys.modules:
        registered = {verb.part for verb in sys.modules["cxloop.core.verbs"].registry}
    return [part for part in GROUPS if part in registered or has(part, "verbs")]


def load(*parts: Group) -> Registry:
    """Registers the verbs of `parts`, or of all parts, and returns the registry."""
    from cxloop.core.verbs import registry

    for part in parts or GROUPS:
        if has(part, "verbs"):
            import_module(f"cxloop.{part}.verbs")
        if part in DEFINED:
            import_module(f"cxloop.definitions.{part}.verbs")
    return registry


def verbs_of(part: Group) -> list[Verb]:
    """Returns the verbs of one part, by name."""
    return load(part).of(part)


def find(path: str) -> Verb:
    """Returns the verb called `path`, such as measure.nps; raises UnknownNameError with the nearest one."""
    named = [part for part in GROUPS if part == path.partition(".")[0]]
    return load(*named).get(path)
