"""Profiles: which of the values that sources tell of somebody survives, by a rule of each field, and which ones lose.

A pure function of the set of what was told: the order in which it came plays no part.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from cxloop.core.config import Profile
from cxloop.unify.identity.rules import is_placeholder
from cxloop.unify.matching.fields import FIELDS
from cxloop.unify.people.results import ProfileField, ProfileValue

__all__ = ["Told", "fields_of", "plain", "profile_of"]

_MOST_OTHERS = 20
"""Values that lost and are shown, of each field."""
_PERSONAL = frozenset(name for field in FIELDS for name in field.names)


@dataclass(frozen=True, slots=True)
class Told:
    """One value that a source told. Times are UTC without zone."""

    name: str
    value: str
    source: str
    occurred_at: datetime
    known_at: datetime
    verified: bool = False
    times_told: int = 1


@dataclass(frozen=True, slots=True)
class _Field:
    """A field with the plain names of the traits that tell it."""

    rule: Profile
    reads: frozenset[str]

    @property
    def label(self) -> str:
        return self.rule.label or self.rule.name.replace("_", " ").capitalize()


def plain(name: str) -> str:
    """Returns a name without capitals and whatever stands between its words.

    Example:
        >>> plain("first_name") == plain("firstName") == plain("First name")
        True
    """
    return "".join(letter for letter in name.casefold() if letter.isalnum())


@cache
def fields_of(declared: tuple[Profile, ...]) -> tuple[_Field, ...]:
    """Returns the declared fields, then the usual ones of a person that nobody declared."""
    own = [_Field(item, frozenset(map(plain, (item.name, *item.reads)))) for item in declared]
    taken = frozenset(name for field in own for name in field.reads)
    usual = (_Field(Profile(name=field.name, label=field.title), field.names - taken) for field in FIELDS)
    return (*own, *(field for field in usual if field.reads))


def profile_of(told: Iterable[Told], declared: tuple[Profile, ...] = ()) -> tuple[ProfileField, ...]:
    """Returns the fields that something was told of, in the order of `fields_of`, then any other by name.

    Args:
        told: what sources told, in any order. A JSON object (an address) is told part by part.
        declared: the [[profile]] fields of experience.toml.
    """
    fields = fields_of(declared)
    by_name = {name: place for place, field in reversed(list(enumerate(fields))) for name in field.reads}
    known: dict[int, list[Told]] = defaultdict(list)
    others: dict[str, list[Told]] = defaultdict(list)
    for item in _parts(told):
        place = by_name.get(plain(item.name))
        if place is None:
            others[plain(item.name)].append(item)
        else:
            known[place].append(item)
    ordered = [_survive(fields[place].rule, fields[place].label, known[place]) for place in sorted(known)]
    return (*ordered, *(_survive(*_unknown(others[name]), others[name]) for name in sorted(others)))


def _unknown(told: Sequence[Told]) -> tuple[Profile, str]:
    """A field that is told and not declared: under the name that sorts first of those that sources use."""
    name = min(item.name for item in told)
    label = re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
    return Profile.model_construct(name=name, label=label, reads=(), rule="recent", trusted=()), label


def _parts(told: Iterable[Told]) -> Iterator[Told]:
    for item in told:
        value = " ".join(item.value.split())
        inside = _object(value)
        if inside is None:
            if value:
                yield replace(item, value=value)
            continue
        for name, part in inside.items():
            if isinstance(part, str | int | float) and not isinstance(part, bool) and str(part).strip():
                yield replace(item, name=f"{item.name}.{name}", value=" ".join(str(part).split()))


def _object(value: str) -> Mapping[str, Any] | None:
    if not value.startswith("{"):
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _survive(rule: Profile, label: str, told: Sequence[Told]) -> ProfileField:
    """Returns the field with the value that survives first, and the ones that lost in the order in which they would."""
    rank = _ranking(rule)
    best: dict[str, Told] = {}
    times: dict[str, int] = defaultdict(int)
    for item in told:
        same = item.value.casefold()
        times[same] += item.times_told
        if same not in best or rank(item) > rank(best[same]):
            best[same] = item
    first, *lost = sorted(best.values(), key=rank, reverse=True)
    return ProfileField(
        name=rule.name,
        label=label,
        value=first.value,
        source=first.source,
        occurred_at=first.occurred_at,
        verified=first.verified,
        rule=rule.rule,
        others=tuple(
            ProfileValue(item.value, item.source, item.occurred_at, item.verified, times[item.value.casefold()])
            for item in lost[:_MOST_OTHERS]
        ),
    )


def _ranking(rule: Profile) -> Callable[[Told], tuple[Any, ...]]:
    """Returns the rank of a value, the higher the better; no two different values rank alike."""
    trust = {source: -place for place, source in enumerate(rule.trusted)}
    # what stands for "unknown" in a name or an address never survives a value
    personal = plain(rule.name) in _PERSONAL or rule.name in {field.name for field in FIELDS}

    def rank(item: Told) -> tuple[Any, ...]:
        by_rule: float = 0
        if rule.rule == "trusted":
            by_rule = trust.get(item.source, -len(trust))
        elif rule.rule == "verified":
            by_rule = item.verified
        elif rule.rule == "longest":
            by_rule = len(item.value)
        meant = not (personal and is_placeholder(item.value, unique=True))
        return meant, by_rule, item.occurred_at, item.known_at, item.verified, item.source, item.value, item.name

    return rank
