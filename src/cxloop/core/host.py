"""What a face sees: verbs to run for somebody, and who that somebody is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from cxloop.core.config import Experience, Settings
from cxloop.core.errors import AccessDeniedError
from cxloop.core.results import Result
from cxloop.core.verbs import Right, Verb

__all__ = [
    "LIMITED_BY",
    "LOCAL",
    "ROLES",
    "Actor",
    "Host",
    "KeyKind",
    "Limits",
    "Progress",
    "Role",
    "Snapshot",
    "limits_phrase",
    "no_progress",
    "require",
]

Progress: TypeAlias = Callable[[str, float | None], None]
"""Called with what is being done and the share done (0 to 1, or None where unknown)."""

Role = Literal["owner", "analyst", "agent", "viewer"]
KeyKind = Literal["write", "read", "admin"]

ROLES: Mapping[Role, tuple[frozenset[Right], bool]] = {
    "owner": (frozenset({"read", "serve", "write", "admin"}), True),
    "analyst": (frozenset({"read", "serve", "write"}), True),
    "agent": (frozenset({"read", "serve"}), True),
    "viewer": (frozenset({"read"}), False),
}
"""Rights of each role, and whether it may see single persons."""
READS: frozenset[Right] = frozenset({"read"})


LIMITED_BY = ("region", "brand", "team")
"""Columns of the log by which an account can be limited to some rows."""

Limits: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Column and the values an actor may see, sorted: (("team", ("North", "South")),). All of them have to hold."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `account_id` is None for the person who sits at the machine and owns the files.

    Attributes:
        account_id: the account, also where one of its API keys asks.
        name: what to call the person or key.
        role: gives the rights.
        limits: rows that this actor may see, by dimension; nothing where every row is open.
        key_id: the API key that asks, where it is one.
        address: from where, truncated; empty at the machine itself.
    """

    account_id: int | None
    name: str
    role: Role
    limits: Limits = ()
    key_id: int | None = None
    address: str = field(default="", compare=False)

    def may(self, verb: Verb) -> bool:
        """Whether this actor may run `verb`."""
        rights, _ = ROLES[self.role]
        if self.key_id is not None and self.role != "owner":
            rights &= READS  # a read key only reads, also that of an analyst
        within_limits = not self.limits or verb.limited != "refuse"
        return verb.right in rights and (self.sees_persons or not verb.personal) and within_limits

    @property
    def at_machine(self) -> bool:
        """Whether it is who sits at the machine: nobody else may name files outside of the workspace."""
        return self.account_id is None and self.key_id is None

    @property
    def sees_persons(self) -> bool:
        """Whether single persons may be shown to this actor."""
        return ROLES[self.role][1]


LOCAL = Actor(account_id=None, name="local", role="owner")
"""Whoever can read the workspace's files: the command line and a notebook."""


def require(actor: Actor, verb: Verb) -> None:
    """The guarded door of every verb; raises AccessDeniedError that names the missing right."""
    if actor.limits and verb.limited == "refuse":
        raise AccessDeniedError(
            f"{verb.path} is about the whole workspace, and you see only rows with {limits_phrase(actor.limits)}. "
            "Ask an owner of this workspace."
        )
    if not actor.may(verb):
        needs = f"the right to {verb.right}" + (" and to see single persons" if verb.personal else "")
        who = f"your role is {actor.role}" if actor.key_id is None else f"this is a read key for {actor.role}s"
        raise AccessDeniedError(f"{verb.path} needs {needs}; {who}. Ask an owner of this workspace.")


def limits_phrase(limits: Limits) -> str:
    """Returns limits in words.

    Example:
        >>> limits_phrase((("region", ("DE",)), ("team", ("North", "South"))))
        'region = DE and team = North or South'
    """
    return " and ".join(f"{column} = {' or '.join(values) or 'nothing'}" for column, values in limits)


def no_progress(_doing: str, _share: float | None) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A result kept for pages: computed when, from how many interactions, and whether the log has grown since."""

    result: Result
    computed_at: datetime
    position: int
    stale: bool


class Host(Protocol):
    """Runs verbs on one workspace, checks rights and writes the audit entry."""

    @property
    def settings(self) -> Settings:
        """cxloop.toml."""

    @property
    def experience(self) -> Experience:
        """experience.toml."""

    def run(
        self, path: str, arguments: Mapping[str, object], *, actor: Actor, progress: Progress = no_progress
    ) -> Result:
        """Runs the verb `path` now; raises CxloopError."""

    def snapshot(self, path: str, arguments: Mapping[str, object], *, actor: Actor) -> Snapshot:
        """Returns the kept result at once and refreshes it in the background; computes it if there is none."""

    def snapshot_soon(
        self, path: str, arguments: Mapping[str, object], *, actor: Actor, patience_seconds: float
    ) -> Snapshot | None:
        """The same, but None where it takes longer than that: it goes on, and a later call finds it."""
