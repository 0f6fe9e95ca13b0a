"""Failed attempts to get in make the next one wait: twice as long each time.

An attempt counts as failed before it is looked at and is taken back when it succeeds; many at the same moment cannot
slip through between the question and the count. Accounts that do not exist are counted like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete

from cxloop.core.accounts import ThrottledError
from cxloop.core.addresses import neighbourhood
from cxloop.store.models import Throttle
from cxloop.store.tokens import digest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

    from cxloop.store.base import Store

__all__ = ["ACCOUNT", "ADDRESS", "Bucket", "attempt", "wait_of"]

FORGOTTEN = timedelta(days=1)
CLOCK_TOLERANCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where attempts are counted: how many are free, and how long one waits at the most."""

    name: str
    free: int
    longest: timedelta = timedelta(minutes=15)


ACCOUNT = Bucket("account", free=5)
ADDRESS = Bucket("address", free=20)
"""More, since a whole office may share one."""


def wait_of(bucket: Bucket, failures: int) -> timedelta:
    """Returns how long after the last failure the next attempt is looked at.

    Example:
        >>> [wait_of(ACCOUNT, failures).seconds for failures in (4, 5, 6, 7, 50)]
        [0, 2, 4, 8, 900]
    """
    over = failures - bucket.free
    return timedelta() if over < 0 else min(bucket.longest, timedelta(seconds=2 ** min(over + 1, 20)))


@contextmanager
def attempt(store: Store, who: str, address: str, *, account: Bucket = ACCOUNT) -> Iterator[None]:
    """Surrounds one attempt: counted as failed where it ends with an error.

    Args:
        store: the records.
        who: the account as it was named, or what else is attempted; kept as a digest only.
        address: the network address it comes from; empty where it comes from the machine itself.
        account: how attempts of one account are counted.

    Raises:
        ThrottledError: too many failed before; it is not looked at.
    """
    places = [(account, digest(f"{account.name} {who}"))]
    if place := neighbourhood(address):
        places.append((ADDRESS, digest(f"{ADDRESS.name} {place}")))
    now = store.clock()
    with store.read() as work:  # who has to wait costs no write
        _require_no_wait(work, places, now)
    with store.work() as work:
        work.execute(delete(Throttle).where(Throttle.failed_at < now - FORGOTTEN))
        _require_no_wait(work, places, now)
        for _, what in places:
            _count(work, what, now)
    yield
    with store.work() as work:
        # the account proved itself; from the address only this one attempt is taken back: whoever has one account
        # could otherwise go on guessing at others
        work.execute(delete(Throttle).where(Throttle.what == places[0][1]))
        for _, what in places[1:]:
            _take_back(work, what)


def _require_no_wait(work: Work, places: list[tuple[Bucket, str]], now: datetime) -> None:
    wait = max(_wait(work, bucket, what, now) for bucket, what in places)
    if wait > timedelta():
        raise _throttled(wait)


def _wait(work: Work, bucket: Bucket, what: str, now: datetime) -> timedelta:
    row = work.get(Throttle, what)
    if row is None or row.failed_at - now > CLOCK_TOLERANCE:
        # From before the clock was set back: nobody is kept out until then. The failures still count for the next one.
        return timedelta()
    return row.failed_at + wait_of(bucket, row.failures) - now


def _count(work: Work, what: str, now: datetime) -> None:
    row = work.get(Throttle, what)
    if row is None:
        work.add(Throttle(what=what, failures=1, failed_at=now))
    else:
        row.failures, row.failed_at = row.failures + 1, now


def _take_back(work: Work, what: str) -> None:
    row = work.get(Throttle, what)
    if row is not None:
        row.failures -= 1
        if row.failures <= 0:
            work.delete(row)


def _throttled(wait: timedelta) -> ThrottledError:
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    told = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
    return ThrottledError(f"Too many attempts failed. Try again in {told}.", seconds)
