"""Files that people uploaded as answers: kept beside the answers, which hold their numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Work

from cxloop.store import models

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["FileRecord", "Files", "get", "of_response"]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One uploaded file; `size` in bytes."""

    id: int
    response_id: str
    question: str
    name: str = field(repr=False)
    media_type: str
    size: int
    content: bytes = field(repr=False)
    stored_at: datetime


class Files:
    """The files within a transaction."""

    def __init__(self, work: Work, now: datetime) -> None:
        self._work = work
        self._now = now

    def add(self, response_id: str, question: str, name: str, media_type: str, content: bytes) -> int:
        """Keeps a file and returns its number; one that is there already is not kept twice."""
        there = self.find(response_id, question, name, content)
        if there is not None:
            return there
        made = models.SurveyFile(
            response_id=response_id,
            question=question,
            name=name,
            media_type=media_type,
            size=len(content),
            content=content,
            stored_at=self._now,
        )
        self._work.add(made)
        self._work.flush()
        return made.id

    def find(self, response_id: str, question: str, name: str, content: bytes) -> int | None:
        """Returns the number of a file that is there already, or None."""
        row = models.SurveyFile
        same = select(row.id).where(row.response_id == response_id, row.question == question, row.name == name)
        return self._work.scalar(same.where(row.content == content))

    def bytes_of(self, response_id: str) -> int:
        """Returns how many bytes of files a response has."""
        row = models.SurveyFile
        return self._work.scalar(select(func.sum(row.size)).where(row.response_id == response_id)) or 0

    def keep_only(self, response_id: str, numbers: frozenset[int]) -> None:
        """Deletes the files of a response that no answer holds any more."""
        row = models.SurveyFile
        self._work.execute(delete(row).where(row.response_id == response_id, row.id.not_in(numbers)))


def get(store: Store, number: int) -> FileRecord | None:
    """Returns a file with its content, or None."""
    with store.read() as work:
        row = work.get(models.SurveyFile, number)
        return None if row is None else _record(row)


def of_response(store: Store, response_id: str) -> list[FileRecord]:
    """Returns the files of a response with their contents, in the order in which they came."""
    row = models.SurveyFile
    with store.read() as work:
        return [
            _record(each) for each in work.scalars(select(row).where(row.response_id == response_id).order_by(row.id))
        ]


def _record(row: models.SurveyFile) -> FileRecord:
    return FileRecord(
        row.id, row.response_id, row.question, row.name, row.media_type, row.size, row.content, row.stored_at
    )
