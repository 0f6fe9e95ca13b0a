"""The systems that can be connected, found by their folders: nothing lists them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from pkgutil import resolve_name

from cxloop.collect.connectors.base import Connector
from cxloop.core.errors import UnknownNameError

__all__ = ["connector", "ready_mapping", "systems"]

FOLDER = Path(__file__).parent
DESCRIPTION = "connector.py"


@cache
def systems() -> tuple[str, ...]:
    """Returns the names of the systems that can be connected."""
    return tuple(sorted(folder.name for folder in FOLDER.iterdir() if (folder / DESCRIPTION).is_file()))


@cache
def connector(system: str) -> Connector:
    """Returns the description of a system; raises UnknownNameError with the nearest name."""
    if system not in systems():
        raise UnknownNameError("system", system, systems())
    # the name begins with this very package: the layers stay what the imports say
    found = resolve_name(f"cxloop.collect.connectors.{system}.connector:CONNECTOR")
    assert isinstance(found, Connector)
    return found


def ready_mapping(system: str) -> str | None:
    """Returns the mapping that comes with a connector, if one does."""
    if not connector(system).mapped:
        return None
    return (package_files("cxloop") / "collect" / "connectors" / system / "mapping.toml").read_text("utf-8")
