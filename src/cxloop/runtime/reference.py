"""The reference of all verbs as Markdown, written from the registry: pages of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, get_args, get_origin

from cxloop.core.calls import flag
from cxloop.core.host import ROLES, Actor
from cxloop.core.loop import GROUP_ABOUT, GROUPS
from cxloop.core.verbs import Parameter, Verb

__all__ = ["reference_markdown", "rights_table"]


def reference_markdown(verbs: Iterable[Verb]) -> str:
    """Returns the reference: each verb with its call in Python, on the command line and over HTTP.

    Args:
        verbs: a registry, or some verbs.
    """
    known = list(verbs)
    lines = ["# Verbs", "", "Generated from the code. One definition of a verb serves every face.", ""]
    for part in GROUPS:
        of_part = [verb for verb in known if verb.part == part]
        if of_part:
            lines += [f"## {part}", "", GROUP_ABOUT[part], ""]
            lines += [line for verb in of_part for line in _section(verb)]
    return "\n".join(lines).rstrip() + "\n"


def _section(verb: Verb) -> list[str]:
    positional = [item.name.upper() for item in verb.parameters if item.positional]
    command = " ".join(["cxloop", verb.part, verb.name.replace("_", "-"), *positional])
    words = ", ".join(_signature(item) for item in verb.parameters)
    personal = " It shows data of single persons." if verb.personal else ""
    lines = [
        f"### {verb.path}",
        "",
        verb.description,
        "",
        f"* Python: `ws.{verb.path}({words})`",
        f"* Command line: `{command}`",
        f"* HTTP: `{verb.method} /api/{verb.part}/{verb.name}`",
        f"* Right: {verb.right}.{personal}",
        f"* Result: `{verb.result.__name__}`",
        "",
    ]
    if verb.parameters:
        lines += ["| parameter | option | type | default | |", "|---|---|---|---|---|"]
        lines += [_row(item) for item in verb.parameters]
        lines.append("")
    return lines


def _signature(item: Parameter) -> str:
    return item.name if item.required else f"{item.name}={item.default!r}"


def _row(item: Parameter) -> str:
    option = item.name.upper() if item.positional else flag(item.name)
    default = "required" if item.required else f"`{item.default!r}`"
    return f"| `{item.name}` | `{option}` | {_type(item.annotation)} | {default} | {_cell(item.about)} |"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _type(annotation: Any) -> str:
    """Returns a type as people read it: str | None without what only the checks need."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0])
    if isinstance(annotation, type) and not inner:
        return annotation.__name__
    text = re.sub(r"\b(?:typing|datetime|pathlib)\.", "", str(annotation))
    return _cell(text.replace("Literal", "one of "))


def rights_table(verbs: Iterable[Verb]) -> str:
    """Returns which role may run which verb, as a Markdown table."""
    roles = list(ROLES)
    lines = [
        "# Rights",
        "",
        "Generated from the code. A role with a mark may run the verb; everybody else is refused, in every face.",
        "The last column is for whoever is limited to some rows: they get the answer over their rows, what is their",
        "own, or a refusal. See [who may see what](../concepts/access.md).",
        "",
        f"| verb | right | single persons | {' | '.join(roles)} | with limits |",
        "|---" * (4 + len(roles)) + "|",
    ]
    for verb in verbs:
        marks = ["yes" if Actor(0, role, role).may(verb) else "" for role in roles]
        personal = "yes" if verb.personal else ""
        within = {"rows": "their rows", "records": "their rows", "own": "their own", "refuse": "refused"}[verb.limited]
        lines.append(f"| `{verb.path}` | {verb.right} | {personal} | {' | '.join(marks)} | {within} |")
    return "\n".join(lines) + "\n"
