"""The pages that say why there is nothing to answer, and what to do about it; and the end of a survey."""

from __future__ import annotations

from datetime import datetime

from cxloop.collect.surveys.flow import closing
from cxloop.collect.surveys.flow.settling import settle
from cxloop.collect.surveys.flow.showing import pipe
from cxloop.collect.surveys.pages.rendering import Told
from cxloop.collect.surveys.pages.words import readable_size, words
from cxloop.collect.surveys.responding.taking import Live
from cxloop.store.surveys.responses import ResponseRecord

__all__ = ["STATUS", "plain", "the_end"]

STATUS = {
    "unknown": 404,
    "forged": 404,
    "expired": 410,
    "closed": 410,
    "invited": 403,
    "paused": 503,
    "not_open": 503,
    "too_large": 413,
    "broken": 503,
}
"""HTTP status by what is said; 200 for the others."""


def plain(code: str, language: str, *, kept: bool = False, home: str = "", most: float = 0) -> Told:
    """Returns the page for a code of the catalogue.

    Args:
        code: such as "closed".
        language: of the page.
        kept: whether somebody's earlier answers are there.
        home: an address to go on at.
        most: bytes that a page may have, where it had more.
    """
    spoken = words(language)
    told = [spoken[f"{code}_told"].format(most=readable_size(most)) if most else spoken[f"{code}_told"]]
    if kept and code == "closed":
        told.append(spoken["closed_kept"])
    return Told(code, spoken[code], tuple(told), home=home)


def the_end(live: Live, record: ResponseRecord, *, language: str, now: datetime) -> Told:
    """Returns what is said to somebody who is done: in the words of the survey, else in ours."""
    spoken = words(language)
    definition = live.definition_of(record.version)
    if record.state == "screened":
        full = [quota for quota in definition.quotas if quota.name in record.quotas and quota.text]
        html = pipe(settle(definition, record.answers, now=now), full[-1].text, locale=language) if full else ""
        code = "screened"
    else:
        html, code = closing(definition, record.answers, locale=language, now=now), "thanks"
    return Told(code, spoken[code], () if html else (spoken[f"{code}_told"],), html)
