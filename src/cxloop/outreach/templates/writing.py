"""Writes a message from its template and parameters: subject, plain text and, for mail, a page of HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.outreach.templates.parameters import Asked, SurveyMessage
from cxloop.outreach.templates.words import RIGHT_TO_LEFT, Words, day_in, words_of

if TYPE_CHECKING:
    from jinja2 import Template

    from cxloop.store.messages.messages import MessageRecord

__all__ = ["TEMPLATES", "Attached", "House", "Written", "clean", "page_template", "write"]

TEMPLATES = ("survey_invitation", "survey_reminder", "test", "report")
_SIGNS = {"stars": ("★",), "smileys": ("😠", "🙁", "😐", "🙂", "😀")}
_BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,60})\}")
_NOT_IN_A_LINE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Kinds of characters that a header or a name must not hold: control, direction, half characters, ends of lines."""


@dataclass(frozen=True, slots=True)
class House:
    """Who writes, and the addresses that belong to one message: where it is unsubscribed from and preferences stand."""

    company: str
    unsubscribe: str
    preferences: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that a mail brings along; its name is plain ASCII."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A message as it is read. `html` is None for text alone, `unsubscribe` "" where there is no such link."""

    language: str
    subject: str
    text: str
    html: str | None
    unsubscribe: str
    sender: str | None = None
    reply_to: str | None = None
    files: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tap:
    """One answer in the mail: the sign that is tapped, what it is called, and where it leads."""

    sign: str
    called: str
    link: str


def clean(text: str, most: int = 200) -> str:
    """Returns a text for one line of a header: without control characters and marks of direction, and not too long.

    Example:
        >>> clean("Ada\\r\\nBcc: all@example.org\\u202e")
        'Ada Bcc: all@example.org'
    """
    kept = "".join(" " if unicodedata.category(letter) in _NOT_IN_A_LINE else letter for letter in text)
    return " ".join(kept.split())[:most]


def write(record: MessageRecord, house: House) -> Written:
    """Returns what a message says.

    Args:
        record: the message, with its template, parameters, channel and language.
        house: who writes.

    Raises:
        InputError: the parameters are not those of the template.
        UnknownNameError: there is no such template.
    """
    if record.template not in TEMPLATES:
        raise UnknownNameError("template", record.template, TEMPLATES)
    if record.template == "test":
        text = f"This is a test message of {house.company}. If you read it, messages arrive."
        return Written("en", f"Test message of {house.company}", text, None, "")
    if record.template == "report":
        from cxloop.outreach.templates.report import write_report

        return write_report(record, house)
    return _survey(record, house)


def _survey(record: MessageRecord, house: House) -> Written:
    from pydantic import ValidationError

    try:
        told = SurveyMessage.model_validate(dict(record.parameters))
    except ValidationError as failure:
        fields = ", ".join(".".join(map(str, each["loc"])) for each in failure.errors())
        raise InputError(f"The message {record.id} cannot be written: {fields} of its parameters is wrong.") from None
    language, words = words_of(record.language)
    reminder = record.template == "survey_reminder"
    values = {**told.variables, "first_name": told.first_name, "company": house.company, "title": told.title}
    own = _spoken(told.subject, record.language)
    subject = _filled(own or (words.reminder_subject if reminder else words.subject), values)
    if record.channel != "email":
        short = words.short_reminder if reminder else words.short
        link = {"link": told.link, "unsubscribe": house.unsubscribe}
        text = _filled(_spoken(told.text, record.language) or short, {**values, **link})
        return Written(language, clean(subject), _with_link(text, told.link), None, house.unsubscribe, told.sender)
    lines = _lines(told, words, record.language, values, reminder=reminder)
    return Written(
        language=language,
        subject=clean(subject),
        text=_plain(told, words, lines, house, language),
        html=_page(told, words, lines, house, language),
        unsubscribe=house.unsubscribe,
        sender=told.sender,
        reply_to=told.reply_to,
    )


def _with_link(text: str, link: str) -> str:
    return text if link in text else f"{text} {link}"


def _lines(
    told: SurveyMessage, words: Words, wanted: str, values: Mapping[str, Any], *, reminder: bool
) -> tuple[str, ...]:
    """The paragraphs above the question."""
    own = _spoken(told.text, wanted)
    if own:
        return tuple(line for line in _filled(own, values).split("\n") if line.strip())
    name = clean(told.first_name, 80)
    hello = _filled(words.hello_name, {"name": name}) if name else words.hello
    return hello, words.reminder if reminder else words.invitation


def _spoken(texts: Mapping[str, str], wanted: str) -> str:
    """The text in the wanted language, else in its base language, else the one that SurveyJS calls default."""
    short = wanted.replace("_", "-").split("-")[0]
    return next((texts[name] for name in (wanted, short, "default") if texts.get(name)), "")


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """Fills {names} in; what is not known becomes nothing. Not str.format: it reads attributes of what it is given."""
    return _BRACED.sub(lambda found: "" if values.get(found[1]) is None else str(values[found[1]]), text)


def _taps(question: Asked, link: str, words: Words) -> list[_Tap]:
    most = len(question.values)
    taps = []
    for place, each in enumerate(question.values):
        target = f"{link}?{quote(question.name, safe='')}={quote(each.id, safe='')}"
        sign = _sign(question.type, place, most) or each.text or each.id
        called = _filled(words.of_scale, {"value": each.text or each.id, "most": question.values[-1].text or most})
        taps.append(_Tap(sign, called if question.type != "choices" else sign, target))
    return taps


def _sign(kind: str, place: int, most: int) -> str:
    """The sign of an answer: a star, or the face that stands so far between angry and glad."""
    signs = _SIGNS.get(kind, ())
    if not signs or kind == "stars":
        return signs[0] if signs else ""
    return signs[round(place * (len(signs) - 1) / max(1, most - 1))]


def _plain(told: SurveyMessage, words: Words, lines: tuple[str, ...], house: House, language: str) -> str:
    parts = [*lines, ""]
    if told.question is not None:
        question = told.question
        parts += [question.text, ""]
        shown = [each.text or each.id for each in question.values]
        for label, tap in zip(shown, _taps(question, told.link, words), strict=True):
            parts.append(f"{label}: {tap.link}")
        parts += [f"({question.lowest} - {question.highest})"] if question.lowest and question.highest else []
        parts += ["", words.one_tap]
    parts += [
        "",
        f"{words.open}: {told.link}",
        *_closing(told, words, language),
        "",
        "-- ",
        _filled(words.why, {"company": house.company}),
    ]
    parts += [f"{words.unsubscribe}: {house.unsubscribe}", f"{words.preferences}: {house.preferences}"]
    return "\n".join(parts) + "\n"


def _closing(told: SurveyMessage, words: Words, language: str) -> list[str]:
    try:
        day = date.fromisoformat(told.closes[:10])
    except ValueError:  # nothing to say
        return []
    return [_filled(words.closes, {"day": day_in(language, day)})]


def _page(told: SurveyMessage, words: Words, lines: tuple[str, ...], house: House, language: str) -> str:
    question = told.question
    return page_template("mail.html").render(
        told=told,
        words=words,
        lines=lines,
        house=house,
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        question=question,
        taps=[] if question is None else _taps(question, told.link, words),
        closing=_closing(told, words, language),
        why=_filled(words.why, {"company": house.company}),
        accent=told.accent if re.fullmatch(r"#[0-9a-fA-F]{6}", told.accent) else "#2f5d50",
    )


@lru_cache(4)
def page_template(name: str) -> Template:
    """Returns a template of this folder; what it is given is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
