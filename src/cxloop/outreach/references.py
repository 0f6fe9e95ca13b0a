"""The name of a message in the world: in its Message-ID and its return address, signed, so that a bounce is ours."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxloop.store.secrets import Vault

__all__ = ["reference_of", "references_in"]

_SIGNATURE = 16
_REFERENCE = re.compile(
    r"(?<![a-z0-9])m(?P<number>[0-9]{1,18})-(?P<signature>[0-9a-f]{16})(?![a-z0-9])", re.IGNORECASE | re.ASCII
)
_MOST_READ = 2_000_000
"""Characters of a bounce that are looked through; a server returns the headers, or a whole mail."""


def reference_of(vault: Vault, message_id: int) -> str:
    """Returns the name of a message: letters that survive in any address, and that nobody else can make.

    Example:
        >>> from cxloop.store.secrets import Vault
        >>> references_in(Vault("k" * 32), f"bounces+{reference_of(Vault('k' * 32), 17)}@example.org")
        [17]
    """
    return f"m{message_id}-{_signature(vault, message_id)}"


def references_in(vault: Vault, text: str) -> list[int]:
    """Returns the numbers of our messages that a text names, in order, each once; forged names are passed over."""
    found: dict[int, None] = {}
    for each in _REFERENCE.finditer(text[:_MOST_READ]):
        number = int(each["number"])
        if hmac.compare_digest(_signature(vault, number), each["signature"].lower()):
            found[number] = None
    return list(found)


def _signature(vault: Vault, message_id: int) -> str:
    return vault.sign(f"message:{message_id}")[:_SIGNATURE]
