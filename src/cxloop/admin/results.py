"""What the verbs of admin return. Secrets are in two of them, once, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from cxloop.core.host import Limits
from cxloop.core.results import Records, Result, Value

__all__ = ["Accounts", "Audit", "AuditCheck", "Done", "Invitation", "IssuedKey", "Keys", "Sessions"]


@dataclass(frozen=True)
class Accounts(Records):
    """The accounts, one per row."""

    main: ClassVar[tuple[str, ...]] = ("account", "name", "email", "role", "limits", "disabled", "seen_at")


@dataclass(frozen=True)
class Sessions(Records):
    """The browsers that are signed in, one per row."""

    main: ClassVar[tuple[str, ...]] = ("account", "name", "session", "started_at", "seen_at", "address")


@dataclass(frozen=True)
class Keys(Records):
    """The keys of programs, one per row, without their secrets."""

    main: ClassVar[tuple[str, ...]] = (
        "key",
        "kind",
        "name",
        "source",
        "role",
        "limits",
        "state",
        "used_on",
    )


@dataclass(frozen=True)
class Audit(Records):
    """Entries of the audit log, one per row, the latest first."""

    main: ClassVar[tuple[str, ...]] = ("entry", "happened_at", "who", "verb", "target", "outcome", "address")


@dataclass(frozen=True)
class Done(Result):
    """A change of an account or a key: what it was, and what it is now."""

    about: str
    sentence: str
    values: dict[str, Any]

    @property
    def target(self) -> str:
        """Whom or what was changed."""
        return self.about

    def records(self) -> list[dict[str, Value]]:
        """Returns the account or the key as it is now, as one row."""
        return [self.values]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Invitation(Result):
    """An invitation: the link signs in once, until it expires, and is shown only here.

    Attributes:
        token: the end of the link, for who knows a better address of the app than `link` has.
    """

    account_id: int
    name: str
    email: str
    role: str
    limits: Limits
    link: str
    token: str
    expires_at: datetime

    @property
    def target(self) -> str:
        """Who was invited."""
        return f"account {self.account_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns the invitation as one row."""
        return [{"account": self.account_id, "name": self.name, "link": self.link, "expires_at": self.expires_at}]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        until = f"{self.expires_at:%Y-%m-%d %H:%M} UTC"
        return f"{self.name} may sign in as {self.role}, by this link, once, until {until}:\n{self.link}"


@dataclass(frozen=True)
class IssuedKey(Result):
    """A key with its secret, which is shown only here."""

    key_id: int
    key_kind: str
    name: str
    source: str | None
    secret: str
    expires_at: datetime | None
    former_until: datetime | None = None

    @property
    def target(self) -> str:
        """Which key."""
        return f"key {self.key_id}"

    def records(self) -> list[dict[str, Value]]:
        """Returns the key as one row."""
        return [{"key": self.key_id, "kind": self.key_kind, "name": self.name, "secret": self.secret}]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        until = "" if self.expires_at is None else f" It expires on {self.expires_at:%Y-%m-%d}."
        if self.former_until is not None:
            until += f" The former secret works until {self.former_until:%Y-%m-%d %H:%M} UTC."
        kept = "Keep its secret now: nobody can show it again."
        return f"The {self.key_kind} key {self.name!r}. {kept}{until}\n{self.secret}"


@dataclass(frozen=True)
class AuditCheck(Result):
    """Whether the audit log is whole.

    Attributes:
        entries: how many entries it has.
        head: digest of the last entry. Written down elsewhere, it proves later that nothing up to here was changed.
        faults: what was done to it, each with the number of the entry.
    """

    entries: int
    head: str
    faults: tuple[tuple[int, str], ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, taken out, put in or cut off."""
        return not self.faults

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per fault."""
        return [{"entry": number, "fault": what} for number, what in self.faults]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        if self.whole:
            return f"The audit log is whole: {self.entries:,} entries. Its head is {self.head or 'not there yet'}."
        told = "\n".join(f"  - entry {number}: {what}" for number, what in self.faults)
        return f"The audit log was tampered with ({self.entries:,} entries):\n{told}"
