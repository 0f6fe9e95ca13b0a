"""Where the files are that a call names: the caller's folder, or the inbox of the workspace.

A name without folder and suffix that is no file there may be the name of something ready, such as the mapping olist;
it is left as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxloop.core.errors import AccessDeniedError, InputError

__all__ = ["absolute", "from_inbox"]

LONGEST_SHOWN = 200
_READY = re.compile(r"\w+(?:-\w+)*")
"""No dot and no slash: such a name cannot lead anywhere."""


def absolute(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments with their files found from this process's folder: the server works in another one."""
    return {name: value if _is_ready_name(value, Path.cwd()) else _whole(value) for name, value in arguments.items()}


def _whole(value: object) -> object:
    return value.expanduser().absolute() if isinstance(value, Path) else value


def from_inbox(inbox: Path, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments with their files found in the inbox: no account reads other files of the machine.

    A folder or a pattern takes only what lies in it: a link that leads out is refused, too.

    Raises:
        AccessDeniedError: a file is outside of it.
        InputError: no file can have such a name.
    """
    return {
        name: _in_inbox(inbox.resolve(), name, value) if isinstance(value, Path) else value
        for name, value in arguments.items()
    }


def _in_inbox(inbox: Path, name: str, value: Path) -> Path:
    try:
        # The folder of the process counts as well: what is left as it is would be looked for there.
        if _is_ready_name(value, inbox) and _is_ready_name(value, Path.cwd()):
            return value
        found = (inbox / value).resolve()
        found.exists()  # asks the system whether it takes the name
    except (OSError, ValueError):  # too long, or with a NUL character
        raise InputError(f"{name}: {_start(str(value))} cannot be the name of a file.") from None
    outside = str(value) if not found.is_relative_to(inbox) else _way_out(inbox, found)
    if outside is not None:
        raise AccessDeniedError(
            f"{name}: {_start(outside)} is outside of the workspace's inbox. Put the file into {inbox}, "
            "or run the command on the machine itself."
        )
    return found


def _way_out(inbox: Path, found: Path) -> str | None:
    """Returns a link that leads out of the inbox, where a folder, a pattern or a lookup beside a file may follow it."""
    around = found if found.is_dir() else found.parent if found.is_file() else inbox
    for folder, folders, files in os.walk(around):
        for entry in (Path(folder, name) for name in (*folders, *files)):
            if entry.is_symlink() and not entry.resolve().is_relative_to(inbox):
                return str(entry.relative_to(inbox))
    return None


def _start(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "...")


def _is_ready_name(value: object, folder: Path) -> bool:
    return isinstance(value, Path) and bool(_READY.fullmatch(str(value))) and not (folder / value).exists()
