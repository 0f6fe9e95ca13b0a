"""The options that every command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["CsvOption", "JsonOption", "WorkspaceOption"]

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="Folder of the workspace. By default $CXLOOP_WORKSPACE or the nearest parent folder that is one.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write the result as JSON.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Write the rows as CSV.")]
