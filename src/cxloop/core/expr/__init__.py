"""The expression language: one for mappings, catalogue rules, segments, metrics, alerts and playbooks.

`parse` reads a text into a whitelisted tree, `evaluate` computes it on one row, `names` lists what it needs, `infer`
checks its types; `equals` and `both` write conditions that read back as what was meant. `parse_customer` reads
definitions over all that happened to a customer, with aggregates.
`cxloop.engine.expression.compile` turns the same tree into SQL with the same meaning.
"""

from cxloop.core.expr.aggregates import AGGREGATES, Aggregate, CustomerCondition, Fact
from cxloop.core.expr.customer import parse_customer
from cxloop.core.expr.functions import FUNCTIONS, Function
from cxloop.core.expr.live import evaluate, infer
from cxloop.core.expr.nodes import (
    Binary,
    Call,
    Choice,
    Column,
    Constant,
    Expr,
    ExpressionError,
    Membership,
    Unary,
    names,
    walk,
)
from cxloop.core.expr.parser import parse
from cxloop.core.expr.values import Value, ValueType
from cxloop.core.expr.writing import both, column, equals, quoted

__all__ = [
    "AGGREGATES",
    "FUNCTIONS",
    "Aggregate",
    "Binary",
    "Call",
    "Choice",
    "Column",
    "Constant",
    "CustomerCondition",
    "Expr",
    "ExpressionError",
    "Fact",
    "Function",
    "Membership",
    "Unary",
    "Value",
    "ValueType",
    "both",
    "column",
    "equals",
    "evaluate",
    "infer",
    "names",
    "parse",
    "parse_customer",
    "quoted",
    "walk",
]
