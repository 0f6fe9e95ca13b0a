"""The ways out that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from cxloop.outreach.channels.base import Channel

if TYPE_CHECKING:
    from cxloop.core.config import Settings
    from cxloop.core.sending import Gateway
    from cxloop.store.secrets import Vault

__all__ = ["channels_of"]


def channels_of(settings: Settings, vault: Vault, clock: Callable[[], datetime]) -> dict[str, Channel]:
    """Returns the channels that are set up, by name.

    Args:
        settings: of the workspace.
        vault: signs the names of messages.
        clock: the present, UTC without zone.
    """
    own = settings.outreach
    found: dict[str, Channel] = {}
    if own.smtp.host:
        from cxloop.outreach.channels.smtp.channel import SmtpChannel

        found["email"] = SmtpChannel(own.smtp, own.name or settings.company.name, vault, clock)
    for name, gateway in (("sms", own.sms), ("whatsapp", own.whatsapp)):
        if gateway.url:
            found[name] = _gateway(name, gateway, settings, vault, clock)
    return found


def _gateway(name: str, gateway: Gateway, settings: Settings, vault: Vault, clock: Callable[[], datetime]) -> Channel:
    if gateway.kind == "apprise":
        from cxloop.outreach.channels.apprise.channel import AppriseChannel

        return AppriseChannel(name, gateway)
    from cxloop.outreach.channels.webhook.channel import WebhookChannel

    return WebhookChannel(name, gateway, settings.server.address, vault, clock)
