"""What the verbs about identity return: a customer's keys and links, the ledger, doubts, and decisions taken."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from cxloop.core.results import Result, Value
from cxloop.core.wording import count, many

__all__ = [
    "Action",
    "DoubtKind",
    "Evidence",
    "Identity",
    "IdentityDecision",
    "IdentityDoubt",
    "IdentityDoubts",
    "IdentityKey",
    "IdentityLedger",
    "IdentityLink",
    "LedgerEntry",
    "LinkStanding",
]

Action = Literal["link", "cut", "never", "undo", "quarantine", "release"]
"""What an entry of the ledger does."""

Evidence = Literal["identify", "alias", "exact", "profile", "probabilistic", "person", "rule"]
"""Why an entry was written."""

DoubtKind = Literal["shared", "placeholder", "degree", "conflict", "never", "quarantined"]
"""shared: used by several people. placeholder: no identifier at all ("unknown"). degree: tied to too many keys.
conflict: would give one customer two numbers of which a person has one. never: a person said that these are two.
quarantined: a person said that it ties nobody."""

LinkStanding = Literal["counts", "held", "guarded", "proposed", "rejected", "cut", "undone"]
"""counts: ties the two together. held: contradicts others. guarded: one of its keys ties nobody. proposed: waits for a
person. rejected, cut: a person said no. undone: the decision was taken back."""


@dataclass(frozen=True, slots=True)
class IdentityKey:
    """One key of a customer. Times are UTC without zone.

    Attributes:
        key_id: its number.
        namespace: whose identifier it is.
        type: what it is.
        value: the identifier.
        rule: unique, personal or shared.
        verified: whether the same value elsewhere is the same person.
        since: since when it is this customer's; None where it always was.
        interactions: how many interactions name it as the customer's key.
        first_seen_at: the first of them.
        last_seen_at: the last of them.
    """

    key_id: int
    namespace: str
    type: str
    value: str
    rule: str
    verified: bool
    since: datetime | None
    interactions: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None

    @property
    def name(self) -> str:
        """How people write it: namespace:type:value."""
        return f"{self.namespace}:{self.type}:{self.value}"


@dataclass(frozen=True, slots=True)
class IdentityLink:
    """One statement that two keys are one person's, or are not. Times are UTC without zone.

    Attributes:
        entry_id: its number in the ledger.
        decision_id: what `unify.undo` takes.
        key_a: one key's number.
        key_b: the other's.
        a: one key as people write it; an address that ties several sources together reads `email:value`.
        b: the other.
        evidence: why.
        standing: whether it counts.
        why: the same in a sentence: who or what said so, and why it does not count where it does not.
        probability: that the two are one person, where that was estimated.
        weight: the match weight behind it.
        source: whose interaction told so.
        interaction_id: the first interaction that told so.
        author: who wrote it.
        reason: in a person's words.
        known_at: since when it counts.
        decided_at: when it was written.
    """

    entry_id: int
    decision_id: int
    key_a: int
    key_b: int
    a: str
    b: str
    evidence: str
    standing: LinkStanding
    why: str
    probability: float | None
    weight: float | None
    source: str | None
    interaction_id: int | None
    author: str
    reason: str | None
    known_at: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class IdentityDoubt:
    """A key that ties nobody together, or a link that is held back. Times are UTC without zone.

    Attributes:
        key_id: the key's number.
        key: the key as people write it.
        other_key: of a link that is held back, the other key's number.
        other: the other key as people write it.
        doubt: which.
        links: how many links do not count because of it.
        since: since when.
        why: the same in a sentence.
    """

    key_id: int
    key: str
    other_key: int | None
    other: str | None
    doubt: str
    links: int
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One decision in the ledger: all its entries together. Times are UTC without zone.

    Attributes:
        decision_id: what `unify.undo` takes.
        action: what it does.
        evidence: why.
        state: accepted, proposed or rejected.
        entries: how many entries it has.
        a: the first key as people write it; None for an undo.
        b: the other key, where there is one.
        refers_to: of an undo: the decision that no longer counts.
        undone: whether it has been taken back.
        author: who decided.
        reason: in a person's words.
        decided_at: when.
        why: the same in a sentence.
    """

    decision_id: int
    action: str
    evidence: str
    state: str
    entries: int
    a: str | None
    b: str | None
    refers_to: int | None
    undone: bool
    author: str
    reason: str | None
    decided_at: datetime
    why: str


@dataclass(frozen=True)
class Identity(Result):
    """Why a customer is one customer: keys, every link between them, what is in doubt, and what people decided.

    `former` are numbers that lead here, of customers that were merged into this one.
    """

    customer_id: int
    label: str
    keys: tuple[IdentityKey, ...]
    links: tuple[IdentityLink, ...]
    doubts: tuple[IdentityDoubt, ...]
    decisions: tuple[LedgerEntry, ...]
    former: tuple[int, ...]

    @property
    def target(self) -> str:
        """Which customer."""
        return f"customer {self.customer_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per link."""
        return [asdict(link) for link in self.links]

    def told(self) -> list[dict[str, Value]]:
        """Returns one row per link with what people ask for: which keys, whether it counts, why, and what undoes it."""
        return [
            {
                "decision_id": link.decision_id,
                "a": link.a,
                "b": link.b,
                "standing": link.standing,
                "why": link.why,
                "known_at": link.known_at,
                "reason": link.reason,
            }
            for link in self.links
        ]

    def __str__(self) -> str:
        counting = sum(link.standing == "counts" for link in self.links)
        said = f"{self.label}: {many(len(self.keys), 'key')} held together by {many(counting, 'link')}"
        return f"{said}, {many(len(self.doubts), 'doubt')}." if self.doubts else f"{said}."


@dataclass(frozen=True)
class IdentityDecision(Result):
    """What a person's decision did: its number, and whose customers are whose now."""

    decision_id: int
    action: Action
    entries: int
    customers: tuple[int, ...]
    said: str

    @property
    def target(self) -> str:
        """Which decision."""
        return f"decision {self.decision_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per customer that it left."""
        return [{"decision_id": self.decision_id, "customer_id": customer} for customer in self.customers]

    def __str__(self) -> str:
        return self.said


@dataclass(frozen=True)
class IdentityLedger(Result):
    """Decisions of the ledger, latest first: `rows` from `offset` on, of `total`; of one customer or of all."""

    customer_id: int | None
    total: int
    offset: int
    rows: tuple[LedgerEntry, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per decision."""
        return [asdict(row) for row in self.rows]

    def told(self) -> list[dict[str, Value]]:
        """Returns one row per decision with what people ask for: what was decided, when, and whether it counts."""
        return [
            {
                "decision_id": row.decision_id,
                "a": row.a,
                "b": row.b,
                "why": row.why,
                "reason": row.reason,
                "decided_at": row.decided_at,
                "undone": row.undone,
            }
            for row in self.rows
        ]

    def __str__(self) -> str:
        of = "" if self.customer_id is None else f" about customer {self.customer_id}"
        return f"{many(self.total, 'decision')}{of} in the ledger." if self.total else f"No decision{of} yet."


@dataclass(frozen=True)
class IdentityDoubts(Result):
    """Keys that tie nobody and links that are held back: `rows` from `offset` on, of `total`."""

    total: int
    offset: int
    rows: tuple[IdentityDoubt, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per doubt."""
        return [asdict(row) for row in self.rows]

    def __str__(self) -> str:
        if not self.total:
            return "Nothing is in doubt."
        return f"{count(self.total)} {'key or link is' if self.total == 1 else 'keys and links are'} in doubt."
