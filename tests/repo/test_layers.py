"""The layers of the architecture, checked over the imports. ARCHITECTURE.md says them in words."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PARTS = ("collect", "unify", "measure", "understand", "anticipate", "act", "improve")
QUIET = {"measure", "understand", "anticipate"}
FACES = ("cli", "api", "web", "mcp")
BASE = {"core", "stats", "charts", "engine"}
MAY: dict[str, set[str]] = {
    **{layer: {"core"} for layer in ("core", "stats", "charts", "engine", "adapters", "simulate")},
    "store": {"core", "engine"},
    "outreach": {"core", "store"},
    "admin": {"core", "engine", "store"},
    "definitions": {*BASE, "store", "outreach", *PARTS},
    "runtime": {*BASE, "store", "outreach", "admin", "definitions", *PARTS},
    **{face: {"core", "charts"} for face in FACES},
    **{part: {*BASE, *PARTS[:at], *(() if part in QUIET else ("store", "outreach"))} for at, part in enumerate(PARTS)},
}
"""Which other folder each may import; entry points may import everything, and nothing imports those. Rules 1 to 4."""
OWNERS: dict[str, tuple[str, ...]] = {
    "duckdb": ("engine/duckdb",),
    "sklearn": ("measure/whole_base/scikit",),
    "threadpoolctl": ("measure/whole_base",),
    "pyspark": ("engine/spark",),
    **dict.fromkeys(("fastapi", "starlette", "granian", "uvicorn"), ("api", "web", "collect/http", "entry")),
    "sqlalchemy": ("store", "collect/connectors/sql"),
    "alembic": ("store",),
    "dlt": ("collect/connectors",),
    "dbos": ("runtime",),
    "splink": ("unify/matching", "engine/duckdb"),
    **dict.fromkeys(("altair", "vl_convert"), ("charts",)),
    **dict.fromkeys(("requests", "httpx", "aiohttp", "boto3"), ("adapters", "outreach/channels", "collect/connectors")),
    **dict.fromkeys(("typer", "rich", "click"), ("cli", "entry")),
}
"""The only folders that may import a library. Rule 5."""
PURE = {"core": {"pydantic"}, "stats": {"pydantic", "numpy", "scipy"}}
SHOWN = ("altair", "pandas", "polars", "pyarrow", "cxloop.charts")
"""What core/results.py may import inside its methods, and no other file of core at all: docs/decisions/0001."""
RESTLESS = {"socket", "urllib", "http", "ssl", "random", "secrets", "subprocess"}
NOW = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "os.environ", "os.getenv", "default_rng()")


def imports(tree: ast.AST, late: bool = False) -> Iterator[tuple[int, str, bool]]:
    """Yields line, dotted name, and whether the import happens only when a function runs or types are checked."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{'.' * node.level}{node.module}.{alias.name}", late) for alias in node.names)
        else:
            typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
            yield from imports(node, late or typing or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def broken(where: str, name: str, late: bool) -> str | None:
    """The rule that an import breaks, or None."""
    folder, (top, *steps) = where.split("/")[0], name.split(".")
    if where == "core/results.py" and late and name.startswith(SHOWN):
        return None
    if top == "" or (name in ("cxloop", "importlib", "importlib.import_module") and folder != "runtime"):
        return "an import says the whole name, so that its layer can be seen"
    if top == "cxloop":
        shape_of_results = folder in FACES and steps[0] in (*PARTS, "admin") and steps[1] == "results"
        if steps[0] not in (folder, "_version", *MAY.get(folder, steps)) and not shape_of_results:
            return f"{folder} may import {', '.join(sorted(MAY[folder]))}"
        if steps[0] in PARTS and steps[0] != folder and any(step.startswith("_") for step in steps):
            return "a part imports only the public names of another"
    if top in OWNERS and not where.startswith(tuple(f"{owner}/" for owner in OWNERS[top])):
        return f"{top} appears only in {', '.join(OWNERS[top])}"
    if folder in PURE and top not in {"cxloop", *sys.stdlib_module_names, *PURE[folder]}:
        return f"{folder} imports the standard library and {', '.join(sorted(PURE[folder]))}"
    return "quiet parts have no network and no chance" if folder in QUIET and top in RESTLESS else None


def offences(where: str, tree: ast.AST) -> Iterator[str]:
    for line, name, late in imports(tree):
        if (rule := broken(where, name, late)) is not None:
            yield f"{where}:{line} imports {name}: {rule}"
    for node in ast.walk(tree) if where.split("/")[0] in QUIET else ():
        if isinstance(node, ast.Attribute | ast.Call) and (used := ast.unparse(node)).endswith(NOW):
            yield f"{where}:{node.lineno} uses {used}: quiet parts get `as_of` and a seed"


def test_every_import_respects_the_layers(sources: dict[str, Path]) -> None:
    found = [each for where, path in sources.items() for each in offences(where, ast.parse(path.read_text()))]

    assert not found, "\n" + "\n".join(found)


OFFENDERS = """core/results.py: import pandas | core/a.py: import numpy | stats/a.py: import pyarrow
 | engine/a.py: import duckdb | measure/a.py: from cxloop.store import accounts | unify/a.py: import fastapi
 | measure/a.py: from cxloop.act import verbs | act/a.py: from cxloop.measure import _nps | measure/a.py: import random
 | measure/a.py: dt.datetime.now(UTC) | measure/a.py: np.random.default_rng() | web/a.py: from cxloop.store import base
 | act/a.py: from cxloop.runtime import host | act/a.py: from cxloop.simulate import company | act/a.py: import httpx
 | web/a.py: from ..store import base | unify/a.py: import cxloop | act/a.py: from importlib import import_module"""


@pytest.mark.parametrize("offender", OFFENDERS.split(" | "))
def test_each_rule_finds_its_offender(offender: str) -> None:
    where, line = offender.strip().split(": ")
    assert len(list(offences(where, ast.parse(line)))) == 1
