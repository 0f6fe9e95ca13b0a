"""Asking for an erasure: who is meant, what to look for afterwards, and the first phase, which is over at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import InputError, NotFoundError
from cxloop.store import erasures, personal
from cxloop.unify.erasure import background
from cxloop.unify.erasure.finishing import finish
from cxloop.unify.erasure.hiding import hide
from cxloop.unify.erasure.queries import BY_NUMBER, BY_VALUE, KEYS_OF
from cxloop.unify.erasure.receipts import told
from cxloop.unify.erasure.words import is_telling, telling_words
from cxloop.unify.identity.rules import HUB
from cxloop.unify.lookup import require_not_shared

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.erasures import KeptErasure
    from cxloop.unify.erasure.results import Erasure, ErasureMode

__all__ = ["MOST_CUSTOMERS", "erase_customers"]

MOST_CUSTOMERS = 10_000
_MOST_DIGITS = 18
_LISTED = 5


@dataclass(frozen=True, slots=True)
class _Meant:
    """Who goes: customers, and keys as key_id, namespace, type, value."""

    customers: Sequence[int]
    keys: Sequence[dict[str, Any]]

    @property
    def values(self) -> list[str]:
        return list(dict.fromkeys(row["value"] for row in self.keys))


def erase_customers(
    ws: Operations, customers: Sequence[str], *, file: Path | None, mode: ErasureMode, reason: str
) -> Erasure:
    """Erases customers from every answer, and from every file: now, or in the background where a server runs."""
    wanted = list(dict.fromkeys([*customers, *_lines(file)]))
    if not wanted:
        raise InputError("Nobody is named. Give numbers or identifiers of customers, or a file with one per line.")
    if len(wanted) > MOST_CUSTOMERS:
        raise InputError(f"{len(wanted):,} customers at once are too many. Up to {MOST_CUSTOMERS:,} can go together.")
    personal.require_declared()
    ws.progress("Looking the customers up", None)
    meant = _meant(ws, wanted)
    _require_no_identifier(reason, meant.values)
    kept = _request(ws, meant, mode, reason)
    ws.progress("Taking them out of every answer", 0.2)
    kept = hide(ws, kept)
    if not background.wake(ws.path):
        with ws.heavy:
            kept = finish(ws, kept)
    return told(kept)


def _lines(file: Path | None) -> Iterator[str]:
    if file is None:
        return
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as failure:
        raise InputError(f"{file} cannot be read as a text file in UTF-8 ({type(failure).__name__}).") from None
    yield from (line.strip() for line in text.splitlines() if line.strip())


def _require_no_identifier(reason: str, values: Sequence[str]) -> None:
    low = reason.lower()
    if any(is_telling(value) and value.lower() in low for value in values):
        raise InputError("The reason holds an identifier of who is to be erased, and it is kept. Say it without.")


def _meant(ws: Operations, wanted: Sequence[str]) -> _Meant:
    numbers = _numbers(ws, wanted)
    found = {**{text: {customer} for text, customer in numbers.items()}, **_values(ws, set(wanted) - set(numbers))}
    unknown = [text for text in wanted if text not in found]
    if unknown:
        for text in unknown[:_LISTED]:
            require_not_shared(ws, text)
        listed = ", ".join(map(repr, unknown[:_LISTED]))
        more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
        raise NotFoundError(f"There is no customer {listed}{more}. Nobody was erased.")
    for text in wanted:
        if len(found[text]) > 1:
            several = ", ".join(map(str, sorted(found[text])[:_LISTED]))
            raise InputError(
                f"{text!r} belongs to {len(found[text])} customers: {several}. "
                "Give the number of one, or write type:value. Nobody was erased."
            )
    customers = sorted({customer for several in found.values() for customer in several})
    return _Meant(customers, ws.engine.fetch(KEYS_OF, {"customers": customers}).to_pylist())


def _numbers(ws: Operations, wanted: Sequence[str]) -> dict[str, int]:
    """Returns the customers of texts that are numbers of customers."""
    digits = [text for text in wanted if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS]
    if not digits:
        return {}
    rows = ws.engine.fetch(BY_NUMBER, {"numbers": [int(text) for text in digits]}).to_pylist()
    known = {row["number"]: row["customer_id"] for row in rows}
    return {text: known[int(text)] for text in digits if int(text) in known}


def _values(ws: Operations, wanted: set[str]) -> dict[str, set[int]]:
    """Returns the customers of identifiers, each read whole before it is read with its type, and with its namespace."""
    if not wanted:
        return {}
    asked = {part for text in wanted for part in (text, *_after_colons(text))}
    rows = ws.engine.fetch(BY_VALUE, {"asked": sorted(asked | {part.lower() for part in asked})}).to_pylist()
    by_value: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_value.setdefault(row["value"], []).append(row)
    found: dict[str, set[int]] = {}
    for text in wanted:
        meant = _rows_of(text, by_value)
        if meant:
            if not any(row["known"] for row in meant):
                require_not_shared(ws, text)
            found[text] = {row["customer_id"] for row in meant}
    return found


def _after_colons(text: str) -> list[str]:
    """Returns what may be the value in `type:value` and `namespace:type:value`."""
    return text.split(":", 1)[1:] + text.split(":", 2)[2:]


def _rows_of(text: str, by_value: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Returns the rows that a text means: those who have it as a key before those whose profile told it."""
    rest = _after_colons(text)
    for value, start in [(text, ""), *((value, text[: -len(value) - 1]) for value in rest if value)]:
        keys = [row for row in by_value.get(value, ()) if row["namespace"] != HUB and _begins(row, start)]
        told = [row for row in by_value.get(value.lower(), ()) if row["namespace"] == HUB and _begins(row, start)]
        if keys or told:
            return keys if any(row["known"] for row in keys) else told or keys
    return []


def _begins(row: Mapping[str, Any], start: str) -> bool:
    return start in ("", row["type"], f"{row['namespace']}:{row['type']}")


def _request(ws: Operations, meant: _Meant, mode: ErasureMode, reason: str) -> KeptErasure:
    keys = [row["key_id"] for row in meant.keys]
    secret = {
        "customers": list(meant.customers),
        "keys": keys,
        "values": meant.values,
        "digests": [
            ws.store.vault.digest(f"{row['namespace']}\x1f{row['type']}\x1f{row['value']}") for row in meant.keys
        ],
        "words": telling_words(ws, keys, meant.values, texts=mode != "detach"),
    }
    background.mark(ws.path)
    return erasures.add(
        ws.store,
        mode=mode,
        customers=len(meant.customers),
        keys=len(keys),
        account_id=ws.actor.account_id,
        author=ws.actor.name,
        reason=reason,
        secret=secret,
    )


def _named(key: dict[str, Any]) -> str:
    """Returns what a receipt has a keyed digest of: namespace, type and value, separated by a control character."""
    return "\x1f".join((key["namespace"], key["type"], key["value"]))
