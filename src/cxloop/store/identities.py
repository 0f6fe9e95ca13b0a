"""From an identity at a provider to an account here: known already, invited by e-mail address, or let in anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from cxloop.core.accounts import Identity
from cxloop.core.config import Oidc
from cxloop.core.errors import AccessDeniedError
from cxloop.store.models import Account

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

    from cxloop.store.base import Store

__all__ = ["account_of"]

_STRANGER = "This account of {provider} has no account here. Ask an owner of this workspace for an invitation."
_UNCHECKED = "{provider} has not checked your e-mail address, so nobody here knows who you are. Confirm it there first."


def account_of(store: Store, identity: Identity, settings: Oidc) -> Account:
    """Returns the account of somebody who proved to a provider who they are.

    Args:
        store: the records.
        identity: what the provider says; its e-mail address is one that it has checked.
        settings: which domains are let in, and what new people become.

    Raises:
        AccessDeniedError: nobody here knows them, or they are locked out.
    """
    with store.work() as work:
        account = _known(work, identity) or _invited(work, identity, settings) or _new(store, work, identity, settings)
        if account.disabled_at is not None:
            raise AccessDeniedError(_STRANGER.format(provider=settings.label))
        return account


def _known(work: Work, identity: Identity) -> Account | None:
    same = (Account.oidc_issuer == identity.issuer, Account.oidc_subject == identity.subject)
    return work.scalar(select(Account).where(*same))


def _invited(work: Work, identity: Identity, settings: Oidc) -> Account | None:
    """Finds who was invited by this address, and ties the account to the identity for good."""
    if identity.email is None:
        raise AccessDeniedError(_UNCHECKED.format(provider=settings.label))
    address = identity.email.strip().casefold()
    if settings.allowed_domains and address.rpartition("@")[2] not in _domains(settings):
        raise AccessDeniedError(_STRANGER.format(provider=settings.label))
    account = work.scalar(select(Account).where(Account.email == address))
    if account is None:
        return None
    if account.oidc_subject is not None:
        # the address belongs to somebody else at the provider by now: a mailbox that was given on
        raise AccessDeniedError(_STRANGER.format(provider=settings.label))
    account.oidc_issuer, account.oidc_subject = identity.issuer, identity.subject
    return account


def _domains(settings: Oidc) -> set[str]:
    return {domain.casefold().lstrip("@") for domain in settings.allowed_domains}


def _new(store: Store, work: Work, identity: Identity, settings: Oidc) -> Account:
    if not settings.role or identity.email is None:
        raise AccessDeniedError(_STRANGER.format(provider=settings.label))
    account = Account(
        name=" ".join(identity.name.split())[:80] or identity.email,
        email=identity.email.strip().casefold(),
        role=settings.role,
        limits={},
        oidc_issuer=identity.issuer,
        oidc_subject=identity.subject,
        created_at=store.clock(),
    )
    work.add(account)
    work.flush()
    return account
