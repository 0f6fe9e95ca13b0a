"""What people do with surveys: look, draft, check, publish, pause, close, and say how they are run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from cxloop.collect.files.mapping import mapping_text
from cxloop.collect.surveys import definition, templates
from cxloop.collect.surveys.checking import minutes, problems, spoken
from cxloop.collect.surveys.colours import faint
from cxloop.collect.surveys.definition import Definition, in_language
from cxloop.collect.surveys.results import (
    SurveyCheck,
    SurveyDetails,
    SurveyProblem,
    Surveys,
    SurveyTemplates,
    SurveyVersion,
)
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.core.errors import InputError, Mistake, MistakesError, UnknownNameError, did_you_mean, what_is_wrong
from cxloop.core.results import Value
from cxloop.core.time import parse_moment, parse_zone
from cxloop.core.wording import count, many
from cxloop.store import documents
from cxloop.store.context import Operations
from cxloop.store.surveys import responses, surveys
from cxloop.store.surveys.surveys import DRAFT, PUBLISHED, Moment, SurveyRecord

__all__ = [
    "address_of",
    "change_settings",
    "check",
    "close",
    "details",
    "document_of",
    "import_file",
    "list_surveys",
    "list_templates",
    "pause",
    "publish",
    "read_settings",
    "save_draft",
    "slug",
]

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
EMPTY = SurveySettings()


def address_of(ws: Operations, name: str) -> str:
    """Returns where whoever may answers a survey, for a browser."""
    return f"{ws.settings.server.address.rstrip('/')}/s/{quote(name)}"


def slug(text: str) -> str:
    """Returns a text as a name that an address can carry.

    Example:
        >>> slug("  Relational NPS (2026) "), slug("product_market_fit"), slug("?")
        ('relational-nps-2026', 'product-market-fit', 'survey')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80].strip("-") or "survey"


def list_surveys(ws: Operations, state: str | None) -> Surveys:
    """Returns the surveys, those of one state only where one is given."""
    columns = (
        "survey",
        "title",
        "state",
        "version",
        "questions",
        "minutes",
        "languages",
        "access",
        "open",
        "finished",
        "partial",
        "screened",
        "last_answer",
        "address",
        "changed_at",
    )
    found = [each for each in surveys.every_one(ws.store) if state in (None, each.state_at(ws.now()))]
    drafts = {each.name: each.content for each in documents.newest(ws.store, DRAFT)}
    published = {each.name: each.content for each in documents.newest(ws.store, PUBLISHED)}
    tallies = surveys.tallies(ws.store)
    rows = []
    for each in found:
        asked = definition.read(published.get(each.name) or drafts[each.name])
        rows.append(_line(ws, each, asked, tallies.get(each.name, surveys.NOBODY)))
    live = sum(each.state_at(ws.now()) == "live" for each in found)
    summary = f"{many(len(found), 'survey')}, {count(live)} live." if found else "There is no survey yet."
    return Surveys(summary, columns, tuple(rows))


def _line(ws: Operations, each: SurveyRecord, asked: Definition, tally: surveys.Tally) -> tuple[Value, ...]:
    return (
        each.name,
        each.title,
        each.state_at(ws.now()),
        each.version,
        len(asked.questions),
        round(minutes(asked), 1),
        ", ".join(_languages(asked)),
        read_settings(each).access,
        tally.open,
        tally.finished,
        tally.partial,
        tally.screened,
        tally.last_at,
        address_of(ws, each.name),
        each.changed_at,
    )


def _languages(asked: Definition) -> tuple[str, ...]:
    own = asked.own_language
    return (own, *sorted(spoken(asked) - {own}))


def list_templates() -> SurveyTemplates:
    """Returns the surveys to begin with."""
    rows = []
    for name in templates.names():
        asked = templates.template(name)
        title = in_language(asked.title, asked.own_language, asked.own_language)
        about = in_language(asked.description, asked.own_language, asked.own_language)
        took = round(minutes(asked), 1)
        rows.append((name, title, about, len(asked.questions), took, ", ".join(_languages(asked))))
    columns = ("template", "title", "about", "questions", "minutes", "languages")
    return SurveyTemplates(f"{count(len(rows))} surveys to begin with.", columns, tuple(rows))


def read_settings(record: SurveyRecord) -> SurveySettings:
    """Returns how a survey is run."""
    return SurveySettings.model_validate(dict(record.settings))


def document_of(ws: Operations, name: str, version: int | None = None) -> Definition:
    """Returns what a survey asks: a published version, or the draft.

    Raises:
        UnknownNameError: there is no such survey.
        NotFoundError: it has no such version.
    """
    surveys.get(ws.store, name)
    kind = DRAFT if version is None else PUBLISHED
    return definition.read(documents.get(ws.store, kind, name, version).content)


def details(ws: Operations, name: str, version: int | None = None, *, said: str = "") -> SurveyDetails:
    """Returns how a survey stands, with its draft or one of its published versions.

    Raises:
        UnknownNameError: there is no such survey.
        NotFoundError: it has no such version.
    """
    record = surveys.get(ws.store, name)
    # every save is a version of the draft: only the newest one is read
    draft, published = documents.get(ws.store, DRAFT, name), documents.history(ws.store, PUBLISHED, name)
    shown = draft if version is None else documents.get(ws.store, PUBLISHED, name, version)
    asked = definition.read(shown.content)
    tally = surveys.tallies(ws.store).get(name, surveys.NOBODY)
    return SurveyDetails(
        name=name,
        title=record.title,
        state=record.state_at(ws.now()),
        version=record.version,
        draft=draft.version,
        changed=not published or draft.content != published[0].content,
        shown=version,
        document=dict(shown.content),
        settings=read_settings(record).model_dump(mode="json"),
        address=address_of(ws, name),
        problems=_found(ws, asked, read_settings(record)),
        minutes=round(minutes(asked), 1),
        questions=len(asked.questions),
        languages=_languages(asked),
        versions=tuple(SurveyVersion(each.version, each.created_at) for each in published),
        answers={
            "open": tally.open,
            "finished": tally.finished,
            "partial": tally.partial,
            "screened": tally.screened,
        },
        opens_at=record.opens_at,
        closes_at=record.closes_at,
        said=said,
    )


def _found(ws: Operations, asked: Definition, settings: SurveySettings = EMPTY) -> tuple[SurveyProblem, ...]:
    purposes = [name for each in ws.experience.purpose for name in (each.name, *each.aliases)]
    found = [*problems(asked, purposes=purposes), *faint(settings.theme)]
    found.sort(key=lambda problem: problem.severity != "error")
    return tuple(SurveyProblem(each.severity, each.path, each.code, each.message) for each in found)


def check(ws: Operations, name: str, document: str, file: Path | None) -> SurveyCheck:
    """Returns what is wrong or doubtful in the draft of a survey, in a document, or in a file.

    Raises:
        InputError: not exactly one of the three is given, or it is no JSON at all.
    """
    if [bool(name), bool(document), file is not None].count(True) != 1:
        raise InputError("Say what to check: the name of a survey, a document or a file. Give exactly one of them.")
    if name:
        found = details(ws, name)
        return SurveyCheck(found.problems, found.minutes, found.questions, found.languages)
    try:
        asked = definition.read(document or _text(file))
    except MistakesError as failure:
        mistakes = (SurveyProblem("error", each.where, "unreadable", each.message) for each in failure.mistakes)
        return SurveyCheck(tuple(mistakes), 0.0, 0, ())
    return SurveyCheck(_found(ws, asked), round(minutes(asked), 1), len(asked.questions), _languages(asked))


def _text(file: Path | None) -> str:
    return mapping_text(file) if file is not None else ""


def save_draft(
    ws: Operations, name: str, *, document: str, file: Path | None, template: str | None, after: int | None
) -> SurveyDetails:
    """Saves what a survey is to ask; respondents see it once it is published.

    Raises:
        InputError: not exactly one of document, file and template is given; the name is none; or somebody else has
            saved since version `after`.
        MistakesError: the document cannot be read.
        UnknownNameError: there is no such template.
    """
    if [bool(document), file is not None, bool(template)].count(True) != 1:
        raise InputError("Say what it asks: a document, a file or a template. Give exactly one of them.")
    if not NAME.fullmatch(name):
        told = "A name has a-z, 0-9 and -, begins with a letter or a digit, and has at most 80 of them"
        raise InputError(f"{name[:100]!r} cannot be the name of a survey. {told}: {slug(name)!r} would do.")
    asked = templates.template(template) if template else definition.read(document or _text(file))
    before = surveys.find(ws.store, name)
    _nobody_was_faster(ws, name, after)
    if before is None:
        surveys.create(ws.store, name, title=_title(asked, name), by=ws.actor.account_id)
    elif before.version is None:
        _retitle(ws, before, documents.get(ws.store, DRAFT, name).content, asked)
    saved = documents.save(ws.store, DRAFT, name, definition.write(asked), author_id=ws.actor.account_id)
    return details(ws, name, said=f"The draft of {name} is saved (version {saved.version}). Nobody sees it yet.")


def import_file(ws: Operations, path: Path, name: str | None) -> SurveyDetails:
    """Takes a survey from a file as a new draft.

    Raises:
        InputError: the file cannot be read, or there is a survey of that name.
        MistakesError: it cannot be read as a survey.
    """
    chosen = name or slug(path.stem)
    if surveys.find(ws.store, chosen) is not None:
        told = f"There is a survey {chosen!r} already. Give another name, or change its draft"
        raise InputError(f"{told}: cxloop collect draft-survey {chosen} --file {path.name}.")
    return save_draft(ws, chosen, document="", file=path, template=None, after=None)


def _nobody_was_faster(ws: Operations, name: str, after: int | None) -> None:
    if after is None:
        return
    newest = documents.get(ws.store, DRAFT, name).version if surveys.find(ws.store, name) is not None else 0
    if newest != after:
        raise InputError(
            f"The draft of {name} was saved in the meantime: it is version {newest} now, and this one goes on from "
            f"version {after}. Load it again, and make the change there."
        )


def _title(asked: Definition, name: str) -> str:
    return in_language(asked.title, asked.own_language, asked.own_language).strip()[:200] or name


def _retitle(ws: Operations, record: SurveyRecord, before: Mapping[str, Any], asked: Definition) -> None:
    """Calls a survey by its document's title, as long as nobody has called it otherwise."""
    if record.title == _title(definition.read(before), record.name):
        surveys.change(ws.store, record.name, title=_title(asked, record.name), by=ws.actor.account_id)


def publish(ws: Operations, name: str) -> SurveyDetails:
    """Lets respondents see the draft; opens a survey again that was paused or closed.

    Raises:
        UnknownNameError: there is no such survey.
        MistakesError: checking found errors; all are listed.
    """
    record = surveys.get(ws.store, name)
    draft = documents.get(ws.store, DRAFT, name)
    asked = definition.read(draft.content)
    errors = [each for each in _found(ws, asked, read_settings(record)) if each.severity == "error"]
    if errors:
        raise MistakesError(f"The survey {name}", [Mistake(each.path, each.message) for each in errors])
    by = ws.actor.account_id
    if record.version is not None:
        _retitle(ws, record, documents.get(ws.store, PUBLISHED, name).content, asked)
    saved = documents.save(ws.store, PUBLISHED, name, draft.content, author_id=by)
    opened = surveys.set_state(ws.store, name, "live", version=saved.version, by=by)
    if opened.closes_at is not None and opened.closes_at <= ws.now():
        surveys.change(ws.store, name, moments={"closes_at": None}, by=by)
    where = address_of(ws, name)
    who = "who was invited" if read_settings(record).access == "invited" else f"at {where}"
    return details(ws, name, said=f"{name} is live: version {saved.version} takes answers {_by_whom(who)}.")


def _by_whom(who: str) -> str:
    return who if who.startswith("at ") else f"of everybody {who}"


def pause(ws: Operations, name: str) -> SurveyDetails:
    """Takes no answers for now; raises UnknownNameError, and InputError where it is not live."""
    _needs(ws, name, "live", "paused")
    surveys.set_state(ws.store, name, "paused", by=ws.actor.account_id)
    return details(ws, name, said=f"{name} is paused: nobody can answer until it is published again.")


def close(ws: Operations, name: str) -> SurveyDetails:
    """Takes no more answers; raises UnknownNameError, and InputError where it never took any."""
    _needs(ws, name, "live", "paused", "closed")
    surveys.set_state(ws.store, name, "closed", by=ws.actor.account_id)
    ended = responses.end_open(ws.store, name)
    begun = (
        f" {many(ended, 'response')} that {'was' if ended == 1 else 'were'} begun count as partial." if ended else ""
    )
    return details(ws, name, said=f"{name} is closed: nobody can answer any more. What was answered stays.{begun}")


def _needs(ws: Operations, name: str, *states: str) -> None:
    record = surveys.get(ws.store, name)
    if record.state not in states:
        raise InputError(f"{name} is {record.state}; this is for one that is {' or '.join(states)}. Publish it first.")


def change_settings(
    ws: Operations, name: str, given: str, *, opens: str | None, closes: str | None, title: str | None
) -> SurveyDetails:
    """Changes how a survey is run: what is given replaces what was there, null goes back to the default (RFC 7396).

    Raises:
        UnknownNameError: there is no such survey.
        MistakesError: every setting that cannot be used.
    """
    record = surveys.get(ws.store, name)
    merged = _merged(dict(record.settings), _object(given))
    settings = _checked(ws, name, merged)
    said: dict[Moment, str | None] = {"opens_at": opens, "closes_at": closes}
    moments = {which: _moment(ws, text) for which, text in said.items() if text}
    first, last = moments.get("opens_at", record.opens_at), moments.get("closes_at", record.closes_at)
    if first is not None and last is not None and last <= first:
        raise InputError(f"{name} would close ({last}) before it opens ({first}). Set both to what is meant.")
    surveys.change(
        ws.store,
        name,
        title=title,
        settings=settings.model_dump(mode="json", exclude_unset=True),
        moments=moments,
        by=ws.actor.account_id,
    )
    return details(ws, name, said=f"The settings of {name} are saved.")


def _moment(ws: Operations, text: str) -> datetime | None:
    return None if text == "any" else parse_moment(text, zone=parse_zone(ws.settings.company.time_zone), now=ws.now())


def _object(given: str) -> dict[str, Any]:
    try:
        found = json.loads(given) if given.strip() else {}
    except ValueError as failure:
        raise InputError(f'The settings are no JSON: {failure}. Write an object such as {{"once": true}}.') from None
    if not isinstance(found, dict):
        raise InputError('The settings must be a JSON object, such as {"once": true}.')
    return found


def _merged(before: Any, patch: Any) -> Any:
    """JSON merge patch, RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(before) if isinstance(before, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _checked(ws: Operations, name: str, merged: Mapping[str, Any]) -> SurveySettings:
    mistakes: list[Mistake] = []
    try:
        settings = SurveySettings.model_validate(merged)
        mistakes += _unknown_names(ws, settings)
        mistakes += [Mistake(problem.path, problem.message) for problem in faint(settings.theme)]
    except ValidationError as failure:
        for error in failure.errors():
            mistakes.append(Mistake(".".join(map(str, error["loc"])), _of_setting(error)))
    if mistakes:
        raise MistakesError(f"The settings of {name}", mistakes)
    return settings


def _of_setting(error: Any) -> str:
    if error["type"] != "extra_forbidden":
        return what_is_wrong(error)
    known = _fields_at(SurveySettings, error["loc"][:-1])
    return f"There is no such setting. {did_you_mean(str(error['loc'][-1]), known, most=30)}"


def _fields_at(model: Any, steps: Iterable[Any]) -> list[str]:
    here = model
    for step in steps:
        field = getattr(here, "model_fields", {}).get(step)
        kinds = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        here = next((kind for kind in kinds if hasattr(kind, "model_fields")), here)
    return list(here.model_fields)


def _unknown_names(ws: Operations, settings: SurveySettings) -> Iterable[Mistake]:
    for setting, value, known in (
        ("purpose", settings.purpose, [each.name for each in ws.experience.purpose]),
        ("touchpoint", settings.touchpoint, [each.name for each in ws.experience.touchpoint]),
    ):
        if value is not None and value not in known:
            yield Mistake(setting, str(UnknownNameError(f"{setting} of experience.toml", value, known)))
