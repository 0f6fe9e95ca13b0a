"""The door of `POST /hooks/NAME`: whether a delivery is taken. No query for a request: settings are kept in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxloop.collect.connectors.base import SourceError
from cxloop.collect.connectors.forms import Parted, opened
from cxloop.collect.connectors.webhook.connector import CONNECTOR, WebhookSettings
from cxloop.collect.connectors.webhook.payload import body_rows, known_delivery
from cxloop.collect.connectors.webhook.signatures import Signed, check
from cxloop.core.errors import InputError
from cxloop.store.changes import Following
from cxloop.store.connections import every_one, secrets_of

if TYPE_CHECKING:
    from cxloop.store.base import Store
    from cxloop.store.connections import Connection

__all__ = ["SYSTEM", "Hooks", "Refusal", "settings_of"]

SYSTEM = "webhook"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a delivery is not taken: an HTTP status, a code for machines, a sentence that holds no secret."""

    status: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Hook:
    """A connection's settings; None where they cannot be opened."""

    settings: WebhookSettings | None
    paused: bool


_UNKNOWN = Refusal(404, "unknown", "There is nothing here.")
_PAUSED = Refusal(503, "paused", "This address is paused. Send again later.")
_BROKEN = Refusal(503, "settings", "This address is not in order at the moment. Send again later.")


class Hooks:
    """The incoming webhooks of a workspace; a change of their settings counts within a second. Threads may share it."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        """Reads nothing yet.

        Args:
            store: the records.
            clock: seconds since 1970.
        """
        self._hooks = Following(store, lambda: _read(store))
        self._clock = clock

    def check(self, name: str, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """Returns None where a delivery is genuine and holds rows, else why it is refused.

        Args:
            name: the connection, from the address.
            headers: the request's; names in any case.
            body: exactly as received.
        """
        hook = self._hooks.value.get(name)
        if hook is None:
            return _UNKNOWN
        if hook.settings is None:
            return _BROKEN
        reason = _signed(hook.settings, headers, body, self._clock())
        if reason is not None:
            return Refusal(401, "signature", reason)
        if hook.paused:  # said only to the sender itself
            return _PAUSED
        try:
            body_rows(body, hook.settings.rows)
        except InputError as failure:
            return Refusal(400, "payload", failure.message)
        return None

    def about(self, name: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """Returns what has to be kept of a delivery's headers beside its body: the sender's id of it, if it has one."""
        hook = self._hooks.value.get(name)
        own = hook.settings.delivery_header if hook is not None and hook.settings is not None else None
        delivery = known_delivery({key.lower(): value for key, value in headers.items()}, own)
        return {} if delivery is None else {"delivery": delivery}

    def close(self) -> None:
        """Closes what it watches the records with."""
        self._hooks.close()


def _signed(settings: WebhookSettings, headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    request = Signed(
        {key.lower(): value for key, value in headers.items()}, body, now, settings.header, settings.tolerance_seconds
    )
    reason = check(settings.scheme, settings.secret.get_secret_value(), request)
    if reason is None or settings.former_secret is None:
        return reason
    return check(settings.scheme, settings.former_secret.get_secret_value(), request)


def _read(store: Store) -> dict[str, _Hook]:
    found = [each for each in every_one(store) if each.system == SYSTEM]
    return {each.name: _Hook(settings_of(store, each), each.paused) for each in found}


def settings_of(store: Store, connection: Connection) -> WebhookSettings | None:
    """Returns the settings of a webhook, or None where they cannot be opened: that must not close the others."""
    try:
        settings, _ = opened(CONNECTOR, Parted(dict(connection.settings), secrets_of(store, connection.name)))
    except (InputError, SourceError):
        return None
    assert isinstance(settings, WebhookSettings)
    return settings
