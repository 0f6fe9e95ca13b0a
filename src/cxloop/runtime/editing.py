"""Changing a setting in cxloop.toml, and leaving everything else in it as somebody has written it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from cxloop.runtime.folder import Folder

__all__ = ["change_setting"]


def change_setting(folder: Folder, section: str, values: Mapping[str, Any]) -> None:
    """Writes values into a section of a workspace's settings; the file is whole at every moment.

    Args:
        folder: of the workspace.
        section: such as `engine`; made where there is none.
        values: by name; None takes a name out.
    """
    import tomlkit

    document = tomlkit.parse(folder.settings.read_text(encoding="utf-8"))
    table = document.setdefault(section, tomlkit.table())
    for name, value in values.items():
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
    partial = folder.settings.with_suffix(".toml.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(tomlkit.dumps(document))
        file.flush()
        os.fsync(file.fileno())
    partial.chmod(folder.settings.stat().st_mode & 0o777)
    partial.replace(folder.settings)
