"""The incoming webhook: its settings. It is not pulled: other systems send to `POST /hooks/NAME`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field, SecretStr

from cxloop.collect.connectors.base import Connector, Settings
from cxloop.collect.connectors.webhook.signatures import Scheme

__all__ = ["CONNECTOR", "WebhookSettings"]

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
SHORTEST_SECRET = 16


class WebhookSettings(Settings):
    """Settings of an incoming webhook."""

    scheme: Scheme = Field(
        title="Signature",
        description="How the sender shows that it is the sender. standard: Standard Webhooks (webhook-id, -timestamp, "
        "-signature). hmac: HMAC-SHA256 of the body in one header, as GitHub or Shopify. stripe: t=...,v1=... zendesk: "
        "X-Zendesk-Webhook-Signature. secret: the secret itself, as a bearer token or in a header.",
    )
    secret: SecretStr = Field(
        title="Secret", description="What the sender signs with, at least 16 characters. The sender's page shows it."
    )
    former_secret: SecretStr | None = Field(
        default=None,
        title="Former secret",
        description="While the sender changes to a new secret, the one before is good as well. Remove it afterwards.",
    )
    header: str | None = Field(
        default=None,
        title="Header",
        description="The header of the signature or secret, where it is not the usual one: X-Hub-Signature-256 for "
        "hmac, Stripe-Signature for stripe, Authorization for secret.",
    )
    delivery_header: str | None = Field(
        default=None,
        title="Delivery id",
        description="A header that is the same when the sender tries a delivery again. webhook-id, svix-id, "
        "X-GitHub-Delivery, X-Shopify-Webhook-Id and X-Zendesk-Webhook-Invocation-Id are known; without any, the same "
        "body is the same delivery.",
    )
    rows: str = Field(
        default="",
        title="Rows",
        description="Where the list of rows stands in the body, such as data.events. Empty: the body is one row, or "
        "itself a list of rows.",
        max_length=200,
        pattern=r"^([^.\s]+(\.[^.\s]+){0,9})?$",
    )
    tolerance_seconds: int = Field(
        default=300,
        title="Tolerance",
        description="How far the time that the sender signs may be from now, where the scheme has one.",
        ge=10,
        le=3_600,
    )


def _suits(settings: WebhookSettings) -> Iterator[tuple[str, str]]:
    for name in ("secret", "former_secret"):
        secret = getattr(settings, name)
        text = secret.get_secret_value() if secret is not None else ""
        if secret is not None and not text.startswith("env:") and len(text) < SHORTEST_SECRET:
            yield name, f"It has {len(text)} characters; at least {SHORTEST_SECRET} make it hard to guess."
    for name in ("header", "delivery_header"):
        header = getattr(settings, name)
        if header is not None and _HEADER.fullmatch(header) is None:
            yield name, f"{header!r} is no name of a header."
    if settings.header is not None and settings.scheme in ("standard", "zendesk"):
        yield "header", f"The scheme {settings.scheme} has headers of its own. Leave it out."


CONNECTOR = Connector(
    title="Incoming webhook",
    about="What another system sends when something happens there, checked by its signature.",
    settings=WebhookSettings,
    suits=lambda settings: list(_suits(settings)),
)
