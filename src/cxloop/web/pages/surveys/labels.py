"""The words of a survey by the ids under which the log knows them: questions, choices, rows of a matrix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Labels"]

_YES_NO = {"true": "yes", "false": "no"}


class Labels:
    """Titles and choices of a document, in its own language; what it does not know keeps its id."""

    def __init__(self, document: Mapping[str, Any] | None) -> None:
        self._language = str((document or {}).get("locale") or "en")
        self._questions: dict[str, Mapping[str, Any]] = {}
        self.pages: dict[str, str] = {}
        for number, page in enumerate(_listed(document or {}, "pages") or [document or {}], 1):
            name = str(page.get("name") or f"page{number}")
            self.pages[name] = self._text(page.get("title")) or f"{number}"
            for element in _elements(page):
                self._questions[str(element.get("name"))] = element

    @property
    def order(self) -> list[str]:
        """Names of the questions, in the order of the document."""
        return list(self._questions)

    def place(self, question: str) -> int:
        """Returns where a question stands; one that the document no longer has comes last."""
        name = question if question in self._questions else question.partition(".")[0]
        return self.order.index(name) if name in self._questions else len(self._questions)

    def title(self, question: str, otherwise: str = "") -> str:
        """Returns the words of a question; of a row of a matrix, of both."""
        name, _, row = question.partition(".")
        if question in self._questions or name not in self._questions:
            found = self._questions.get(question)
            return (self._text(found.get("title")) if found else "") or otherwise or question
        matrix = self._questions[name]
        return f"{self._text(matrix.get('title')) or name}: {self._of(matrix, 'rows', row)}"

    def choice(self, question: str, value: str) -> str:
        """Returns the words of an answer."""
        name = question if question in self._questions else question.partition(".")[0]
        found = self._questions.get(name)
        if found is None:
            return value
        if found.get("type") == "boolean":
            return self._text(found.get("labelTrue" if value == "true" else "labelFalse")) or _YES_NO.get(value, value)
        for part in ("choices", "columns", "rateValues"):
            told = self._of(found, part, value)
            if told != value:
                return told
        return {
            "other": self._text(found.get("otherText")) or "other",
            "none": self._text(found.get("noneText")) or "none",
        }.get(value, value)

    def _of(self, element: Mapping[str, Any], part: str, value: str) -> str:
        for each in element.get(part) or ():
            if isinstance(each, Mapping) and _id(each.get("value")) == value:
                return self._text(each.get("text")) or value
        return value

    def _text(self, said: object) -> str:
        """A text, which may be one per language."""
        if isinstance(said, Mapping):
            said = said.get(self._language) or said.get("default") or next(iter(said.values()), "")
        return " ".join(str(said).split()) if said else ""


def _id(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _listed(part: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = part.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _elements(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for element in _listed(part, "elements"):
        if element.get("type") == "panel":
            yield from _elements(element)
        elif element.get("name"):
            yield element
