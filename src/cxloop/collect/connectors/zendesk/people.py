"""Who and what the numbers in Zendesk's answers are: users, groups, brands and tickets, each asked for once.

Exports bring most of them along; the rest is looked up a hundred at a time, before rows are made.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from cxloop.collect.connectors.zendesk.client import NotForUsError

__all__ = ["People"]

Ask: TypeAlias = Callable[[str, Mapping[str, str] | None], dict[str, Any]]

_KEPT = 200_000
"""So many users and tickets are remembered; the oldest give way."""
_AT_ONCE = 100
_USER_FIELDS = ("id", "name", "email", "external_id", "role")
_TICKET_FIELDS = ("id", "requester_id", "assignee_id", "group_id", "brand_id", "status", "via")
_MOST_PAGES = 100


class People:
    """What is known, by id."""

    def __init__(self, ask: Ask, note: Callable[[str], None]) -> None:
        """Asks nothing yet.

        Args:
            ask: gets the JSON object at a path.
            note: tells people what could not be read.
        """
        self._ask = ask
        self._note = note
        self._users: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._tickets: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._names: dict[str, dict[int, str]] = {}

    def learn(self, kind: str, found: Iterable[Mapping[str, Any]]) -> None:
        """Remembers users or tickets that an answer brought along."""
        known, fields = (self._users, _USER_FIELDS) if kind == "users" else (self._tickets, _TICKET_FIELDS)
        for each in found:
            ident = _whole(each.get("id"))
            if ident is not None:
                known[ident] = {name: each.get(name) for name in fields}
                known.move_to_end(ident)
        while len(known) > _KEPT:
            known.popitem(last=False)

    def need(self, kind: str, idents: Iterable[object]) -> None:
        """Looks up those users or tickets that are not known."""
        known = self._users if kind == "users" else self._tickets
        wanted = {
            whole for ident in idents if (whole := _whole(ident)) is not None and whole > 0 and whole not in known
        }
        missing = sorted(wanted)
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            answer = self._ask(f"/api/v2/{kind}/show_many.json", {"ids": ",".join(map(str, part))})
            found = answer.get(kind)
            self.learn(kind, [each for each in found if isinstance(each, dict)] if isinstance(found, list) else [])
            for ident in part:  # deleted for good: not asked for again
                known.setdefault(ident, {})

    def person(self, ident: object) -> Mapping[str, Any]:
        """Returns a user; empty where nothing is known."""
        return self._users.get(_whole(ident) or 0, {})

    def ticket(self, ident: object) -> Mapping[str, Any]:
        """Returns a ticket; empty where nothing is known."""
        return self._tickets.get(_whole(ident) or 0, {})

    def is_staff(self, ident: object) -> bool:
        """Says whether somebody works for the company; Zendesk's own automations count as the company (-1)."""
        return _whole(ident) == -1 or self.person(ident).get("role") in ("agent", "admin")

    def name(self, ident: object) -> str | None:
        """Returns the name of a user."""
        found = self.person(ident).get("name")
        return str(found) if found else None

    def group(self, ident: object) -> str | None:
        """Returns the name of a group of agents."""
        return self._named("groups", ident)

    def brand(self, ident: object) -> str | None:
        """Returns the name of a brand."""
        return self._named("brands", ident)

    def _named(self, kind: str, ident: object) -> str | None:
        whole = _whole(ident)
        if whole is None:
            return None
        if kind not in self._names:
            self._names[kind] = self._read(kind)
        return self._names[kind].get(whole)

    def _read(self, kind: str) -> dict[int, str]:
        names: dict[int, str] = {}
        where, parameters = f"/api/v2/{kind}.json", {"page[size]": "100"}
        for _ in range(_MOST_PAGES):
            try:
                answer = self._ask(where, parameters)
            except NotForUsError as failure:
                self._note(f"The names of {kind} could not be read: {failure.message}")
                return names
            found = answer.get(kind)
            for each in found if isinstance(found, list) else ():
                ident = _whole(each.get("id")) if isinstance(each, dict) else None
                if ident is not None and each.get("name"):
                    names[ident] = str(each["name"])
            links, meta = answer.get("links"), answer.get("meta")
            more = isinstance(meta, dict) and meta.get("has_more") and isinstance(links, dict) and links.get("next")
            if not more:
                return names
            where, parameters = str(more), {}
        return names


def _whole(ident: object) -> int | None:
    """An id as a number, even where it comes as a text."""
    if isinstance(ident, bool) or ident is None:
        return None
    try:
        return int(str(ident))
    except ValueError:
        return None
