"""Aggregates over what happened to one customer: `count(kind == "delivery", within="60d") >= 2`.

A definition over a customer is an ordinary expression in which each aggregate stands as a column, beside the list
of the aggregates. So the types, the live evaluation and the SQL of the language serve it as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

from cxloop.core.expr.nodes import Binary, Column, Constant, Expr, ExpressionError, children, names, walk
from cxloop.core.expr.values import ValueType

__all__ = [
    "AGGREGATES",
    "Aggregate",
    "AggregateFunction",
    "CustomerCondition",
    "Fact",
    "Part",
    "aggregate_types",
    "day_limits",
]

Part: TypeAlias = Literal["value", "condition", "condition?", "trait", "purpose", "channel?"]
"""What an argument of an aggregate is: a value or condition over one interaction, or a name as a text in quotes. With a
question mark it may be left out."""


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """One aggregate of the language.

    Attributes:
        takes: its arguments by place.
        gives: type of the result, or "same" for that of its value.
        windowed: whether `within=` may be given.
        about: a sentence for the reference.
        example: a definition that uses it.
    """

    name: str
    takes: tuple[Part, ...]
    gives: ValueType | Literal["same"]
    windowed: bool
    about: str
    example: str

    @property
    def signature(self) -> str:
        """How a call is written, such as `sum(value, [condition], [within=])`."""
        shown = [f"[{part[:-1]}]" if part.endswith("?") else part for part in self.takes]
        return f"{self.name}({', '.join([*shown, *(['[within=]'] if self.windowed else [])])})"

    @property
    def least(self) -> int:
        """How many arguments have to be given."""
        return sum(not part.endswith("?") for part in self.takes)


_TABLE = (
    AggregateFunction(
        "count",
        ("condition?",),
        "number",
        True,
        "How many interactions; 0 where there is none.",
        'count(kind == "delivery" and outcome == "late", within="60d") >= 2',
    ),
    AggregateFunction(
        "sum",
        ("value", "condition?"),
        "number",
        True,
        "The sum of a number over interactions; 0 where there is none.",
        'sum(value, kind == "order", within="365d") > 1000',
    ),
    AggregateFunction(
        "average",
        ("value", "condition?"),
        "number",
        True,
        "The mean of a number over interactions; null where there is none.",
        'average(score, metric == "csat", within="90d") < 3',
    ),
    AggregateFunction(
        "lowest",
        ("value", "condition?"),
        "number",
        True,
        "The smallest of a number over interactions; null where there is none.",
        'lowest(score, metric == "nps", within="52w") <= 6',
    ),
    AggregateFunction(
        "highest",
        ("value", "condition?"),
        "number",
        True,
        "The largest of a number over interactions; null where there is none.",
        'highest(duration_seconds, kind == "call", within="30d") > 600',
    ),
    AggregateFunction(
        "latest",
        ("value", "condition?"),
        "same",
        True,
        "The number or text of the last interaction that has one; null where there is none.",
        'latest(score, metric == "nps") < 7',
    ),
    AggregateFunction(
        "earliest",
        ("value", "condition?"),
        "same",
        True,
        "The number or text of the first interaction that has one; null where there is none.",
        'earliest(channel, kind == "touch") == "store"',
    ),
    AggregateFunction(
        "ever",
        ("condition",),
        "boolean",
        True,
        "Whether there is such an interaction; never null.",
        'ever(kind == "return", within="30d")',
    ),
    AggregateFunction(
        "never",
        ("condition",),
        "boolean",
        True,
        "Whether there is no such interaction; never null.",
        'never(kind == "order", within="180d")',
    ),
    AggregateFunction(
        "days_since",
        ("condition?",),
        "number",
        False,
        "Days since the last such interaction, with a fraction; null where there is none. "
        "Compare it with a number by <, <=, > or >=.",
        'days_since(kind == "order") > 90',
    ),
    AggregateFunction(
        "days_since_first",
        ("condition?",),
        "number",
        False,
        "Days since the first such interaction; otherwise like days_since.",
        "days_since_first() < 30",
    ),
    AggregateFunction(
        "trait",
        ("trait",),
        "text",
        False,
        "What was told last of the customer's profile under that name; null where nothing was.",
        'trait("tier") == "gold"',
    ),
    AggregateFunction(
        "consent",
        ("purpose", "channel?"),
        "boolean",
        False,
        "What was said last about a purpose, for that channel or for all (without a channel, for all): true for yes, "
        "false for no, null where nothing was said or the yes has expired. Whether something may be sent is decided "
        "when it is sent.",
        'consent("newsletter", "email")',
    ),
)

AGGREGATES: Mapping[str, AggregateFunction] = {function.name: function for function in _TABLE}
"""Every aggregate by name."""
SINCE = ("days_since", "days_since_first")
"""Those whose value changes with every moment, and not only when something happens or a window ends."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What an aggregate takes from interactions: a value (None: only that there is one) of those where `when` holds."""

    value: Expr | None
    when: Expr | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One call of an aggregate.

    Attributes:
        function: its name.
        fact: what it looks at; None for traits and consents.
        within: length of the window that ends now; None for all of the past.
        name: of the trait, or the purpose of the consent.
        channel: of the consent; None for all channels.
    """

    function: str
    fact: Fact | None = None
    within: timedelta | None = None
    name: str = ""
    channel: str | None = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class CustomerCondition:
    """A definition over a customer: `tree` is an expression over columns `#0`, `#1`, ... that are `aggregates`."""

    tree: Expr
    aggregates: tuple[Aggregate, ...]

    @staticmethod
    def column(place: int) -> str:
        """Returns the name of the column that stands for the aggregate at a place."""
        return f"#{place}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What the aggregates look at, each once."""
        return tuple(dict.fromkeys(each.fact for each in self.aggregates if each.fact is not None))

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the facts need of an interaction, each once."""
        parts = [part for fact in self.facts for part in (fact.value, fact.when) if part is not None]
        return tuple(dict.fromkeys(name for part in parts for name in names(part)))


def aggregate_types(condition: CustomerCondition, values: Mapping[Fact, ValueType]) -> dict[str, ValueType]:
    """Returns the type of each column of the tree.

    Args:
        condition: the definition.
        values: type of the value of each fact that has one.
    """
    types: dict[str, ValueType] = {}
    for place, each in enumerate(condition.aggregates):
        gives = AGGREGATES[each.function].gives
        known = values.get(each.fact, "unknown") if each.fact is not None else "unknown"
        types[condition.column(place)] = known if gives == "same" else gives
    return types


def day_limits(condition: CustomerCondition) -> dict[int, list[tuple[float, bool]]]:
    """Returns with what `days_since` and `days_since_first` are compared: place to (days, whether it holds at once).

    A comparison changes when so many days have passed: `>= 90` and `< 90` at that moment, `> 90` and `<= 90` after it.

    Raises:
        ExpressionError: one stands where nobody could say when its truth changes.
    """
    since = {
        condition.column(place): place for place, each in enumerate(condition.aggregates) if each.function in SINCE
    }
    limits: dict[int, list[tuple[float, bool]]] = {place: [] for place in since.values()}
    for parent, node in _with_parents(condition.tree):
        if isinstance(node, Column) and node.name in since:
            limits[since[node.name]].append(_limit(parent, node, condition.aggregates[since[node.name]]))
    return limits


def _with_parents(tree: Expr) -> Iterator[tuple[Expr | None, Expr]]:
    yield None, tree
    for node in walk(tree):
        yield from ((node, child) for child in children(node))


_MOST_DAYS = 36_525


def _limit(parent: Expr | None, node: Column, aggregate: Aggregate) -> tuple[float, bool]:
    if isinstance(parent, Binary) and parent.operator in ("<", "<=", ">", ">="):
        on_left = parent.left is node
        other = parent.right if on_left else parent.left
        if isinstance(other, Constant) and type(other.value) in (int, float):
            days = float(other.value)  # type: ignore[arg-type]
            if not 0 <= days <= _MOST_DAYS:
                raise ExpressionError(f"{aggregate.function} is compared with 0 to {_MOST_DAYS} days.", other.at)
            # `90 < days` is `days > 90`
            at_once = parent.operator in ((">=", "<") if on_left else ("<=", ">"))
            return days, at_once
    raise ExpressionError(
        f"{aggregate.function}(...) changes with every moment. Compare it with a number of days: "
        f"{aggregate.function}(...) > 90.",
        aggregate.at,
    )
