"""Redaction inside the SQL of an import: functions that live as long as the import does.

Ids and hashes of content are computed from the rows as they came; only what is written goes through these functions.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import duckdb
from duckdb.func import ARROW as _ARROW
from duckdb.func import SPECIAL as _NULLS

from cxloop.core.expr import Expr, names
from cxloop.engine.loading import Redaction, TablePlan
from cxloop.engine.quoting import literal

__all__ = ["RedactionSql", "protected", "registered"]

_BETWEEN = "chr(31)"
_TEXT = "VARCHAR"
FREE_TEXTS = ("text", "answer_value")


@dataclass(frozen=True, slots=True)
class RedactionSql:
    """The functions of one import.

    Attributes:
        prefix: what their names begin with.
        name_traits: traits that hold a name; none where names are not looked for.
        seals: whether originals are sealed beside.
    """

    prefix: str
    name_traits: tuple[str, ...]
    seals: bool

    def text(self, value: str, whose: str = "null") -> str:
        """Returns the SQL of a text redacted."""
        return f"{self.prefix}_text({value}, {whose})"

    def document(self, value: str, whose: str) -> str:
        """Returns the SQL of a JSON document redacted."""
        return f"{self.prefix}_document({value}, {whose})"

    def address(self, value: str) -> str:
        """Returns the SQL of the address of a page redacted."""
        return f"{self.prefix}_address({value})"

    def values(self, given: Mapping[str, str], sender: str, message_id: str, whose: str) -> dict[str, str]:
        """Returns the SQL of the fields of an interaction that change, and of what is sealed.

        Args:
            given: SQL of the fields as they came.
            sender: the source.
            message_id: SQL of the message id.
            whose: SQL of what the person is called.
        """
        changed = {name: self.text(given[name], whose) for name in FREE_TEXTS if name in given}
        if "properties" in given:
            changed["properties"] = self.document(given["properties"], whose)
        if self.seals and changed:
            texts = ", ".join(f"{literal(name)}, {given[name]}" for name in FREE_TEXTS if name in given)
            row = f"{literal(sender)} || {_BETWEEN} || {message_id}"
            originals = f"json_object({texts})::varchar"
            properties = given.get("properties", "null")
            changed["sealed"] = f"{self.prefix}_sealed({row}, {whose}, {originals}, {properties})"
        return changed

    def whose(self, told: Collection[str], addresses: Collection[str], key: str) -> str:
        """Returns the SQL of what a person is called.

        Args:
            told: SQL of names that the row tells.
            addresses: SQL of e-mail addresses that are the person's.
            key: SQL of the person's key, whose traits the log knows.
        """
        if not self.name_traits:
            return "null"
        listed = ", ".join(literal(name) for name in self.name_traits)
        known = (
            f"(select string_agg('n' || t.value, {_BETWEEN}) from traits t where t.key_id = {key} "
            f"and t.name in ({listed}))"
        )
        own = [*(f"'n' || {name}" for name in told), *(f"'e' || {address}" for address in addresses)]
        return f"concat_ws({_BETWEEN}, {', '.join([known, *own])})"


@contextmanager
def registered(cursor: duckdb.DuckDBPyConnection, redaction: Redaction | None) -> Iterator[RedactionSql | None]:
    """Gives the names of the functions, which exist until the end of the block; None without a redaction."""
    if redaction is None:
        yield None
        return
    prefix = f"cx_redact_{secrets.token_hex(8)}"  # two imports may run at the same time
    # bare functions: DuckDB evaluates annotations, where the names in them are not known
    made: dict[str, tuple[Callable[..., Any], int]] = {
        f"{prefix}_text": (lambda values, whose: redaction.texts(values, whose), 2),
        f"{prefix}_document": (lambda values, whose: redaction.documents(values, whose), 2),
        f"{prefix}_address": (lambda values: redaction.addresses(values), 1),
        f"{prefix}_sealed": (lambda rows, whose, texts, rest: redaction.sealed(rows, whose, texts, rest), 4),
    }
    for name, (function, takes) in made.items():
        cursor.create_function(name, function, [_TEXT] * takes, _TEXT, type=_ARROW, null_handling=_NULLS)
    try:
        yield RedactionSql(prefix, redaction.name_traits, redaction.seals)
    finally:
        for name in made:
            with suppress(duckdb.Error):  # a database that has failed takes its functions with it
                cursor.remove_function(name)


def protected(plan: TablePlan) -> set[str]:
    """Returns the columns that say who, when and what: a replay of a rejected row needs them as they came."""
    trees: list[Expr] = [key.value for key in (*plan.keys, *([plan.account] if plan.account else []))]
    for entry in plan.entries:
        trees += [entry.event, entry.occurred_at.value, *entry.id, *entry.objects.values(), *entry.traits.values()]
        trees += [number.value for number in entry.numbers.values()]
        trees += [tree for name, tree in entry.texts.items() if name not in (*FREE_TEXTS, "path")]
        trees += [] if entry.promise is None else [entry.promise.due_at.value]
        trees += [said.granted for said in entry.consents]
    found = {name for tree in trees for name in names(tree)} | {ours for lookup in plan.lookups for ours in lookup.on}
    made = {**plan.let, **{name: moment.value for name, moment in plan.times.items()}}
    waiting = list(found)
    while waiting:
        name = waiting.pop()
        new = set(names(made[name])) - found if name in made else set()
        found |= new
        waiting += new
    return found
