"""What unify's verbs return: a page of customers, and one customer's timeline."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from cxloop.core.results import Result, Value
from cxloop.core.wording import count, many
from cxloop.unify.erasure.results import (
    Erasure,
    ErasureCheck,
    ErasureMode,
    Erasures,
    ErasureState,
    Looked,
    Receipt,
    Removed,
)
from cxloop.unify.identity.results import (
    Action,
    DoubtKind,
    Evidence,
    Identity,
    IdentityDecision,
    IdentityDoubt,
    IdentityDoubts,
    IdentityKey,
    IdentityLedger,
    IdentityLink,
    LedgerEntry,
    LinkStanding,
)
from cxloop.unify.matching.results import (
    Compared,
    LevelWeight,
    MatchComparison,
    Matching,
    MatchRun,
    Review,
    Reviewed,
    ReviewPair,
)
from cxloop.unify.people.results import (
    ConsentNow,
    CurrentScore,
    FullCustomer,
    Group,
    GroupKind,
    GroupMember,
    GroupRow,
    Groups,
    GroupScore,
    IdentitySummary,
    LinkCount,
    Matter,
    MatterKind,
    Membership,
    Money,
    Note,
    Noted,
    PathStep,
    ProfileField,
    ProfileValue,
    SegmentOf,
    WeakestLink,
)
from cxloop.unify.privacy.results import (
    Access,
    AccessFormat,
    AccessPart,
    ChannelConsent,
    ConsentEntry,
    ConsentRecorded,
    Consents,
    ConsentStatus,
    ExportFile,
    Preferences,
    PrivacyOverview,
    PurposeConsent,
    PurposeOverview,
    Retained,
    Retention,
    RetentionRule,
    Revealed,
)
from cxloop.unify.segments.results import (
    DefinedSegment,
    DroppedSegment,
    Overlap,
    OverlapPair,
    Segment,
    SegmentInFull,
    SegmentMember,
    SegmentMembers,
    SegmentPoint,
    Segments,
    SegmentState,
    SegmentVersion,
)

__all__ = [
    "Access",
    "AccessFormat",
    "AccessPart",
    "Action",
    "ChannelConsent",
    "ChannelCount",
    "Compared",
    "ConsentEntry",
    "ConsentNow",
    "ConsentRecorded",
    "ConsentStatus",
    "Consents",
    "CurrentScore",
    "Customer",
    "Customers",
    "DefinedSegment",
    "DoubtKind",
    "DroppedSegment",
    "Erasure",
    "ErasureCheck",
    "ErasureMode",
    "ErasureState",
    "Erasures",
    "Evidence",
    "ExportFile",
    "FullCustomer",
    "Group",
    "GroupKind",
    "GroupMember",
    "GroupRow",
    "GroupScore",
    "Groups",
    "Identifier",
    "Identity",
    "IdentityDecision",
    "IdentityDoubt",
    "IdentityDoubts",
    "IdentityKey",
    "IdentityLedger",
    "IdentityLink",
    "IdentitySummary",
    "LedgerEntry",
    "LevelWeight",
    "LinkCount",
    "LinkStanding",
    "Looked",
    "MatchComparison",
    "MatchRun",
    "Matching",
    "Matter",
    "MatterKind",
    "Membership",
    "Money",
    "Note",
    "Noted",
    "Overlap",
    "OverlapPair",
    "PathStep",
    "Preferences",
    "PrivacyOverview",
    "ProfileField",
    "ProfileValue",
    "PromiseState",
    "PurposeConsent",
    "PurposeOverview",
    "Receipt",
    "Removed",
    "Retained",
    "Retention",
    "RetentionRule",
    "Revealed",
    "Review",
    "ReviewPair",
    "Reviewed",
    "Segment",
    "SegmentInFull",
    "SegmentMember",
    "SegmentMembers",
    "SegmentOf",
    "SegmentPoint",
    "SegmentState",
    "SegmentVersion",
    "Segments",
    "Step",
    "Timeline",
    "WeakestLink",
]

PromiseState = Literal["kept", "broken", "open", "overdue"]
"""kept: in time. broken: too late. open: not due yet. overdue: due, and nothing in the log says it was kept."""


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer in a list. Times are UTC without zone."""

    customer_id: int
    label: str
    first_seen_at: datetime
    last_seen_at: datetime
    interactions: int
    channels: int
    latest_metric: str | None
    latest_score: float | None


@dataclass(frozen=True)
class Customers(Result):
    """The customers that a search found: `rows` from `offset` on, of `total`."""

    query: str
    total: int
    offset: int
    rows: tuple[Customer, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per customer."""
        return [asdict(row) for row in self.rows]

    def __str__(self) -> str:
        people = many(self.total, "customer") if self.total else "No customer"
        if self.query:
            return f"{people} found for “{self.query}”."
        return f"{people}{', whoever was seen last first' if self.total > 1 else '' if self.total else ' yet'}."


@dataclass(frozen=True, slots=True)
class Identifier:
    """A key as its source gave it."""

    namespace: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How many of a customer's interactions came through a channel; None where the channel is not known."""

    channel: str | None
    interactions: int


@dataclass(frozen=True, slots=True)
class Step:
    """One interaction on a timeline, with its names as people know them. Times are UTC without zone."""

    interaction_id: int
    occurred_at: datetime
    occurred_precision: str | None
    source: str
    kind: str
    name: str | None
    touchpoint: str | None
    channel: str | None
    stage: str | None
    text: str | None
    metric: str | None
    score: float | None
    scale_max: float | None
    answer_value: str | None
    value: float | None
    currency: str | None
    outcome: str | None
    product: str | None
    location: str | None
    promise: str | None
    due_at: datetime | None
    due_precision: str | None
    kept_at: datetime | None
    promise_state: PromiseState | None


@dataclass(frozen=True)
class Timeline(Result):
    """What happened to one customer, latest first: `steps` from `offset` on, of `total` in the chosen channel."""

    customer: Customer
    identifiers: tuple[Identifier, ...]
    channels: tuple[ChannelCount, ...]
    channel: str | None
    total: int
    offset: int
    steps: tuple[Step, ...]

    @property
    def target(self) -> str:
        """Which customer."""
        return f"customer {self.customer.customer_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per interaction."""
        return [asdict(step) for step in self.steps]

    def __str__(self) -> str:
        there = sum(item.channel is not None for item in self.channels)
        channels = "1 channel" if there == 1 else f"{there} channels"
        amount = self.customer.interactions
        steps = f"{count(amount)} {'interaction' if amount == 1 else 'interactions'}"
        first, last = self.customer.first_seen_at.date(), self.customer.last_seen_at.date()
        return f"{self.customer.label}: {steps} in {channels}, from {first.isoformat()} to {last.isoformat()}."
