"""The form of a connection: made from the settings that its system describes, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["PREFIX", "Field", "fields_of", "settings_text"]

Row: TypeAlias = Mapping[str, Any]
PREFIX = "set-"
"""What the names of the settings' inputs begin with, so that they are apart from the form's own."""


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the form; a secret never carries a value.

    Attributes:
        kind: text, number, choice, flag, list or secret.
        kept: whether a secret is kept already, so that leaving it blank leaves it as it is.
    """

    name: str
    label: str
    about: str
    kind: str
    required: bool
    value: str
    choices: tuple[str, ...] = ()
    kept: bool = False


def fields_of(
    described: Sequence[Row], given: Mapping[str, str] | None, before: Mapping[str, Any], secrets: Sequence[str]
) -> list[Field]:
    """Returns the inputs of a form.

    Args:
        described: rows of collect.systems for one system.
        given: what the person has typed, by input name; None before anything was sent.
        before: the settings of a connection that is being changed.
        secrets: names of the secrets that are kept of it.
    """
    return [_field(row, given, before, secrets) for row in described]


def _field(row: Row, given: Mapping[str, str] | None, before: Mapping[str, Any], secrets: Sequence[str]) -> Field:
    name, kind = row["setting"], row["kind"]
    kept = kind == "secret" and name in secrets
    value = "" if kind == "secret" else _typed(row, given, before)
    choices = tuple(part for part in str(row["choices"] or "").split(", ") if part)
    return Field(name, row["label"], row["about"], kind, row["required"] and not kept, value, choices, kept)


def _typed(row: Row, given: Mapping[str, str] | None, before: Mapping[str, Any]) -> str:
    """What stands in the input: what was typed, else what is kept, else the default."""
    name = row["setting"]
    if given is not None:
        return given.get(PREFIX + name, "")
    value = before.get(name, row["default"])
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def settings_text(described: Sequence[Row], given: Mapping[str, str]) -> str:
    """Returns what was typed as the JSON object that collect.connect takes.

    Example:
        >>> rows = [{"setting": "port", "kind": "number"}, {"setting": "tables", "kind": "list"}]
        >>> settings_text(rows, {"set-port": "5432", "set-tables": "orders, tickets"})
        '{"port": 5432, "tables": ["orders", "tickets"]}'
    """
    return json.dumps(
        {row["setting"]: _value(row["kind"], given.get(PREFIX + row["setting"], "")) for row in described}
    )


def _value(kind: str, text: str) -> Any:
    text = text.strip()
    if kind == "flag":
        return bool(text)
    if kind == "list":
        return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    if kind == "number" and text:
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    """A text that is no number is handed on as it is: whoever checks the settings says so with all other mistakes."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
