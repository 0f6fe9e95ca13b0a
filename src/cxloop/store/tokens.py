"""Secrets that prove something to whoever made them, and the digests that are kept of them."""

from __future__ import annotations

import hashlib
import secrets

__all__ = ["digest", "new_secret"]


def new_secret() -> str:
    """Returns 32 random bytes as text: nobody can guess them, so that a plain digest of them cannot be turned back."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Returns what is kept of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
