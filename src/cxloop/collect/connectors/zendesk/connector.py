"""Zendesk: its settings, and what its failures mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from cxloop.collect.connectors.base import Connector, Scope, Settings, SourceError
from cxloop.collect.connectors.zendesk.rows import ANSWERS, MESSAGES, RATINGS, TICKETS

__all__ = ["CONNECTOR", "ZendeskSettings", "base_address"]

_SUBDOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.IGNORECASE)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ZendeskSettings(Settings):
    """Settings of a Zendesk account."""

    table_names: ClassVar[tuple[str, ...]] = ("tickets", "messages", "ratings", "answers")

    subdomain: str = Field(
        title="Subdomain", description="acme, where the account is acme.zendesk.com.", min_length=1, max_length=63
    )
    sign_in: Literal["api_token", "oauth"] = Field(
        default="api_token",
        title="Signs in with",
        description="An API token of Zendesk's admin centre, or an OAuth access token with the scope read.",
    )
    email: str | None = Field(
        default=None,
        title="E-mail address",
        description="With an API token: the address of the administrator it acts for. Exports are open to "
        "administrators only.",
        max_length=320,
    )
    token: SecretStr = Field(title="Token", description="The API token or OAuth access token.")
    since: date = Field(
        default=date(2010, 1, 1),
        title="Since",
        description="What has not changed since this day is left out of the first pull.",
    )
    satisfaction: Literal["ratings", "surveys", "none"] = Field(
        default="ratings",
        title="Satisfaction",
        description="ratings: good and bad, Zendesk's first kind of CSAT. surveys: its newer CSAT surveys. An account "
        "has one of them switched on.",
    )
    private_notes: bool = Field(
        default=False, title="Private notes", description="Whether what agents write to each other is read as well."
    )
    address: str | None = Field(
        default=None,
        title="Address",
        description="Another address than https://SUBDOMAIN.zendesk.com, for a proxy of your own. It has to be https.",
        max_length=300,
    )
    timeout_seconds: int = Field(default=60, title="Time-out", description="How long an answer may take.", ge=1, le=600)


def base_address(settings: ZendeskSettings) -> str:
    """Returns where requests go, without a slash at the end."""
    return (settings.address or f"https://{settings.subdomain.lower()}.zendesk.com").rstrip("/")


def _source(settings: ZendeskSettings, scope: Scope) -> Sequence[Any]:
    from cxloop.collect.connectors.zendesk.source import resources

    return resources(settings, scope)


def _suits(settings: ZendeskSettings) -> Iterator[tuple[str, str]]:
    if _SUBDOMAIN.fullmatch(settings.subdomain) is None:
        yield "subdomain", f"{settings.subdomain!r} is no subdomain. Give acme where the account is acme.zendesk.com."
    if settings.sign_in == "api_token" and "@" not in (settings.email or ""):
        yield "email", "An API token acts for somebody: give the e-mail address of that administrator."
    if settings.address is not None:
        parts = urlsplit(settings.address)
        allowed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not allowed or not parts.hostname or parts.username or parts.query or parts.fragment:
            yield "address", f"{settings.address!r} is not an https address without user, query and fragment."


def _explain(failure: BaseException, _settings: ZendeskSettings) -> SourceError | None:
    name = type(failure).__name__
    if not type(failure).__module__.startswith(("httpx", "httpcore")):
        return None
    if "Timeout" in name:
        return SourceError("Zendesk took too long to answer.", "timeout")
    return SourceError("Zendesk cannot be reached. Check this machine's network and the subdomain.", "unreachable")


CONNECTOR = Connector(
    title="Zendesk",
    about="Tickets, what was said in them, and how satisfied customers were.",
    settings=ZendeskSettings,
    source=_source,
    explain=_explain,
    columns={"tickets": TICKETS, "messages": MESSAGES, "ratings": RATINGS, "answers": ANSWERS},
    mapped=True,
    sent_to=base_address,
    suits=lambda settings: list(_suits(settings)),
)
