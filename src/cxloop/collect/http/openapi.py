"""The collector's OpenAPI document: its app is no framework's, so the document is written, and tested, by itself."""

from __future__ import annotations

from typing import Any

from cxloop._version import __version__
from cxloop.collect.protocol.events import MOST_BODY_BYTES, MOST_EVENT_BYTES, MOST_EVENTS, MOST_ID, MOST_NAME

__all__ = ["document", "paths"]

TEXT = {"type": ["string", "null"]}
ID = {"type": ["string", "number", "null"], "maxLength": MOST_ID}
OBJECT = {"type": ["object", "null"], "additionalProperties": True}
MOMENT = {"type": ["string", "number", "null"], "examples": ["2026-01-31T12:00:00.250Z"]}
FIELDS: dict[str, Any] = {
    "messageId": {**ID, "description": "The sender's own id of the event: a repeat is counted once."},
    "userId": {**ID, "description": "Who it is."},
    "anonymousId": {**ID, "description": "Who it is, as long as nobody knows the user."},
    "timestamp": {**MOMENT, "description": "When it happened. Without it: when it was received."},
    "originalTimestamp": MOMENT,
    "sentAt": {
        **MOMENT,
        "description": "When it was sent, by the same clock: a clock that is wrong is corrected by it.",
    },
    "context": {**OBJECT, "description": "page, campaign, library, locale, ..."},
    "integrations": {"type": ["object", "null"]},
}
OWN: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "identify": ("Say who a user is, with traits.", {"traits": OBJECT}, []),
    "track": (
        "Say what a user did.",
        {"event": {"type": ["string", "number"], "minLength": 1, "maxLength": MOST_NAME}, "properties": OBJECT},
        ["event"],
    ),
    "page": ("Say that a user saw a page.", {"name": TEXT, "category": TEXT, "properties": OBJECT}, []),
    "screen": ("Say that a user saw a screen of an app.", {"name": TEXT, "category": TEXT, "properties": OBJECT}, []),
    "group": ("Say which account a user belongs to.", {"groupId": ID, "traits": OBJECT}, ["groupId"]),
    "alias": ("Say that two ids are one user.", {"previousId": ID}, ["previousId", "userId"]),
}
REJECTED = {
    "type": "object",
    "required": ["index", "messageId", "code", "reason"],
    "properties": {
        "index": {"type": "integer"},
        "messageId": TEXT,
        "code": {"type": "string"},
        "reason": {"type": "string"},
    },
}
SUCCESS = {
    "type": "object",
    "required": ["success"],
    "properties": {
        "success": {"type": "boolean"},
        "accepted": {"type": "integer"},
        "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/Rejected"}},
    },
}
ERROR = {
    "type": "object",
    "required": ["success", "code", "message"],
    "properties": {
        "success": {"const": False},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "accepted": {"type": "integer"},
        "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/Rejected"}},
    },
}
ERRORS = {
    "400": "Nothing in it can be used. Do not send it again. With a valid key it is kept among the rejects.",
    "401": "No write key, or an unknown one. Nothing is kept.",
    "403": "The write key may not be used by pages of this site.",
    "408": "The body did not arrive in time.",
    "413": f"More than {MOST_BODY_BYTES:,} bytes or {MOST_EVENTS:,} events.",
    "415": "Neither JSON nor text, or packed with something else than gzip.",
    "429": "The spool holds as much as it may. Send it again after Retry-After seconds.",
    "503": "The disk is full, or the spool cannot be written. Send it again after Retry-After seconds.",
}


def document() -> dict[str, Any]:
    """Returns the OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "cxloop collector", "version": __version__, "description": "The Segment HTTP API."},
        "paths": paths(),
        "components": {
            "schemas": {
                **{f"Segment_{name}": _event(name) for name in OWN},
                "Segment_batch": _batch(),
                "Rejected": REJECTED,
                "Accepted": SUCCESS,
                "Refusal": ERROR,
            },
            "securitySchemes": {
                "writeKey": {"type": "http", "scheme": "basic", "description": "The write key is the user name."}
            },
        },
    }


def paths() -> dict[str, Any]:
    """Returns the paths of the document."""
    said = {**{name: about for name, (about, _, _) in OWN.items()}, "batch": "Send several events at once."}
    return {f"/v1/{name}": {"post": _operation(name, about)} for name, about in said.items()}


def _operation(name: str, about: str) -> dict[str, Any]:
    body = {"application/json": {"schema": {"$ref": f"#/components/schemas/Segment_{name}"}}}
    errors = {status: {"description": text, "content": _json("Refusal")} for status, text in ERRORS.items()}
    return {
        "operationId": f"collect_{name}",
        "tags": ["collect"],
        "summary": about,
        "description": f"An event may have {MOST_EVENT_BYTES:,} bytes, a request {MOST_BODY_BYTES:,}; gzip is welcome.",
        "security": [{"writeKey": []}],
        "requestBody": {"required": True, "content": body},
        "responses": {"200": {"description": "It is on the disk.", "content": _json("Accepted")}, **errors},
    }


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _event(name: str) -> dict[str, Any]:
    _, own, required = OWN[name]
    schema: dict[str, Any] = {"type": "object", "properties": {**FIELDS, **own}, "required": required}
    if "userId" not in required:
        schema["anyOf"] = [{"required": ["userId"]}, {"required": ["anonymousId"]}]
    return schema


def _batch() -> dict[str, Any]:
    kinds = [
        {
            "allOf": [{"$ref": f"#/components/schemas/Segment_{name}"}],
            "properties": {"type": {"const": name}},
            "required": ["type"],
        }
        for name in OWN
    ]
    return {
        "type": "object",
        "required": ["batch"],
        "properties": {
            "batch": {"type": "array", "maxItems": MOST_EVENTS, "items": {"oneOf": kinds}},
            "sentAt": MOMENT,
            "context": OBJECT,
            "writeKey": TEXT,
        },
    }
