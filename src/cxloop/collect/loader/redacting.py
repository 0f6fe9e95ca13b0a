"""Redaction of a batch of live events on its way into the log: its rows, and what is set aside.

What an event is (its id and the hash of its content) was computed from the event as it came: sent again, it is known
again, whether or not redaction was on before (docs/decisions/0027).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from cxloop.collect.protocol import UnreadableError, unpacked
from cxloop.collect.redaction.columns import IN_ADDRESSES, redacted_column
from cxloop.collect.redaction.queries import NAME_TRAITS, NAMES_OF
from cxloop.collect.redaction.words import own_names

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.collect.loader.batch import Reject
    from cxloop.collect.redaction import Redactor
    from cxloop.engine.base import Engine

__all__ = ["redacted", "redacted_rejects"]

_TEXTS, _DOCUMENTS, _ADDRESSES = ("text", "answer_value"), ("properties",), ("path",)
_KEPT = frozenset(
    {"type", "event", "name", "category", "traits", "messageId", "userId", "anonymousId", "previousId", "groupId"}
    | {"timestamp", "originalTimestamp", "sentAt"}
)
"""Members of an event that say what it is, about whom and when."""
_NOBODY: Mapping[int, frozenset[str]] = {}


def redacted(engine: Engine, redactor: Redactor | None, rows: pa.Table) -> pa.Table:
    """Returns incoming rows without what identifies persons in their free text; sealed beside, where there is a seal.

    Args:
        engine: knows the names of persons.
        redactor: what to take out; None for nothing.
        rows: with the columns of the incoming table.
    """
    if redactor is None:
        return rows
    own = _own_names(engine, rows) if "names" in redactor.kinds else _NOBODY
    originals: dict[int, dict[str, str]] = {}
    for name in (*_TEXTS, *_DOCUMENTS):
        rows, taken = _column(redactor, rows, name, own)
        for place, original in taken.items():
            originals.setdefault(place, {})[name] = original
    addresses = replace(redactor, kinds=redactor.kinds & IN_ADDRESSES)
    for name in _ADDRESSES if addresses.kinds else ():
        rows, _ = _column(addresses, rows, name, _NOBODY)
    return rows if redactor.seal is None or not originals else _sealed(redactor, rows, originals)


def _column(
    redactor: Redactor, rows: pa.Table, name: str, own: Mapping[int, frozenset[str]]
) -> tuple[pa.Table, dict[int, str]]:
    """Returns the rows with one column redacted, and what stood there where it was changed."""
    if name not in rows.column_names:
        return rows, {}
    column, taken = redacted_column(redactor, rows[name].combine_chunks(), own, document=name in _DOCUMENTS)
    return rows.set_column(rows.column_names.index(name), name, column) if taken else rows, taken


def _sealed(redactor: Redactor, rows: pa.Table, originals: Mapping[int, Mapping[str, str]]) -> pa.Table:
    import pyarrow as pa

    assert redactor.seal is not None
    sealed: list[str | None] = [None] * len(rows)
    for place, fields in originals.items():
        source, message_id = rows["source"][place].as_py(), rows["message_id"][place].as_py()
        sealed[place] = redactor.seal.close(source, message_id, fields)
    return rows.append_column("sealed", pa.array(sealed, pa.string()))


Key: TypeAlias = tuple[str, str, str]
"""Namespace, type and value."""


def _own_names(engine: Engine, rows: pa.Table) -> dict[int, frozenset[str]]:
    """The names of the persons whose rows these are, by place: as the log knows them, and as the row tells them."""
    keys = list(zip(*(_given(rows, f"key_{part}") for part in ("namespace", "type", "value")), strict=True))
    others = {place: _listed(told) for place, told in enumerate(_given(rows, "other_keys")) if told is not None}
    traits = {place: _told(told) for place, told in enumerate(_given(rows, "traits")) if told is not None}
    known = _known(engine, {key[2] for each in (keys, *others.values()) for key in each if key[2]})
    places = {place for place, key in enumerate(keys) if key in known or key[1] == "email"}
    found = {}
    for place in sorted(places | others.keys() | traits.keys()):
        theirs: list[Key] = [keys[place], *others.get(place, ())]
        names = [name for key in theirs for name in known.get(key, ())] + traits.get(place, [])
        words = own_names(names, [value for _, kind, value in theirs if kind == "email" and value])
        if words:
            found[place] = words
    return found


def _known(engine: Engine, values: set[str]) -> dict[Key, list[str]]:
    """The names that the log knows, by key."""
    known: dict[Key, list[str]] = {}
    for row in engine.fetch(NAMES_OF, {"named": sorted(values)}).to_pylist() if values else ():
        known.setdefault((row["namespace"], row["type"], row["value"]), []).append(row["name"])
    return known


def _given(rows: pa.Table, name: str) -> list[Any]:
    return rows[name].to_pylist() if name in rows.column_names else [None] * len(rows)


def _listed(others: str) -> list[Key]:
    found: list[list[str]] = msgspec.json.decode(others)
    return [(namespace, kind, value) for namespace, kind, value in found]


def _told(traits: str) -> list[str]:
    """The names that a row tells itself."""
    told = msgspec.json.decode(traits)
    return [told[name] for name in NAME_TRAITS if isinstance(told.get(name), str)]


def redacted_rejects(redactor: Redactor | None, rejects: Sequence[Reject]) -> list[Reject]:
    """Returns what is set aside without what identifies persons in free text: reason and raw event alike."""
    if redactor is None:
        return list(rejects)
    return [reject._replace(reason=redactor.text(reject.reason), raw=_raw(redactor, reject.raw)) for reject in rejects]


def _raw(redactor: Redactor, raw: str) -> str:
    """The JSON of a reject: an event, or a whole body that could not be read."""
    kept = msgspec.json.decode(raw)
    request = kept["request"]
    if "event" in kept:
        kept["event"] = _event(redactor, kept["event"])
    if "context" in request:
        request["context"] = _context(redactor, request["context"])
    for name in ("event", "body"):
        if name in request:
            request[name] = _bytes(redactor, base64.b64decode(request[name]), request)
    return msgspec.json.encode(kept).decode()


def _event(redactor: Redactor, event: Any) -> Any:
    """An event as its sender wrote it. What says who it is about stays: a replay needs it."""
    if not isinstance(event, dict):
        return redactor.value(event, name="item")
    return {name: value if name in _KEPT else _member(redactor, name, value) for name, value in event.items()}


def _member(redactor: Redactor, name: str, value: Any) -> Any:
    return _context(redactor, value) if name == "context" else redactor.value(value, name=name)


def _context(redactor: Redactor, context: Any) -> Any:
    if not isinstance(context, dict):
        return redactor.value(context, name="context")
    about = {name: value for name, value in context.items() if name != "traits"}
    return {**context, **redactor.value(about, name="context")}


def _bytes(redactor: Redactor, body: bytes, request: dict[str, Any]) -> str:
    """Bytes as they came, redacted as JSON where they are, else as text; packed ones are unpacked for good."""
    try:
        plain = unpacked(body, str(request.get("encoding") or ""))
        request.pop("encoding", None)
    except UnreadableError:
        plain = body
    try:
        told = msgspec.json.decode(plain)
        after = msgspec.json.encode(_body(redactor, told))
    except (msgspec.DecodeError, ValueError, RecursionError):
        after = redactor.text(plain.decode("latin-1")).encode("latin-1")  # any byte, and back again
    return base64.b64encode(after).decode()


def _body(redactor: Redactor, told: Any) -> Any:
    if isinstance(told, dict) and isinstance(told.get("batch"), list):
        return {**_event(redactor, told), "batch": [_event(redactor, event) for event in told["batch"]]}
    return _event(redactor, told)
