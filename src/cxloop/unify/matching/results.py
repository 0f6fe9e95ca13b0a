"""What the verbs of matching return: a run, the model, pairs to review, two records side by side, a decision."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from cxloop.core.results import Result, Value
from cxloop.core.waterfall import Waterfall
from cxloop.core.wording import count, many

__all__ = [
    "Answer",
    "Compared",
    "LevelWeight",
    "MatchComparison",
    "MatchRun",
    "Matching",
    "Mode",
    "Order",
    "Review",
    "ReviewPair",
    "Reviewed",
]

Answer = Literal["accept", "reject", "skip"]
"""What a person says of a pair: one person, two persons, or neither for now."""
Order = Literal["doubtful", "likely", "newest"]
"""doubtful: nearest to even odds first. likely: the most probable first. newest: what was found last first."""
Mode = Literal["full", "incremental", "nothing"]
"""full: a new model, everything compared. incremental: what is new or changed against all. nothing: none was."""


@dataclass(frozen=True)
class MatchRun(Result):
    """What a run of matching did. Counts are of links between keys.

    Attributes:
        left_out: pairs that the review would have got beyond the most that one run proposes.
        learned: whether the records taught the model; False where too few of them are alike to learn from.
    """

    run: str
    mode: Mode
    record_count: int
    compared: int
    pairs: int
    linked: int
    proposed: int
    left_out: int
    learned: bool
    retracted: int
    unchanged: int
    dropped: int
    threshold: float
    expected_precision: float | None
    seconds: float

    @property
    def target(self) -> str:
        """Which run."""
        return f"matching {self.run}"

    def records(self) -> list[dict[str, Value]]:
        """Returns the run as one row."""
        return [asdict(self)]

    def __str__(self) -> str:
        if self.mode == "nothing":
            return f"Nothing to match: no record is new or changed among {count(self.record_count)}."
        looked = f"{many(self.compared, 'record')} compared"
        if not (self.linked or self.unchanged or self.proposed):
            return f"{looked}: no new duplicates found{self._doubt} ({self.seconds:.1f} s)."
        kept = f", {many(self.retracted, 'link')} taken back" if self.retracted else ""
        more = f" (the likeliest; {count(self.left_out)} more left out)" if self.left_out else ""
        sure = "" if self.expected_precision is None else f"; {self.expected_precision:.1%} of links expected right"
        return (
            f"{looked}: {many(self.linked, 'new link')}, "
            f"{count(self.proposed)} to review{more}{kept}{sure}{self._doubt} "
            f"(threshold {self.threshold:.3f}, {self.seconds:.1f} s)."
        )

    @property
    def _doubt(self) -> str:
        return "" if self.learned else "; the records are too little alike to learn from, so weights are usual ones"


@dataclass(frozen=True, slots=True)
class LevelWeight:
    """One level of a comparison: how often it is met for one person (m), for two (u), and its weight in bits."""

    level: str
    m: float
    u: float
    weight: float


@dataclass(frozen=True, slots=True)
class MatchComparison:
    """What the model compares, and what each level of agreement is worth."""

    name: str
    title: str
    levels: tuple[LevelWeight, ...]


@dataclass(frozen=True)
class Matching(Result):
    """The model of matching and where its results stand; `version` 0 means that there is none yet.

    Attributes:
        version: number of the model, newest; older ones are kept.
        trained_at: when it was trained, UTC without zone.
        run: the last run.
        record_count: records that it was trained on.
        threshold: least probability of a link that is made without asking.
        review_from: least probability of a pair that is proposed to a person.
        target_precision: share of links that was asked to be right.
        expected_precision: mean of the calibrated probabilities of the links that were made, or None without any.
        accepted: links that count now, made by matching.
        proposed: pairs that wait for a person.
        people_accepted: pairs that persons accepted.
        people_rejected: pairs that persons rejected.
        calibrated: whether persons' decisions moved the probabilities, and so the threshold.
        method: how the threshold came about, in words.
        prior: probability that two random records are one person's.
        seed: of the random sample that the model was trained on.
        rules: which pairs are compared at all, in words.
        comparisons: what is compared, with the weight of each level.
    """

    version: int
    trained_at: datetime | None
    run: str | None
    record_count: int
    threshold: float | None
    review_from: float | None
    target_precision: float | None
    expected_precision: float | None
    accepted: int
    proposed: int
    people_accepted: int
    people_rejected: int
    calibrated: bool
    method: str
    prior: float | None
    seed: int | None
    rules: tuple[str, ...]
    comparisons: tuple[MatchComparison, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per level of each comparison."""
        return [
            {"comparison": comparison.title, **asdict(level)}
            for comparison in self.comparisons
            for level in comparison.levels
        ]

    def __str__(self) -> str:
        if not self.version:
            return "Nothing was matched yet. Run `cxloop unify match`."
        sure = "" if self.expected_precision is None else f", {self.expected_precision:.1%} of them expected right"
        if not (self.accepted or self.proposed or self.people_accepted or self.people_rejected):
            return f"Model {self.version}: no duplicates found among {many(self.record_count, 'record')}."
        waits = many(self.proposed, "pair")
        return (
            f"Model {self.version}: {many(self.accepted, 'link')} above {self.threshold:.3f}{sure}; "
            f"{waits} to review; persons accepted {count(self.people_accepted)} and "
            f"rejected {count(self.people_rejected)}."
        )


@dataclass(frozen=True, slots=True)
class ReviewPair:
    """A pair that waits for a person. `label_a` and `label_b` are what to call the two."""

    entry: int
    key_a: int
    key_b: int
    customer_a: int
    customer_b: int
    label_a: str
    label_b: str
    probability: float
    weight: float
    found_at: datetime


@dataclass(frozen=True)
class Review(Result):
    """Pairs that wait for a person: `rows` from `offset` on, of `total`."""

    total: int
    offset: int
    order: Order
    rows: tuple[ReviewPair, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per pair."""
        return [asdict(row) for row in self.rows]

    def __str__(self) -> str:
        if not self.total:
            return "No pair waits for a decision."
        return f"{many(self.total, 'pair')} {'waits' if self.total == 1 else 'wait'} for a decision."


@dataclass(frozen=True)
class Compared(Waterfall):
    """Two records side by side, and what their comparison is worth: a waterfall from the prior to the weight.

    Attributes:
        entry: of the ledger; what `unify.decide` takes.
        key_a: the left record's key.
        key_b: the right record's key.
        customer_a: whose the left key is now.
        customer_b: whose the right key is now.
        label_a: what to call the left one.
        label_b: what to call the right one.
        state: accepted, proposed, rejected, or undone where the entry no longer counts.
        probability: that the two are one person, calibrated.
        found_at: when matching found the pair, UTC without zone.
        run: which run found it.
        others_a: further keys of the left record, as namespace:type:value.
        others_b: further keys of the right record.
        next_entry: the next pair that waits for a person, most probable first; None where this was the last.
    """

    entry: int
    key_a: int
    key_b: int
    customer_a: int
    customer_b: int
    label_a: str
    label_b: str
    state: str
    probability: float
    found_at: datetime
    run: str
    others_a: tuple[str, ...]
    others_b: tuple[str, ...]
    next_entry: int | None

    @property
    def target(self) -> str:
        """Which entry."""
        return f"ledger entry {self.entry}"

    def __str__(self) -> str:
        speaks = [step for step in self.steps if step.counted]
        best = max(speaks, key=lambda step: step.weight, default=None)
        worst = min(speaks, key=lambda step: step.weight, default=None)
        why = f" Most for it: {best.title} ({best.level})." if best is not None and best.weight > 0 else ""
        but = f" Most against it: {worst.title} ({worst.level})." if worst is not None and worst.weight < 0 else ""
        return f"{self.label_a} and {self.label_b} are one person with {self.probability:.1%}.{why}{but}"


@dataclass(frozen=True)
class Reviewed(Result):
    """What became of a pair: `decision` is the ledger's, None where it was skipped."""

    entry: int
    answer: Answer
    decision: int | None
    remaining: int
    next_entry: int | None

    @property
    def target(self) -> str:
        """Which entry."""
        return f"ledger entry {self.entry}"

    def records(self) -> list[dict[str, Value]]:
        """Returns the decision as one row."""
        return [asdict(self)]

    def __str__(self) -> str:
        did = {"accept": "Linked", "reject": "Kept apart", "skip": "Left for later"}[self.answer]
        rest = many(self.remaining, "pair")
        return f"{did}. {rest} still {'waits' if self.remaining == 1 else 'wait'}."
