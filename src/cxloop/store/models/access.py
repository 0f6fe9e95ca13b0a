"""Who may get in, and how: accounts, links, sessions, keys. Times are UTC without zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cxloop.store.models.base import Base

__all__ = ["Account", "ApiKey", "KeySecret", "Link", "RecoveryCode", "Session", "Throttle"]


class Account(Base):
    """Somebody who may sign in.

    `limits` are rows of the log by column: {"team": ["North"]}. `totp_secret` is sealed; `totp_step` is the last
    moment of the second factor that was used, so that no code works twice.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("role in ('owner', 'analyst', 'agent', 'viewer')", name="role"),
        UniqueConstraint("oidc_issuer", "oidc_subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    role: Mapped[str]
    limits: Mapped[dict[str, Any]] = mapped_column(server_default="{}", default=dict)
    password_hash: Mapped[str | None]
    totp_secret: Mapped[str | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_step: Mapped[int | None]
    oidc_issuer: Mapped[str | None]
    oidc_subject: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in for a lost second factor, once; only its digest is kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str]
    used_at: Mapped[datetime | None]


class Link(Base):
    """A sign-in link: works once, for a while; only its digest is kept."""

    __tablename__ = "links"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Session(Base):
    """A browser that is signed in; only digests of its secrets are kept.

    A renewed secret (`next_digest`) takes over when the browser first shows it; the one before (`former_digest`) is
    still good for requests on their way, until `former_until`. Shown later, somebody has stolen it.
    """

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    next_digest: Mapped[str | None] = mapped_column(unique=True)
    former_digest: Mapped[str | None] = mapped_column(unique=True)
    former_until: Mapped[datetime | None]
    form_key: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Throttle(Base):
    """Failed attempts to get in: of an account, a network address; both only as digests."""

    __tablename__ = "throttles"

    what: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(index=True)


class ApiKey(Base):
    """A key of a program. Write keys belong to a source and only collect; the others ask for an account."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint("kind in ('write', 'read', 'admin')", name="kind"),
        CheckConstraint("(kind = 'write') = (source is not null)", name="source"),
        CheckConstraint("(kind = 'write') = (role is null)", name="role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    source: Mapped[str | None]
    role: Mapped[str | None]
    limits: Mapped[dict[str, Any]]
    origins: Mapped[list[str]]
    test: Mapped[bool]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_on: Mapped[date | None]


class KeySecret(Base):
    """A secret of a key, as its digest; while a key is rotated it has two. `shown` is its recognisable end."""

    __tablename__ = "key_secrets"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    shown: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
