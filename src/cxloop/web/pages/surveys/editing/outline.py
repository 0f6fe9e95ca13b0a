"""A survey as a list of pages and questions, with what is wrong at each, and the conditions of a survey at a glance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cxloop.collect.results import SurveyProblem
from cxloop.web.pages.surveys.editing.kinds import kind_of
from cxloop.web.pages.surveys.editing.places import around, deeper, items
from cxloop.web.pages.surveys.editing.words import own_language, shown
from cxloop.web.words import _

__all__ = ["Line", "mistakes_at", "outline", "plain"]

TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True)
class Line:
    """One line of the outline.

    Attributes:
        depth: 0 for a page, 1 for what lies on it, more in groups.
        number: of a question, counted over all pages; of a page, counted over pages; 0 for what is not counted.
        condition: when it is shown; empty for always.
        errors: how many problems keep the survey from being published because of it.
        doubts: how many other problems there are with it.
    """

    path: str
    depth: int
    number: int
    kind: str
    title: str
    name: str
    condition: str
    required: bool
    errors: int
    doubts: int

    @property
    def holds(self) -> bool:
        """Whether other elements lie in it."""
        return self.depth == 0 or self.kind == _("Group")


def outline(document: Mapping[str, Any], language: str, problems: Iterable[SurveyProblem]) -> list[Line]:
    """Returns the lines of a survey, in its order."""
    told = [(around(problem.path), problem.severity) for problem in problems]
    own = own_language(document)
    questions = pages = 0
    lines: list[Line] = []
    for path, item in items(document):
        depth = path.count("elements[")
        counted = 0
        if depth == 0:
            pages += 1
            counted = pages
        elif item.get("type") not in ("html", "panel"):
            questions += 1
            counted = questions
        words = plain(shown(item.get("title") or item.get("html"), language, own))
        lines.append(
            Line(
                path, depth, counted, kind_of(item) if depth else _("Page"), words, str(item.get("name", "")),
                str(item.get("visibleIf", "")), bool(item.get("isRequired")),
                told.count((path, "error")), told.count((path, "warning")),
            )
        )  # fmt: skip
    return lines


def plain(text: str) -> str:
    """Returns a text without markup, on one line.

    Example:
        >>> plain("<b>Thank</b>  you")
        'Thank you'
    """
    return " ".join(TAG.sub(" ", text).split())


def mistakes_at(problems: Iterable[SurveyProblem], item: str) -> dict[str, str]:
    """Returns what is wrong with one item, by the property that the form changes."""
    found: dict[str, str] = {}
    for problem in problems:
        if problem.severity == "error" and around(problem.path) == item:
            name = re.split(r"[.\[]", deeper(problem.path, item), maxsplit=1)[0]
            found[name] = f"{found[name]}\n{problem.message}" if name in found else problem.message
    return found
