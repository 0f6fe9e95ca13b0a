"""The reference page of the systems that can be connected, written from their descriptions."""

from __future__ import annotations

from collections.abc import Iterator

from cxloop.collect.connectors.forms import Field, fields
from cxloop.collect.connectors.systems import connector, systems

__all__ = ["systems_reference"]


def systems_reference() -> str:
    """Returns every system with its settings, as Markdown without a title."""
    return "\n".join(line for system in systems() for line in _section(system)).rstrip() + "\n"


def _section(system: str) -> Iterator[str]:
    found = connector(system)
    how = "It is pulled on a schedule." if found.pulls else "It sends by itself."
    mapping = "A mapping comes with it." if found.mapped else "It needs a mapping: `--suggest` writes a first one."
    yield f"## {system}: {found.title}"
    yield ""
    yield f"{found.about} {how} {mapping}"
    yield ""
    yield "| setting | label | kind | default | |"
    yield "|---|---|---|---|---|"
    for field in fields(found):
        yield f"| `{field.name}` | {field.label} | {_kind(field)} | {_default(field)} | {_cell(field.about)} |"
    yield ""


def _kind(field: Field) -> str:
    return ", ".join(f"`{choice}`" for choice in field.choices) if field.choices else field.kind


def _default(field: Field) -> str:
    if field.required:
        return "required"
    if field.default in (None, "", []):
        return ""
    shown = ", ".join(map(str, field.default)) if isinstance(field.default, list) else str(field.default)
    return f"`{shown.lower() if isinstance(field.default, bool) else shown}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
