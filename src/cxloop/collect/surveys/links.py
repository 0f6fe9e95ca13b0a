"""Short addresses of a survey for a store, a table, a parcel: made, listed, and taken away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxloop.collect.surveys import definition
from cxloop.collect.surveys.answer_results import ShortLink, ShortLinks
from cxloop.collect.surveys.qr import svg
from cxloop.core.errors import InputError, Mistake, MistakesError, NotFoundError, did_you_mean
from cxloop.core.results import Value
from cxloop.core.time import moved
from cxloop.core.wording import many
from cxloop.store import documents
from cxloop.store.surveys import short_links, surveys
from cxloop.store.surveys.short_links import ShortLinkRecord
from cxloop.store.surveys.surveys import DRAFT, PUBLISHED

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["address_of", "drop", "list_links", "make"]


def address_of(ws: Operations, code: str) -> str:
    """Returns a short address as people type it."""
    return f"{ws.settings.server.address.rstrip('/')}/q/{code}"


def make(ws: Operations, survey: str, label: str, *, channel: str, variables: str, expires: str | None) -> ShortLink:
    """Makes a short address, or returns the one that is there.

    Raises:
        UnknownNameError: there is no such survey.
        MistakesError: variables that the survey does not declare.
        InputError: the variables are no JSON object of texts.
    """
    surveys.get(ws.store, survey)
    hidden = _variables(ws, survey, variables)
    ends = None if expires is None else moved(ws.now(), expires)
    made = short_links.create(
        ws.store, survey, label, channel=channel, hidden=hidden, expires_at=ends, created_by=ws.actor.account_id
    )
    return _shown(ws, made)


def _variables(ws: Operations, survey: str, given: str) -> dict[str, Any]:
    try:
        found = json.loads(given) if given.strip() else {}
    except ValueError as failure:
        raise InputError(f'The variables are no JSON: {failure}. Write an object such as {{"table": "12"}}.') from None
    if not isinstance(found, dict) or not all(isinstance(each, str | int | float) for each in found.values()):
        raise InputError('The variables must be a JSON object of texts, such as {"table": "12"}.')
    declared = _declared(ws, survey)
    wrong = [Mistake(name, f"The survey has no such variable. {did_you_mean(name, declared)}") for name in found]
    mistakes = [mistake for mistake in wrong if mistake.where not in declared]
    if mistakes:
        raise MistakesError(f"The short link of {survey}", mistakes)
    return found


def _declared(ws: Operations, survey: str) -> list[str]:
    """The variables of what respondents see, and of the draft: a link may be printed before a survey is published."""
    kinds = [kind for kind in (PUBLISHED, DRAFT) if survey in documents.names(ws.store, kind)]
    asked = [definition.read(documents.get(ws.store, kind, survey).content) for kind in kinds]
    return sorted({variable.name for each in asked for variable in each.hidden})


def list_links(ws: Operations, survey: str | None) -> ShortLinks:
    """Returns the short addresses of a survey, or of all; raises UnknownNameError where there is no such survey."""
    if survey is not None:
        surveys.get(ws.store, survey)
    found = short_links.of_survey(ws.store, survey)
    came = short_links.counts(ws.store)
    rows = tuple(_line(ws, each, came.get(each.code, 0)) for each in found)
    columns = ("code", "survey", "label", "channel", "address", "variables", "responses", "created_at", "expires_at")
    of = f" of {survey}" if survey else ""
    return ShortLinks(f"{many(len(rows), 'short link')}{of}.", columns, rows)


def _line(ws: Operations, each: ShortLinkRecord, came: int) -> tuple[Value, ...]:
    said = json.dumps(dict(each.hidden), ensure_ascii=False) if each.hidden else None
    address = address_of(ws, each.code)
    return (each.code, each.survey, each.label, each.channel, address, said, came, each.created_at, each.expires_at)


def drop(ws: Operations, code: str) -> ShortLinks:
    """Takes a short address away; answers that came by it stay. Raises NotFoundError where there is none."""
    found = short_links.find(ws.store, code)
    if found is None or not short_links.remove(ws.store, found.code):
        raise NotFoundError(f"There is no short link {code!r}. `cxloop collect short-links` lists them.")
    return ShortLinks(f"The short link {found.code} ({found.label}) leads nowhere any more.", (), ())


def _shown(ws: Operations, made: ShortLinkRecord) -> ShortLink:
    address = address_of(ws, made.code)
    return ShortLink(
        code=made.code,
        survey=made.survey,
        label=made.label,
        channel=made.channel,
        address=address,
        variables={name: str(value) for name, value in made.hidden.items()},
        expires_at=made.expires_at,
        qr=svg(address),
    )
