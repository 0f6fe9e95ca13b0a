"""The body of a delivery to rows for the mapping: JSON or a form, one row or a list of them.

Objects inside a row become columns with dots (`ticket.status`), lists stay JSON. Each row also says which delivery it
came with (`_delivery`, `_position`) and when (`_received_at`).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from cxloop.core.errors import InputError

__all__ = ["ADDED", "Delivery", "body_rows", "known_delivery", "rows_of"]

ADDED = ("_delivery", "_position", "_received_at")
"""Columns that every row has, whatever the sender sent."""

_MOST_BYTES = 20_000_000
_MOST_ROWS = 100_000
_MOST_COLUMNS = 1_000
_DEEPEST = 8
_GZIP = b"\x1f\x8b"
_DELIVERY_HEADERS = (
    "webhook-id",
    "svix-id",
    "x-github-delivery",
    "x-shopify-webhook-id",
    "x-zendesk-webhook-invocation-id",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request: its body, when it came (microseconds since 1970), and the sender's own id of it."""

    body: bytes
    received_at: int
    ident: str | None = None

    @property
    def key(self) -> str:
        """What is the same when a sender tries again: its own id, else a digest of the body."""
        return self.ident or hashlib.sha256(self.body).hexdigest()[:32]


def known_delivery(headers: Mapping[str, str], own: str | None) -> str | None:
    """Returns the sender's id of a delivery: from its own header, else from one of the usual ones.

    Args:
        headers: names in lower case.
        own: the header that the settings name.
    """
    wanted = (own.lower(),) if own else _DELIVERY_HEADERS
    found = next((headers[name].strip() for name in wanted if headers.get(name, "").strip()), None)
    return found[:200] if found else None


def rows_of(delivery: Delivery, path: str) -> Iterator[dict[str, Any]]:
    """Yields the rows of a delivery.

    Raises:
        InputError: the body is neither JSON nor a form, or holds no rows where `path` says.
    """
    moment = datetime.fromtimestamp(delivery.received_at / 1e6, UTC).replace(tzinfo=None)
    for position, row in enumerate(body_rows(delivery.body, path)):
        flat: dict[str, Any] = {}
        _flatten(row, "", flat, _DEEPEST)
        added = (delivery.key, str(position), moment.isoformat(sep=" ", timespec="microseconds"))
        yield {**flat, **dict(zip(ADDED, added, strict=True))}


def body_rows(body: bytes, path: str) -> list[dict[str, Any]]:
    """Returns the JSON objects in a body that are its rows.

    Args:
        body: as received; may be compressed.
        path: where a list of rows stands, such as data.events; empty for the body itself.

    Raises:
        InputError: there are none.
    """
    found = _parsed(_unpacked(body))
    for step in path.split(".") if path else ():
        found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            raise InputError(f"The body holds nothing at {path!r}.")
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) and row for row in rows):
        raise InputError("A row of the body is no JSON object, or an empty one.")
    if not 1 <= len(rows) <= _MOST_ROWS:
        raise InputError(f"The body holds {len(rows):,} rows; between 1 and {_MOST_ROWS:,} are allowed.")
    return rows


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(body, _MOST_BYTES)
    except zlib.error:
        raise InputError("The body says that it is gzip and is not.") from None
    if reader.unconsumed_tail or not reader.eof:
        raise InputError(f"The body is not whole, or unpacks to more than {_MOST_BYTES:,} bytes.")
    return found


def _parsed(body: bytes) -> Any:
    if body.lstrip()[:1] in (b"{", b"["):
        return _json(body)
    return _form(body)


def _json(body: bytes) -> Any:
    try:
        # A number keeps its digits: the mapping reads texts.
        return json.loads(body, parse_float=str, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise InputError("The body is not JSON.") from None


def _form(body: bytes) -> Any:
    """A form as old webhooks send it; some put their JSON into one field of it."""
    try:
        pairs = parse_qsl(body.decode("utf-8").strip(), strict_parsing=True, max_num_fields=_MOST_COLUMNS)
    except ValueError:
        raise InputError("The body is neither JSON nor a form.") from None
    fields = dict(pairs)
    if len(fields) == 1 and next(iter(fields.values())).lstrip()[:1] in ("{", "["):
        return _json(next(iter(fields.values())).encode())
    return fields


def _flatten(value: dict[str, Any], prefix: str, into: dict[str, Any], deeper: int) -> None:
    for name, inner in value.items():
        if len(into) >= _MOST_COLUMNS:
            return
        if isinstance(inner, dict) and inner and deeper:
            _flatten(inner, f"{prefix}{name}.", into, deeper - 1)
        else:
            into[f"{prefix}{name}"] = inner
