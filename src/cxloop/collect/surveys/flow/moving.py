"""From page to page, and how a survey ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxloop.collect.surveys.definition import Definition, Quota
from cxloop.collect.surveys.flow.settling import Settled, settle
from cxloop.collect.surveys.flow.showing import pipe, run

__all__ = ["Progress", "closing", "finished", "first_page", "next_page", "previous_page", "progress", "quotas"]


@dataclass(frozen=True)
class Progress:
    """How far somebody is: pages that lie behind, of those that are shown now, and questions answered."""

    page: int
    pages: int
    answered: int
    questions: int

    @property
    def share(self) -> float:
        """The share of the pages that lie behind, from 0 to 1."""
        return self.page / self.pages if self.pages else 1.0


def first_page(definition: Definition, answers: Mapping[str, Any], *, now: datetime) -> str | None:
    """Returns the name of the first page with something to show, or None."""
    return next(iter(_shown(settle(definition, answers, now=now))), None)


def next_page(definition: Definition, answers: Mapping[str, Any], page: str, *, now: datetime) -> str | None:
    """Returns the page after one, also where that is not shown any more; None when the survey is done."""
    settled = settle(definition, answers, now=now)
    if any(settled.holds(trigger.expression) for trigger in definition.triggers):
        return None
    return next((name for name in _names(definition)[_place(definition, page) + 1 :] if name in _shown(settled)), None)


def previous_page(definition: Definition, answers: Mapping[str, Any], page: str, *, now: datetime) -> str | None:
    """Returns the page before one, or None at the first."""
    shown = _shown(settle(definition, answers, now=now))
    return next((name for name in reversed(_names(definition)[: _place(definition, page)]) if name in shown), None)


def progress(definition: Definition, answers: Mapping[str, Any], page: str, *, now: datetime) -> Progress:
    """Returns how far somebody on a page is; pages that answers may still add are not counted."""
    state = run(definition, answers, now=now)
    names = [each.name for each in state.pages]
    behind = sum(1 for name in names if _place(definition, name) < _place(definition, page))
    return Progress(behind, len(names), sum(q.value is not None for q in state.questions), len(state.questions))


def finished(definition: Definition, answers: Mapping[str, Any], page: str, *, now: datetime) -> bool:
    """Whether the survey is done when a page is left."""
    return next_page(definition, answers, page, now=now) is None


def quotas(definition: Definition, answers: Mapping[str, Any], *, now: datetime) -> tuple[Quota, ...]:
    """Returns the quotas that somebody with these answers counts for, in the order of the document."""
    settled = settle(definition, answers, now=now)
    return tuple(quota for quota in definition.quotas if settled.holds(quota.when))


def closing(definition: Definition, answers: Mapping[str, Any], *, locale: str = "", now: datetime) -> str:
    """Returns what is said at the end, with answers piped in."""
    settled = settle(definition, answers, now=now)
    own = (each.html for each in definition.completed_html_on_condition if settled.holds(each.expression))
    return pipe(settled, next(own, definition.completed_html), locale=locale)


def _names(definition: Definition) -> list[str]:
    return [page.name for page in definition.sheets]


def _place(definition: Definition, page: str) -> int:
    names = _names(definition)
    return names.index(page) if page in names else -1


def _shown(settled: Settled) -> list[str]:
    nodes = settled.definition.structure.nodes
    return [node.element.name for node in nodes if not node.within and node.place in settled.shown]
