"""Signed links: what a customer opens from a message, on a phone, without signing in.

A token says what it opens, which one, and until when, and carries a signature that only this workspace can make. It
holds no personal data: a number of a record, nothing else.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from cxloop.core.errors import InputError

if TYPE_CHECKING:
    from cxloop.store.secrets import Vault

__all__ = ["Kind", "LinkError", "Opened", "open_link", "sign_link"]

Kind = Literal["invitation", "response", "person", "unsubscribe", "board", "report"]
"""What a link opens: an invitation to a survey, a response that was begun, a person's own preferences, a no to one
purpose, a dashboard that somebody shared, or a no to a mailed one."""
_LETTERS: dict[str, Kind] = {
    "i": "invitation",
    "r": "response",
    "p": "person",
    "u": "unsubscribe",
    "b": "board",
    "n": "report",
}
_SIGNATURE = 24
"""Hexadecimal digits of the signature that are kept: 96 bits, so that an address stays short in a text message."""
_TOKEN = re.compile(
    r"(?P<said>(?P<letter>[irpubn])(?P<name>[A-Za-z0-9_-]{1,64})\.(?P<until>[0-9a-f]{1,10}))\.(?P<by>[0-9a-f]+)"
)


class LinkError(InputError):
    """A link cannot be opened. Its code says why: "forged", "expired" or "stopped"."""

    def __init__(self, message: str, code: Literal["forged", "expired", "stopped"]) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Opened:
    """What a signed link says.

    Attributes:
        kind: what it opens.
        name: the number or name of it.
        until: when it expires, UTC without zone; None for never.
    """

    kind: Kind
    name: str
    until: datetime | None


def sign_link(vault: Vault, kind: Kind, name: int | str, until: datetime | None = None) -> str:
    """Returns a token for an address, 30 to 50 characters that need no quoting.

    Args:
        vault: of the workspace.
        kind: what it opens.
        name: the number or name of that, of letters, digits, - and _.
        until: when it expires, UTC without zone, to the second; None for never.

    Example:
        >>> from cxloop.store.secrets import Vault
        >>> vault = Vault("k" * 32)
        >>> open_link(vault, sign_link(vault, "invitation", 17), now=datetime(2026, 1, 1))
        Opened(kind='invitation', name='17', until=None)
    """
    letter = next(letter for letter, each in _LETTERS.items() if each == kind)
    ends = 0 if until is None else int(until.replace(tzinfo=UTC).timestamp())
    said = f"{letter}{name}.{ends:x}"
    return f"{said}.{vault.sign(said)[:_SIGNATURE]}"


def open_link(vault: Vault, token: str, *, now: datetime) -> Opened:
    """Returns what a token says.

    Args:
        vault: of the workspace.
        token: as it came.
        now: the present, UTC without zone.

    Raises:
        LinkError: nobody here signed it, or its time is over.
    """
    found = _TOKEN.fullmatch(token)
    if found is None or not _is_ours(vault, found["said"], found["by"]):
        raise LinkError("This link was not made here, or a part of it is missing. Open it from the message.", "forged")
    ends = int(found["until"], 16)
    until = None if ends == 0 else datetime.fromtimestamp(ends, UTC).replace(tzinfo=None)
    if until is not None and now >= until:
        raise LinkError(f"This link expired on {until:%d.%m.%Y}.", "expired")
    return Opened(_LETTERS[found["letter"]], found["name"], until)


def _is_ours(vault: Vault, said: str, signature: str) -> bool:
    return hmac.compare_digest(vault.sign(said)[:_SIGNATURE].encode(), signature.encode())
