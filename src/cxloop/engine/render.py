"""From a Query with slots and values to the SQL of one dialect.

A query's text is parsed once; each run copies the tree and puts nodes where the slots stand. Values never enter the
tree: the engine binds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import EngineError
from cxloop.core.schema import Type
from cxloop.engine.functions import translate

if TYPE_CHECKING:
    from sqlglot import exp

    from cxloop.engine.query import Query, Rewrite, Slot, Slots

__all__ = ["check_parameters", "filled", "filled_tree", "parse", "render"]

_PYTHON: Mapping[Type, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "bigint": (int,),
    "double": (float, int),
    "text": (str,),
    "timestamp": (datetime,),
    "date": (date,),
    "bigints": (list, tuple),
    "texts": (list, tuple),
    "json": (str,),
}


def parse(query: Query) -> exp.Expr:
    """Returns the tree of a query, a copy that may be changed; raises EngineError where it cannot be parsed."""
    return _parsed(query.name, query.sql).copy()


@lru_cache(maxsize=1024)
def _parsed(name: str, sql: str) -> exp.Expr:
    import sqlglot

    try:
        return sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError as failure:
        raise EngineError(f"The query {name} cannot be parsed: {failure}\n{sql}") from None


def render(query: Query, slots: Slots | None = None, *, dialect: str, pretty: bool = False) -> str:
    """Returns the SQL of `query` in `dialect` with its slots filled.

    Args:
        query: the query.
        slots: slot name to the node, or list of nodes, that stands there. A list may be empty in a select, group by
            or order by list; a slot in a `from` takes a table node.
        dialect: sqlglot's name of the dialect, such as "duckdb" or "spark".
        pretty: broken into lines for people.

    Raises:
        EngineError: a slot is missing or unknown, or a function has no form in the dialect.
    """
    if not slots and not query.slots:
        return _plain(query.name, query.sql, dialect, pretty, query.within)
    tree = parse(query)
    _fill(tree, query, slots or {})
    return _written(tree, query.name, dialect, pretty, query.within)


def filled(query: Query, slots: Slots) -> Query:
    """Returns a query with its slots filled, for one that is asked again and again: its text is then kept.

    What stands in a slot may name parameters that the query declares, as placeholders.
    """
    tree = filled_tree(query, slots)
    return replace(query, sql=tree.sql(dialect="duckdb", copy=False), slots=())


def filled_tree(query: Query, slots: Slots) -> exp.Expr:
    """Returns the tree of a query with its slots filled, to stand in a slot of another query."""
    tree = parse(query)
    _fill(tree, query, slots)
    return tree


@lru_cache(maxsize=1024)
def _plain(name: str, sql: str, dialect: str, pretty: bool, within: Rewrite | None) -> str:
    return _written(_parsed(name, sql).copy(), name, dialect, pretty, within)


def _written(tree: exp.Expr, name: str, dialect: str, pretty: bool, within: Rewrite | None) -> str:
    tree = translate(tree, dialect, name)
    if within is not None:
        tree = within(tree, dialect=dialect, query=name)
    # copy=False: the tree is a copy already, and copying is a third of the work
    return tree.sql(dialect=dialect, pretty=pretty, copy=False)


def _fill(tree: exp.Expr, query: Query, slots: Slots) -> None:
    from sqlglot import exp

    _same_names(query, "slot", query.slots, slots)
    for hole in list(tree.find_all(exp.Placeholder)):
        if hole.name in slots:
            _replace(hole, slots[hole.name])


def _replace(hole: exp.Expr, slot: Slot) -> None:
    from sqlglot import exp

    if isinstance(slot, exp.Expr):
        _replace_one(hole, slot.copy())
    else:
        _replace_list(hole, [node.copy() for node in slot])


def _replace_one(hole: exp.Expr, node: exp.Expr) -> None:
    from sqlglot import exp

    parent = hole.parent
    if isinstance(parent, exp.Table):
        # `from $log`: the slot brings a whole table, perhaps with its joins; `from $log as o` names it
        if parent.args.get("alias"):
            node.set("alias", parent.args["alias"])
        parent.replace(node)
        return
    if isinstance(parent, exp.Ordered) and isinstance(node, exp.Ordered):
        parent.replace(node)  # the slot brings its own direction
        return
    if not isinstance(parent, exp.Select):
        node = node.unalias()
    if isinstance(parent, exp.Binary | exp.Unary) and isinstance(node, exp.Binary | exp.Not | exp.Between):
        node = exp.paren(node, copy=False)
    hole.replace(node)


def _replace_list(hole: exp.Expr, nodes: list[exp.Expr]) -> None:
    from sqlglot import exp

    item = hole.parent if isinstance(hole.parent, exp.Ordered) else hole
    owner, key = item.parent, item.arg_key
    assert owner is not None  # a slot is never the whole query
    assert key is not None
    siblings = owner.args[key]
    if not isinstance(siblings, list):
        raise EngineError(f"The slot ${hole.name} takes one node, not a list of {len(nodes)}.")
    filled = nodes if isinstance(owner, exp.Select) else [_as_item(item, node.unalias()) for node in nodes]
    place = next(place for place, sibling in enumerate(siblings) if sibling is item)
    merged = [*siblings[:place], *filled, *siblings[place + 1 :]]
    if merged or isinstance(owner, exp.Select):
        owner.set(key, merged)
    else:
        owner.pop()  # `group by` and `order by` of nothing


def _as_item(item: exp.Expr, node: exp.Expr) -> exp.Expr:
    """Wraps a node like the item it stands for: in `order by $by desc` each node is descending."""
    from sqlglot import exp

    if not isinstance(item, exp.Ordered) or isinstance(node, exp.Ordered):
        return node
    wrapped = item.copy()
    wrapped.set("this", node)
    return wrapped


def check_parameters(query: Query, given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values to bind; raises EngineError where a name or a type does not fit the query's declaration."""
    _same_names(query, "parameter", tuple(query.parameters), given)
    for name, value in given.items():
        allowed = _PYTHON[query.parameters[name]]
        if value is not None and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
            wanted = query.parameters[name]
            raise EngineError(
                f"The query {query.name} takes {wanted} as ${name}, not {type(value).__name__} {value!r}."
            )
    return dict(given)


def _same_names(query: Query, kind: str, declared: Sequence[str], given: Mapping[str, Any]) -> None:
    missing = [name for name in declared if name not in given]
    unknown = [name for name in given if name not in declared]
    if missing or unknown:
        said = [
            f"{word} {', '.join('$' + name for name in names)}"
            for word, names in (("lacks", missing), ("does not know", unknown))
            if names
        ]
        raise EngineError(f"The query {query.name} {' and '.join(said)} (a {kind}).")
