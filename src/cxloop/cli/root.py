"""The root of the command line: one group per part of the loop, filled when it is used.

`cxloop --help` must be quick: it names the parts without loading any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from cxloop.core.loop import GROUP_ABOUT, PARTS, Group

__all__ = ["Root", "build"]

Commands = Callable[[Group], dict[str, Any]]


class PartGroup(TyperGroup):
    """The verbs of one part as commands."""

    def __init__(self, part: Group, commands: Commands) -> None:
        super().__init__(
            name=part,
            help=GROUP_ABOUT[part],
            no_args_is_help=True,
            rich_markup_mode=None,
        )
        self._part = part
        self._commands = commands

    def _fill(self) -> None:
        if not self.commands:
            self.commands = self._commands(self._part)

    def list_commands(self, ctx: Any) -> list[str]:
        """Returns the names of the verbs."""
        self._fill()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Returns the command of one verb."""
        self._fill()
        return super().get_command(ctx, cmd_name)


class Root(TyperGroup):
    """The root: its help shows the loop apart from what looks after the workspace.

    Help is plain text (`rich_markup_mode=None`): drawing it with rich triples the time of `cxloop --help`.
    """

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the commands in two sections."""
        del ctx  # the base class hands it over; nothing here depends on it
        groups = [item for name, item in self.commands.items() if name in PARTS]
        others = [item for name, item in self.commands.items() if name not in PARTS]
        for heading, items in (("The loop", groups), ("The workspace", others)):
            rows = [(item.name or "", item.get_short_help_str(limit=100)) for item in items]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


def build(app: typer.Typer, parts: list[Group], commands: Commands) -> TyperGroup:
    """Returns the command line.

    Args:
        app: the commands that are not verbs: init, demo, serve, doctor.
        parts: the parts that have verbs.
        commands: gives the commands of one part, by name.
    """
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    for part in parts:
        root.add_command(PartGroup(part, commands), part)
    return root
