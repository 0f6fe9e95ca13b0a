"""The operational records as tables, on SQLite or PostgreSQL. Times are UTC without zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from cxloop.core.schema import Personal

__all__ = [
    "Account",
    "ApiKey",
    "AuditEntry",
    "Base",
    "Connection",
    "CustomerNote",
    "Document",
    "Erasure",
    "KeySecret",
    "Link",
    "RecoveryCode",
    "SavedView",
    "Session",
    "Throttle",
]


class Base(DeclarativeBase):
    """What all records share: constraints have names, so that a migration can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012 - SQLAlchemy reads it from the class


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


class AuditEntry(Base):
    """Who ran which verb, when, with what outcome; each entry holds the digest of the one before.

    Nothing here refers to other tables: an entry never changes, whatever becomes of what it names.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    key_id: Mapped[int | None]
    verb: Mapped[str]
    target: Mapped[str] = mapped_column(default="")
    arguments: Mapped[dict[str, Any]]
    outcome: Mapped[str]
    seconds: Mapped[float]
    address: Mapped[str] = mapped_column(default="")
    happened_at: Mapped[datetime] = mapped_column(index=True)
    previous: Mapped[str]
    digest: Mapped[str]


class Connection(Base):
    """A system that interactions are pulled from, or that sends them: its settings, its schedule, its last run."""

    __tablename__ = "connections"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    system: Mapped[str]
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[str | None]
    mapping: Mapped[str | None]
    every: Mapped[str | None]
    paused: Mapped[bool]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    failure: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    rows: Mapped[int] = mapped_column(default=0)
    admitted: Mapped[int] = mapped_column(default=0)
    already_there: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    next_due: Mapped[datetime | None]
    position: Mapped[str] = mapped_column(default="")


class CustomerNote(Base):
    """What staff wrote about a customer. It hangs on a key and not on a customer: merges and splits carry it along.

    `personal` says of each column what it tells about a person, for erasure and export.
    """

    __tablename__ = "customer_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(BigInteger, index=True, info={"personal": Personal.PSEUDONYM})
    text: Mapped[str] = mapped_column(info={"personal": Personal.FREE_TEXT})
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    author: Mapped[str]
    written_at: Mapped[datetime]


class Document(Base):
    """One version of a definition: a metric, a mapping, a segment, a playbook. Versions are never changed."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("kind", "name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]


class Erasure(Base):
    """One erasure of customers, and how far it is.

    `sealed` is what has to be looked for (numbers, identifiers, words), encrypted; it is forgotten with the proof.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("state in ('requested', 'hidden', 'rewriting', 'proved', 'found')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    mode: Mapped[str]
    customers: Mapped[int]
    keys: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    author: Mapped[str]
    reason: Mapped[str]
    requested_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(default="")
    sealed: Mapped[str | None]
    removed: Mapped[list[Any]] = mapped_column(JSON)
    looked: Mapped[list[Any]] = mapped_column(JSON)
    document: Mapped[str] = mapped_column(default="")
    signature: Mapped[str] = mapped_column(default="")


class SavedView(Base):
    """A question that somebody wants to ask again: a page with its choices; shared with the team or not."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str]
    page: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    shared: Mapped[bool]
    created_at: Mapped[datetime]
