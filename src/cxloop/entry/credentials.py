"""Who asks: by the key in the request, else by the session of the browser."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from cxloop.api.credentials import secret_in
from cxloop.core.addresses import truncate_ip
from cxloop.core.errors import AccessDeniedError, SignInNeededError
from cxloop.store.keys import PREFIXES, ApiKeys, note_use
from cxloop.store.throttles import attempt
from cxloop.web.access import browser_of, visit_of

if TYPE_CHECKING:
    from fastapi import Request

    from cxloop.core.host import Actor
    from cxloop.store.base import Store

__all__ = ["Credentials"]


class Credentials:
    """Tells who asks for the API. Threads may share it."""

    def __init__(self, store: Store) -> None:
        """Takes the records, in which the keys are."""
        self._store = store
        self._keys = ApiKeys(store)
        self._guard = threading.Lock()
        self._noted: dict[int, date] = {}

    def actor_of(self, request: Request) -> Actor:
        """Returns who asks.

        Raises:
            SignInNeededError: nobody is signed in and there is no key, or it is not known.
            ThrottledError: too many wrong keys came from there.
            AccessDeniedError: it is a write key.
        """
        secret = secret_in(request.headers.get("authorization"))
        if secret is not None:
            return self._holder(secret, browser_of(request).address)
        visit = visit_of(request)
        if visit is None:
            raise SignInNeededError(
                "Nobody is signed in. Send a read key (Authorization: Bearer cxr_...), or sign in to the app: "
                "the API takes the same session."
            )
        return visit.actor

    def _holder(self, secret: str, address: str) -> Actor:
        actor = self._keys.find(secret)
        if actor is None:
            self._refuse(secret, address)
        assert actor is not None
        self._note(actor, truncate_ip(address))
        return replace(actor, address=truncate_ip(address))

    def _refuse(self, secret: str, address: str) -> None:
        """Counts a wrong key; a write key is no guess, and whoever holds one learns nothing by it."""
        if secret.startswith(PREFIXES["write"]):
            raise AccessDeniedError(
                "This is a write key: it sends events to /v1 and reads nothing. Use a read key (cxr_...)."
            )
        with attempt(self._store, f"key from {address}", address):
            self._store.audit(account_id=None, verb="key.refused", outcome="refused", address=truncate_ip(address))
            raise SignInNeededError(
                "This key is not known, was revoked or has expired. An owner of this workspace can make another one."
            )

    def _note(self, actor: Actor, address: str) -> None:
        assert actor.key_id is not None
        today = self._store.clock().date()
        with self._guard:
            if self._noted.get(actor.key_id) == today:
                return
            self._noted[actor.key_id] = today
        note_use(self._store, actor.key_id, address=address)

    def close(self) -> None:
        """Gives up what it watches the records with."""
        self._keys.close()
