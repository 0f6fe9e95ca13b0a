"""Where the files are that a call names: the caller's folder, or the inbox of the workspace.

A name without folder and suffix that is no file there may be the name of something ready, such as the mapping olist;
it is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxloop.core.errors import AccessDeniedError

__all__ = ["absolute", "from_inbox"]

_READY = re.compile(r"\w+(?:-\w+)*")
"""No dot and no slash: such a name cannot lead anywhere."""


def absolute(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments with their files found from this process's folder: the server works in another one."""
    return {name: value if _is_ready_name(value, Path.cwd()) else _whole(value) for name, value in arguments.items()}


def _whole(value: object) -> object:
    return value.expanduser().absolute() if isinstance(value, Path) else value


def from_inbox(inbox: Path, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments with their files found in the inbox: no account reads other files of the machine.

    Raises:
        AccessDeniedError: a file is outside of it.
    """
    found = dict(arguments)
    for name, value in arguments.items():
        if not isinstance(value, Path) or _is_ready_name(value, inbox):
            continue
        found[name] = (inbox / value).resolve()
        if not found[name].is_relative_to(inbox.resolve()):
            raise AccessDeniedError(
                f"{name}: {str(value)!r} is outside of the workspace's inbox. Put the file into {inbox}, "
                "or run the command on the machine itself."
            )
    return found


def _is_ready_name(value: object, folder: Path) -> bool:
    return isinstance(value, Path) and bool(_READY.fullmatch(str(value))) and not (folder / value).exists()
