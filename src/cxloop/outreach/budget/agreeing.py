"""Whether many customers allow a purpose, at once: the same rules as `outreach.consent.may`, over columns.

A test holds the two against each other; `may` is the one that says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cxloop.core.config import Purpose
from cxloop.core.time import parse_duration
from cxloop.outreach.budget.values import Flags, Times, span_of

__all__ = ["Statements", "allowed"]

_HEARD = frozenset({"consent", "legitimate interest", "public task"})
"""Bases that a refusal ends, as `outreach.consent` explains."""


@dataclass(frozen=True)
class Statements:
    """What customers said, one row each; customers are places in a list. Times are microseconds since 1970 UTC.

    `channel` is "" for all channels, `expires_at` FAR where no end was said.
    """

    customer: Times
    purpose: NDArray[np.object_]
    channel: NDArray[np.object_]
    granted: Flags
    occurred_at: Times
    known_at: Times
    expires_at: Times


def allowed(said: Statements, purpose: Purpose, channel: str, at: int, customers: int) -> Flags:
    """Returns of each of `customers` customers whether they may be written to for a purpose in a channel at a moment.

    Args:
        said: everything that was said, also about other purposes.
        purpose: as it is declared.
        channel: in which channel.
        at: when, microseconds since 1970 UTC.
        customers: how many there are.
    """
    if purpose.channels and channel not in purpose.channels:
        return np.zeros(customers, dtype=bool)
    about = np.isin(said.purpose, [purpose.name, *purpose.aliases])
    known = about & (said.occurred_at <= at) & (said.known_at <= at)
    counting = known & ~(said.granted & (_ends(said, purpose) <= at))
    own = _latest(said, counting & (said.channel == channel), customers)
    general = _latest(said, counting & (said.channel == ""), customers)
    deciding = np.where(own < 0, general, own)
    both = (own >= 0) & (general >= 0)
    stops = both & ~said.granted[general] & (said.occurred_at[general] >= said.occurred_at[own]) if len(about) else both
    deciding = np.where(stops, general, deciding)
    refusal_is_heard = purpose.basis in _HEARD
    verdict = np.full(customers, purpose.basis != "consent")
    spoke = deciding >= 0
    verdict[spoke] = said.granted[deciding[spoke]] | (not refusal_is_heard)
    return verdict


def _latest(said: Statements, chosen: Flags, customers: int) -> Times:
    """The place of each customer's latest chosen statement, of two at one moment the refusal; -1 for none."""
    rows = np.flatnonzero(chosen)
    keys = (said.known_at[rows], ~said.granted[rows], said.occurred_at[rows])
    order = rows[np.lexsort(keys)]
    found = np.full(customers, -1, dtype=np.int64)
    found[said.customer[order]] = order  # of several values for one place, numpy keeps the last
    return found


def _ends(said: Statements, purpose: Purpose) -> Times:
    if purpose.expires is None:
        return said.expires_at
    return np.minimum(said.expires_at, _moved(said.occurred_at, purpose.expires))


def _moved(at: Times, term: str) -> Times:
    """Times later by a term; a year is one of the calendar, as `core.time.moved` has it."""
    years = re.fullmatch(r"\s*(\d{1,3})y\s*", term)
    if years is None:
        parse_duration(term)
        return at + span_of(term)
    moments = at.astype("datetime64[us]")
    months = moments.astype("datetime64[M]")
    inside = moments - months.astype("datetime64[us]")
    later = months + 12 * int(years[1])
    days = (later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")
    lost = inside >= days  # 29 February becomes 28 February
    inside = np.where(lost, inside - np.timedelta64(1, "D"), inside)
    moved: Times = (later.astype("datetime64[us]") + inside).astype(np.int64)
    return moved
