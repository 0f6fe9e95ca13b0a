"""Functions that sqlglot does not translate: one implementation per engine, by name, in this one file.

A query writes `cx_seconds_between(a, b)`; before it is rendered the call becomes what the engine offers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from cxloop.core.errors import EngineError

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["FUNCTIONS", "translate"]

Builder: TypeAlias = "Callable[[list[exp.Expr]], exp.Expr]"


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    return exp.Anonymous(this=name, expressions=list(arguments))


def _duckdb_property(arguments: list[exp.Expr]) -> exp.Expr:
    # a JSON pointer and not a path: paths cannot name a key "" and read "*" as every key
    from cxloop.engine.quoting import text_node

    document, name = arguments
    pointer = "/" + name.name.replace("~", "~0").replace("/", "~1")
    return _call("json_extract_string", document, text_node(pointer))


def _spark_property(arguments: list[exp.Expr]) -> exp.Expr:
    # not get_json_object: its paths cannot hold a quote
    from cxloop.engine.quoting import text_node

    document, name = arguments
    return _call("element_at", _call("from_json", document, text_node("map<string,string>")), name)


FUNCTIONS: Mapping[str, Mapping[str, Builder]] = {
    # cx_property(json, 'name'): a property of a JSON object as text; the name is always a literal
    "cx_property": {"duckdb": _duckdb_property, "spark": _spark_property},
}


def translate(tree: exp.Expr, dialect: str, query: str) -> exp.Expr:
    """Replaces named functions by what `dialect` offers; raises EngineError that names engine and function."""
    from sqlglot import exp

    for call in list(tree.find_all(exp.Anonymous)):
        name = str(call.this).lower()
        if name not in FUNCTIONS:
            continue
        build = FUNCTIONS[name].get(dialect)
        if build is None:
            raise EngineError(f"{dialect} has no {name}, which the query {query} needs.")
        call.replace(build(list(call.expressions)))
    return tree
