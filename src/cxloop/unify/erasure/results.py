"""What the verbs of erasure return: none of it holds personal data beyond a customer's number."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar, Literal

from cxloop.core.results import Records, Result, Value
from cxloop.core.wording import count, many

__all__ = [
    "STATES",
    "Erasure",
    "ErasureCheck",
    "ErasureMode",
    "ErasureState",
    "Erasures",
    "Looked",
    "Receipt",
    "Removed",
]

ErasureMode = Literal["erase", "anonymise", "detach"]
"""erase: everything goes. anonymise: the bare interactions stay under a new random key. detach: the interactions stay
with their texts and belong to nobody."""
ErasureState = Literal["requested", "hidden", "rewriting", "proved", "found"]
STATES: dict[ErasureState, str] = {
    "requested": "asked for",
    "hidden": "gone from every answer; the files are next",
    "rewriting": "the files are being rewritten",
    "proved": "gone from every file; the receipt is signed",
    "found": "something was found in a file, so the receipt is not signed",
}
"""Each state in a person's words, in the order in which they come."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What went: from which part of the workspace, which table or file, how many rows or files."""

    part: str
    place: str
    amount: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked through afterwards: how, how much of it (files, tables), and how often something was found."""

    place: str
    how: str
    amount: int
    found: int


@dataclass(frozen=True)
class Erasure(Result):
    """One erasure: how far it is, and what went. Times are UTC without zone.

    Attributes:
        erasure: its number.
        customers: how many customers it is about; `keys` how many identifiers they had.
        by: who asked for it.
        removed: what went; still grows until the state is "proved".
        failure: why it does not get on at the moment; empty where it does.
    """

    erasure: int
    state: ErasureState
    mode: ErasureMode
    customers: int
    keys: int
    by: str
    reason: str
    requested_at: datetime
    hidden_at: datetime | None
    proved_at: datetime | None
    removed: tuple[Removed, ...]
    failure: str = ""

    @property
    def target(self) -> str:
        """Which erasure."""
        return f"erasure {self.erasure}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per table or file that lost something."""
        return [asdict(row) for row in self.removed]

    def __str__(self) -> str:
        done = {"erase": "erased", "anonymise": "anonymised", "detach": "detached"}[self.mode]
        who = many(self.customers, "customer")
        if self.hidden_at is None:
            return f"Erasure {self.erasure}: {who} to be {done}; {STATES[self.state]}."
        said = f"Erasure {self.erasure}: {who} {done}, {STATES[self.state]}."
        return f"{said} {self.failure}".strip()


@dataclass(frozen=True)
class Erasures(Records):
    """The erasures, one per row, the latest first."""

    main: ClassVar[tuple[str, ...]] = ("erasure", "state", "mode", "customers", "requested_at", "proved_at", "by")


@dataclass(frozen=True)
class Receipt(Result):
    """The proof of an erasure. It names nobody: customers by their former number, identifiers by keyed digests.

    Attributes:
        erasure: its number.
        state: "proved" where it is signed.
        document: what is signed, a JSON text exactly as it was.
        signature: Ed25519 over `document`, in base64; empty where it is not signed.
        public_key: of the workspace, in base64 (the raw 32 bytes).
        valid: whether the signature is that of the document and this workspace.
        failure: why it is not signed at the moment, with the places; empty where nothing is in the way.
        backups_until: when the last backup that may hold the data has gone, by the operator's word.
        removed: what went.
        looked: what was looked through afterwards.
    """

    erasure: int
    state: ErasureState
    mode: ErasureMode
    customers: tuple[int, ...]
    requested_at: datetime
    hidden_at: datetime | None
    proved_at: datetime | None
    by: str
    backups_until: datetime | None
    removed: tuple[Removed, ...]
    looked: tuple[Looked, ...]
    document: str
    signature: str
    public_key: str
    valid: bool
    failure: str = ""

    @property
    def target(self) -> str:
        """Which erasure."""
        return f"erasure {self.erasure}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per table or file that lost something."""
        return [asdict(row) for row in self.removed]

    def __str__(self) -> str:
        if not self.signature:
            return f"Erasure {self.erasure} has no signed receipt yet: {STATES[self.state]}. {self.failure}".rstrip()
        if not self.valid:
            return f"The receipt of erasure {self.erasure} was changed, or signed by another workspace."
        rows, places = sum(row.amount for row in self.removed), len(self.removed)
        backups = "" if self.backups_until is None else f" Backups keep it until {self.backups_until:%Y-%m-%d}."
        return (
            f"Receipt of erasure {self.erasure}: {count(rows)} rows and files in {places} places, found nowhere "
            f"afterwards, signed on {self.proved_at:%Y-%m-%d %H:%M} UTC.{backups}"
        )


@dataclass(frozen=True)
class ErasureCheck(Result):
    """A look for what was erased, now. `clean` where nothing of it is found; `back` counts identifiers that are known
    again because their owner has come back since."""

    erasure: int
    state: ErasureState
    clean: bool
    back: int
    looked: tuple[Looked, ...]

    @property
    def target(self) -> str:
        """Which erasure."""
        return f"erasure {self.erasure}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per place that was looked through."""
        return [asdict(row) for row in self.looked]

    def __str__(self) -> str:
        found = sum(row.found for row in self.looked)
        told = "nothing of it is there" if self.clean else f"{count(found)} places still hold something of it"
        again = f" {many(self.back, 'identifier')} came back with new events." if self.back else ""
        return f"Erasure {self.erasure}: {told}.{again}"
