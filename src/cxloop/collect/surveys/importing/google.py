"""Google Forms' answers as CSV: one row of questions; a grid's columns are called "Question [Row]".

From Google Sheets several choices stand in one cell with a comma and a blank, from the form itself with a semicolon;
the timestamp follows the language of whoever made the form. There is no id of a response.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from cxloop.collect.surveys.importing.export import Export, Fact, Group, Part, plain

__all__ = ["is_google_forms", "read_google_forms"]

_TIMESTAMPS = (
    "timestamp", "zeitstempel", "horodateur", "marca temporal", "carimbo de data/hora", "informazioni cronologiche",
    "tijdstempel", "sygnatura czasowa", "tidsstämpel", "タイムスタンプ", "时间戳记", "отметка времени",
)  # fmt: skip
_EMAILS = (
    "email address", "e-mail-adresse", "email", "username", "nutzername", "adresse e-mail",
    "dirección de correo electrónico", "endereço de e-mail", "indirizzo email", "e-mailadres", "メールアドレス",
)  # fmt: skip
_GRID = re.compile(r"^(?P<question>.*\S)\s*\[(?P<row>[^\[\]]+)\]$")
_SCORE = ("score", "punktzahl", "puntuación")


def is_google_forms(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first column is Google's timestamp."""
    return bool(rows) and bool(rows[0]) and plain(rows[0][0]).lower() in _TIMESTAMPS


def read_google_forms(rows: Sequence[Sequence[str]]) -> Export:
    """Returns what an export of Google Forms says; its first row is the header."""
    titles = [plain(cell) for cell in rows[0]]
    facts: dict[Fact, int] = {"finished_at": 0}
    asked: list[int] = []
    for place, title in enumerate(titles[1:], 1):
        if title.lower() in _EMAILS and "email" not in facts:
            facts["email"] = place
        elif title and title.lower() not in _SCORE:
            asked.append(place)
    groups = [list(each) for _, each in groupby(asked, key=lambda place: _question(titles[place], place))]
    numbered = tuple(_group(number, places, titles) for number, places in enumerate(groups, 1))
    return Export("google_forms", facts, numbered, rows[1:], len(titles), 2)


def _question(title: str, place: int) -> str | int:
    """What keeps the columns of a grid together; any other column stands alone, also where two have one title."""
    found = _GRID.match(title)
    return found["question"] if found else place


def _group(number: int, places: list[int], titles: Sequence[str]) -> Group:
    found = [_GRID.match(titles[place]) for place in places]
    if found[0] is None:
        return Group(f"q{number}", titles[places[0]], (Part(places[0], ""),), joined=", ")
    parts = tuple(Part(place, each["row"]) for place, each in zip(places, found, strict=True) if each is not None)
    return Group(f"q{number}", found[0]["question"], parts, joined=", ")
