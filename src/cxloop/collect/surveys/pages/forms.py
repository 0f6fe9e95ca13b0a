"""A form as a browser sends it, read as the page that somebody answered."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Checkbox,
    File,
    ImagePicker,
    Matrix,
    Ranking,
    Row,
    Slider,
    TextInput,
)
from cxloop.collect.surveys.flow.settling import COMMENT
from cxloop.collect.surveys.quality import Flag
from cxloop.collect.surveys.responding.taking import Move, Sent
from cxloop.collect.surveys.responding.uploads import Upload

__all__ = ["MOST_FORM_BYTES", "MOST_UPLOAD_BYTES", "Form", "UnreadableFormError", "read_form", "sent_page"]

MOST_FORM_BYTES = 6_000_000
"""A page without files; of a text, each byte takes up to three on its way."""
MOST_UPLOAD_BYTES = 32_000_000
MOST_FIELDS = 5_000
DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
MOVES: Mapping[str, Move] = {"next": "next", "back": "back", "later": "later", "save": "stay"}


class UnreadableFormError(ValueError):
    """What came is no form, or has more fields than any page."""


@dataclass
class Form:
    """The fields of a form in their order, by name, and its files."""

    fields: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    uploads: list[Upload] = field(default_factory=list)

    def one(self, name: str) -> str:
        """Returns the last value of a field, or nothing."""
        found = self.fields.get(name)
        return found[-1] if found else ""

    def every(self, name: str) -> list[str]:
        """Returns all values of a field that are not empty."""
        return [value for value in self.fields.get(name, ()) if value.strip()]


def read_form(content_type: str, body: bytes) -> Form:
    """Returns the fields of a form.

    Raises:
        UnreadableFormError: it is none.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(content_type, body)
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise UnreadableFormError(f"{kind!r} is no form.")
    form = Form()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except (ValueError, UnicodeDecodeError):
        raise UnreadableFormError("The form cannot be read.") from None
    for name, value in pairs:
        form.fields[name].append(_text(value))
    return form


def _text(value: str) -> str:
    # browsers send line ends as CR LF, whatever was typed
    return value.replace("\r\n", "\n")


class _Parts:
    """Gathers the parts of a multipart form."""

    def __init__(self) -> None:
        self.form = Form()
        self.ended = False
        self.count = 0
        self.header: dict[bytes, bytes] = {}
        self.name, self.value, self.data = bytearray(), bytearray(), bytearray()

    def begin(self) -> None:
        # counted as they come: to read a million empty ones would keep everybody else waiting
        self.count += 1
        if self.count > MOST_FIELDS:
            raise UnreadableFormError("The form has too many fields.")
        self.header, self.data = {}, bytearray()

    def whole(self) -> None:
        self.ended = True

    def header_end(self) -> None:
        self.header[bytes(self.name).lower()] = bytes(self.value)
        self.name, self.value = bytearray(), bytearray()

    def end(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self.header.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            self.form.fields[name].append(_text(self.data.decode("utf-8", "replace")))
        elif self.data or options[b"filename"]:
            shown = options[b"filename"].decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
            kind = self.header.get(b"content-type", b"application/octet-stream").decode("latin-1")[:100]
            self.form.uploads.append(Upload(name.removeprefix("f:"), shown[:200] or "file", kind, bytes(self.data)))


def _multipart(content_type: str, body: bytes) -> Form:
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise UnreadableFormError("The form says no boundary.")
    parts = _Parts()
    callbacks: Any = {
        "on_part_begin": parts.begin,
        "on_part_data": lambda data, start, end: parts.data.extend(data[start:end]),
        "on_part_end": parts.end,
        "on_header_field": lambda data, start, end: parts.name.extend(data[start:end]),
        "on_header_value": lambda data, start, end: parts.value.extend(data[start:end]),
        "on_header_end": parts.header_end,
        "on_end": parts.whole,
    }
    try:
        parser = MultipartParser(boundary, callbacks)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise UnreadableFormError("The form cannot be read.") from None
    if not parts.ended:
        raise UnreadableFormError("The form breaks off.")
    return parts.form


def sent_page(form: Form, definition: Definition, page: str, *, language: str, now_ms: int) -> Sent:
    """Returns the page that a form answers.

    Args:
        form: as it came.
        definition: of the survey.
        page: the name of the page, from the address.
        language: that is kept for the response, empty for the one that it has.
        now_ms: the present, in milliseconds since 1970.
    """
    was: dict[str, str] = {}
    for asked in form.fields.get("_asked", ()):
        digest, _, name = asked.partition(":")
        if name in definition.by_name:
            was[name] = digest
    given: dict[str, Any] = {}
    for name in was:
        question = definition.by_name[name]
        if not isinstance(question, File):
            given[name] = _value(form, question)
        if f"c:{name}" in form.fields:
            given[name + COMMENT] = form.one(f"c:{name}") or None
    switched = form.one("_lang")
    return Sent(
        page=page,
        given=given,
        was=was,
        move="stay" if switched else MOVES.get(form.one("_do"), "next"),
        language=switched or language,
        seconds=_seconds(form, now_ms),
        uploads=tuple(form.uploads),
        removed=frozenset(value for name in was for value in form.every(f"x:{name}")),
        marks=tuple(_marks(form)),
    )


def _marks(form: Form) -> list[Flag]:
    if form.one("_website"):
        return [Flag("bot", "A field was filled that people do not see.")]
    return [] if form.one("_at") else [Flag("bot", "Answers came without a page that was looked at.")]


def _seconds(form: Form, now_ms: int) -> float | None:
    """How long a page was looked at: what its script counted, but never more than the time since it was drawn."""
    try:
        drawn = (now_ms - int(form.one("_at"))) / 1000
    except ValueError:
        return None
    try:
        looked = float(form.one("_seconds"))
    except ValueError:
        return drawn if drawn >= 0 else None
    return max(0.0, min(looked, drawn))


def _value(form: Form, question: Asking) -> Any:
    field_name = f"q:{question.name}"
    if isinstance(question, Matrix):
        return _matrix(form, question)
    if isinstance(question, Ranking):
        return _ranking(form, question)
    if isinstance(question, Checkbox) or (isinstance(question, ImagePicker) and question.multi_select):
        return form.every(field_name) or None
    if isinstance(question, Slider) and question.slider_type == "range":
        ends = [_number(value) for value in form.fields.get(field_name, ())]
        return ends if any(ends) else None
    value = form.one(field_name)
    if isinstance(question, Slider) or getattr(question, "input_type", "") == "number":
        value = _number(value)
    if isinstance(question, TextInput):
        value = value.strip()
    return value or None


def _number(text: str) -> str:
    """A number with a comma as most of Europe writes it."""
    text = text.strip()
    return text.replace(",", ".") if DECIMAL_COMMA.fullmatch(text) else text


def _matrix(form: Form, question: Matrix) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for at, row in enumerate(question.rows):
        value = form.one(f"r:{at}:{question.name}")
        if value:
            found[str(row.value if isinstance(row, Row) else row)] = value
    return found or None


def _ranking(form: Form, question: Ranking) -> Sequence[str] | None:
    """The choices in the order of the places that they were given; a place given twice, or to some only, is refused.

    A script that lets people drag sends the order itself, as `q:`.
    """
    whole = form.every(f"q:{question.name}")
    if whole:
        return whole
    places: list[tuple[int, str]] = []
    offered = 0
    for at in range(len(question.choices) + 2):
        if value := form.one(f"v:{at}:{question.name}"):
            offered += 1
            place = form.one(f"k:{at}:{question.name}")
            places += [(int(place), value)] if place.isdecimal() and len(place) < 4 else []
    if not places:
        return None
    order = [value for _, value in sorted(places)]
    twice = len({place for place, _ in places}) < len(places)
    lacking = len(places) < offered and not question.select_to_rank_enabled
    # A choice that comes twice is what `accept` refuses.
    return [*order, order[0]] if twice or lacking else order
