"""One customer in full: everything that a page about a person shows but the timeline, from a few small queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cxloop.core.errors import AccessDeniedError
from cxloop.engine.dimensions import Dimensions
from cxloop.outreach.consent import may
from cxloop.unify.identity.rules import Rules, normalised
from cxloop.unify.lookup import find_customer
from cxloop.unify.people import queries
from cxloop.unify.people.matters import open_matters
from cxloop.unify.people.membership import groups_of
from cxloop.unify.people.money import MONEY_OF
from cxloop.unify.people.notes import notes_of
from cxloop.unify.people.profile import Told, profile_of
from cxloop.unify.people.results import (
    ConsentNow,
    CurrentScore,
    FullCustomer,
    IdentitySummary,
    LinkCount,
    Money,
    ProfileField,
    SegmentOf,
    WeakestLink,
)
from cxloop.unify.privacy.consents import history_of
from cxloop.unify.segments.showing import OF_CUSTOMER

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from cxloop.engine.base import Analysis
    from cxloop.store.context import Operations
    from cxloop.unify.identity.results import Identity, IdentityLink

__all__ = ["full_customer"]


def full_customer(ws: Operations, wanted: str) -> FullCustomer:
    """Returns a customer in full; raises NotFoundError or InputError as the verb says."""
    found = find_customer(ws, wanted)
    keys = ws.engine.fetch(queries.OWN_KEYS, {"customer": found.customer_id}).to_pylist()
    key_ids = [key["key_id"] for key in keys]
    number = wanted.strip()
    return FullCustomer(
        customer_id=found.customer_id,
        label=found.label,
        asked=int(number) if number.isdigit() and int(number) != found.customer_id and int(number) in key_ids else None,
        first_seen_at=found.first_seen_at,
        last_seen_at=found.last_seen_at,
        interactions=found.interactions,
        channels=found.channels,
        identity=_identity(ws, found.customer_id, len(keys)),
        profile=_profile(ws, keys, found.first_seen_at),
        scores=_scores(ws, key_ids),
        value=_money(ws, key_ids),
        consents=tuple(_consents(ws, key_ids)),
        matters=open_matters(ws, found.customer_id, key_ids),
        segments=_segments(ws, found.customer_id),
        groups=groups_of(ws, found.customer_id, key_ids),
        notes=notes_of(ws, key_ids),
    )


def _identity(ws: Operations, customer_id: int, keys: int) -> IdentitySummary:
    if ws.actor.limits:  # the ledger names keys of customers that others serve
        return IdentitySummary(keys)
    from cxloop.unify.identity.explain import identity_of

    return _summary(identity_of(ws, str(customer_id)))


def _summary(identity: Identity) -> IdentitySummary:
    counting = [link for link in identity.links if link.standing == "counts"]
    counts = Counter(link.evidence for link in counting)
    decided = [decision.decided_at for decision in identity.decisions if decision.evidence == "person"]
    changed = [*decided, *(link.known_at for link in counting)]
    return IdentitySummary(
        keys=len(identity.keys),
        links=tuple(LinkCount(*item) for item in sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        weakest=_weakest(counting),
        doubts=len(identity.doubts),
        former_ids=identity.former,
        changed_at=max(changed, default=None),
    )


def _weakest(links: Sequence[IdentityLink]) -> WeakestLink | None:
    estimated = [link for link in links if link.evidence == "probabilistic" and link.probability is not None]
    if not estimated:
        return None
    link = min(estimated, key=lambda link: (link.probability or 0.0, link.entry_id))
    return WeakestLink(link.entry_id, link.evidence, link.probability or 0.0, link.known_at)


def _profile(ws: Analysis, keys: Sequence[dict[str, Any]], first_seen: datetime) -> tuple[ProfileField, ...]:
    rules = Rules.of(ws.experience)
    verified = {key["key_id"] for key in keys if rules[key["namespace"], key["type"]].verified}
    proven = {(key["type"], normalised(key["type"], key["value"])) for key in keys if key["key_id"] in verified}
    told = [
        Told(
            row["name"],
            row["value"],
            row["source"],
            row["occurred_at"],
            row["known_at"],
            row["key_id"] in verified or (row["name"], normalised(row["name"], row["value"])) in proven,
            row["times_told"],
        )
        for row in ws.engine.fetch(queries.TOLD_OF, {"keys": [key["key_id"] for key in keys]}).to_pylist()
    ]
    return profile_of([*told, *_by_keys(ws, keys, told, verified, first_seen)], ws.experience.profile)


def _by_keys(
    ws: Analysis, keys: Sequence[dict[str, Any]], told: Sequence[Told], verified: set[int], first_seen: datetime
) -> Iterator[Told]:
    """Gives the addresses and numbers that are known as keys and that no source told as a trait."""
    known = {(item.name, normalised(item.name, item.value)) for item in told}
    contacts = [key for key in keys if key["type"] in ("email", "phone")]
    new = [key for key in contacts if (key["type"], normalised(key["type"], key["value"])) not in known]
    if not new:
        return
    seen = ws.engine.fetch(queries.KEYS_SEEN, {"keys": [key["key_id"] for key in new]}).to_pylist()
    last = {row["key_id"]: row["last_at"] for row in seen}
    for key in new:
        at = last.get(key["key_id"], first_seen)
        yield Told(key["type"], key["value"], key["namespace"], at, at, key["key_id"] in verified)


def _scores(ws: Analysis, keys: Sequence[int]) -> tuple[CurrentScore, ...]:
    known = Dimensions(ws.experience)
    labels = {name: known.resolve(name) for name in ("channel", "touchpoint")}
    rows = ws.engine.fetch(queries.SCORES_OF, {"keys": keys}).to_pylist()
    return tuple(CurrentScore(**{**row, **{name: labels[name].label(row[name]) for name in labels}}) for row in rows)


def _money(ws: Analysis, keys: Sequence[int]) -> tuple[Money, ...]:
    return tuple(Money(**row) for row in ws.engine.fetch(MONEY_OF, {"keys": keys}).to_pylist())


def _consents(ws: Operations, keys: Sequence[int]) -> Iterator[ConsentNow]:
    """Gives how each purpose stands in each channel that something was said about.

    Nothing to who sees only some rows: a refusal may stand in another, and a yes without it would be a lie.
    """
    if ws.actor.limits:
        return
    history, now = history_of(ws, keys), ws.now()
    for purpose in history.purposes:
        said = history.about(purpose)
        for channel in sorted({item.channel for item in said}, key=lambda name: (name is not None, name or "")):
            verdict = may(history, purpose.name, channel, now)
            last = next(item for item in reversed(said) if item.channel in (channel, None))
            yield ConsentNow(
                purpose.label or purpose.name, channel, verdict.allowed, verdict.since or last.occurred_at, last.source
            )


def _segments(ws: Analysis, customer_id: int) -> tuple[SegmentOf, ...]:
    try:
        rows = ws.engine.fetch(OF_CUSTOMER, {"customer": customer_id}).to_pylist()
    except AccessDeniedError:  # they are computed from all rows
        return ()
    return tuple(SegmentOf(row["segment"], row["since"]) for row in rows)
