"""Only the engine runs SQL, and nowhere does text become SQL."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

RUNS = {"execute", "executemany", "executescript", "sql_query", "read_csv", "read_parquet", "from_arrow"}
BUILDS = {"parse_one", "parse", "maybe_parse", "condition", "select", "transpile"}
PARSES = {"parse_one", "maybe_parse", "transpile"}
"""Those whose name alone says what they do, however they were imported."""
STATEMENT = re.compile(
    r"^\s*(select|insert into|update|delete from|create|drop|alter|with \w+ as|copy)\s", re.IGNORECASE
)
DOORS = ("engine/duckdb/", "engine/spark/", "store/", "collect/spool/", "collect/connectors/sql/")
"""store holds the operational records, connectors/sql reads the databases of others: SQLAlchemy builds their
statements. The spool has a file of its own, which
nothing else may lock, and microseconds for a request."""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> tuple[str, str]:
    """The object and the name of `object.name(...)`."""
    if isinstance(call.func, ast.Attribute):
        holder = call.func.value
        return (holder.id if isinstance(holder, ast.Name) else "", call.func.attr)
    return ("", call.func.id if isinstance(call.func, ast.Name) else "")


def is_constant(value: ast.expr) -> bool:
    """Whether a hole of an f-text holds a constant of the module, which is written in the code as SQL itself."""
    return isinstance(value, ast.Constant) or (
        isinstance(value, ast.FormattedValue) and isinstance(value.value, ast.Name) and value.value.id.isupper()
    )


def joined_statements(tree: ast.AST) -> Iterator[ast.expr]:
    """Texts that look like SQL and have values put into them."""
    for node in ast.walk(tree):
        head: object = None
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            head = None if all(map(is_constant, node.values)) else node.values[0].value
        elif (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Mod | ast.Add)
            and isinstance(node.left, ast.Constant)
        ):
            head = node.left.value
        elif isinstance(node, ast.Call) and called(node)[1] == "format" and isinstance(node.func, ast.Attribute):
            head = node.func.value.value if isinstance(node.func.value, ast.Constant) else None
        if isinstance(head, str) and STATEMENT.match(head) and isinstance(node, ast.expr):
            yield node


def offences(where: str, tree: ast.AST) -> Iterator[str]:
    if not where.startswith(DOORS):
        for call in calls(tree):
            holder, name = called(call)
            if name in RUNS:
                yield f"{where}:{call.lineno} calls {name}(): only the engine runs SQL"
            if (name in PARSES or (holder in ("sqlglot", "exp") and name in BUILDS)) and not where.startswith(
                "engine/"
            ):
                yield f"{where}:{call.lineno} calls {holder}.{name}(): text becomes SQL only in the engine"
    for node in () if where.startswith(DOORS) else joined_statements(tree):
        yield f"{where}:{node.lineno} joins text into SQL: use a parameter, a slot or the quoting helper"


def test_nobody_else_runs_or_builds_sql(sources: dict[str, Path]) -> None:
    found = [each for where, path in sources.items() for each in offences(where, ast.parse(path.read_text()))]

    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("measure/verbs.py", "connection.execute('select 1')"),
        ("web/pages.py", "sqlglot.parse_one(text)"),
        ("measure/tallies.py", "exp.select(text)"),
        ("unify/lookup.py", "parse_one(text)"),
        ("engine/query.py", "f'select * from {table}'"),
        ("unify/queries.py", "'drop table ' + name"),
        ("collect/file.py", "'select {} from x'.format(column)"),
    ],
)
def test_each_way_around_the_door_is_found(where: str, line: str) -> None:
    assert len(list(offences(where, ast.parse(line)))) == 1
