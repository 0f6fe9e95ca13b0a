"""Every query of the package, found where it is defined."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

import pytest

import cxloop
from cxloop.engine.query import Query


def all_queries() -> list[Query]:
    """Returns every query that stands in a module of the package, each once; also those that stand in a mapping."""
    root = Path(next(iter(cxloop.__path__)))
    found: dict[int, Query] = {}
    for file in sorted(root.rglob("*.py")):
        if "Query(" not in file.read_text(encoding="utf-8"):
            continue
        name = ".".join(["cxloop", *file.relative_to(root).with_suffix("").parts])
        for value in vars(importlib.import_module(name.removesuffix(".__init__"))).values():
            for query in value.values() if isinstance(value, Mapping) else (value,):
                if isinstance(query, Query):
                    found.setdefault(id(query), query)
    return sorted(found.values(), key=lambda query: query.name)


QUERIES = all_queries()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hands each query to the tests that ask for one."""
    if "query" in metafunc.fixturenames:
        metafunc.parametrize("query", QUERIES, ids=lambda query: query.name)


@pytest.fixture(scope="session")
def queries() -> list[Query]:
    """Every query of the package."""
    return QUERIES
