"""What the verbs of collect return."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from cxloop.collect.sending.results import (
    Bounces,
    MessageRow,
    Messages,
    Sending,
    SuppressionRow,
    Suppressions,
    Tested,
)
from cxloop.collect.surveys.answer_results import (
    ResponseAnswer,
    ResponseDetails,
    ResponseFile,
    Responses,
    SamplePlan,
    SessionRecord,
    ShortLink,
    ShortLinks,
)
from cxloop.collect.surveys.importing.results import ImportedQuestion, ResponsesImport
from cxloop.collect.surveys.inviting.results import (
    InvitationPlan,
    InvitationReplay,
    Invitations,
    ReasonCount,
    Wave,
    Waves,
)
from cxloop.collect.surveys.results import (
    SurveyCheck,
    SurveyDetails,
    SurveyPreview,
    SurveyProblem,
    Surveys,
    SurveyTemplates,
    SurveyVersion,
)
from cxloop.core.results import Records, Result, Value
from cxloop.core.wording import count, many

__all__ = [
    "Bounces",
    "ConnectionSettings",
    "Connections",
    "FileImport",
    "Guess",
    "ImportedQuestion",
    "Imports",
    "Intake",
    "InvitationPlan",
    "InvitationReplay",
    "Invitations",
    "Latest",
    "Mappings",
    "MessageRow",
    "Messages",
    "Pull",
    "ReasonCount",
    "Rejects",
    "Replay",
    "ResponseAnswer",
    "ResponseDetails",
    "ResponseFile",
    "Responses",
    "ResponsesImport",
    "SamplePlan",
    "Sending",
    "SessionRecord",
    "ShortLink",
    "ShortLinks",
    "Skipped",
    "Sources",
    "Suggestion",
    "SuppressionRow",
    "Suppressions",
    "SurveyCheck",
    "SurveyDetails",
    "SurveyPreview",
    "SurveyProblem",
    "SurveyTemplates",
    "SurveyVersion",
    "Surveys",
    "Systems",
    "Tested",
    "Trial",
    "Wave",
    "Waves",
]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Rows rejected for one reason: machine-readable code, how many, and the sentence of the first."""

    code: str
    rows: int
    example: str


@dataclass(frozen=True)
class FileImport(Result):
    """What `collect file` did, or with `dry_run` would do.

    Attributes:
        import_id: None for a dry run.
        rows_read: source rows, also those that could not be read.
        left_out: rows from which the mapping makes nothing.
        first: the first interactions of a dry run, each as (field, value) pairs.
        notes: what a person should know, such as a file that mixes encodings.
    """

    import_id: str | None
    source: str
    files: tuple[str, ...]
    rows_read: int
    admitted: int
    already_there: int
    rejected: int
    left_out: int
    seconds: float
    reasons: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    first: tuple[tuple[tuple[str, str], ...], ...] = ()

    @property
    def rows_a_second(self) -> float:
        """Source rows read in a second."""
        return self.rows_read / self.seconds if self.seconds else 0.0

    def records(self) -> list[dict[str, Value]]:
        """Returns the first interactions of a dry run, else the rejects by reason."""
        if self.first:
            return [dict(fields) for fields in self.first]
        return [{"reason": reason.code, "rows": reason.rows, "example": reason.example} for reason in self.reasons]

    def told(self) -> list[dict[str, Value]]:
        """Returns the first interactions; the sentence lists the reasons."""
        return [dict(fields) for fields in self.first]

    def __str__(self) -> str:
        if self.import_id is None:
            head = f"{many(self.rows_read, 'row')} would become {many(self.admitted, 'interaction')}"
        else:
            known = _known(self.already_there)
            head = f"{many(self.admitted, 'interaction')} added from {many(self.rows_read, 'row')}{known}"
        rejected = f"; {count(self.rejected)} rejected" if self.rejected else ""
        left = f"; {many(self.left_out, 'row')} left out by the mapping" if self.left_out else ""
        reasons = "".join(f"\n  {count(reason.rows)} {reason.code}: {reason.example}" for reason in self.reasons)
        notes = "".join(f"\n  Note: {note}" for note in self.notes)
        speed = f", in {self.seconds:.1f} s ({count(round(self.rows_a_second))} rows a second)"
        return f"{head}{rejected}{left}{speed}.{reasons}{notes}"


def _known(already_there: int, form: str = " ({})") -> str:
    """What is said of rows that had come before."""
    if not already_there:
        return ""
    return form.format(f"{count(already_there)} {'was' if already_there == 1 else 'were'} there already")


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess of a suggested mapping: which field, from which column, how sure (0 to 1), and why."""

    field: str
    column: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Suggestion(Result):
    """A mapping written from a look at the data; every guess carries its confidence and reason as a comment."""

    is_document: ClassVar[bool] = True

    files: tuple[str, ...]
    mapping: str
    guesses: tuple[Guess, ...]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per guess, the surest first."""
        ordered = sorted(self.guesses, key=lambda guess: -guess.confidence)
        return [
            {"field": guess.field, "column": guess.column, "confidence": guess.confidence, "reason": guess.reason}
            for guess in ordered
        ]

    def __str__(self) -> str:
        return self.mapping


@dataclass(frozen=True)
class Imports(Records):
    """The runs of `collect file`, the latest first."""


@dataclass(frozen=True)
class Intake(Result):
    """How live events get through.

    Attributes:
        requests: that wait in the spool.
        events: in them.
        bytes: that they take there; beyond `limit_bytes` the collector takes no more.
        oldest_received_at: since when the first of them waits, UTC; None where nothing does.
        lag_seconds: how long that is.
        loading: whether a loader runs in this process.
        loaded: events added to the log since the workspace began.
        already_there: events that had come before, unchanged.
        rejected: events kept in `rejected`.
        bots: loaded events that were flagged as a bot's.
        tests: loaded events that were flagged as a test.
        loaded_at: when the last ones were loaded, UTC.
        loaded_since_start: events since this process began.
        events_a_second: over the last half minute.
        failure: why the loader cannot load at the moment.
        damages: what happened to the spool's file, the oldest first.
    """

    requests: int
    events: int
    bytes: int
    limit_bytes: int
    oldest_received_at: datetime | None
    lag_seconds: float
    loading: bool
    loaded: int
    already_there: int
    rejected: int
    bots: int
    tests: int
    loaded_at: datetime | None
    loaded_since_start: int
    events_a_second: float
    failure: str | None = None
    damages: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Value]]:
        """Returns the numbers as one row."""
        return [{name: value for name, value in vars(self).items() if name != "damages"}]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence says it."""
        return []

    def __str__(self) -> str:
        waiting = f"{many(self.events, 'event')} {'waits' if self.events == 1 else 'wait'}"
        oldest = "" if self.events == 1 else ", the oldest"
        since = f"{waiting}{oldest} for {self.lag_seconds:.1f} s" if self.requests else "Nothing waits"
        used = self.bytes / self.limit_bytes if self.limit_bytes else 0.0
        full = f" ({used:.0%} of the room for waiting events)" if used >= 0.01 else ""
        known = f"; {count(self.already_there)} had come before" if self.already_there else ""
        wrong = f"; {count(self.rejected)} rejected" if self.rejected else ""
        flagged = f"; flagged: {count(self.bots)} of bots, {count(self.tests)} tests" if self.bots or self.tests else ""
        speed = f" ({self.events_a_second:,.0f} a second now)" if self.loading else ""
        who = "" if self.loading or not self.requests else "\n  They are loaded while cxloop serve runs."
        failure = f"\n  The loader cannot load: {self.failure}" if self.failure else ""
        damages = "".join(f"\n  Damage: {each}" for each in self.damages)
        return (
            f"{since}{full}. {count(self.loaded)} loaded in all{speed}{known}{wrong}{flagged}.{who}{failure}{damages}"
        )


@dataclass(frozen=True)
class Latest(Records):
    """What arrived last, the latest first: one row per interaction, as the log has it.

    `known_by` says of which type the customer's identifier is, and never the identifier; `traffic` is bot or test;
    `flagged` is what the tracking plan found.
    """

    def told(self) -> list[dict[str, Value]]:
        """Returns what fits beside each other: of bots, tests and the plan only that there is something."""
        names = ("received_at", "source", "name", "known_by", "channel", "touchpoint")
        return [{**{name: row[name] for name in names}, "flags": _flags(row)} for row in self.records()]


def _flags(row: Mapping[str, Value]) -> str | None:
    flags = [str(row["traffic"])] if row["traffic"] else []
    return ", ".join([*flags, *(["plan"] if row["flagged"] else [])]) or None


@dataclass(frozen=True)
class Mappings(Records):
    """The mappings that can be named in the app: the files of the inbox and those that come with cxloop."""


@dataclass(frozen=True)
class Sources(Records):
    """The sources of the log: how much came from each, since when, until when, and during the last seven days."""

    main: ClassVar[tuple[str, ...]] = ("source", "interactions", "recent", "first_at", "last_at", "bots", "tests")


@dataclass(frozen=True)
class Rejects(Records):
    """Rows that could not be taken, with reason and raw row."""

    main: ClassVar[tuple[str, ...]] = ("rejected_id", "import_id", "file", "line", "interaction", "reason")


@dataclass(frozen=True)
class Systems(Records):
    """The systems that can be connected; or of one of them, its settings."""

    main: ClassVar[tuple[str, ...]] = ("system", "title", "setting", "required", "default", "about", "how")


@dataclass(frozen=True)
class Connections(Records):
    """The connected systems: when each was pulled last, how that ended, and when it is pulled next."""

    main: ClassVar[tuple[str, ...]] = ("connection", "system", "state", "every", "last_pull", "next_pull", "reason")

    def told(self) -> list[dict[str, Value]]:
        """Returns the rows with their main columns; nothing where the sentence is about the only one."""
        return super().told() if "state" in self.columns else []


@dataclass(frozen=True)
class ConnectionSettings(Result):
    """How a system is connected. `secrets` are the names of those that are kept; nobody is shown them again."""

    name: str
    system: str
    settings: dict[str, Any]
    secrets: tuple[str, ...]
    mapping: str
    own_mapping: bool
    every: str | None
    paused: bool

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per setting."""
        rows = [*self.settings.items(), *((name, "(kept)") for name in self.secrets), ("every", self.every)]
        return [{"setting": name, "value": _shown(value)} for name, value in rows]

    def __str__(self) -> str:
        return f"{self.name} is connected to {self.system}."


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Trial(Result):
    """What a connection would bring: its first rows as they come, and what the mapping would make of them."""

    rows: tuple[dict[str, Any], ...]
    preview: FileImport | None
    notes: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Value]]:
        """Returns the first interactions; the first rows where there is no mapping."""
        if self.preview is not None:
            return self.preview.records()
        return [{name: _cell(value) for name, value in row.items()} for row in self.rows]

    def __str__(self) -> str:
        first = "one row was" if len(self.rows) == 1 else f"first {count(len(self.rows))} rows were"
        head = f"It answers; the {first} read, and nothing was kept."
        body = "" if self.preview is None else f"\n{self.preview}"
        return head + body + "".join(f"\n  Note: {note}" for note in self.notes)


def _cell(value: Any) -> Value:
    return value if isinstance(value, str | int | float | bool) or value is None else json.dumps(value)


@dataclass(frozen=True)
class Pull(Result):
    """What a pull brought. `position` says how far the source was read."""

    name: str
    rows: int
    admitted: int
    already_there: int
    rejected: int
    left_out: int
    seconds: float
    position: str = ""
    imports: tuple[str, ...] = ()
    reasons: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Value]]:
        """Returns the rejects by reason."""
        return [{"reason": reason.code, "rows": reason.rows, "example": reason.example} for reason in self.reasons]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence lists the reasons."""
        return []

    def __str__(self) -> str:
        if not self.rows:
            head = f"Nothing new in {self.name}"
        else:
            rows = f"{many(self.rows, 'row')} of {self.name}"
            head = f"{many(self.admitted, 'interaction')} added from {rows}{_known(self.already_there)}"
        rejected = f"; {count(self.rejected)} rejected" if self.rejected else ""
        left = f"; {many(self.left_out, 'row')} left out by the mapping" if self.left_out else ""
        position = f" Read: {self.position}." if self.position else ""
        reasons = "".join(f"\n  {count(reason.rows)} {reason.code}: {reason.example}" for reason in self.reasons)
        notes = "".join(f"\n  Note: {note}" for note in self.notes)
        return f"{head}{rejected}{left}, in {self.seconds:.1f} s.{position}{reasons}{notes}"


@dataclass(frozen=True)
class Replay(Result):
    """What came of replaying rejected rows."""

    rows: int
    admitted: int
    already_there: int
    still_rejected: int
    reasons: tuple[Skipped, ...] = ()
    replayed_at: datetime | None = None

    def records(self) -> list[dict[str, Value]]:
        """Returns the reasons of those that still fail."""
        return [{"reason": reason.code, "rows": reason.rows, "example": reason.example} for reason in self.reasons]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence lists the reasons."""
        return []

    def __str__(self) -> str:
        taken = f"{many(self.admitted, 'interaction')} added"
        known = _known(self.already_there, ", {}")
        reasons = "".join(f"\n  {count(reason.rows)} {reason.code}: {reason.example}" for reason in self.reasons)
        return (
            f"{many(self.rows, 'row')} replayed: {taken}{known}; {count(self.still_rejected)} still rejected.{reasons}"
        )
