"""The key of a workspace: seals what has to be read again (second factors, passwords of sources) and signs.

What only has to be recognised (sessions, keys, links) is kept as a digest instead, and needs no key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.core.errors import InputError, WorkspaceError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["KEY_FILE", "VARIABLE", "Vault"]

KEY_FILE = "secret.key"
VARIABLE = "CXLOOP_SECRET_KEY"
SHORTEST_KEY = 32
"""Characters; 32 random ones are beyond guessing, whatever alphabet they come from."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals, opens and signs with the key of one workspace.

    Example:
        >>> vault = Vault("k" * 32)
        >>> vault.open(vault.seal("imap password"))
        'imap password'
    """

    key: str = field(repr=False)

    @classmethod
    def of(cls, folder: Path) -> Vault:
        """Returns the vault of a workspace; makes its key where there is none yet.

        Args:
            folder: the workspace. The key is $CXLOOP_SECRET_KEY where that is set, else the file secret.key in it.

        Raises:
            WorkspaceError: the key is too short, or its file cannot be read or written.
        """
        given = os.environ.get(VARIABLE)
        where = f"${VARIABLE}" if given else str(folder / KEY_FILE)
        key = given or _read_or_make(folder / KEY_FILE)
        if len(key) < SHORTEST_KEY:
            raise WorkspaceError(
                f"{where} has {len(key)} characters; a key needs {SHORTEST_KEY}. Restore it from a backup, or put a "
                "new one there and enter the secrets of sources and second factors again."
            )
        return cls(key)

    @staticmethod
    def has_key(folder: Path) -> bool:
        """Whether there is a key already, in the environment or in the workspace."""
        return bool(os.environ.get(VARIABLE)) or (folder / KEY_FILE).exists()

    def seal(self, text: str) -> str:
        """Returns `text` encrypted and authenticated; each time another text."""
        from cryptography.fernet import Fernet

        return Fernet(self._derived("seal")).encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Returns what was sealed.

        Raises:
            InputError: it was sealed with another key, or is damaged.
        """
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(self._derived("seal")).decrypt(sealed.encode()).decode()
        except (InvalidToken, ValueError):
            raise InputError(
                f"A sealed secret cannot be opened with the key of this workspace ({KEY_FILE} or ${VARIABLE}). "
                "Restore the key that it was sealed with, or enter the secret again."
            ) from None

    def sign(self, text: str) -> str:
        """Returns a signature of `text`, which nobody can compute without the key."""
        return hmac.digest(self._derived("sign"), text.encode(), "sha256").hex()

    def signed(self, text: str, signature: str) -> bool:
        """Whether `signature` is the one of `text`."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())

    def sign_openly(self, text: str) -> str:
        """Returns an Ed25519 signature of `text`, in base64: whoever has `public_key` can check it."""
        return base64.b64encode(self._private().sign(text.encode())).decode()

    @property
    def public_key(self) -> str:
        """What checks `sign_openly`: the 32 bytes of the public key, in base64."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        raw = self._private().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def signed_openly(self, text: str, signature: str) -> bool:
        """Whether `signature` is the one that this workspace gave `text`."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._private().public_key().verify(base64.b64decode(signature), text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    def digest(self, text: str) -> str:
        """Returns a digest of `text` that nobody can guess at without the key."""
        return hmac.new(self._derived("digest"), text.encode(), hashlib.sha256).hexdigest()

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(self._derived("receipts")))

    def _derived(self, purpose: str) -> bytes:
        return _derived(self.key, purpose)


@lru_cache(64)
def _derived(key: str, purpose: str) -> bytes:
    # a key for each purpose: a signature never helps to open anything
    return base64.urlsafe_b64encode(hmac.new(key.encode(), purpose.encode(), hashlib.sha256).digest())


def _read_or_make(path: Path) -> str:
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as failure:
        raise WorkspaceError(f"{path}, the key of the workspace, cannot be read or written: {failure}.") from None


def _make(path: Path) -> None:
    """Makes a key that is whole or not there, whoever else makes one at the same moment."""
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(own, path)
        except FileExistsError:
            return  # somebody else was quicker; theirs counts
    finally:
        own.unlink()
