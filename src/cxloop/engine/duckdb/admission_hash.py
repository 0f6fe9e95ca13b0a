"""Hashes of the log as SQL: who a row is, and what it says.

Both are the upper eight bytes, read as a signed little-endian number, of an MD5: the same in every version of the
engine, and reproduced in a line of Python. MD5 is meant as a fingerprint here, not as a protection.
"""

from __future__ import annotations

from collections.abc import Iterable

from cxloop.engine.quoting import literal

__all__ = ["FIELD_END", "KEY_END", "content_hash", "id_hash"]

FIELD_END = "\x1e"
"""Stands between the fields of a content hash."""
KEY_END = "\x1f"
"""Stands between source and message id, and between the parts of a key."""


def _hash(text: str) -> str:
    return f"(md5_number({text}) >> 64)::ubigint::bit::bigint"


def id_hash(source: str, message_id: str, *, bits: int = 64, salt: int = 0) -> str:
    """Returns the SQL of an interaction's id.

    Args:
        source: SQL of the source.
        message_id: SQL of the message id.
        bits: how many bits of the hash to use; fewer only to make collisions happen in a test.
        salt: number of the attempt after a collision.
    """
    salted = f" || {literal(KEY_END + str(salt))}" if salt else ""
    hashed = _hash(f"{source} || {literal(KEY_END)} || {message_id}{salted}")
    return hashed if bits == 64 else f"({hashed}) & {(1 << bits) - 1}"


def content_hash(fields: Iterable[tuple[str, str]]) -> str:
    """Returns the SQL of the hash over `name=value` of every field that is not null.

    Args:
        fields: name and SQL (of a text) of each field, always in the same order.
    """
    parts = ", ".join(f"{literal(name + '=')} || {value}" for name, value in fields)
    return _hash(f"concat_ws({literal(FIELD_END)}, {parts})")
