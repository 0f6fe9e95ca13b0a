"""The accounts of a workspace as its pages get them: with its settings, and the provider to sign in with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cxloop.core.errors import InputError
from cxloop.store.entrance import Accounts

if TYPE_CHECKING:
    from cxloop.core.accounts import Provider
    from cxloop.core.config import Oidc, Settings
    from cxloop.store.base import Store
    from cxloop.store.secrets import Vault

__all__ = ["accounts_of", "client_secret"]


def accounts_of(store: Store, settings: Settings) -> Accounts:
    """Returns who may sign in and how."""
    provider = _provider(settings.sign_in.oidc, store)
    return Accounts(store, settings.sign_in, provider, app=settings.company.name)


def _provider(settings: Oidc, store: Store) -> Provider | None:
    if not settings.issuer:
        return None
    from cxloop.adapters.oidc.provider import OidcProvider

    return OidcProvider(settings, client_secret(settings.client_secret, store.vault))


def client_secret(written: str, vault: Vault) -> str:
    """Returns the secret that a setting stands for: `env:NAME`, `sealed:...`, or nothing for a public client.

    Raises:
        InputError: the variable is not set, or the secret was sealed with another key.
    """
    kind, _, value = written.partition(":")
    if kind == "sealed":
        return vault.open(value)
    if kind != "env":
        return ""
    found = os.environ.get(value)
    if not found:
        raise InputError(
            f"client_secret of [sign_in.oidc] is env:{value}, and ${value} is not set. Set it, and restart."
        )
    return found
