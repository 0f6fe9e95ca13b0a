"""What is sent to customers, to whom nothing may be sent, and how each wants to be written to. Times are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cxloop.core.schema import Personal
from cxloop.store.models.base import Base

__all__ = ["ConsentStatement", "Message", "Preference", "Suppression"]

_PSEUDONYM = {"personal": Personal.PSEUDONYM}
_IDENTIFIER = {"personal": Personal.IDENTIFIER}
_WORDS = {"personal": Personal.FREE_TEXT}


class Message(Base):
    """One message to one customer. `once` is what it must not be sent twice for: it is there before anything is sent.

    A message is `sending` from before its last byte is handed over until the other side's answer is written down; one
    that is found so later is `in_doubt`, and is never sent again by itself. `told` is whether those who wait for what
    becomes of it have heard of its present state.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint(
            "state in ('waiting', 'sending', 'sent', 'in_doubt', 'failed', 'bounced', 'complained', 'cancelled')",
            name="state",
        ),
        Index("ix_messages_state_due_at", "state", "due_at"),
        Index("ix_messages_key_id_sent_at", "key_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    once: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    about: Mapped[str] = mapped_column(default="", index=True)
    reference: Mapped[int | None] = mapped_column(index=True)
    key_id: Mapped[int] = mapped_column(BigInteger, info=_PSEUDONYM)
    channel: Mapped[str]
    address: Mapped[str] = mapped_column(info=_IDENTIFIER)
    language: Mapped[str] = mapped_column(default="")
    template: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(info=_WORDS)
    state: Mapped[str]
    failure: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)
    external_id: Mapped[str] = mapped_column(default="", index=True)
    told: Mapped[bool] = mapped_column(default=True, index=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Suppression(Base):
    """An address to which nothing more is sent: it bounced, or its owner complained. Only its digest is kept.

    It stays after an erasure: without it, an imported list would write to somebody again who asked not to be.
    """

    __tablename__ = "suppressions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    since: Mapped[datetime]


class Preference(Base):
    """How a customer wants to be written to, by key. What they agreed to stands in the log."""

    __tablename__ = "preferences"

    key_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=_PSEUDONYM)
    channel: Mapped[str | None]
    language: Mapped[str | None]
    paused_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class ConsentStatement(Base):
    """What a customer said on a public page about a purpose, on its way into the log; it counts from this moment on.

    `logged_at` is when the log had it: until then, whoever asks what a customer allows has to look here, too.
    """

    __tablename__ = "consent_statements"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(BigInteger, index=True, info=_PSEUDONYM)
    purpose: Mapped[str]
    channel: Mapped[str | None]
    granted: Mapped[bool]
    evidence: Mapped[str]
    said_at: Mapped[datetime]
    logged_at: Mapped[datetime | None] = mapped_column(index=True)
