"""Files among the answers: what is uploaded joins what is there, within limits, and is stored beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cxloop.collect.surveys.definition.questions import File
from cxloop.collect.surveys.flow.values import Refused
from cxloop.collect.surveys.responding.values import MOST_FILE_BYTES, MOST_RESPONSE_BYTES
from cxloop.store.surveys.files import Files

__all__ = ["Upload", "kept", "proposed"]

NEW = "new:"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; nothing that it says of itself is believed but its name."""

    question: str
    name: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)


def proposed(
    files: Files,
    response_id: str,
    question: File,
    stored: Sequence[Mapping[str, Any]],
    uploads: Sequence[Upload],
    removed: frozenset[str],
) -> list[dict[str, Any]] | None:
    """Returns the answer to a question for files: what is kept of it, and what was uploaded.

    Raises:
        Refused: a file is larger than any may be, or the files of the response together are.
    """
    mine = [(at, each) for at, each in enumerate(uploads) if each.question == question.name]
    if any(len(each.content) > min(question.max_size or MOST_FILE_BYTES, MOST_FILE_BYTES) for _, each in mine):
        raise Refused("length", "The file is too large.")
    if mine and files.bytes_of(response_id) + sum(len(each.content) for _, each in mine) > MOST_RESPONSE_BYTES:
        raise Refused("length", "The files are too large together.")
    there = [dict(each) for each in stored if each["content"] not in removed]
    added = [
        {"name": each.name, "type": each.media_type, "size": len(each.content), "content": f"{NEW}{at}"}
        for at, each in mine
        if files.find(response_id, each.question, each.name, each.content) is None
    ]
    return ((there if question.allow_multiple or not added else []) + added) or None


def kept(files: Files, response_id: str, answers: Mapping[str, Any], uploads: Sequence[Upload]) -> dict[str, Any]:
    """Returns the answers with each new file stored, and its number in its place."""
    return {name: _stored(files, response_id, value, uploads) for name, value in answers.items()}


def _stored(files: Files, response_id: str, value: Any, uploads: Sequence[Upload]) -> Any:
    if not uploads or not isinstance(value, list):
        return value
    return [_file(files, response_id, each, uploads) if _is_new(each) else each for each in value]


def _is_new(value: Any) -> bool:
    return isinstance(value, dict) and str(value.get("content", "")).startswith(NEW)


def _file(files: Files, response_id: str, value: dict[str, Any], uploads: Sequence[Upload]) -> dict[str, Any]:
    upload = uploads[int(value["content"].removeprefix(NEW))]
    number = files.add(response_id, upload.question, upload.name, upload.media_type, upload.content)
    return {**value, "content": f"file:{number}"}
