"""Functions that sqlglot does not translate: one implementation per engine, by name, in this one file.

A query writes `cx_seconds_between(a, b)`; before it is rendered the call becomes what the engine offers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
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


_DUCKDB_PARTS = """
    case json_type($document)
        when 'OBJECT' then list_transform(
            list_distinct(json_keys($document)),
            lambda k: {
                'key': case k when '*' then '~2' else replace(replace(k, '~', '~0'), '/', '~1') end,
                'value': json_extract($document, '/' || replace(replace(k, '~', '~0'), '/', '~1'))::varchar
            }
        )
        when 'ARRAY' then list_transform(
            from_json($document, '["JSON"]'), lambda v: {'key': '*', 'value': coalesce(v::varchar, 'null')}
        )
    end
"""
# Spark 4 reads each value as a variant: as a text, "5" and 5 would be the same
_SPARK_PARTS = """
    case left(trim($document), 1)
        when '{' then transform(
            map_entries(from_json($document, 'map<string,variant>')),
            e -> named_struct(
                'key', case e.key when '*' then '~2' else replace(replace(e.key, '~', '~0'), '/', '~1') end,
                'value', coalesce(to_json(e.value), 'null')
            )
        )
        when '[' then transform(
            from_json($document, 'array<variant>'), v -> named_struct('key', '*', 'value', coalesce(to_json(v), 'null'))
        )
    end
"""


def _duckdb_fingerprint(arguments: list[exp.Expr]) -> exp.Expr:
    from sqlglot import exp

    # it has no sign: half of its numbers would not fit
    halved = exp.BitwiseRightShift(this=_call("hash", *arguments), expression=exp.Literal.number(1))
    return exp.cast(exp.paren(halved), "bigint")


def _spark_fingerprint(arguments: list[exp.Expr]) -> exp.Expr:
    return _call("xxhash64", *arguments)


def _template(sql: str, dialect: str) -> Builder:
    """Returns a builder that puts the only argument in place of `$document`."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        from sqlglot import exp

        tree = _parsed_template(sql, dialect).copy()
        # sqlglot reads `$document` as a parameter in one dialect and as a placeholder in the other
        for hole in list(tree.find_all(exp.Placeholder, exp.Parameter)):
            hole.replace(arguments[0].copy())
        return tree

    return build


@cache
def _parsed_template(sql: str, dialect: str) -> exp.Expr:
    import sqlglot

    return sqlglot.parse_one(sql, dialect=dialect)


FUNCTIONS: Mapping[str, Mapping[str, Builder]] = {
    # cx_fingerprint(a, b, ...): a number that is another one where a value is; the same on one version of one engine
    "cx_fingerprint": {"duckdb": _duckdb_fingerprint, "spark": _spark_fingerprint},
    # cx_property(json, 'name'): a property of a JSON object as text; the name is always a literal
    "cx_property": {"duckdb": _duckdb_property, "spark": _spark_property},
    # cx_parts(json): what an object or an array holds, as a list of (key, value): the value is JSON text, the key is
    # escaped as in a JSON pointer; "*" stands for each item of an array, "~2" for a key called "*". Null for others.
    "cx_parts": {"duckdb": _template(_DUCKDB_PARTS, "duckdb"), "spark": _template(_SPARK_PARTS, "spark")},
}


def translate(tree: exp.Expr, dialect: str, query: str) -> exp.Expr:
    """Replaces named functions by what `dialect` offers; raises EngineError that names engine and function."""
    from sqlglot import exp

    if dialect == "spark":
        tree = _in_doubles(tree)
    for call in list(tree.find_all(exp.Anonymous)):
        name = str(call.this).lower()
        if name not in FUNCTIONS:
            continue
        build = FUNCTIONS[name].get(dialect)
        if build is None:
            raise EngineError(f"{dialect} has no {name}, which the query {query} needs.")
        call.replace(build(list(call.expressions)))
    return tree


def _in_doubles(tree: exp.Expr) -> exp.Expr:
    """Writes numbers with a point as doubles.

    Both engines read 0.5 as a decimal. DuckDB divides by it in doubles; Spark keeps decimals and rounds them to as many
    digits as fit.
    """
    from sqlglot import exp

    for number in list(tree.find_all(exp.Literal)):
        if number.is_number and "." in number.name and "e" not in number.name.lower():
            number.replace(exp.cast(number.copy(), "double"))
    return tree
