"""What the log knows of the customers whom a wave wants: how they are reached, where they live, what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cxloop.collect.surveys.desk import read_settings
from cxloop.collect.surveys.inviting import queries
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.outreach.asks import People, Policy, Texts
from cxloop.outreach.budget.agreeing import Statements
from cxloop.outreach.budget.hours import Hours
from cxloop.outreach.budget.values import FAR, NOBODYS, Times, span_of, us_of
from cxloop.outreach.budget.zones import zones_of
from cxloop.outreach.door import Door
from cxloop.store.messages import history, preferences
from cxloop.store.surveys import surveys

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.store.context import Operations

__all__ = ["Profiles", "door_of", "look", "policies_of", "profiles_of", "purpose_of"]

_OURS = ("survey", "surveys", "feedback")
"""What a purpose of surveys is called where a survey names none."""
_FAR_TERM = timedelta(days=800)


@dataclass(frozen=True)
class Profiles:
    """How customers are reached, one place each, in the order of `people.customers`.

    Attributes:
        people: what the door has to know.
        addresses: of each channel, an address for each customer; "" where there is none.
        preferred: the channel that each prefers; "" where nothing is known.
        language: the language of each; "" where nothing is known.
        first_name: what each is called; "" where nothing is known.
        key: the key under which each is asked: that of the e-mail address, where there is one.
    """

    people: People
    addresses: Mapping[str, Texts]
    preferred: Texts
    language: Texts
    first_name: Texts
    key: Times


def door_of(ws: Operations) -> Door:
    """Returns the door of a workspace."""
    zone = ws.settings.company.time_zone
    return Door(ws.store, ws.experience, zone, policies_of(ws), partial(look, ws))


def policies_of(ws: Operations) -> dict[str, Policy]:
    """Returns how each survey wants to ask, by its name."""
    return {each.name: policy_of(each.name, read_settings(each)) for each in surveys.every_one(ws.store)}


def policy_of(name: str, settings: SurveySettings) -> Policy:
    """Returns how a survey wants to ask."""
    window = settings.window
    hours = Hours(window.start, window.end, tuple(sorted(set(window.days))))
    return Policy(name, settings.priority, settings.every, settings.after_answer, hours)


def purpose_of(ws: Operations, settings: SurveySettings) -> str:
    """Returns the purpose that asking is for: the survey's, else a declared one for surveys, else the first one."""
    declared = ws.experience.purpose
    if settings.purpose is not None or not declared:
        return settings.purpose or ""
    named = (each.name for each in declared if {each.name, *each.aliases} & set(_OURS))
    return next(named, declared[0].name)


def look(ws: Operations, keys: Sequence[int], asked: Sequence[str]) -> People:
    """Returns what the log knows of the customers of some keys, and of their answers to some surveys."""
    whose = ws.engine.fetch(queries.KNOWN, {"keys": sorted(set(keys))})
    return profiles_of(ws, np.unique(_numbers(whose, "customer_id")), asked).people


def profiles_of(ws: Operations, customers: Times, asked: Sequence[str] = ()) -> Profiles:
    """Returns the profiles of some customers, whose numbers are sorted and there once each.

    Args:
        ws: the workspace.
        customers: their numbers.
        asked: surveys to which their answers count.
    """
    wanted = {"customers": customers.tolist()}
    table = ws.engine.fetch(queries.PROFILES, wanted)
    places = np.searchsorted(customers, _numbers(table, "customer_id"))
    columns = {name: _texts(table, name, places, len(customers)) for name in _TEXTS}
    key = customers.copy()
    told = [NOBODYS if each is None else each for each in table.column("email_key").to_pylist()]
    email_key = np.array(told, dtype=np.int64)
    key[places[email_key >= 0]] = email_key[email_key >= 0]
    owners = ws.engine.fetch(queries.OWNERS, wanted)
    keys = _numbers(owners, "key_id")
    whose = np.searchsorted(customers, _numbers(owners, "customer_id"))
    bare = People(customers, keys, whose, (), _nothing_said(), ())
    people = People(customers, keys, whose, _zones(ws, columns), _said(ws, bare), _answers(ws, bare, asked))
    _prefer(ws, people, columns)
    addresses = {"email": columns["email"], "sms": columns["phone"], "whatsapp": columns["phone"]}
    return Profiles(people, addresses, columns["channel"], columns["language"], columns["first_name"], key)


_TEXTS = ("email", "phone", "time_zone", "country", "language", "first_name", "channel")


def _numbers(table: pa.Table, name: str) -> Times:
    return table.column(name).to_numpy(zero_copy_only=False).astype(np.int64)


def _moments(table: pa.Table, name: str) -> Times:
    """Moments as microseconds; FAR where there is none."""
    column = table.column(name).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    return np.where(np.isnat(column), FAR, column.astype(np.int64))


def _texts(table: pa.Table, name: str, places: Times, number: int) -> Texts:
    column = np.full(number, "", dtype=object)
    column[places] = [(each or "").strip() for each in table.column(name).to_pylist()]
    return column


def _zones(ws: Operations, columns: Mapping[str, Texts]) -> list[tuple[str, ...]]:
    company = ws.settings.company.time_zone
    known: dict[tuple[str, str], tuple[str, ...]] = {}
    found = []
    for pair in zip(columns["time_zone"].tolist(), columns["country"].tolist(), strict=True):
        if pair not in known:
            known[pair] = zones_of(pair[0], pair[1], company)
        found.append(known[pair])
    return found


def _nothing_said() -> Statements:
    none = np.zeros(0, dtype=np.int64)
    words = np.zeros(0, dtype=object)
    return Statements(none, words, words, none.astype(bool), none, none, none)


def _said(ws: Operations, people: People) -> Statements:
    """What customers said about purposes: in the log, and on public pages where the log does not have it yet."""
    table = ws.engine.fetch(queries.SAID, {"customers": people.customers.tolist()})
    fresh = preferences.unlogged(ws.store, 1_000_000)
    places = people.places(np.array([each.key_id for each in fresh], dtype=np.int64))
    fresh = [each for each, place in zip(fresh, places.tolist(), strict=True) if place >= 0]
    at = np.array([us_of(each.said_at) for each in fresh], dtype=np.int64)

    def both(name: str, more: Sequence[Any]) -> Texts:
        return np.array([*table.column(name).to_pylist(), *more], dtype=object)

    return Statements(
        customer=np.concatenate(
            [np.searchsorted(people.customers, _numbers(table, "customer_id")), places[places >= 0]]
        ),
        purpose=both("purpose", [each.purpose for each in fresh]),
        channel=both("channel", [each.channel or "" for each in fresh]),
        granted=both("granted", [each.granted for each in fresh]).astype(bool),
        occurred_at=np.concatenate([_moments(table, "occurred_at"), at]),
        known_at=np.concatenate([_moments(table, "known_at"), at]),
        expires_at=np.concatenate([_moments(table, "expires_at"), np.full(len(fresh), FAR)]),
    )


def _answers(ws: Operations, people: People, asked: Sequence[str]) -> list[tuple[int, str, int]]:
    policies = policies_of(ws)
    terms = {name: term for name in asked if name in policies and (term := policies[name].after_answer)}
    if not terms:
        return []
    longest = timedelta(microseconds=max(map(span_of, terms.values())))
    since = ws.now() - min(longest, _FAR_TERM)
    table = ws.engine.fetch(
        queries.ANSWERS, {"surveys": sorted(terms), "since": since, "customers": people.customers.tolist()}
    )
    places = people.places(_numbers(table, "customer_id")).tolist()
    names, at = table.column("survey_id").to_pylist(), _moments(table, "at").tolist()
    rows = zip(places, names, at, strict=True)
    return [(place, str(name), moment) for place, name, moment in rows if place != NOBODYS]


def _prefer(ws: Operations, people: People, columns: Mapping[str, Texts]) -> None:
    """Puts what customers chose in their preference centre in place of what was told about them."""
    chosen = history.preferred(ws.store)
    places = people.places(np.array([each.key_id for each in chosen], dtype=np.int64)).tolist()
    for place, each in zip(places, chosen, strict=True):
        if place != NOBODYS and each.channel:
            columns["channel"][place] = each.channel
        if place != NOBODYS and each.language:
            columns["language"][place] = each.language
