"""A setting that nothing reads promises something that does not happen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from cxloop.core.config import Settings

HOME = "core/config.py"


def names(model: type[BaseModel]) -> Iterator[str]:
    """The settings of a model, those of its tables included."""
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from names(type(field.default))
        else:
            yield name


def read_as(name: str, home: Path) -> Iterator[str]:
    """The names a setting is read by: its own, and those of properties beside it that are made from it."""
    yield name
    for node in ast.walk(ast.parse(home.read_text())):
        if isinstance(node, ast.FunctionDef) and "property" in map(ast.unparse, node.decorator_list):
            yield from {node.name for part in ast.walk(node) if ast.unparse(part) == f"self.{name}"}


@pytest.mark.parametrize("name", sorted(set(names(Settings))))
def test_every_setting_is_read_somewhere(name: str, sources: dict[str, Path]) -> None:
    reads = re.compile(rf"\.({'|'.join(read_as(name, sources[HOME]))})\b")

    assert [where for where, path in sources.items() if where != HOME and reads.search(path.read_text())]
