"""What redaction took out, sealed: AES-256-GCM with a key of its own, bound to the row that it belongs to.

The key is the workspace's neither for signing nor for secrets: whoever has the folder, a backup or the tables has not
what was taken out. It stands in an environment variable, and who loses it has lost the originals.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from cxloop.core.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["SHORTEST_KEY", "Seal", "open_seal", "seal_of"]

SHORTEST_KEY = 32
"""Characters; 32 random ones are beyond guessing, whatever alphabet they come from."""
_NONCE = 12
_decode = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals and opens with one key.

    Example:
        >>> seal = Seal("k" * 32)
        >>> seal.open("web", "m1", seal.close("web", "m1", {"text": "call 0171 1234567"}))
        {'text': 'call 0171 1234567'}
    """

    key: str = field(repr=False)

    def close(self, source: str, message_id: str, originals: Mapping[str, str]) -> str:
        """Returns the originals of a row's fields, sealed for that row; each time another text."""
        nonce = os.urandom(_NONCE)
        sealed = self._cipher().encrypt(nonce, msgspec.json.encode(originals), _row(source, message_id))
        return base64.b64encode(nonce + sealed).decode()

    def open(self, source: str, message_id: str, sealed: str) -> dict[str, str]:
        """Returns what was sealed for a row; raises InputError for another key, another row, or damage."""
        from cryptography.exceptions import InvalidTag

        try:
            whole = base64.b64decode(sealed, validate=True)
            return _decode(self._cipher().decrypt(whole[:_NONCE], whole[_NONCE:], _row(source, message_id)))
        except (InvalidTag, ValueError):
            raise InputError(
                "What was taken out of this row cannot be opened with this redaction key. Set the one that it was "
                "sealed with in the variable that redaction_key of [privacy] names."
            ) from None

    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(hmac.new(self.key.encode(), b"cxloop redaction", hashlib.sha256).digest())


def seal_of(setting: str) -> Seal | None:
    """Returns the seal that `redaction_key` of [privacy] stands for, None where there is none.

    Args:
        setting: env:NAME, or empty.

    Raises:
        InputError: the variable is not set, or its key is too short.
    """
    if not setting:
        return None
    name = setting.removeprefix("env:")
    key = os.environ.get(name, "")
    if len(key) < SHORTEST_KEY:
        found = f"has {len(key)} characters; a key needs {SHORTEST_KEY}" if key else "is not set"
        raise InputError(
            f"redaction_key of [privacy] is env:{name}, and ${name} {found}. Set it to a random text of at least "
            f"{SHORTEST_KEY} characters, or take redaction_key out: then what is redacted is gone."
        )
    return Seal(key)


def open_seal(setting: str, source: str, message_id: str, sealed: str) -> dict[str, str]:
    """Returns what was taken out of a row; raises InputError where the key is missing or wrong."""
    seal = seal_of(setting)
    if seal is None:
        raise InputError("redaction_key of [privacy] is not set, so nothing sealed can be opened. Set it again.")
    return seal.open(source, message_id, sealed)


def _row(source: str, message_id: str) -> bytes:
    return f"{source}\x1f{message_id}".encode()
