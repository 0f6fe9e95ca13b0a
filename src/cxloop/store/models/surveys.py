"""Surveys, who was asked, and what they answered until it is in the log. Times are UTC without zone.

`revision` of a record counts its changes, `logged` says up to which one the log has it: nothing that changed is lost,
and nothing is told twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cxloop.core.schema import Personal
from cxloop.store.models.base import Base

__all__ = ["Invitation", "ShortLink", "Survey", "SurveyFile", "SurveyQuota", "SurveyResponse", "SurveyWave"]

_PSEUDONYM = {"personal": Personal.PSEUDONYM}
_IDENTIFIER = {"personal": Personal.IDENTIFIER}
_WORDS = {"personal": Personal.FREE_TEXT}
_UNTOLD = text("revision > logged")
"""Of what the log lacks: it is looked for every second, and is a handful among years of answers."""


class Survey(Base):
    """A survey: its state and settings. Its documents are definitions: of kind survey_draft, and survey once live."""

    __tablename__ = "surveys"
    __table_args__ = (CheckConstraint("state in ('draft', 'live', 'paused', 'closed')", name="state"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    state: Mapped[str]
    version: Mapped[int | None]
    settings: Mapped[dict[str, Any]]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)


class SurveyWave(Base):
    """One go at asking people: from a segment, a file, an event or a schedule."""

    __tablename__ = "survey_waves"
    __table_args__ = (
        CheckConstraint("kind in ('segment', 'file', 'event', 'schedule', 'people')", name="kind"),
        CheckConstraint("state in ('planned', 'running', 'done', 'stopped')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    survey: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    state: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(info=_WORDS)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    starts_at: Mapped[datetime]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    position: Mapped[str] = mapped_column(default="")


class Invitation(Base):
    """One customer whom a survey wanted to ask: asked, to be asked, or not asked, and then why.

    `trigger` is what it answers, an event or a place in a wave: nothing asks twice. `probability` is the one that this
    customer was chosen with. `reason` is empty for whoever is asked; `rule` names the clock that spoke.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(
            "state in ('held', 'planned', 'queued', 'sent', 'in_doubt', 'failed', 'bounced', 'expired')", name="state"
        ),
        UniqueConstraint("survey", "trigger"),
        Index("ix_invitations_wave_id_state", "wave_id", "state"),
        Index("ix_invitations_state_due_at", "state", "due_at"),
        Index("ix_invitations_untold", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    survey: Mapped[str] = mapped_column(index=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("survey_waves.id", ondelete="CASCADE"))
    key_id: Mapped[int] = mapped_column(BigInteger, index=True, info=_PSEUDONYM)
    trigger: Mapped[str] = mapped_column(info=_PSEUDONYM)
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    rule: Mapped[str] = mapped_column(default="")
    probability: Mapped[float | None]
    channel: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    hidden: Mapped[dict[str, Any]] = mapped_column(info=_WORDS)
    single_use: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    opened_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(default=0)
    remind_at: Mapped[datetime | None] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(default=1)
    logged: Mapped[int] = mapped_column(default=0)


class SurveyResponse(Base):
    """What one person answered so far. `client_id` is the number that a kiosk without a network gave it.

    `hidden` is what the link said, `seconds` how long each page was looked at, `flags` why it may be no honest answer,
    `quotas` which places it has taken.
    """

    __tablename__ = "survey_responses"
    __table_args__ = (
        CheckConstraint("state in ('open', 'finished', 'partial', 'screened')", name="state"),
        UniqueConstraint("survey", "client_id"),
        Index("ix_survey_responses_survey_state", "survey", "state"),
        Index("ix_survey_responses_untold", "changed_at", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    survey: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    mode: Mapped[str]
    channel: Mapped[str]
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id", ondelete="SET NULL"), index=True)
    link: Mapped[str | None] = mapped_column(ForeignKey("short_links.code", ondelete="SET NULL"), index=True)
    client_id: Mapped[str | None]
    key_id: Mapped[int | None] = mapped_column(BigInteger, index=True, info=_PSEUDONYM)
    key_namespace: Mapped[str | None]
    key_type: Mapped[str | None]
    key_value: Mapped[str | None] = mapped_column(info=_IDENTIFIER)
    language: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    page: Mapped[str] = mapped_column(default="")
    answers: Mapped[dict[str, Any]] = mapped_column(info=_WORDS)
    hidden: Mapped[dict[str, Any]] = mapped_column(info=_WORDS)
    seconds: Mapped[dict[str, Any]]
    flags: Mapped[list[Any]] = mapped_column(JSON)
    quotas: Mapped[list[Any]] = mapped_column(JSON)
    agent: Mapped[str] = mapped_column(default="")
    fingerprint: Mapped[str] = mapped_column(default="", index=True)
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)
    logged: Mapped[int] = mapped_column(default=0)


class SurveyFile(Base):
    """A file that somebody uploaded as an answer."""

    __tablename__ = "survey_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[str] = mapped_column(ForeignKey("survey_responses.id", ondelete="CASCADE"), index=True)
    question: Mapped[str]
    name: Mapped[str] = mapped_column(info=_WORDS)
    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(info={"personal": Personal.SENSITIVE})
    stored_at: Mapped[datetime]


class SurveyQuota(Base):
    """How many places of a quota are taken: counted in the transaction that takes one, so that no two take the last."""

    __tablename__ = "survey_quotas"

    survey: Mapped[str] = mapped_column(primary_key=True)
    quota: Mapped[str] = mapped_column(primary_key=True)
    taken: Mapped[int] = mapped_column(default=0)


class ShortLink(Base):
    """A short address of a survey, for a store, a table, a parcel: printed as it is, or as a QR code."""

    __tablename__ = "short_links"

    code: Mapped[str] = mapped_column(primary_key=True)
    survey: Mapped[str] = mapped_column(index=True)
    label: Mapped[str]
    channel: Mapped[str]
    hidden: Mapped[dict[str, Any]] = mapped_column(info=_WORDS)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"), index=True)
    expires_at: Mapped[datetime | None]
