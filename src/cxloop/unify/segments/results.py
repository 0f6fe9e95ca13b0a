"""What the verbs about segments return."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Literal

from cxloop.core.results import How, Result, Value
from cxloop.core.wording import count, many

__all__ = [
    "DefinedSegment",
    "DroppedSegment",
    "Overlap",
    "OverlapPair",
    "Segment",
    "SegmentInFull",
    "SegmentMember",
    "SegmentMembers",
    "SegmentPoint",
    "SegmentState",
    "SegmentVersion",
    "Segments",
]

SegmentState = Literal["current", "pending", "broken"]
"""current: members are those of the newest definition. pending: it is being computed, and members are those of the one
before. broken: the newest definition no longer fits the workspace (`problem` says why), and members stay as they were.
"""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment in a list. Times are UTC without zone.

    Attributes:
        version: number of the newest definition.
        shown: number of the definition whose members are counted; None before the first was computed.
        members: customers in it now.
        share: members as a share of all customers, 0 to 1; None where there are no customers.
        entered: how many came in during the last `Segments.days` days, and are in or left again.
        left: how many went out during those days.
        at: the moment the members are those of.
    """

    name: str
    where: str
    about: str
    version: int
    shown: int | None
    state: SegmentState
    problem: str
    members: int
    share: float | None
    entered: int
    left: int
    at: datetime | None
    changed_at: datetime


@dataclass(frozen=True)
class Segments(Result):
    """All segments, by name; `entered` and `left` of each are those of the last `days` days."""

    rows: tuple[Segment, ...]
    customers: int
    days: int

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per segment."""
        return [asdict(row) for row in self.rows]

    def told(self) -> list[dict[str, Value]]:
        """Returns what a terminal has room for."""
        main = ("name", "members", "share", "entered", "left", "state", "where")
        return [{name: row[name] for name in main} for row in self.records()]

    def __str__(self) -> str:
        if not self.rows:
            return "No segment yet. Define one with `cxloop unify define-segment`."
        return f"{many(len(self.rows), 'segment')} over {many(self.customers, 'customer')}."


@dataclass(frozen=True, slots=True)
class SegmentPoint:
    """Size of a segment at the end of a day, and how many came in and went out on it."""

    day: date
    members: int
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class SegmentVersion:
    """One version of a definition; an empty `where` says that the segment was dropped with it."""

    version: int
    where: str
    about: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OverlapPair:
    """Two segments: how many customers are in each, in both, and both as a share of those in either.

    `jaccard` is None where nobody is in either.
    """

    first: str
    second: str
    first_members: int
    second_members: int
    both: int
    jaccard: float | None


@dataclass(frozen=True)
class SegmentInFull(Result):
    """One segment: definition, size, history by day (oldest first), overlap with the other segments, versions.

    `before` is how many the definition would have held at the ends of past months, as the log tells it today; only of a
    segment whose own history is shorter than two days.
    """

    segment: Segment
    customers: int
    days: int
    history: tuple[SegmentPoint, ...]
    overlap: tuple[OverlapPair, ...]
    versions: tuple[SegmentVersion, ...]
    before: tuple[SegmentPoint, ...] = ()
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per day of the history."""
        return [asdict(point) for point in self.history]

    def __str__(self) -> str:
        segment = self.segment
        share = "" if segment.share is None else f" ({segment.share:.1%} of {many(self.customers, 'customer')})"
        moved = f"{count(segment.entered)} came in and {count(segment.left)} went out in the last {self.days} days"
        return f"{segment.name}: {many(segment.members, 'member')}{share}; {moved}. {_state(segment)}".strip()


def _state(segment: Segment) -> str:
    if segment.state == "broken":
        return f"Version {segment.version} cannot be computed: {segment.problem}"
    if segment.state == "pending":
        shown = "nothing is shown until then" if segment.shown is None else f"version {segment.shown} is shown"
        return f"Version {segment.version} is being computed; {shown}."
    return ""


@dataclass(frozen=True, slots=True)
class SegmentMember:
    """A customer in a segment, since when and until when; `until` is None for whoever is in it. UTC without zone."""

    customer_id: int
    label: str
    since: datetime | None
    until: datetime | None = None


@dataclass(frozen=True)
class SegmentMembers(Result):
    """Who is in a segment at a moment: `rows` from `offset` on, of `total`; whoever came in last first."""

    name: str
    version: int | None
    at: datetime | None
    total: int
    offset: int
    rows: tuple[SegmentMember, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per member."""
        return [asdict(row) for row in self.rows]

    def __str__(self) -> str:
        when = "" if self.at is None else f" at {self.at:%Y-%m-%d %H:%M} UTC"
        return f"{self.name}: {many(self.total, 'member')}{when}."


@dataclass(frozen=True)
class DefinedSegment(Result):
    """What a definition means before anybody relies on it.

    Attributes:
        version: number of the saved version, also where the newest one said the same; None for a dry run.
        members: how many customers it holds.
        customers: how many there are.
        enter: who would come in, compared with the definition that is shown now.
        leave: who would go out.
        examples: a few members, so that a person can look whether they are who was meant.
        replay: how many it would have held at the ends of past months, as the log tells it today.
    """

    name: str
    where: str
    version: int | None
    members: int
    customers: int
    enter: int
    leave: int
    examples: tuple[SegmentMember, ...]
    replay: tuple[SegmentPoint, ...]
    seconds: float

    @property
    def target(self) -> str:
        """Which segment."""
        return f"segment {self.name}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per example."""
        return [{"customer_id": row.customer_id, "label": row.label} for row in self.examples]

    def __str__(self) -> str:
        said = "nothing is saved yet" if self.version is None else f"saved as version {self.version}"
        size = f"{many(self.members, 'member')} of {many(self.customers, 'customer')}"
        return f"{self.name}: {size}, {count(self.enter)} would come in and {count(self.leave)} go out; {said}."


@dataclass(frozen=True)
class DroppedSegment(Result):
    """A segment that is gone; its versions stay in the records, and who was in it until now stays in its history."""

    name: str
    members: int

    @property
    def target(self) -> str:
        """Which segment."""
        return f"segment {self.name}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row."""
        return [{"name": self.name, "members": self.members}]

    def __str__(self) -> str:
        return f"{self.name} is dropped; it had {many(self.members, 'member')}."


@dataclass(frozen=True)
class Overlap(Result):
    """How far segments hold the same customers: each pair once."""

    names: tuple[str, ...]
    customers: int
    at: datetime | None
    pairs: tuple[OverlapPair, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per pair."""
        return [asdict(pair) for pair in self.pairs]

    def __str__(self) -> str:
        known = [pair for pair in self.pairs if pair.jaccard is not None]
        if not known:
            return "Two segments are needed for an overlap." if len(self.names) < 2 else "Nobody is in any of them."
        most = max(known, key=lambda pair: pair.jaccard or 0.0)
        shared = f"{count(most.both)} of {count(most.first_members + most.second_members - most.both)}"
        return f"{most.first} and {most.second} overlap most: {shared} customers are in both (of those in either)."
