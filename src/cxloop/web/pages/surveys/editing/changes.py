"""Changes to a document: add, move, copy, remove, rename, and set what a form says. Each returns a new document."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from cxloop.web.pages.surveys.editing.fields import fields_of, matched, number, read_into, slug
from cxloop.web.pages.surveys.editing.kinds import blank
from cxloop.web.pages.surveys.editing.places import Document, around, items, path_of, steps_of, there
from cxloop.web.pages.surveys.editing.words import own_language, put, shown, with_words

__all__ = [
    "BLANK",
    "CHANGES",
    "Form",
    "add_language",
    "normal",
    "renamed",
    "rule_lines",
    "rules",
    "set_fields",
    "translate",
]

Form = Mapping[str, str]
BLANK: Document = {"title": "", "pages": [{"name": "page1", "elements": []}]}
RULES: Mapping[str, tuple[str, ...]] = {
    "quotas": ("name", "when", "limit", "action", "url", "text"),
    "hidden": ("name", "default"),
    "calculatedValues": ("name", "expression"),
    "triggers": ("expression",),
}
"""What is said of a whole survey in lists, with the columns of each."""
MOST_LINES = 200
TEXT_OF_WORD = "word-"


def normal(document: Mapping[str, Any]) -> Document:
    """Returns a copy whose questions lie on pages, each with a name, which is what can be moved about."""
    copied = deepcopy(dict(document))
    if "elements" in copied and "pages" not in copied:
        copied["pages"] = [{"name": "page1", "elements": copied.pop("elements")}]
    pages = copied.setdefault("pages", [])
    for at, page in enumerate(pages, 1):
        if isinstance(page, dict):
            page.setdefault("name", f"page{at}")
            page.setdefault("elements", [])
    return copied


def set_fields(document: Document, at: str, form: Form, language: str, purposes: list[str]) -> None:
    """Changes the survey, a page or a question as a form says; a new name is followed by whatever reads it."""
    item = document if not at else there(document, steps_of(at))
    if not isinstance(item, dict):
        return
    before = str(item.get("name", "")) if at else ""
    read_into(item, fields_of(item, at, purposes), form, language, own_language(document))
    after = str(item.get("name", ""))
    if before and not after:  # a question without a name could not be kept
        item["name"] = before
    elif before and after != before and "elements" not in item:
        for name, value in list(document.items()):
            document[name] = renamed(value, before, after)


def renamed(part: Any, before: str, after: str) -> Any:
    """Returns a part of a document that reads a question or variable by its new name.

    Example:
        >>> renamed({"visibleIf": "{nps} > 6 and {nps-Comment} notempty"}, "nps", "score")
        {'visibleIf': '{score} > 6 and {score-Comment} notempty'}
    """
    if isinstance(part, dict):
        return {name: renamed(value, before, after) for name, value in part.items()}
    if isinstance(part, list):
        return [renamed(value, before, after) for value in part]
    if isinstance(part, str) and "{" in part:
        pattern = r"\{(\s*)" + re.escape(before) + r"((?:-comment)?(?:[.\[][^{}]*)?\s*)\}"
        return re.sub(pattern, lambda found: f"{{{found[1]}{after}{found[2]}}}", part, flags=re.IGNORECASE)
    return part


def _names(document: Document) -> set[str]:
    named = {str(item.get("name", "")) for _, item in items(document)}
    for kept in ("hidden", "calculatedValues"):
        named |= {str(each.get("name", "")) for each in document.get(kept) or () if isinstance(each, dict)}
    return named


def _add(document: Document, at: str, form: Form, purposes: list[str]) -> str:
    fresh = blank(form.get("kind", ""), purposes)
    fresh = {"type": fresh.pop("type"), "name": slug(form.get("kind", "") or "question", _names(document)), **fresh}
    steps = steps_of(at) or ("pages", max(len(document["pages"]) - 1, 0))
    here = there(document, steps)
    if not document["pages"]:
        document["pages"].append({"name": "page1", "elements": []})
        here = there(document, steps)
    if isinstance(here, dict) and "elements" in here:
        here["elements"].append(fresh)
        return path_of((*steps, "elements", len(here["elements"]) - 1))
    siblings, place = there(document, steps[:-1]), steps[-1]
    if not isinstance(siblings, list) or not isinstance(place, int):
        return at
    siblings.insert(place + 1, fresh)
    return path_of((*steps[:-1], place + 1))


def _add_page(document: Document, at: str, form: Form, purposes: list[str]) -> str:
    del form, purposes
    steps = steps_of(at)
    place = steps[1] + 1 if len(steps) > 1 and isinstance(steps[1], int) else len(document["pages"])
    document["pages"].insert(place, {"name": slug(f"page{len(document['pages']) + 1}", _names(document)),
                                     "elements": []})  # fmt: skip
    return path_of(("pages", place))


def _remove(document: Document, at: str, form: Form, purposes: list[str]) -> str:
    del form, purposes
    steps = steps_of(at)
    siblings, place = there(document, steps[:-1]), steps[-1] if steps else None
    if not isinstance(siblings, list) or not isinstance(place, int) or place >= len(siblings):
        return at
    if len(steps) == 2 and len(siblings) == 1:  # the last page is emptied: a survey has at least one
        siblings[0]["elements"] = []
        return at
    del siblings[place]
    if place < len(siblings):
        return at
    return path_of((*steps[:-1], place - 1)) if place else path_of(steps[:-2])


def _copy(document: Document, at: str, form: Form, purposes: list[str]) -> str:
    del form, purposes
    steps = steps_of(at)
    siblings, place = there(document, steps[:-1]), steps[-1] if steps else None
    if not isinstance(siblings, list) or not isinstance(place, int) or place >= len(siblings):
        return at
    copied = deepcopy(siblings[place])
    taken = _names(document)
    for _path, item in items({"pages": [copied]}):
        item["name"] = slug(str(item.get("name", "") or "page"), taken)
        taken.add(item["name"])
    siblings.insert(place + 1, copied)
    return path_of((*steps[:-1], place + 1))


def _up(document: Document, at: str, form: Form, purposes: list[str]) -> str:
    del form, purposes
    return _shift(document, at, -1)


def _down(document: Document, at: str, form: Form, purposes: list[str]) -> str:
    del form, purposes
    return _shift(document, at, 1)


def _shift(document: Document, at: str, by: int) -> str:
    """One place up or down; past the end of a page or group it goes on to the next one."""
    steps = steps_of(at)
    siblings, place = there(document, steps[:-1]), steps[-1] if steps else None
    if not isinstance(siblings, list) or not isinstance(place, int) or place >= len(siblings):
        return at
    if 0 <= place + by < len(siblings):
        siblings.insert(place + by, siblings.pop(place))
        return path_of((*steps[:-1], place + by))
    if len(steps) == 2:
        return at
    if len(steps) > 4:  # out of its group, to before or behind it
        holder, where = there(document, steps[:-3]), steps[-3]
        goal = int(where) + (1 if by > 0 else 0)
        holder.insert(goal, siblings.pop(place))
        return path_of((*steps[:-3], goal))
    page = int(steps[1]) + by
    if not 0 <= page < len(document["pages"]):
        return at
    elements = document["pages"][page]["elements"]
    goal = 0 if by > 0 else len(elements)
    elements.insert(goal, siblings.pop(place))
    return path_of(("pages", page, "elements", goal))


def _move(document: Document, at: str, form: Form, purposes: list[str]) -> str:
    """To before the item at `to`, or to the end of the page or group that `to` is, where `into` says so."""
    del purposes
    steps, goal = steps_of(at), steps_of(form.get("to", ""))
    moved, target = there(document, steps), there(document, goal)
    if not isinstance(moved, dict) or not isinstance(target, dict) or goal[: len(steps)] == steps:
        return at
    if form.get("into") and "elements" not in target:
        return at
    if (len(steps) == 2) != (len(goal) == 2 and not form.get("into")):  # pages stand among pages only
        return at
    goal_list = target["elements"] if form.get("into") else there(document, goal[:-1])
    there(document, steps[:-1]).pop(steps[-1])
    place = len(goal_list) if form.get("into") else next(n for n, each in enumerate(goal_list) if each is target)
    goal_list.insert(place, moved)
    return next(path for path, item in items(document) if item is moved)


def _retype(document: Document, at: str, form: Form, purposes: list[str]) -> str:
    """Another kind of question with the same name and words: choices stay where both have some."""
    item = there(document, steps_of(at))
    if not isinstance(item, dict) or "elements" in item:
        return at
    fresh = blank(form.get("kind", ""), purposes)
    kept = {name: item[name] for name in KEPT if name in item}
    if "choices" in fresh and item.get("choices"):
        kept["choices"] = item["choices"]
    if "html" in fresh and item.get("title"):
        fresh["html"] = item["title"]
        kept.pop("title", None)
    if item.get("html") and "html" not in fresh:
        kept["title"] = item["html"]
    item.clear()
    item.update({"type": fresh.pop("type"), **fresh, **kept})
    return at


KEPT = ("name", "title", "description", "visible", "visibleIf", "isRequired", "requiredIf")
Change = Callable[[Document, str, Form, list[str]], str]
CHANGES: Mapping[str, Change] = {
    "add": _add,
    "page": _add_page,
    "remove": _remove,
    "copy": _copy,
    "up": _up,
    "down": _down,
    "move": _move,
    "retype": _retype,
}
"""What is done to the item at a place of a normal document, in place: each returns where to go on."""


def translate(document: Document, form: Form) -> None:
    """Says texts as a table of translations does: inputs are called word-LANGUAGE-PATH."""
    for name, words in form.items():
        if name.startswith(TEXT_OF_WORD):
            language, found, path = name.removeprefix(TEXT_OF_WORD).partition(":")
            if found and around(path) is not None:
                put(document, path, language, words.replace("\r\n", "\n").strip())


def add_language(document: Document, language: str) -> None:
    """Begins a translation: the survey's title is there in the language, as it was, to be translated first."""
    own = own_language(document)
    title = document.get("title") or "…"
    words = title if isinstance(title, str) else str(title.get("default") or title.get(own) or "…")
    document["title"] = with_words(title, language, own, words)


def rule_lines(document: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Returns the lists of a whole survey as a form shows them, each with an empty line at its end."""
    own = own_language(document)
    found: dict[str, list[dict[str, str]]] = {}
    for kept, columns in RULES.items():
        there_ = document.get(kept)
        known = [each for each in there_ if isinstance(each, dict)] if isinstance(there_, list) else []
        found[kept] = [{column: _cell(each.get(column), own) for column in columns} for each in [*known, {}]]
    return found


def _cell(value: Any, own: str) -> str:
    return shown(value, own, own) if isinstance(value, dict) else "" if value is None else str(value)


def rules(document: Document, form: Form) -> None:
    """Sets quotas, variables, calculated values and ends as their lists say; a line without a name is left out."""
    for kept, columns in RULES.items():
        if f"rules-{kept}" not in form:
            continue
        known = [each for each in document.get(kept) or () if isinstance(each, dict)]
        sent = [at for at in range(MOST_LINES) if f"{kept}-{at}-{columns[0]}" in form]
        names = [form[f"{kept}-{at}-{columns[0]}"].strip() for at in sent]
        was = matched(names, [str(each.get(columns[0], "")) for each in known])
        lines = (_rule(known[old] if old is not None else {}, kept, columns, at, form)
                 for at, old in zip(sent, was, strict=True))  # fmt: skip
        found = [line for line in lines if line]
        document.pop(kept, None)
        if found:
            document[kept] = found


def _rule(before: Document, kept: str, columns: tuple[str, ...], at: int, form: Form) -> Document | None:
    sent = {column: form.get(f"{kept}-{at}-{column}", "").strip() for column in columns}
    if not sent[columns[0]] and not sent.get("when"):
        return None
    line = dict(before)
    if kept == "triggers":
        line["type"] = "complete"
    for column, words in sent.items():
        if isinstance(line.get(column), dict):  # a text in several languages belongs to the translations
            continue
        if words:
            line[column] = number(words) if column == "limit" else words
        else:
            line.pop(column, None)
    return line
