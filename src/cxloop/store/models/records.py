"""What was done, defined and written down. Times are UTC without zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cxloop.core.schema import Personal
from cxloop.store.models.base import Base

__all__ = ["AuditEntry", "Connection", "CustomerNote", "Document", "Erasure", "SavedView"]


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
