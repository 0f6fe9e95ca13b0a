"""What the verbs of surveys return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from cxloop.core.results import Records, Result, Value
from cxloop.core.wording import count, many

__all__ = [
    "SurveyCheck",
    "SurveyDetails",
    "SurveyPreview",
    "SurveyProblem",
    "SurveyTemplates",
    "SurveyVersion",
    "Surveys",
]


@dataclass(frozen=True)
class Surveys(Records):
    """The surveys: state, what they ask in how many minutes, and how many answered."""

    main: ClassVar[tuple[str, ...]] = ("survey", "title", "state", "questions", "minutes", "finished", "last_answer")


@dataclass(frozen=True)
class SurveyTemplates(Records):
    """The surveys to begin with."""


@dataclass(frozen=True, slots=True)
class SurveyProblem:
    """One thing that is wrong (error: it keeps a survey from being published) or doubtful (warning), with its place.

    `path` is a JSON path into the document, such as pages[0].elements[2].visibleIf; of a setting, its name.
    """

    severity: str
    path: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class SurveyVersion:
    """A version that respondents saw or see: since when."""

    version: int
    published_at: datetime


def _listed(problems: tuple[SurveyProblem, ...]) -> str:
    return "".join(f"\n  {problem}" for problem in problems)


def _rows(problems: tuple[SurveyProblem, ...]) -> list[dict[str, Value]]:
    names = ("severity", "path", "code", "message")
    return [{name: getattr(problem, name) for name in names} for problem in problems]


def _wrong(problems: tuple[SurveyProblem, ...]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    doubts = len(problems) - errors
    if not problems:
        return "nothing to mend"
    kinds = [many(errors, "error")] * bool(errors) + [many(doubts, "warning")] * bool(doubts)
    return " and ".join(kinds)


@dataclass(frozen=True)
class SurveyCheck(Result):
    """What is wrong or doubtful in a survey, errors first.

    Attributes:
        minutes: how long it takes when everything in it is shown; 0 where it cannot be read.
        questions: how many it can ask.
        languages: that it is there in, at least in part.
    """

    problems: tuple[SurveyProblem, ...]
    minutes: float
    questions: int
    languages: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether it could be published."""
        return all(problem.severity != "error" for problem in self.problems)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per problem."""
        return _rows(self.problems)

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence lists the problems."""
        return []

    def __str__(self) -> str:
        asked = f"{many(self.questions, 'question')}, up to {max(1, round(self.minutes))} min"
        tongues = ", ".join(self.languages)
        return f"{asked}, in {tongues or 'no language'}: {_wrong(self.problems)}.{_listed(self.problems)}"


@dataclass(frozen=True)
class SurveyDetails(Result):
    """One survey: its document, how it is run, and how it stands.

    Attributes:
        said: what was just done to it; empty where somebody only looks.
        version: that respondents see; None before the first publishing.
        draft: the version of the draft, counted by each save.
        changed: whether the draft differs from what respondents see.
        shown: the published version that `document` is; None for the draft.
        document: as it can be saved to a file and imported again.
        settings: all of them, with the values of those that nobody set.
        address: of the open survey; where only invited people answer, a personal link leads in.
        versions: all that were published, the newest first.
        answers: how many responses are open, finished, partial or screened.
        opens_at: UTC; before it nobody may answer.
        closes_at: UTC; from then on nobody may answer.
    """

    name: str
    title: str
    state: str
    version: int | None
    draft: int
    changed: bool
    shown: int | None
    document: dict[str, Any]
    settings: dict[str, Any]
    address: str
    problems: tuple[SurveyProblem, ...]
    minutes: float
    questions: int
    languages: tuple[str, ...]
    versions: tuple[SurveyVersion, ...]
    answers: dict[str, int]
    opens_at: datetime | None
    closes_at: datetime | None
    said: str = ""

    @property
    def target(self) -> str:
        """The survey's name: for the audit log."""
        return f"survey {self.name}"

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per problem."""
        return _rows(self.problems)

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: the sentence lists the problems."""
        return []

    def __str__(self) -> str:
        if self.said:
            return f"{self.said}{_listed(self.problems)}"
        seen = f"version {self.version}" if self.version else "never published"
        ahead = "; the draft is ahead of it" if self.changed and self.version else ""
        asked = f"{many(self.questions, 'question')}, up to {max(1, round(self.minutes))} min"
        finished = count(self.answers.get("finished", 0))
        head = f"{self.title} ({self.name}) is {self.state}, {seen}{ahead}: {asked}, {finished} finished answers"
        return f"{head}; {_wrong(self.problems)}.\n  {self.address}{_listed(self.problems)}"


@dataclass(frozen=True)
class SurveyPreview(Result):
    """One page of a survey as respondents see it.

    Attributes:
        html: the page, complete in itself.
        page: its name; empty at the end of the survey.
        language: that it is drawn in.
        answers: what would be stored by now; nothing is.
        whole: whether it shows everything on the page, also what depends on answers that nobody has given.
    """

    html: str
    page: str
    language: str
    answers: dict[str, Any]
    whole: bool

    def records(self) -> list[dict[str, Value]]:
        """Returns the page as one row."""
        return [{"page": self.page, "language": self.language, "html": self.html}]

    def told(self) -> list[dict[str, Value]]:
        """Returns nothing: a page of HTML is no sentence."""
        return []

    def __str__(self) -> str:
        where = f"Page {self.page!r}" if self.page else "The end of the survey"
        return f"{where} in {self.language}, {count(len(self.html))} characters of HTML: --json gives them."
