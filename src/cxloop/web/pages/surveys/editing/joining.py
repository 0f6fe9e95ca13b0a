"""Two people change one survey: what a form changed of the draft it was made of, on top of what was saved since."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from cxloop.web.pages.surveys.editing import changes
from cxloop.web.pages.surveys.editing.changes import Form
from cxloop.web.pages.surveys.editing.fields import fields_of, read_into
from cxloop.web.pages.surveys.editing.places import Document, items, steps_of, there
from cxloop.web.pages.surveys.editing.words import own_language

__all__ = ["alone", "join", "on_top"]


def join(newest: Document, base: Mapping[str, Any], form: Form, *, at: str, language: str, purposes: list[str]) -> None:
    """Makes the changes of a form in the newest draft, in place. What moves or removes is left undone.

    Places may have shifted since: another question could be meant. A question that is not at its place any more is left
    as it is, too.

    Args:
        newest: the draft as somebody else has saved it.
        base: what the form was made of: its own item, or for lists and translations the whole document.
        form: what was sent.
        at: the place of the item.
        language: of the form's texts; empty for the survey's own.
        purposes: that a consent can ask for.
    """
    do, mine = form.get("do", "save"), deepcopy(dict(base))
    if do == "words":
        changes.translate(mine, form)
        _join_words(newest, base, mine)
    elif do == "rules":
        changes.rules(mine, form)
        on_top(newest, alone(base), alone(mine))
    elif do == "save":
        item = there(newest, steps_of(at)) if at else newest
        if isinstance(item, dict) and (not at or item.get("name") == base.get("name")):
            own = own_language(newest)
            read_into(mine, fields_of(mine, at, purposes), form, language or own, own)
            on_top(item, base, mine)


def _join_words(newest: Document, base: Mapping[str, Any], mine: Mapping[str, Any]) -> None:
    before, after, theirs = (
        {str(part.get("name")): part for _at, part in items(each)} for each in (base, mine, newest)
    )
    for name in (name for name in after if name in before and name in theirs):
        on_top(theirs[name], alone(before[name]), alone(after[name]))
    on_top(newest, alone(base), alone(mine))


def alone(part: Mapping[str, Any]) -> Document:
    """Returns a page, a question or the survey without what lies in it."""
    return {name: value for name, value in part.items() if name not in ("pages", "elements")}


def on_top(newest: Document, base: Mapping[str, Any], mine: Mapping[str, Any]) -> None:
    """Makes the changes that lead from `base` to `mine` in what somebody else has saved since; all else stays theirs.

    Example:
        >>> theirs = {"title": "New", "name": "q"}
        >>> on_top(theirs, {"title": "Old", "name": "q"}, {"title": "Old", "name": "q", "isRequired": True})
        >>> theirs
        {'title': 'New', 'name': 'q', 'isRequired': True}
    """
    for name in {**base, **mine}:
        before, after, theirs = base.get(name), mine.get(name), newest.get(name)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict) and isinstance(theirs, dict):
            on_top(theirs, before, after)
        elif name in mine:
            newest[name] = after
        else:
            newest.pop(name, None)
