"""Telling the log what became of surveys: each answer and each step once, and each change after it as a revision.

docs/concepts/survey-answers.md says how they stand there.
"""

from cxloop.collect.surveys.telling.answers import Answer, answers_of
from cxloop.collect.surveys.telling.rows import (
    LEFT_OUT,
    Context,
    Key,
    Known,
    LogRow,
    Row,
    decision_of,
    rows_of_invitation,
    rows_of_response,
    slots,
)

__all__ = [
    "LEFT_OUT",
    "Answer",
    "Context",
    "Key",
    "Known",
    "LogRow",
    "Row",
    "answers_of",
    "decision_of",
    "rows_of_invitation",
    "rows_of_response",
    "slots",
]
