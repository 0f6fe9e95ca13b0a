"""A kiosk: the whole survey as one page that a tablet plays without a network, and what it sends when it has one again.

What comes is checked by the same flow as any page: an answer to a question that was not shown is not stored. A response
is stored in one transaction under the number that the kiosk gave it, so that it may be sent any number of times.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cxloop.collect.surveys.checking import spoken
from cxloop.collect.surveys.definition import Definition, in_language
from cxloop.collect.surveys.definition.questions import Asking, File
from cxloop.collect.surveys.flow import Problem
from cxloop.collect.surveys.flow.browser import for_kiosk
from cxloop.collect.surveys.flow.showing import shown_questions, whole
from cxloop.collect.surveys.pages import theme, words
from cxloop.collect.surveys.pages.cleaning import clean
from cxloop.collect.surveys.pages.drawing import ENVIRONMENT, sent
from cxloop.collect.surveys.pages.kiosk_words import said
from cxloop.collect.surveys.pages.rendering import Assets, hint, safe_json
from cxloop.collect.surveys.responding.taking import Live, Sent, take
from cxloop.store.surveys.responses import NewResponse, Writing

if TYPE_CHECKING:
    from cxloop.collect.surveys.settings import Kiosk

__all__ = ["MOST_BYTES", "MOST_RESPONSES", "Batch", "Row", "Step", "cannot", "draw", "exit_code", "read", "storing"]

MOST_BYTES = 6_000_000
MOST_RESPONSES = 50
MOST_STEPS = 1000
ROUNDS = 200_000
"""Of PBKDF2 for the exit code; frontend/src/kiosk/staff.ts has the same."""
CODES = (
    *("required", "type", "length", "choice", "range", "other", "rows", "count"),
    *("numeric", "text", "email", "regex", "answercount", "expression"),
)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Strict):
    """A page that somebody left, with what was given on it and when, on the kiosk's own clock."""

    page: Annotated[str, Field(max_length=200)]
    given: Annotated[dict[str, Any], Field(max_length=1000)]
    at: datetime
    seconds: Annotated[float, Field(ge=0)] = 0.0
    move: Literal["next", "back", "stay"] = "next"


class Row(_Strict):
    """A response as a kiosk kept it."""

    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,80}$")]
    survey: str
    version: Annotated[int, Field(ge=1)]
    language: Annotated[str, Field(max_length=20)] = ""
    hidden: Annotated[dict[str, str | int | float], Field(max_length=100)] = {}
    begun_at: datetime
    steps: Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS)]
    state: Literal["partial", "finished"]


class Batch(BaseModel):
    """What a kiosk sends: rows as they came, each read by itself, and the moment on its clock."""

    sent_at: datetime
    responses: Annotated[list[dict[str, Any]], Field(max_length=MOST_RESPONSES)]


@dataclass(frozen=True)
class Stored:
    """What became of a row: nothing is wrong, or why it is not taken."""

    client_id: str
    refused: str = ""


def read(body: bytes) -> Batch | None:
    """Returns what a kiosk sent, or None where it is no such thing."""
    try:
        return Batch.model_validate_json(body)
    except ValidationError:
        return None


def storing(
    live: Live, batch: Batch, *, now: datetime, new_id: Callable[[], str] = lambda: secrets.token_hex(16)
) -> list[Callable[[Writing], Stored]]:
    """Returns for each row the job that stores it; a job may be done any number of times.

    Args:
        live: the survey.
        batch: what came.
        now: the present, UTC.
        new_id: gives ids of responses.
    """
    ahead = batch.sent_at.astimezone(UTC) - now
    return [_job(live, raw, ahead, now, new_id()) for raw in batch.responses]


def _job(
    live: Live, raw: Mapping[str, Any], ahead: timedelta, now: datetime, response_id: str
) -> Callable[[Writing], Stored]:
    number = str(raw.get("client_id", ""))[:80]
    try:
        row = Row.model_validate(raw)
    except ValidationError:
        return lambda _desk: Stored(number, "It is not what a kiosk of this version sends.")
    return lambda desk: _store(desk, live, row, _Clock(ahead, now), response_id)


@dataclass(frozen=True)
class _Clock:
    """How a kiosk's clock is to be read: how far it was ahead when it sent, and the present here."""

    ahead: timedelta
    now: datetime

    def true(self, at: datetime) -> datetime:
        """The moment as it was, never in the future; UTC."""
        return min(at.astimezone(UTC) - self.ahead, self.now)

    def read(self, at: datetime) -> datetime:
        """The same on the kiosk's wall, with the offset that its conditions were read with."""
        return self.true(at).astimezone(at.tzinfo) if at.tzinfo else self.true(at)


def _store(desk: Writing, live: Live, row: Row, clock: _Clock, response_id: str) -> Stored:
    refused = _refused(live, row)
    if refused:
        return Stored(row.client_id, refused)
    new = _response(live, row, response_id)
    begun = desk.begin(new)
    if begun.id != response_id:
        return Stored(row.client_id)  # it came before
    outcome = None
    for step in row.steps:
        page = Sent(page=step.page, given=step.given, move=step.move, language=row.language, seconds=step.seconds)
        outcome = take(desk, live, new, page, then=clock.read(step.at))
        if outcome.kind != "page":
            break
    began = clock.true(row.begun_at).replace(tzinfo=None)
    ended = clock.true(row.steps[-1].at).replace(tzinfo=None)
    state = outcome.kind if outcome and outcome.kind in ("finished", "screened") else "partial"
    desk.change(response_id, state=state, started_at=began, finished_at=max(began, ended))
    return Stored(row.client_id)


def _refused(live: Live, row: Row) -> str:
    if row.survey != live.record.name:
        return f"It belongs to the survey {row.survey[:80]!r}."
    if live.record.version is None or row.version > live.record.version:
        return f"There is no version {row.version} of this survey."
    return "" if row.steps else "It holds no page."


def _response(live: Live, row: Row, response_id: str) -> NewResponse:
    definition = live.definition_of(row.version)
    declared = {each.name: each.max_length for each in definition.hidden}
    hidden = {
        name: value[: declared[name]] if isinstance(value, str) else value
        for name, value in row.hidden.items()
        if name in declared
    }
    return NewResponse(
        id=response_id,
        survey=live.record.name,
        version=row.version,
        mode="kiosk",
        channel="store",
        client_id=row.client_id,
        language=row.language if row.language in spoken(definition) else definition.own_language,
        hidden=hidden,
    )


def cannot(definition: Definition) -> str:
    """Returns why a survey cannot be answered at a kiosk; nothing where it can."""
    files = [question.name for question in definition.questions if isinstance(question, File)]
    return f"It asks for files ({', '.join(files)}), which a kiosk does not take." if files else ""


def exit_code(kiosk: Kiosk, salt: str) -> dict[str, str] | None:
    """Returns a digest of the staff's code, by which a kiosk checks it without a network; None without a code.

    Args:
        kiosk: the settings.
        salt: hexadecimal digits, others for each survey.
    """
    return {"salt": salt, "digest": _digest(kiosk.exit_code, salt)} if kiosk.exit_code else None


@lru_cache(64)
def _digest(code: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", code.encode(), bytes.fromhex(salt), ROUNDS).hex()


def draw(live: Live, *, salt: str, now: datetime, assets: Assets, own_css: str) -> str:
    """Returns the page of a kiosk: every page of the survey in every language, and its logic.

    Args:
        live: the survey.
        salt: for the exit code.
        now: the present, with its time zone.
        assets: the addresses of the pages' style sheet and of the kiosk's script.
        own_css: the address of the kiosk's own style sheet.
    """
    definition, settings = live.definition, live.settings
    own = definition.own_language
    languages = [own, *sorted(spoken(definition) - {own})]
    title = in_language(definition.title, own, own) or live.record.title
    data = {
        "survey": live.record.name,
        "version": live.record.version,
        "logic": for_kiosk(definition),
        "languages": [_language(definition, each, title) for each in languages],
        "idle": settings.kiosk.idle_seconds if settings.kiosk else 30,
        "exit": exit_code(settings.kiosk, salt) if settings.kiosk else None,
    }
    return ENVIRONMENT.get_template("kiosk.html").render(
        heading=title,
        title=settings.theme.name or "",
        language=own,
        dir=words.direction(own),
        theme=settings.theme,
        style=theme.style(settings.theme),
        assets=assets,
        own_css=own_css,
        scripted=True,
        mode="kiosk",
        w={**words.words(own), **said(own)},
        sheets=[(each, _sheets(definition, each, now)) for each in languages],
        data=safe_json(data),
    )


def _sheets(definition: Definition, language: str, now: datetime) -> list[tuple[str, Markup]]:
    """The pages in one language, each by its name."""
    own = definition.own_language
    places = {name: f"q{at}" for at, name in enumerate(definition.by_name, 1)}
    template = ENVIRONMENT.get_template("kiosk_sheet.html")
    return [
        (
            page.name,
            Markup(  # noqa: S704 - the template has escaped it
                template.render(
                    page=page,
                    ids=places,
                    problems={},
                    first=None,
                    was=defaultdict(str),
                    hints={q.name: hint(q, language) for q in shown_questions(page.items)},
                    text=lambda text: in_language(text, language, own),
                    w=words.words(language),
                )
            ),
        )
        for page in whole(definition, locale=language, now=now)
    ]


def _language(definition: Definition, language: str, title: str) -> dict[str, Any]:
    own = definition.own_language
    closings = (definition.completed_html, *(each.html for each in definition.completed_html_on_condition))
    now = datetime(2000, 1, 1, tzinfo=UTC)
    shown = [q for page in whole(definition, locale=language, now=now) for q in shown_questions(page.items)]
    return {
        "code": language,
        "name": words.name_of(language),
        "dir": words.direction(language),
        "title": in_language(definition.title, language, own) or title,
        "description": in_language(definition.description, language, own),
        "words": {**_kept(words.words(language)), **said(language)},
        "texts": {q.name: texts for q in shown if (texts := _texts(q.options))},
        "closings": [clean(in_language(each, language, own)) for each in closings],
        "messages": {name: _messages(question, language, own) for name, question in definition.by_name.items()},
    }


def _texts(options: Sequence[Any]) -> dict[str, str]:
    return {sent(option.value): option.text for option in options if option.text != sent(option.value)}


def _kept(known: words.Words) -> dict[str, str]:
    """What the kiosk says of what all pages say."""
    names = ("next", "back", "send", "required", "page_of", "errors", "thanks", "choose_language", "problem_type")
    return {name: known[name] for name in names}


def _messages(question: Asking, language: str, own: str) -> dict[str, str]:
    codes = [code for code in CODES[:8] if code not in ("rows", "other", "count") or _can(question, code)]
    codes += [each.type for each in question.validators]
    return {code: words.message(Problem(question.name, code, ""), question, "", language, own) for code in codes}


def _can(question: Asking, code: str) -> bool:
    """Whether a problem of a kind of question can come up: the sentence of another kind would lack its numbers."""
    asks = {"rows": hasattr(question, "rows"), "other": getattr(question, "other", False)}
    return asks.get(code, bool(getattr(question, "least", 0) or hasattr(question, "min_selected_choices")))
