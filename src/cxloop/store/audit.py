"""Who did what, when, from where and with what outcome: a log that only grows, and in which a change is found.

Each entry holds the digest of the one before, so that none can be changed, taken out or put in unnoticed. Cutting off
the end would leave a whole chain; what the last entry was stands, signed, in a second place (`store.head`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack

from sqlalchemy import Select, insert, select

from cxloop.store.chain import digest_of
from cxloop.store.models import Account, ApiKey, AuditEntry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Work

    from cxloop.store.base import Store

__all__ = ["Doing", "Entry", "Fault", "Filter", "Verdict", "entries", "record", "verify"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log; `who` is None for whoever sat at the machine."""

    happened_at: datetime
    who: str | None
    verb: str
    arguments: Mapping[str, Any]
    outcome: str
    seconds: float
    entry_id: int = 0
    key: str | None = None
    target: str = ""
    address: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries: of one account, verb, target, outcome, from a moment until before another."""

    account_id: int | None = None
    verb: str | None = None
    target: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Doing(TypedDict, total=False):
    """What an entry says.

    Attributes:
        account_id: who; None for whoever sits at the machine.
        verb: part.name.
        outcome: how it ended, in a word.
        seconds: how long it took.
        arguments: with which arguments; the caller leaves out whatever may name a person or quote one.
        key_id: the API key that was used, if one was.
        target: what it was done to, as kind and number: "customer 42".
        address: from where, truncated.
    """

    account_id: Required[int | None]
    verb: Required[str]
    outcome: Required[str]
    seconds: float
    arguments: Mapping[str, Any]
    key_id: int | None
    target: str
    address: str


def record(store: Store, **doing: Unpack[Doing]) -> None:
    """Writes one entry."""
    entry: dict[str, Any] = {
        "key_id": None,
        "target": "",
        "address": "",
        **doing,
        # through JSON with sorted names: the same call always gives the same entry
        "arguments": json.loads(json.dumps(dict(doing.get("arguments", {})), sort_keys=True, default=str)),
        "seconds": round(doing.get("seconds", 0.0), 6),
        "happened_at": store.clock(),
    }
    with store.head.turn() as advance:
        with store.work() as work:
            appended = _append(work, entry)
        headless = advance(appended, lambda number: _digest_at(store, number))
    if headless and appended["id"] > 1:
        # the log is older than its head: said in the log, since a head that was taken away looks the same
        record(store, account_id=None, verb="audit.head", outcome="started")


def _append(work: Work, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Adds an entry to the chain. The unit of work is the only writer, so nobody else adds one meanwhile."""
    last = work.execute(select(AuditEntry.id, AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1)).first()
    number, previous = (1, "") if last is None else (last.id + 1, last.digest)
    chained = {**entry, "id": number, "previous": previous}
    chained["digest"] = digest_of(chained)
    work.execute(insert(AuditEntry).values(chained))
    return chained


def _digest_at(store: Store, number: int) -> str | None:
    with store.read() as work:
        return work.scalar(select(AuditEntry.digest).where(AuditEntry.id == number))


def entries(
    store: Store, *, limit: int = 100, offset: int = 0, verb: str | None = None, chosen: Filter | None = None
) -> list[Entry]:
    """Returns the latest entries, newest first.

    Args:
        store: the records.
        limit: how many at most.
        offset: how many to pass over.
        verb: only those of one verb; the same as in `chosen`.
        chosen: which ones.
    """
    query = _chosen(chosen or Filter(verb=verb)).order_by(AuditEntry.id.desc()).limit(limit).offset(offset)
    with store.read() as work:
        return [_entry(row, who, key) for row, who, key in work.execute(query)]


def _chosen(chosen: Filter) -> Select[AuditEntry, str, str]:
    query = (
        select(AuditEntry, Account.name, ApiKey.name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .outerjoin(ApiKey, ApiKey.id == AuditEntry.key_id)
    )
    for column, value in (
        (AuditEntry.account_id, chosen.account_id),
        (AuditEntry.verb, chosen.verb),
        (AuditEntry.target, chosen.target),
        (AuditEntry.outcome, chosen.outcome),
    ):
        query = query if value is None else query.where(column == value)
    if chosen.since is not None:
        query = query.where(AuditEntry.happened_at >= chosen.since)
    return query if chosen.until is None else query.where(AuditEntry.happened_at < chosen.until)


def _entry(row: AuditEntry, who: str | None, key: str | None) -> Entry:
    return Entry(
        happened_at=row.happened_at,
        who=who,
        verb=row.verb,
        arguments=row.arguments,
        outcome=row.outcome,
        seconds=row.seconds,
        entry_id=row.id,
        key=key,
        target=row.target,
        address=row.address,
        digest=row.digest,
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was done to the log: at which entry, and what."""

    entry_id: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What looking through the whole log found; `head` is the digest of the last entry."""

    entries: int
    head: str
    faults: tuple[Fault, ...]


def verify(store: Store, *, head: str = "") -> Verdict:
    """Looks through the whole log for entries that were changed, taken out or put in, and for a cut end.

    Args:
        store: the records.
        head: the digest that an earlier look gave, as somebody wrote it down elsewhere; it has to be in the log.
    """
    faults: list[Fault] = []
    number, digest, seen, found = 0, "", not head, 0
    kept = store.head.read()
    at_head: str | None = None
    for row in _rows(store):
        faults += _faults(row, number, digest)
        number, digest, found = row["id"], row["digest"], found + 1
        seen = seen or digest == head
        at_head = digest if kept is not None and number == kept.number else at_head
    if kept is None and found:
        faults.append(Fault(number, "the signed head of the log (audit.head) is missing, so a cut end cannot be seen"))
    if kept is not None and not kept.valid:
        faults.append(Fault(kept.number, "the head of the log (audit.head) was not signed with this workspace's key"))
    elif kept is not None and at_head is None:
        faults.append(Fault(kept.number, f"the log ends at entry {number}, but once went on to entry {kept.number}"))
    elif kept is not None and at_head != kept.digest:
        faults.append(Fault(kept.number, "the entry is another one than when the head of the log was signed"))
    if not seen:
        faults.append(Fault(number, "the digest that was written down elsewhere is not in the log any more"))
    return Verdict(found, digest, tuple(faults))


def _faults(row: Mapping[str, Any], before: int, digest: str) -> Iterator[Fault]:
    number = row["id"]
    if number > before + 1:
        missing = f"entry {before + 1} is" if number == before + 2 else f"entries {before + 1} to {number - 1} are"
        yield Fault(before + 1, f"{missing} missing")
    elif row["previous"] != digest:
        yield Fault(before, "the entry was replaced: the next one holds the digest of another")
    if digest_of(row) != row["digest"]:
        yield Fault(number, "the entry was changed: its digest does not fit its content")


def _rows(store: Store, at_once: int = 5_000) -> Iterator[Mapping[str, Any]]:
    table = AuditEntry.__table__
    after = -1
    while True:
        with store.read() as work:
            chosen = select(table).where(table.c.id > after).order_by(table.c.id).limit(at_once)
            rows = work.execute(chosen).mappings().all()
        if not rows:
            return
        yield from (dict(row) for row in rows)
        after = rows[-1]["id"]
