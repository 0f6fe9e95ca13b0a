"""What a table is made of: columns with a portable type and a class of personal data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

__all__ = ["Column", "Personal", "Table", "Type"]

Type = Literal["bool", "int", "bigint", "double", "text", "timestamp", "date", "bigints", "texts", "json"]
"""Portable types: `timestamp` is UTC without zone, in microseconds; `json` a text; `texts` only of parameters."""


class Personal(StrEnum):
    """What a column says about a person, from nothing to what must be guarded most."""

    NONE = "none"
    PSEUDONYM = "pseudonym"
    IDENTIFIER = "identifier"
    FREE_TEXT = "free text"
    SENSITIVE = "sensitive"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, type, class of personal data and a sentence for the reference."""

    name: str
    type: Type
    personal: Personal
    about: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the workspace's engine; `key` columns identify a row."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Returns the column called `name`; raises KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
