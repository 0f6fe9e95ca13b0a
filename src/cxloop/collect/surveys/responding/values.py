"""Answers as pages compare them, and the limits of what is uploaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cxloop.collect.surveys.flow.settling import COMMENT

__all__ = ["MOST_FILE_BYTES", "MOST_RESPONSE_BYTES", "digest"]

MOST_FILE_BYTES = 10_000_000
"""One uploaded file, also where the survey allows more."""
MOST_RESPONSE_BYTES = 50_000_000
"""All files of one response."""


def digest(answers: Mapping[str, Any], question: str) -> str:
    """Returns a short digest of what is stored for a question: a page carries it, so that what nobody touched is known.

    Without it, a second tab would write old answers over newer ones.
    """
    found = [answers.get(question), answers.get(question + COMMENT)]
    written = json.dumps(found, sort_keys=True, default=str).encode()
    return hashlib.blake2s(written, digest_size=5).hexdigest()
