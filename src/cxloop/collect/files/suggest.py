"""`--suggest`: a mapping written from a look at the data, as TOML with the reason beside each guess."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from cxloop.collect.files.guesses import FORMATS, Question, Role, guess_questions, guess_roles
from cxloop.collect.files.importer import limits
from cxloop.collect.files.sources import find_files
from cxloop.collect.results import Guess, Suggestion
from cxloop.core.expr import column, quoted
from cxloop.engine.loading import ColumnProfile, FileFormat
from cxloop.store.context import Operations

__all__ = ["suggest_mapping", "write_mapping"]

_PROPERTIES = 12


def suggest_mapping(ws: Operations, path: Path) -> Suggestion:
    """Returns a mapping for the files at `path`, to be corrected by a person.

    Raises:
        InputError: the files cannot be read.
    """
    found = find_files(path)
    with ws.engine.loader(limits(ws.settings), ws.progress) as loader:
        staged = loader.stage("rows", found.files[:1], FileFormat())
        profiles = loader.profile(staged, FORMATS)
    name = found.files[0].name
    text, guesses = write_mapping(name, profiles, ws.settings.company.time_zone, ws.settings.company.currency)
    return Suggestion((name,), text, tuple(guesses))


def write_mapping(
    file: str, profiles: Sequence[ColumnProfile], time_zone: str, currency: str
) -> tuple[str, list[Guess]]:
    """Returns the TOML of a mapping and its guesses.

    Args:
        file: name of the file, whose stem names the source.
        profiles: a look at each column.
        time_zone: the company's, taken for the file's clock.
        currency: the company's, taken for amounts.
    """
    questions = guess_questions(profiles)
    roles = guess_roles(profiles, [question.column for question in questions])
    writer = _Writer(file, profiles, roles, questions, currency)
    lines = [*writer.head(time_zone), *writer.keys(), *writer.entries()]
    return "\n".join(lines) + "\n", writer.guesses


def _text(value: str) -> str:
    """A TOML string."""
    return json.dumps(value, ensure_ascii=False)


def _column(name: str) -> str:
    """A column as an expression, in a TOML string."""
    return _text(column(name))


class _Writer:
    """Writes one mapping, and collects the guesses on the way."""

    def __init__(
        self,
        file: str,
        profiles: Sequence[ColumnProfile],
        roles: dict[str, Role],
        questions: Sequence[Question],
        currency: str,
    ) -> None:
        self.file = file
        self.profiles = profiles
        self.roles = roles
        self.questions = questions
        self.currency = currency
        self.guesses: list[Guess] = []

    def head(self, time_zone: str) -> Iterator[str]:
        source = re.sub(r"[^a-z0-9]+", "_", self.file.split(".")[0].lower()).strip("_") or "file"
        yield f"# A first mapping for {self.file}. Each guess says how sure it is and why."
        yield "# Correct what is wrong, then try it with --dry-run."
        yield f"source = {_text(source)}"
        yield f"time_zone = {_text(time_zone)}  # the company's; whose clock wrote these times?"
        yield ""

    def keys(self) -> Iterator[str]:
        role = self.roles.get("key")
        if role is None and "id" in self.roles:
            reason = "no column names a customer, so each row counts as one of its own"
            role = Role("key", self.roles["id"].column, 0.3, reason)
        if role is None:
            yield "# No column looks like a customer: these interactions will belong to nobody."
            yield "# [[key]]"
            yield '# type = "customer_id"'
            yield '# value = "column"'
            yield ""
            return
        kind = "email" if "mail" in role.column.lower() else re.sub(r"[^a-z0-9]+", "_", role.column.lower()).strip("_")
        yield "[[key]]"
        yield f"type = {_text(kind)}"
        yield f"value = {_column(role.column)}{self._note('key', role)}"
        yield ""

    def entries(self) -> Iterator[str]:
        if not self.questions:
            yield from self._entry("order" if "order" in self.roles or "value" in self.roles else "touch", None)
        for question in self.questions:
            kind = "review" if question.metric == "rating" and "text" in self.roles else "answer"
            yield from self._entry(kind, question)

    def _entry(self, kind: str, question: Question | None) -> Iterator[str]:
        first = question is None or question is self.questions[0]
        yield "[[interaction]]"
        yield f"name = {_text(kind if question is None else question.column)}"
        yield f"kind = {_text(kind)}"
        if "id" in self.roles:
            yield f"id = {_column(self.roles['id'].column)}{self._note('id', self.roles['id'], shown=first)}"
        yield self._time(shown=first)
        if question is not None:
            yield from self._question(question)
        if first:
            yield from self._rest()
        yield ""

    def _time(self, *, shown: bool) -> str:
        role = self.roles.get("time")
        if role is not None:
            column = _column(role.column)
            value = column if role.detail == "iso" else f"{{ from = {column}, formats = [{_text(role.detail)}] }}"
            return f"occurred_at = {value}{self._note('occurred_at', role, shown=shown)}"
        year = re.search(r"(?:19|20)\d\d", self.file)
        day = f"{year[0] if year else '2000'}-01-01"
        reason = f"no column holds dates; {'the year stands in the file name' if year else 'put the right day here'}"
        if shown:
            self.guesses.append(Guess("occurred_at", "", 0.2, reason))
        return f"occurred_at = '\"{day}\"'" + (f"  # 20 %: {reason}" if shown else "")

    def _question(self, question: Question) -> Iterator[str]:
        self.guesses.append(Guess(question.metric, question.column, question.confidence, question.reason))
        note = f"  # {question.confidence:.0%}: {question.reason}"
        column = _column(question.column)
        yield f"metric = {_text(question.metric)}"
        if question.metric != "nps":
            yield f"scale = {list(question.scale)}"
        if question.missing:
            missing = ", ".join(_text(value) for value in question.missing)
            yield f"score = {{ from = {column}, missing = [{missing}] }}{note}"
        else:
            yield f"score = {column}{note}"
        asked = quoted(question.column)
        yield f"question_id = '{asked}'" if "'" not in asked else f"question_id = {_text(asked)}"

    def _rest(self) -> Iterator[str]:
        for field in ("text", "language", "channel", "brand", "product", "location", "region", "event"):
            if field in self.roles:
                yield f"{field} = {_column(self.roles[field].column)}{self._note(field, self.roles[field])}"
        if "value" in self.roles:
            yield f"value = {_column(self.roles['value'].column)}{self._note('value', self.roles['value'])}"
            yield f"currency = '\"{self.currency}\"'  # the company's; which currency is it?"
        if "order" in self.roles:
            role = self.roles["order"]
            yield f"objects = {{ order = {_column(role.column)} }}{self._note('objects.order', role)}"
        properties = self._properties()
        if properties:
            inner = ", ".join(f"{_text(name)} = {_column(name)}" for name in properties)
            yield f"properties = {{ {inner} }}  # few different values each: numbers can be split by them"

    def _properties(self) -> list[str]:
        used = {role.column for role in self.roles.values()} | {question.column for question in self.questions}
        few = [
            profile.name
            for profile in self.profiles
            if profile.name not in used and 2 <= profile.distinct <= 50 and profile.numbers < 0.5 * profile.filled
        ]
        return few[:_PROPERTIES]

    def _note(self, field: str, role: Role, *, shown: bool = True) -> str:
        if not shown:
            return ""
        self.guesses.append(Guess(field, role.column, role.confidence, role.reason))
        return f"  # {role.confidence:.0%}: {role.reason}"
