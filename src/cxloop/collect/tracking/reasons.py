"""Why an event does not fit its schema, in words that quote nothing of what a customer sent.

A reason goes into the answer of the collector, into the log and onto pages. It names the property, the type of what
came and what is allowed; never the value, which may be personal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

__all__ = ["MOST_REASONS", "clipped", "reasons", "type_name"]

MOST_REASONS = 3
"""More of them help nobody: who sends a wrong event mends these and sends it again."""
_LONGEST_NAME = 60
_MOST_OPTIONS = 8
_LIMITS = {
    "minimum": "is below the least allowed, {}",
    "maximum": "is above the most allowed, {}",
    "exclusiveMinimum": "is not above {}",
    "exclusiveMaximum": "is not below {}",
    "minLength": "has fewer characters than {}",
    "maxLength": "has more characters than {}",
    "minItems": "has fewer items than {}",
    "maxItems": "has more items than {}",
    "minProperties": "has fewer properties than {}",
    "maxProperties": "has more properties than {}",
}


def reasons(failures: Iterable[ValidationError]) -> str:
    """Returns the first few failures in one line, the rest only as "and more"."""
    said = [_reason(failure) for failure in islice(failures, MOST_REASONS + 1)]
    more = " and more" if len(said) > MOST_REASONS else ""
    return "; ".join(said[:MOST_REASONS]) + more


def type_name(value: Any) -> str:
    """Returns what JSON calls the type of a value.

    Example:
        >>> [type_name(value) for value in (True, 1, 1.0, "x", None, [], {})]
        ['boolean', 'integer', 'number', 'string', 'null', 'array', 'object']
    """
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "object"


def clipped(name: str) -> str:
    """Returns a name that somebody else chose, no longer than a line takes."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _reason(failure: ValidationError) -> str:
    where = _where(failure.instance_path)
    details = failure.kind.as_dict()
    came = type_name(failure.instance)
    kind = failure.kind.name
    if kind == "required":
        return f"{_where([*failure.instance_path, details['property']])} is missing"
    if kind in ("additionalProperties", "unevaluatedProperties"):
        names = ", ".join(_where([*failure.instance_path, name]) for name in details["unexpected"][:_MOST_OPTIONS])
        return f"not in the plan: {names}"
    if kind == "type":
        return f"{where} came as {came}, allowed is {' or '.join(details['types'])}"
    if kind == "enum":
        return f"{where} came as {came} that is none of {_options(details['options'])}"
    if kind == "const":
        return f"{where} came as {came} that is not {_options([details['expected_value']])}"
    if kind == "format":
        return f"{where} came as {came} that is no {details['format']}"
    if kind in _LIMITS:
        return f"{where} came as {came} that {_LIMITS[kind].format(next(iter(details.values())))}"
    return f"{where} came as {came} that does not satisfy {kind!r}"


def _where(path: Sequence[str | int]) -> str:
    """The property as people write it: products[0].price; "properties" for all of them."""
    said = ""
    for step in path:
        said += f"[{step}]" if isinstance(step, int) else f".{clipped(step)}"
    return said.removeprefix(".") or "properties"


def _options(options: Sequence[Any]) -> str:
    """What a plan allows: written by people or learned from what many sent, so it may be shown."""
    shown = ", ".join(repr(option) if isinstance(option, str) else str(option) for option in options[:_MOST_OPTIONS])
    return shown + (", …" if len(options) > _MOST_OPTIONS else "")
