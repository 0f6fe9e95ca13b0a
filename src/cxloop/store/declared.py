"""What each column of the records says about a customer, for those that do not say so where they stand."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.core.schema import Personal

__all__ = ["DECLARED", "STAFF"]

_NOTHING = Personal.NONE
STAFF = (
    "accounts",
    "recovery_codes",
    "links",
    "sessions",
    "throttles",
    "api_keys",
    "key_secrets",
)
"""Tables about who works here, and how they get in; addresses in `throttles` are digests."""
DECLARED: Mapping[str, Mapping[str, Personal]] = {
    # the log of who did what is a chain that nobody may change: it names customers by number alone
    "audit_entries": dict.fromkeys(
        [
            "id",
            "account_id",
            "key_id",
            "verb",
            "arguments",
            "outcome",
            "seconds",
            "address",
            "happened_at",
            "previous",
            "digest",
            "target",
        ],
        _NOTHING,
    ),
    "connections": {
        **dict.fromkeys(
            [
                "id",
                "name",
                "system",
                "secrets",
                "every",
                "paused",
                "created_at",
                "created_by",
                "changed_at",
                "changed_by",
                "started_at",
                "finished_at",
                "succeeded_at",
                "outcome",
                "failure",
                "rows",
                "admitted",
                "already_there",
                "rejected",
                "failures",
                "next_due",
            ],
            _NOTHING,
        ),
        "settings": Personal.FREE_TEXT,
        "mapping": Personal.FREE_TEXT,
        "reason": Personal.FREE_TEXT,
        "position": Personal.FREE_TEXT,
    },
    "documents": {
        **dict.fromkeys(["id", "kind", "version", "author_id", "created_at"], _NOTHING),
        "name": Personal.FREE_TEXT,
        "content": Personal.FREE_TEXT,
    },
    "saved_views": {
        **dict.fromkeys(["id", "account_id", "page", "shared", "created_at"], _NOTHING),
        "name": Personal.FREE_TEXT,
        "arguments": Personal.FREE_TEXT,
    },
    "customer_notes": dict.fromkeys(["id", "author_id", "author", "written_at"], _NOTHING),
    "erasures": {
        **dict.fromkeys(
            [
                "id",
                "state",
                "mode",
                "customers",
                "keys",
                "account_id",
                "author",
                "requested_at",
                "hidden_at",
                "proved_at",
                "failure",
                "removed",
                "looked",
                "document",
                "signature",
                "sealed",
            ],  # sealed: encrypted, and gone with the proof
            _NOTHING,
        ),
        "reason": Personal.FREE_TEXT,
    },
    "messages": dict.fromkeys(
        [
            "id",
            "once",
            "purpose",
            "about",
            "reference",
            "channel",
            "language",
            "template",
            "state",
            "failure",
            "tries",
            "external_id",
            "created_at",
            "due_at",
            "not_after",
            "changed_at",
            "sent_at",
        ],
        _NOTHING,
    ),
    "consent_statements": dict.fromkeys(
        ["id", "purpose", "channel", "granted", "evidence", "said_at", "logged_at"], _NOTHING
    ),
    "preferences": dict.fromkeys(["channel", "language", "paused_until", "changed_at"], _NOTHING),
    "suppressions": dict.fromkeys(["digest", "channel", "reason", "since"], _NOTHING),
    "survey_quotas": dict.fromkeys(["survey", "quota", "taken"], _NOTHING),
    "short_links": dict.fromkeys(
        ["code", "survey", "label", "channel", "created_at", "created_by", "expires_at"], _NOTHING
    ),
    "survey_waves": dict.fromkeys(
        ["id", "survey", "kind", "state", "created_at", "created_by", "starts_at", "next_at", "position"], _NOTHING
    ),
    "surveys": dict.fromkeys(
        [
            "name",
            "title",
            "state",
            "version",
            "settings",
            "opens_at",
            "closes_at",
            "created_at",
            "created_by",
            "changed_at",
            "changed_by",
        ],
        _NOTHING,
    ),
    "invitations": dict.fromkeys(
        [
            "id",
            "survey",
            "wave_id",
            "state",
            "reason",
            "rule",
            "probability",
            "channel",
            "language",
            "single_use",
            "created_at",
            "due_at",
            "expires_at",
            "sent_at",
            "opened_at",
            "started_at",
            "finished_at",
            "reminders",
            "remind_at",
            "revision",
            "logged",
        ],
        _NOTHING,
    ),
    "survey_responses": dict.fromkeys(
        [
            "id",
            "survey",
            "version",
            "state",
            "mode",
            "channel",
            "invitation_id",
            "link",
            "client_id",
            "key_namespace",
            "key_type",
            "language",
            "seed",
            "page",
            "seconds",
            "flags",
            "quotas",
            "agent",
            "fingerprint",
            "started_at",
            "changed_at",
            "finished_at",
            "revision",
            "logged",
        ],
        _NOTHING,
    ),
    "survey_files": dict.fromkeys(["id", "response_id", "question", "media_type", "size", "stored_at"], _NOTHING),
}
