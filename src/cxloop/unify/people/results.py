"""What the verbs about people return: a customer in full, notes, households and business accounts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from cxloop.core.results import Estimate, How, InsufficientData, Result, Unit, Value
from cxloop.core.wording import count, many

__all__ = [
    "ConsentNow",
    "CurrentScore",
    "FullCustomer",
    "Group",
    "GroupKind",
    "GroupMember",
    "GroupRow",
    "GroupScore",
    "Groups",
    "IdentitySummary",
    "LinkCount",
    "Matter",
    "MatterKind",
    "Membership",
    "Money",
    "Note",
    "Noted",
    "PathStep",
    "ProfileField",
    "ProfileValue",
    "SegmentOf",
    "WeakestLink",
]

MatterKind = Literal["case", "promise", "message"]
GroupKind = Literal["account", "household", "level"]
"""account: a business account. household: people who live together. level: a region, brand or so of a hierarchy."""


@dataclass(frozen=True, slots=True)
class LinkCount:
    """How many links of a customer rest on one kind of evidence: identify, alias, exact, profile, probabilistic..."""

    evidence: str
    links: int


@dataclass(frozen=True, slots=True)
class WeakestLink:
    """The link of a customer with the lowest probability; `entry_id` is its entry in the ledger."""

    entry_id: int
    evidence: str
    probability: float
    known_at: datetime


@dataclass(frozen=True, slots=True)
class IdentitySummary:
    """Why these keys are one customer, in figures; `unify identity` shows each of them.

    Attributes:
        keys: number of identifiers that the customer holds.
        links: links that count, by evidence, most first; empty for who sees only some rows.
        weakest: the link with the lowest probability; None where every link is certain.
        doubts: keys and links that are held back.
        former_ids: numbers of customers that were merged into this one and now lead here.
        changed_at: when a person or rule last changed who belongs together here; None where nothing ever did.
    """

    keys: int
    links: tuple[LinkCount, ...] = ()
    weakest: WeakestLink | None = None
    doubts: int = 0
    former_ids: tuple[int, ...] = ()
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProfileValue:
    """One value that a source told of a field. `verified` says that the key it came with is a verified identifier."""

    value: str
    source: str
    occurred_at: datetime
    verified: bool
    times_told: int = 1


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One field of a profile: the value that survives, by which rule, and the ones that lost.

    Attributes:
        name: of the field.
        label: what people call it.
        value: the value that holds.
        source: who told it.
        occurred_at: since when it is so, UTC.
        verified: whether it came with a verified identifier.
        rule: recent, trusted, verified or longest.
        others: the values that lost, the next best first; empty where all sources agree.
    """

    name: str
    label: str
    value: str
    source: str
    occurred_at: datetime
    verified: bool
    rule: str
    others: tuple[ProfileValue, ...] = ()

    @property
    def disputed(self) -> bool:
        """Whether sources tell different values."""
        return bool(self.others)


@dataclass(frozen=True, slots=True)
class CurrentScore:
    """The latest answer of a customer to one metric; channel and touchpoint as people call them."""

    metric: str
    score: float
    scale_min: float | None
    scale_max: float | None
    occurred_at: datetime
    channel: str | None
    touchpoint: str | None
    interaction_id: int


@dataclass(frozen=True, slots=True)
class ConsentNow:
    """How the consent for one purpose stands; `channel` None is all of them."""

    purpose: str
    channel: str | None
    granted: bool
    since: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that is not settled with a customer.

    Attributes:
        kind: a case (ticket) that is not closed, a promise that is open or overdue, a message without a reply.
        title: what it is about, in few words.
        since: since when it is open, UTC.
        due_at: by when it was promised; None where there is no date.
        overdue: whether that date has passed.
        outcome: the state, as its source calls it.
        channel: how it came.
        object: type and id of the ticket or order: "ticket 4711".
        interaction_id: the interaction that tells it.
    """

    kind: MatterKind
    title: str
    since: datetime
    due_at: datetime | None
    overdue: bool
    outcome: str | None
    channel: str | None
    object: str | None
    interaction_id: int


@dataclass(frozen=True, slots=True)
class SegmentOf:
    """A segment that a customer is in, since when (UTC)."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """A group that a customer belongs to: `group_id` is what `unify group` takes; `path` is where an account stands."""

    group_id: str
    kind: GroupKind
    label: str
    members: int
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about a customer. `mine` says whether who asks may take it back."""

    note_id: int
    text: str
    author: str
    written_at: datetime
    mine: bool


@dataclass(frozen=True, slots=True)
class Money:
    """What a customer spent to date in one currency, refunds taken off, and in how many orders."""

    currency: str
    value: float
    orders: int


@dataclass(frozen=True)
class FullCustomer(Result):
    """One customer in full: everything that a page about a person shows but the timeline.

    Attributes:
        customer_id: the customer.
        label: what to call the customer.
        asked: the number that was asked for, where it is a former one that leads here.
        first_seen_at: first interaction, UTC.
        last_seen_at: latest interaction, UTC.
        interactions: how many there are.
        channels: number of different channels.
        identity: why the keys are one customer.
        profile: fields with their values, in the order of experience.toml.
        scores: the latest answer to each metric.
        value: money to date, by currency.
        consents: what is allowed and forbidden now; nothing for who sees only some rows, since a refusal may stand in
            another.
        matters: what is open, what is overdue first.
        segments: the customer is in now.
        groups: households and accounts.
        notes: of staff, newest first.
    """

    customer_id: int
    label: str
    asked: int | None
    first_seen_at: datetime
    last_seen_at: datetime
    interactions: int
    channels: int
    identity: IdentitySummary
    profile: tuple[ProfileField, ...] = ()
    scores: tuple[CurrentScore, ...] = ()
    value: tuple[Money, ...] = ()
    consents: tuple[ConsentNow, ...] = ()
    matters: tuple[Matter, ...] = ()
    segments: tuple[SegmentOf, ...] = ()
    groups: tuple[Membership, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def target(self) -> str:
        """Which customer."""
        return f"customer {self.customer_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per field of the profile."""
        return [
            {
                "field": item.label,
                "value": item.value,
                "source": item.source,
                "since": item.occurred_at,
                "rule": item.rule,
                "others": "; ".join(other.value for other in item.others),
            }
            for item in self.profile
        ]

    def __str__(self) -> str:
        first, last = self.first_seen_at.date().isoformat(), self.last_seen_at.date().isoformat()
        seen = f"{many(self.interactions, 'interaction')} from {first} to {last}"
        late = sum(matter.overdue for matter in self.matters)
        open_ = f"{many(len(self.matters), 'open matter')}{f', {late} overdue' if late else ''}"
        led = "" if self.asked is None else f" (number {self.asked} leads here)"
        return f"{self.label}{led}: {many(self.identity.keys, 'identifier')}, {seen}; {open_}."


@dataclass(frozen=True)
class Noted(Result):
    """What became of a note: written or deleted."""

    customer_id: int
    note_id: int
    done: Literal["written", "deleted"]

    @property
    def target(self) -> str:
        """Which customer."""
        return f"customer {self.customer_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row."""
        return [asdict(self)]

    def __str__(self) -> str:
        return f"Note {self.note_id} on customer {self.customer_id} {self.done}."


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group in a list. `why` says what makes a household one; `path` where an account stands, widest first."""

    group_id: str
    kind: GroupKind
    label: str
    members: int
    why: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Groups(Result):
    """The groups that a search found: `rows` from `offset` on, of `total`."""

    query: str
    kind: GroupKind | None
    total: int
    offset: int
    rows: tuple[GroupRow, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per group."""
        return [{**asdict(row), "path": " / ".join(row.path)} for row in self.rows]

    def __str__(self) -> str:
        found = many(self.total, "group") if self.total else "No group"
        return f"{found} found for “{self.query}”." if self.query else f"{found}, the largest first."


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of a hierarchy, the widest first. `group_id` is what `unify group` takes."""

    group_id: str
    label: str


@dataclass(frozen=True, slots=True)
class GroupScore:
    """A metric over the members of a group: each customer counts once, with the latest answer."""

    metric: str
    unit: Unit
    scale: tuple[float, float] | None
    result: Estimate | InsufficientData


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A customer in a group; `through` says how: the account below it, or what a household shares."""

    customer_id: int
    label: str
    last_seen_at: datetime
    interactions: int
    latest_metric: str | None
    latest_score: float | None
    through: str


@dataclass(frozen=True)
class Group(Result):
    """A household, a business account, or a level of a hierarchy, with all its members.

    Attributes:
        group_id: of this group.
        kind: account, household or level.
        label: what to call it.
        fields: what sources told of an account.
        paths: hierarchy to the steps down to this group, the widest first.
        below: groups right beneath this one.
        warnings: what is wrong with the hierarchy here, such as a circle of parents.
        total: number of members, those of all groups below included; each counts once.
        members: the first of them, whoever was seen last first.
        scores: roll-up over all members.
        value: money to date of all members with this group, by currency.
        how: how the scores are made.
    """

    group_id: str
    kind: GroupKind
    label: str
    total: int
    fields: tuple[ProfileField, ...] = ()
    paths: dict[str, tuple[PathStep, ...]] = field(default_factory=dict)
    below: tuple[GroupRow, ...] = ()
    warnings: tuple[str, ...] = ()
    members: tuple[GroupMember, ...] = ()
    scores: tuple[GroupScore, ...] = ()
    value: tuple[Money, ...] = ()
    how: How = field(default_factory=How)

    @property
    def target(self) -> str:
        """Which group."""
        return f"group {self.group_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per member."""
        return [asdict(member) for member in self.members]

    def __str__(self) -> str:
        told = f"{self.label}: {many(self.total, 'customer')}"
        below = f", {count(len(self.below))} groups below" if self.below else ""
        return f"{told}{below}.{''.join(f' {warning}' for warning in self.warnings)}"
