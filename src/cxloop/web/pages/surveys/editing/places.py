"""Places in a survey's document, written as the checks of a survey write them: pages[0].elements[2].choices[1].text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

__all__ = ["Document", "Steps", "around", "deeper", "items", "path_of", "steps_of", "there"]

Document: TypeAlias = dict[str, Any]
Steps: TypeAlias = tuple[int | str, ...]
STEP = re.compile(r"\[(\d{1,6})\]|([^.\[\]]+)")
MOST_STEPS = 60


def steps_of(path: str) -> Steps:
    """Returns the steps of a path.

    Example:
        >>> steps_of("pages[0].elements[2].title")
        ('pages', 0, 'elements', 2, 'title')
    """
    found = STEP.findall(path)[:MOST_STEPS]
    return tuple(int(number) if number else name for number, name in found)


def path_of(steps: Sequence[int | str]) -> str:
    """Returns the path of steps.

    Example:
        >>> path_of(("pages", 0, "elements", 2))
        'pages[0].elements[2]'
    """
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def there(document: Any, steps: Sequence[int | str]) -> Any:
    """Returns what stands at a place; None where there is nothing."""
    here = document
    for step in steps:
        if isinstance(here, dict) and isinstance(step, str):
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        else:
            return None
    return here


def items(document: Mapping[str, Any]) -> Iterator[tuple[str, Document]]:
    """Yields the place and the content of every page, panel and question, in the document's order."""
    for at, page in enumerate(document.get("pages") or ()):
        if isinstance(page, dict):
            yield f"pages[{at}]", page
            yield from _elements(page, f"pages[{at}]")


def _elements(holder: Mapping[str, Any], path: str) -> Iterator[tuple[str, Document]]:
    for at, element in enumerate(holder.get("elements") or ()):
        if isinstance(element, dict):
            yield f"{path}.elements[{at}]", element
            yield from _elements(element, f"{path}.elements[{at}]")


def around(path: str) -> str:
    """Returns the item that a place lies in: itself, or the question, panel or page above it; empty for the survey.

    Example:
        >>> around("pages[0].elements[2].choices[1].text"), around("quotas[0].when")
        ('pages[0].elements[2]', '')
    """
    steps = steps_of(path)
    kept = 0
    while steps[kept : kept + 1] in (("pages",), ("elements",)) and isinstance(next(iter(steps[kept + 1 :]), ""), int):
        kept += 2
    return path_of(steps[:kept])


def deeper(path: str, item: str) -> str:
    """Returns what of a path lies below an item: the property that is meant.

    Example:
        >>> deeper("pages[0].elements[2].visibleIf", "pages[0].elements[2]")
        'visibleIf'
    """
    return path[len(item) :].removeprefix(".") if path.startswith(item) else path
