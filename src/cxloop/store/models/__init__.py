"""The operational records as tables, on SQLite or PostgreSQL; each module has those of one subject."""

from cxloop.store.models.access import Account, ApiKey, KeySecret, Link, RecoveryCode, Session, Throttle
from cxloop.store.models.base import Base
from cxloop.store.models.records import AuditEntry, Connection, CustomerNote, Document, Erasure, SavedView

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
