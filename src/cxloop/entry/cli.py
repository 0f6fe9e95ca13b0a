"""The console script `cxloop`: the verbs of all parts, and the commands that look after a workspace."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxloop.cli.root import build
from cxloop.core.loop import Group
from cxloop.entry.commands import app
from cxloop.runtime import parts

if TYPE_CHECKING:
    from typer.core import TyperGroup

    from cxloop.core.host import Host

__all__ = ["command_line", "main"]

DEBUG = "CXLOOP_DEBUG"


def main() -> None:
    """Runs the command line; an error that nobody foresaw becomes one line instead of a traceback."""
    os.umask(0o077)  # what it writes holds data of persons; the processes that it starts do the same
    try:
        command_line()(prog_name="cxloop")
    except Exception as failure:
        if os.environ.get(DEBUG):
            raise
        sys.stderr.write(
            f"Error: cxloop failed in a way that nobody foresaw ({type(failure).__name__}: {failure}).\n"
            f"Run it again with {DEBUG}=1 to see where, and please report it.\n"
        )
        sys.exit(1)


def command_line() -> TyperGroup:
    """Returns the whole command line."""
    return build(app, parts.names(), _commands)


def _commands(part: Group) -> dict[str, Any]:
    from cxloop.cli.commands import command

    commands = (command(verb, connected) for verb in parts.verbs_of(part))
    return {item.name: item for item in commands}


@contextmanager
def connected(path: Path | None) -> Iterator[Host]:
    """Opens a workspace for one command, and says so where that is through a server."""
    from cxloop.runtime.connect import connect

    connection = connect(path)
    try:
        if connection.note:
            sys.stderr.write(connection.note + "\n")
        yield connection.host
    finally:
        connection.close()
