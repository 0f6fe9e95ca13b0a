"""What the verbs of privacy return: consents, an access request, retention, the settings, and a revealed text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from cxloop.core.config import Basis, Redactable
from cxloop.core.results import Result, Value
from cxloop.core.wording import count, many

__all__ = [
    "Access",
    "AccessFormat",
    "AccessPart",
    "ChannelConsent",
    "ConsentEntry",
    "ConsentRecorded",
    "ConsentStatus",
    "Consents",
    "ExportFile",
    "Preferences",
    "PrivacyOverview",
    "PurposeConsent",
    "PurposeOverview",
    "Reached",
    "Retained",
    "Retention",
    "RetentionRule",
    "Revealed",
]

AccessFormat = Literal["html", "json"]
ConsentStatus = Literal["granted", "denied", "withdrawn", "expired"]
"""denied: a no. withdrawn: a no after a yes. expired: a yes whose time is over."""


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One statement in the history. Times are UTC without zone; `channel` is None for all channels."""

    purpose: str
    label: str
    channel: str | None
    granted: bool
    status: ConsentStatus
    basis: str | None
    source: str
    occurred_at: datetime
    known_at: datetime
    expires_at: datetime | None
    wording: str | None
    evidence: str | None
    author: str | None


@dataclass(frozen=True, slots=True)
class ChannelConsent:
    """Whether a purpose is allowed in a channel now (None: without a channel), and why."""

    channel: str | None
    allowed: bool
    because: str
    since: datetime | None
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class PurposeConsent:
    """A purpose, and whether it is allowed in each channel. One that is not declared allows nothing."""

    purpose: str
    label: str
    basis: Basis | None
    declared: bool
    channels: tuple[ChannelConsent, ...]

    @property
    def allowed(self) -> bool:
        """Whether it is allowed in any channel."""
        return any(channel.allowed for channel in self.channels)


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a customer is reached in a channel, masked; `suppressed` is why nothing is sent there, None where it is."""

    channel: str
    address: str
    suppressed: str | None


@dataclass(frozen=True)
class Preferences(Result):
    """How a customer wants to be written to: for what, how, in which language, and whether not for now.

    None where they said nothing. `paused_until` is UTC without zone.
    """

    customer_id: int
    label: str
    purposes: tuple[PurposeConsent, ...]
    channel: str | None
    language: str | None
    paused_until: datetime | None
    reached: tuple[Reached, ...]

    @property
    def target(self) -> str:
        """Which customer."""
        return f"customer {self.customer_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per purpose."""
        return [{"purpose": each.purpose, "basis": each.basis, "allowed": each.allowed} for each in self.purposes]

    def __str__(self) -> str:
        allowed = [each.label for each in self.purposes if each.allowed] or ["nothing"]
        how = f", by {self.channel}" if self.channel else ""
        pause = f" Paused until {self.paused_until:%d.%m.%Y}." if self.paused_until else ""
        return f"{self.label} may be written to about {', '.join(allowed)}{how}.{pause}"


@dataclass(frozen=True)
class Consents(Result):
    """What a customer allows now, purpose by purpose, and everything that was said, latest first."""

    customer_id: int
    label: str
    purposes: tuple[PurposeConsent, ...]
    history: tuple[ConsentEntry, ...]

    @property
    def target(self) -> str:
        """Which customer."""
        return f"customer {self.customer_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per purpose and channel."""
        return [
            {"purpose": each.purpose, "basis": each.basis, **asdict(channel)}
            for each in self.purposes
            for channel in each.channels
        ]

    def __str__(self) -> str:
        if not self.purposes:
            return f"{self.label}: no purpose is declared in experience.toml, and nothing was said."
        allowed = [each.label for each in self.purposes if each.allowed]
        said = f"allows {', '.join(allowed)}" if allowed else "allows none of the purposes"
        return f"{self.label} {said} ({many(len(self.history), 'statement')})."


@dataclass(frozen=True)
class ConsentRecorded(Result):
    """A statement that was written down, and what is allowed for its purpose and channel now."""

    customer_id: int
    purpose: str
    label: str
    channel: str | None
    granted: bool
    allowed: bool
    because: str
    expires: datetime | None

    @property
    def target(self) -> str:
        """Which customer."""
        return f"customer {self.customer_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns the statement as one row."""
        return [asdict(self)]

    def __str__(self) -> str:
        where = f" by {self.channel}" if self.channel else ""
        said = "yes" if self.granted else "no"
        return f"Written down: {said} to {self.label}{where}. It is {'allowed' if self.allowed else 'not allowed'} now."


@dataclass(frozen=True, slots=True)
class AccessPart:
    """One part of what is held on somebody: where it stands, and how many rows."""

    name: str
    about: str
    rows: int


@dataclass(frozen=True)
class Access(Result):
    """Everything that is held on one customer, as a page or a file for programs.

    Attributes:
        file: its name in the folder `exports` of the workspace, where it lies until `expires_at`.
        document: the page or the JSON itself.
        parts: what is in it.
    """

    customer_id: int
    format: AccessFormat
    file: str
    made_at: datetime
    expires_at: datetime
    parts: tuple[AccessPart, ...]
    document: str

    @property
    def target(self) -> str:
        """Which customer."""
        return f"customer {self.customer_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per part."""
        return [asdict(part) for part in self.parts]

    def __str__(self) -> str:
        rows = sum(part.rows for part in self.parts)
        until = self.expires_at.date().isoformat()
        return f"{many(rows, 'row')} about customer {self.customer_id} in exports/{self.file}, kept until {until}."


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """A rule, and what it would remove now: rows from before `before` (UTC), of which the oldest is of `oldest`.

    `about` says in words what the rule is about.
    """

    kind: str
    about: str
    keep: str
    before: datetime
    rows: int
    oldest: datetime | None


@dataclass(frozen=True)
class Retention(Result):
    """The rules of retention with what each would remove now, and the kinds of data that no rule limits."""

    rules: tuple[RetentionRule, ...]
    unlimited: tuple[str, ...]
    last_run: datetime | None

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per rule."""
        return [asdict(rule) for rule in self.rules]

    def __str__(self) -> str:
        if not self.rules:
            return "Everything is kept without limit: cxloop.toml has no [[retention]]."
        due = sum(rule.rows for rule in self.rules)
        return f"{many(len(self.rules), 'rule')} of retention; {many(due, 'row')} past their term."


@dataclass(frozen=True)
class Retained(Result):
    """What retention removed, or would remove in a dry run, by rule."""

    rules: tuple[RetentionRule, ...]
    dry_run: bool

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per rule."""
        return [asdict(rule) for rule in self.rules]

    def __str__(self) -> str:
        total = sum(rule.rows for rule in self.rules)
        if self.dry_run:
            return f"{many(total, 'row')} would be removed. Nothing was changed."
        return f"{many(total, 'row')} removed." if total else "Nothing is past its term."


@dataclass(frozen=True)
class Revealed(Result):
    """What redaction took out of an interaction: each field as it came."""

    interaction_id: int
    fields: tuple[tuple[str, str], ...]

    @property
    def target(self) -> str:
        """Which interaction."""
        return f"interaction {self.interaction_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per field."""
        return [{"field": name, "original": text} for name, text in self.fields]

    def __str__(self) -> str:
        return f"Interaction {self.interaction_id} as it came: {', '.join(name for name, _ in self.fields)}."


@dataclass(frozen=True, slots=True)
class PurposeOverview:
    """A purpose, and how many keys of customers said what last."""

    purpose: str
    label: str
    basis: Basis | None
    expires: str | None
    channels: tuple[str, ...]
    declared: bool
    granted: int
    refused: int


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file made for an access request. Times are UTC without zone."""

    file: str
    customer_id: int
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class PrivacyOverview(Result):
    """Purposes, redaction and exports, as Settings shows them.

    Attributes:
        redact: what is taken out of free text at intake.
        country: whose national phone numbers are known, as ISO 3166 code.
        redaction_key: none (what is taken out is gone), set, or missing (the variable it names is not set).
        sealed: interactions whose original is kept sealed.
        exports: answers to access requests that lie here; none for who may not see single persons.
    """

    purposes: tuple[PurposeOverview, ...]
    redact: tuple[Redactable, ...]
    country: str
    redaction_key: Literal["none", "set", "missing"]
    sealed: int
    exports: tuple[ExportFile, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per purpose."""
        return [{**asdict(each), "channels": ", ".join(each.channels)} for each in self.purposes]

    def __str__(self) -> str:
        taken = f"{', '.join(self.redact)} taken out of texts" if self.redact else "no redaction of texts"
        files = f", {many(len(self.exports), 'export')} waiting" if self.exports else ""
        return f"{many(len(self.purposes), 'purpose')}, {taken}, {count(self.sealed)} sealed{files}."
