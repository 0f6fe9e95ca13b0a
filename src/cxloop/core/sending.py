"""The part [outreach] of cxloop.toml: by which ways messages leave, and how many at once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cxloop.core import patterns
from cxloop.core.errors import Mistake, MistakesError
from cxloop.core.strict import Name, Strict

__all__ = ["Gateway", "Outreach", "Smtp"]

HERE = ("localhost", "127.0.0.1", "::1")


class Smtp(Strict):
    """[outreach.smtp]: the mail server that takes messages from here. Without `host` no mail is sent.

    `tls` is "starttls" (a connection that turns to TLS, port 587), "tls" (from its first byte, port 465) or "none" (in
    a network that you trust; with a password only on this machine). `password` names a variable of the environment.
    `sender` is whom customers see; `bounces` is where undeliverable mail returns to, the sender without one; with
    `verp` each message has a return address of its own, bounces+NUMBER@. `per_minute` is how many messages leave at
    most (0: no limit), over all `connections`.
    """

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: Annotated[str, Field(pattern=patterns.VARIABLE)] = ""
    sender: Annotated[str, Field(pattern=patterns.MAILBOX, max_length=320)] = ""
    bounces: Annotated[str, Field(pattern=patterns.MAILBOX, max_length=320)] = ""
    verp: bool = False
    connections: Annotated[int, Field(ge=1, le=50)] = 4
    per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    timeout_seconds: Annotated[float, Field(ge=1, le=600)] = 60

    @model_validator(mode="after")
    def _is_whole(self) -> Smtp:
        if self.host and not self.sender:
            raise MistakesError("smtp", [Mistake("outreach.smtp.sender", "Mail needs a sender. Set it.")])
        if bool(self.user) != bool(self.password):
            raise MistakesError("smtp", [Mistake("outreach.smtp", "user and password go together. Set both.")])
        if self.password and self.tls == "none" and self.host not in HERE:
            told = f'A password would travel in the clear to {self.host}. Set tls to "starttls" or "tls".'
            raise MistakesError("smtp", [Mistake("outreach.smtp.tls", told)])
        return self


class Gateway(Strict):
    """[outreach.sms] and [outreach.whatsapp]: what takes text messages from here. Without `url` none are sent.

    `kind` is "webhook" (each message is sent to `url` as signed JSON; `secret` names a variable of the environment
    that holds the key) or "apprise" (`url` is an address of that library, with {to} where the number goes; best kept
    in a variable as well: env:NAME). `per_minute` is how many messages leave at most; 0: no limit.
    """

    kind: Literal["webhook", "apprise"] = "webhook"
    url: Annotated[str, Field(max_length=2000)] = ""
    secret: Annotated[str, Field(pattern=patterns.VARIABLE)] = ""
    sender: Annotated[str, Field(max_length=80)] = ""
    per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    timeout_seconds: Annotated[float, Field(ge=1, le=600)] = 30

    @model_validator(mode="after")
    def _is_safe(self) -> Gateway:
        if self.kind == "webhook" and self.url:
            if not self.secret:
                told = "The gateway has to know that a message comes from here: set secret to env:NAME."
                raise MistakesError("gateway", [Mistake("outreach.secret", told)])
            if not patterns.matches(patterns.WEB_ADDRESS, self.url):
                told = f"{self.url!r} is not {patterns.IN_WORDS[patterns.WEB_ADDRESS]}."
                raise MistakesError("gateway", [Mistake("outreach.url", told)])
        return self


class Outreach(Strict):
    """[outreach]: who writes to customers, and by which ways. `name` is the company's own where it is left out."""

    name: Name | None = None
    smtp: Smtp = Smtp()
    sms: Gateway = Gateway()
    whatsapp: Gateway = Gateway()

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are set up."""
        ways = {"email": self.smtp.host, "sms": self.sms.url, "whatsapp": self.whatsapp.url}
        return tuple(name for name, way in ways.items() if way)
