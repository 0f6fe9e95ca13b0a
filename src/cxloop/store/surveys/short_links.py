"""Short addresses of a survey: for a store, a table, a parcel, each with its label and what it says of where it is."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from cxloop.core.errors import InputError
from cxloop.store import models

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["ShortLinkRecord", "counts", "create", "find", "of_survey", "remove"]

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that are taken for others when somebody types a printed address: 0 and o, 1, i and l."""
LENGTH = 6
TRIES = 20


@dataclass(frozen=True, slots=True)
class ShortLinkRecord:
    """A short address.

    Attributes:
        code: what stands behind /q/.
        label: where it hangs, such as "Berlin, table 12".
        channel: that answers come in by, such as "store".
        hidden: values for the survey's hidden variables.
    """

    code: str
    survey: str
    label: str
    channel: str
    hidden: Mapping[str, Any] = field(repr=False)
    created_at: datetime
    expires_at: datetime | None


def create(
    store: Store,
    survey: str,
    label: str,
    *,
    channel: str = "store",
    hidden: Mapping[str, Any] | None = None,
    expires_at: datetime | None = None,
    created_by: int | None = None,
) -> ShortLinkRecord:
    """Makes a short address; returns the one that is there where survey, label, channel and variables are the same.

    Raises:
        InputError: no free code was found.
    """
    row = models.ShortLink
    with store.work() as work:
        there = select(row).where(row.survey == survey, row.label == label, row.channel == channel)
        for each in work.scalars(there):
            if each.hidden == dict(hidden or {}) and each.expires_at == expires_at:
                return _record(each)
        for _ in range(TRIES):
            code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
            if work.get(row, code) is None:
                break
        else:
            raise InputError(f"No free short address was found in {TRIES} tries. Remove links that nobody uses.")
        made = row(
            code=code,
            survey=survey,
            label=label,
            channel=channel,
            hidden=dict(hidden or {}),
            created_at=store.clock(),
            created_by=created_by,
            expires_at=expires_at,
        )
        work.add(made)
        return _record(made)


def find(store: Store, code: str) -> ShortLinkRecord | None:
    """Returns a short address by its code, however it was typed; None where there is none."""
    with store.read() as work:
        row = work.get(models.ShortLink, code.strip().lower())
        return None if row is None else _record(row)


def of_survey(store: Store, survey: str | None = None) -> list[ShortLinkRecord]:
    """Returns the short addresses of a survey, or of all, by survey and label."""
    row = models.ShortLink
    chosen = select(row).order_by(row.survey, row.label, row.code)
    with store.read() as work:
        return [
            _record(each) for each in work.scalars(chosen if survey is None else chosen.where(row.survey == survey))
        ]


def counts(store: Store) -> dict[str, int]:
    """Returns how many responses came by each short address, by its code."""
    row = models.SurveyResponse
    with store.read() as work:
        found = work.execute(select(row.link, func.count()).where(row.link.is_not(None)).group_by(row.link))
        return {str(code): int(n) for code, n in found}


def remove(store: Store, code: str) -> bool:
    """Removes a short address; returns whether it was there. Answers that came by it stay."""
    with store.work() as work:
        done = work.execute(delete(models.ShortLink).where(models.ShortLink.code == code))
        return bool(getattr(done, "rowcount", 0))


def _record(row: models.ShortLink) -> ShortLinkRecord:
    return ShortLinkRecord(row.code, row.survey, row.label, row.channel, row.hidden, row.created_at, row.expires_at)
