"""The operational records as tables, on SQLite or PostgreSQL; each module has those of one subject."""

from cxloop.store.models.access import Account, ApiKey, KeySecret, Link, RecoveryCode, Session, Throttle
from cxloop.store.models.base import Base
from cxloop.store.models.messages import ConsentStatement, Message, Preference, Suppression
from cxloop.store.models.records import AuditEntry, Connection, CustomerNote, Document, Erasure, SavedView
from cxloop.store.models.surveys import (
    Invitation,
    ShortLink,
    Survey,
    SurveyFile,
    SurveyQuota,
    SurveyResponse,
    SurveyWave,
)

__all__ = [
    "Account",
    "ApiKey",
    "AuditEntry",
    "Base",
    "Connection",
    "ConsentStatement",
    "CustomerNote",
    "Document",
    "Erasure",
    "Invitation",
    "KeySecret",
    "Link",
    "Message",
    "Preference",
    "RecoveryCode",
    "SavedView",
    "Session",
    "ShortLink",
    "Suppression",
    "Survey",
    "SurveyFile",
    "SurveyQuota",
    "SurveyResponse",
    "SurveyWave",
    "Throttle",
]
