"""What a connector is: its settings, how it reads its system, and what it makes of that system's failures.

Nothing here loads dlt or a client library: forms, help and reference pages read every connector's description.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from cxloop.core.errors import CxloopError

__all__ = ["FILE", "PASSING", "Connector", "FailureKind", "Scope", "Settings", "SourceError", "downloaded"]

FailureKind: TypeAlias = Literal[
    "credentials",
    "unreachable",
    "missing",
    "schema",
    "throttled",
    "timeout",
    "settings",
    "busy",
    "interrupted",
    "unforeseen",
]
"""What went wrong, for machines: password or token, network, a table that is not there, columns that changed, ..."""
PASSING: frozenset[FailureKind] = frozenset({"unreachable", "throttled", "timeout", "busy"})
"""Failures that may pass by themselves: a scheduled pull is tried again soon, with growing pauses."""
FILE = "\x00file"
"""Marks an item that is a whole file instead of a row; no column of a row is called so."""


class SourceError(CxloopError):
    """A connected system could not be read: says why and what to do, and never quotes a secret."""

    code = "source"

    def __init__(self, message: str, kind: FailureKind = "unforeseen") -> None:
        super().__init__(message)
        self.kind = kind


class Settings(BaseModel):
    """Settings of a connector. Each field has a title (its label in a form) and a description (its help).

    Secrets are fields of type SecretStr, at the top level only: they are kept encrypted. Other than in a form they may
    be given as a reference to an environment variable, env:NAME.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    table_names: ClassVar[tuple[str, ...]] = ("rows",)
    """What the resources are called; files of a resource begin with its name and a dot."""


@dataclass
class Scope:
    """What a connector is told by the pull it runs in, and tells it.

    Attributes:
        folder: where it may keep files between pulls; its own.
        trial: whether only the first rows are wanted and no state is kept.
        most: rows after which it should stop and be called again, or for good in a trial.
        first: whether this is the first call of a pull, and not the next after it had enough.
        inbox: where relative paths of this machine begin.
    """

    folder: Path
    inbox: Path = Path()
    first: bool = True
    trial: bool = False
    most: int = 200_000
    rows: int = 0
    stopped: bool = False
    notes: list[str] = field(default_factory=list)
    position: str = ""

    def enough(self) -> bool:
        """Whether this is the moment to stop, after saving the state; the rest is asked for in a next call.

        Only for sources whose rows come in the order of their state: it bounds what a crash costs.
        """
        self.stopped = self.stopped or self.rows >= self.most
        return self.stopped

    def note(self, text: str) -> None:
        """Says something that people should know about this pull; no personal data, no secrets."""
        if text not in self.notes:
            self.notes.append(text)

    def reached(self, position: str) -> None:
        """Says how far the source was read, in words for people: "updated_at up to 2026-05-01 12:00"."""
        self.position = position

    def download(self, number: int | str) -> Path:
        """Returns a new place for a file that is fetched whole; `downloaded` hands it over."""
        place = self.folder / "downloads"
        place.mkdir(parents=True, exist_ok=True)
        return place / str(number)


def downloaded(path: Path, name: str) -> dict[str, str]:
    """Returns the item for a file that was fetched whole: it is imported as it is, under its own name.

    Args:
        path: a place that `Scope.download` gave.
        name: what the file is called at its source.
    """
    return {FILE: path.name, "name": Path(name).name}


@dataclass(frozen=True)
class Connector:
    """The description of a system that can be connected.

    Attributes:
        title: what people call it.
        about: one sentence.
        settings: its settings.
        source: makes its dlt resources, from settings and scope; None where the system sends by itself. It imports
            dlt and client libraries when it is called.
        explain: returns what a failure means in plain words, or None where it does not know.
        columns: by resource, columns that every row has: null where the system leaves them out.
        mapped: whether the folder has a mapping.toml, so that none need be given.
        suits: returns what is wrong with settings that are right one by one, each with the field's name.
        file: returns the file or folder of this machine that would be read, where it is one; a relative one lies in
            the inbox, and an account may name no other.
        sent_to: returns what of the settings decides where its secrets go; None where they go nowhere.
        versions: returns the columns that together tell each version of a row apart, for a suggested mapping.
    """

    title: str
    about: str
    settings: type[Settings]
    source: Callable[[Any, Scope], Sequence[Any]] | None = None
    explain: Callable[[BaseException, Any], SourceError | None] | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mapped: bool = False
    suits: Callable[[Any], Sequence[tuple[str, str]]] | None = None
    file: Callable[[Any], Path | None] | None = None
    sent_to: Callable[[Any], object] | None = None
    versions: Callable[[Any], tuple[str, ...]] | None = None

    @property
    def pulls(self) -> bool:
        """Whether it is asked on a schedule; otherwise the system sends by itself."""
        return self.source is not None
