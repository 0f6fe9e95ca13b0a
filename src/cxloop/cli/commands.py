"""From a verb to a command: its positional parameters are arguments, its keyword-only ones are options."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

import typer
from typer.main import get_command_from_info
from typer.models import CommandInfo

from cxloop.cli import output, progress
from cxloop.cli.failure import told
from cxloop.cli.options import CsvOption, JsonOption, WorkspaceOption
from cxloop.core.calls import flag
from cxloop.core.host import LOCAL, Host
from cxloop.core.verbs import Parameter, Verb

__all__ = ["Connect", "command", "shape"]

Connect: TypeAlias = Callable[[Path | None], AbstractContextManager[Host]]
"""Opens the workspace at a path, or the nearest one, for the time of one command."""

COMMON = ("workspace_", "json_", "csv_")
METAVARS = {str: "TEXT", Path: "PATH", int: "NUMBER", float: "NUMBER"}
AS_TEXT = (date, datetime)
"""Types that the verb's own check reads from text, with messages that say more than the command line could."""


def command(verb: Verb, connect: Connect) -> Any:
    """Returns the command of a verb.

    Args:
        verb: the verb.
        connect: opens the workspace.
    """

    def run(**given: Any) -> None:
        path, as_json, as_csv = (given.pop(name) for name in COMMON)
        with told(as_json=as_json):
            form = output.chosen(as_json=as_json, as_csv=as_csv)
            arguments = {name: value for name, value in given.items() if value is not None and value != []}
            with connect(path) as host, progress.shown(verb.about) as moves:
                result = host.run(verb.path, arguments, actor=LOCAL, progress=moves)
        output.write(result, form)

    parameters = [*(_option(item) for item in verb.parameters), *_common()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in parameters}
    info = CommandInfo(name=verb.name.replace("_", "-"), callback=run, help=verb.description, short_help=verb.about)
    return get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)


def _common() -> list[inspect.Parameter]:
    kinds = zip(COMMON, (WorkspaceOption, JsonOption, CsvOption), (None, False, False), strict=True)
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, kind, default in kinds
    ]


def _option(item: Parameter) -> inspect.Parameter:
    kind, several = shape(item.annotation)
    if kind is bool:
        names = [flag(item.name)] if item.default is False else [f"{flag(item.name)}/{flag('no_' + item.name)}"]
        annotation: Any = Annotated[bool, typer.Option(*names, help=item.about, show_default=False)]
        return inspect.Parameter(item.name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=item.default)
    wanted: Any = list[kind] if several else kind  # type: ignore[valid-type]
    if item.positional:
        info: Any = typer.Argument(help=_about(item, several), show_default=False, metavar=item.name.upper())
    else:
        info = typer.Option(flag(item.name), help=_about(item, several), show_default=False, **_choices(kind))
    if get_origin(kind) is Literal or kind in (int, float):
        wanted = list[str] if several else str  # the verb's own check names the value, and says which are allowed
    annotation = Annotated[wanted if item.required else wanted | None, info]
    default = inspect.Parameter.empty if item.required else None
    return inspect.Parameter(item.name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _choices(kind: Any) -> dict[str, Any]:
    """Returns how an option shows what may be given, and how the shell completes it."""
    if get_origin(kind) is not Literal:
        return {"metavar": METAVARS[kind]}
    allowed = [str(choice) for choice in get_args(kind)]
    return {
        "metavar": "|".join(allowed),
        "autocompletion": lambda incomplete: [choice for choice in allowed if choice.startswith(incomplete)],
    }


def _about(item: Parameter, several: bool) -> str:
    """Returns the help of a parameter, with its default and with how to give several values."""
    repeat = []
    if several and not item.positional:
        repeat = ["Repeat it, or use commas."] if shape(item.annotation)[0] is str else ["Repeat it for several."]
    default = [] if item.default in (..., None, (), "") else [f"By default {item.default}."]
    return " ".join([item.about, *repeat, *default])


def shape(annotation: Any) -> tuple[Any, bool]:
    """Returns the type of one value of a parameter on the command line, and whether several may be given.

    Raises:
        TypeError: the command line has no way to write such a value; the verb needs a simpler parameter.

    Example:
        >>> shape(tuple[str, ...] | None), shape(float)
        ((<class 'str'>, True), (<class 'float'>, False))
    """
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape(inner[0])
    if origin in (Union, types.UnionType):
        shapes = [shape(option) for option in inner if option is not type(None)]
        return shapes[0] if len(shapes) == 1 else (str, any(several for _, several in shapes))
    if origin in (tuple, list):
        return shape(inner[0])[0], True
    if origin is Literal or annotation in (bool, int, float, str, Path):
        return annotation, False
    if annotation in AS_TEXT:
        return str, False
    raise TypeError(f"A parameter of type {annotation} has no form on the command line.")
