"""House style that a machine can check: length, docstrings, and what no file may hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

MOST_LINES = 500
MOST_FUNCTION = 60
REGISTRIES = re.compile(
    r"https?://[^\s\"')>]*(?:pypi\.|pythonhosted|npmjs|yarnpkg|unpkg|jsdelivr|cdnjs|conda\.)", re.IGNORECASE
)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 1


def test_no_file_is_longer_than_500_lines(checkout: Path, sources: dict[str, Path]) -> None:
    more = [path for folder in ("tests", "benchmarks", "docs") for path in (checkout / folder).rglob("*.py")]

    long = {
        str(path): count for path in [*sources.values(), *more] if (count := len(path.read_text().splitlines())) > 500
    }

    assert long == {}


def test_functions_are_short(sources: dict[str, Path]) -> None:
    lengths = {
        f"{where}:{node.lineno} {node.name}": length(node)
        for where, path in sources.items()
        if "migrations/versions" not in where
        for node in functions(ast.parse(path.read_text()))
    }

    assert {name: lines for name, lines in lengths.items() if lines > MOST_FUNCTION} == {}
    assert median(lengths.values()) < 10
    assert quantiles(lengths.values(), n=10)[-1] < 30


def undocumented(where: str, tree: ast.Module) -> Iterator[str]:
    if ast.get_docstring(tree) is None:
        yield f"{where}: the module"
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None:
                yield f"{where}:{node.lineno} class {node.name}"
            yield from missing(where, node.body, f"{node.name}.")
    yield from missing(where, tree.body, "")


def missing(where: str, body: list[ast.stmt], owner: str) -> Iterator[str]:
    for node in body:
        public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        if public and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is None:
            yield f"{where}:{node.lineno} {owner}{node.name}"


def test_every_public_name_has_a_docstring(sources: dict[str, Path]) -> None:
    ours = {
        where: path for where, path in sources.items() if "migrations/versions" not in where and where != "_version.py"
    }

    found = [each for where, path in ours.items() for each in undocumented(where, ast.parse(path.read_text()))]

    assert not found, "\n" + "\n".join(found)


def test_every_module_says_what_is_public(sources: dict[str, Path]) -> None:
    without = [
        where
        for where, path in sources.items()
        if not where.endswith(("__init__.py", "__main__.py", "_version.py"))
        and "migrations" not in where
        and "__all__" not in path.read_text()
    ]

    assert without == []


def search(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path}:{place}: {line.strip()[:100]}"
        for path in paths
        if path.name != Path(__file__).name
        for place, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_registry(tracked: list[Path]) -> None:
    assert search(REGISTRIES, tracked) == []
