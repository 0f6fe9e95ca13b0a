"""From the names of tables in a query to the views of one state of them.

A query is rendered once, with a mark in each table's name; before each run the marks become the views of the state that
the run shall see.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cxloop.core.schema import TABLES
from cxloop.engine.functions import translate
from cxloop.engine.query import Rewrite
from cxloop.engine.tables import VIEWS

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Marked", "named"]

_MARK = f"cx{secrets.token_hex(6)}_"
"""Another one in each process: no text of anybody's holds it."""
_MARKED = re.compile(rf"\b{_MARK}([a-z_]+)\b")
_NAMES = frozenset(table.name for table in TABLES)


@dataclass(frozen=True)
class Marked:
    """Marks the tables of a query, after another rewrite where it has one."""

    within: Rewrite | None = None

    def __call__(self, tree: exp.Expr, *, dialect: str, query: str) -> exp.Expr:
        """Returns the tree with marked tables; views of the schema are put in as what they stand for."""
        from sqlglot import exp

        if self.within is not None:
            tree = self.within(tree, dialect=dialect, query=query)
        steps = {step.alias for step in tree.find_all(exp.CTE)}
        for node in list(tree.find_all(exp.Table)):
            if node.name in VIEWS and node.name not in steps:
                node.replace(_view(node.name, node.alias or node.name))
        for node in tree.find_all(exp.Table):
            if node.name in _NAMES and node.name not in steps:
                name = node.name
                if not node.alias:
                    node.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
                node.set("this", exp.to_identifier(_MARK + name))
        return tree


def _view(name: str, alias: str) -> exp.Expr:
    from sqlglot import exp

    return exp.Subquery(this=_parsed(name).copy(), alias=exp.TableAlias(this=exp.to_identifier(alias)))


@cache
def _parsed(name: str) -> exp.Expr:
    import sqlglot

    return translate(sqlglot.parse_one(VIEWS[name], dialect="duckdb"), "spark", name)


def named(sql: str, view: Callable[[str], str]) -> str:
    """Returns marked SQL with the views that `view` gives for its tables."""
    return _MARKED.sub(lambda found: view(found[1]), sql)
