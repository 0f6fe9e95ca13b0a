"""Redaction at intake: what identifies a person is taken out of free text before it reaches the log or `rejected`.

The same functions serve live events and files. What is taken out leaves a placeholder that says its kind: "[email]".
How far it reaches, and what it cannot find, stands in docs/how-to/privacy.md.
"""

from cxloop.collect.redaction.redactor import PLACEHOLDERS, Redactor, redactor_of
from cxloop.collect.redaction.sealing import Seal, open_seal

__all__ = ["PLACEHOLDERS", "Redactor", "Seal", "open_seal", "redactor_of"]
