"""The verbs of connected systems."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from cxloop.collect.results import Connections, ConnectionSettings, Pull, Systems
from cxloop.core.errors import InputError
from cxloop.core.results import Result
from cxloop.core.verbs import verb
from cxloop.store.context import Operations

__all__ = ["connect", "connection", "connections", "disconnect", "pause", "pull", "resume", "systems"]

OptionalPath = Annotated[Path | None, BeforeValidator(lambda given: None if given == "" else given)]
"""A form that leaves a file out sends an empty text."""
Json = Annotated[
    str,
    BeforeValidator(lambda given: json.dumps(given) if isinstance(given, dict) else given),
    Field(max_length=100_000),
]
"""A JSON object: as a text, or as it is where a caller has one."""
Every = Annotated[str | None, BeforeValidator(lambda given: None if given == "" else given)]


@verb(part="collect", right="read", limited="refuse")
def systems(ws: Operations, system: str | None = None) -> Systems:  # noqa: ARG001 - each verb is given the workspace
    """The systems that can be connected; of one of them, its settings.

    Args:
        system: Which one's settings to show: name, label, help, kind (text, number, choice, flag, list or secret),
            whether it is required, default and choices.
    """
    from cxloop.collect.connectors.desk import list_systems

    return list_systems(system)


@verb(part="collect", right="read", limited="refuse")
def connections(ws: Operations) -> Connections:
    """The connected systems: last pull, how it ended, rows, next pull, and the seconds since all was well."""
    from cxloop.collect.connectors.desk import list_connections

    return list_connections(ws)


@verb(part="collect", right="admin")
def connection(ws: Operations, name: str) -> ConnectionSettings:
    """How one system is connected: its settings, its mapping, and which secrets are kept.

    Args:
        name: The connection.
    """
    from cxloop.collect.connectors.desk import settings_of

    return settings_of(ws, name)


@verb(part="collect", right="admin", personal=True, waits=True)
def connect(
    ws: Operations,
    system: str,
    name: str,
    *,
    file: OptionalPath = None,
    settings: Json = "",
    mapping: OptionalPath = None,
    mapping_text: str = "",
    every: Every = None,
    dry_run: bool = False,
    suggest: bool = False,
) -> Result:
    """Connects a system, so that its interactions are pulled on a schedule; or changes how it is connected.

    Secrets belong into the settings file, or into the environment: write env:NAME in place of one. They are kept
    encrypted, and nobody is shown them again; one that is left out of a change stays as it is.

    Args:
        system: Which system, such as sql; see collect systems.
        name: What to call it. It is the source of its interactions.
        file: Its settings as a TOML or JSON file; see collect systems SYSTEM.
        settings: Its settings as a JSON object, beside the file or in place of it.
        mapping: The mapping's file, or the name of a ready one. Without it: the one that comes with the system.
        mapping_text: The mapping itself, in place of a file.
        every: How often it is pulled, such as 15m, 1h or 1d. By default 1h.
        dry_run: Read the first rows, show what would come of them, and keep nothing.
        suggest: Write a mapping from a look at the first rows, and keep nothing.
    """
    from cxloop.collect.connectors import desk

    if suggest and dry_run:
        raise InputError("suggest writes a new mapping; it does not go with dry_run. Leave one of them out.")
    wanted = desk.Wanted(
        ws,
        system,
        name,
        file=file,
        settings=settings,
        mapping=mapping,
        text=mapping_text,
        every=every,
        needs_mapping=not (dry_run or suggest),
    )
    return desk.attempt(ws, wanted, suggest=suggest) if dry_run or suggest else desk.connect(ws, wanted)


@verb(part="collect", right="write", personal=True, waits=True)
def pull(ws: Operations, name: str, *, leave_out: bool = False) -> Pull:
    """Pulls a connected system now, whether or not it is due.

    It goes on where the last pull stopped. What was read twice is in the log once.

    Args:
        name: The connection.
        leave_out: Leave out for good what waits and cannot be read.
    """
    from cxloop.collect.connectors.pulls import pull as pull_now

    return pull_now(ws, name, leave_out=leave_out)


@verb(part="collect", right="write", waits=True)
def pause(ws: Operations, name: str) -> Connections:
    """Stops pulling a connected system until it is resumed.

    Args:
        name: The connection.
    """
    from cxloop.collect.connectors import desk

    return desk.pause(ws, name)


@verb(part="collect", right="write", waits=True)
def resume(ws: Operations, name: str) -> Connections:
    """Goes on pulling a connected system that was paused, beginning now.

    Args:
        name: The connection.
    """
    from cxloop.collect.connectors import desk

    return desk.resume(ws, name)


@verb(part="collect", right="admin", waits=True)
def disconnect(ws: Operations, name: str) -> Connections:
    """Removes a connection and its secrets; its interactions stay in the log.

    Args:
        name: The connection.
    """
    from cxloop.collect.connectors import desk

    return desk.disconnect(ws, name)
