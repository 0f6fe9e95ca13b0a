"""Qualtrics' CSV: names of columns, their words, and a row of JSON with import ids; then the responses.

After Qualtrics' support pages "Understanding Your Data Set" and "Export Formats". Cells are choice texts or numeric
codes, by a choice of whoever exported; several choices stand in one cell with commas, or, split, in a column each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import groupby

from cxloop.collect.surveys.importing.export import Export, Fact, Group, Part, plain

__all__ = ["is_qualtrics", "read_qualtrics"]

_FACTS: dict[str, Fact] = {
    "startDate": "started_at",
    "endDate": "skip",
    "recordedDate": "finished_at",
    "status": "state",
    "ipAddress": "skip",
    "progress": "skip",
    "duration": "seconds",
    "finished": "finished",
    "_recordId": "response",
    "recipientLastName": "skip",
    "recipientFirstName": "skip",
    "recipientEmail": "email",
    "externalDataReference": "customer",
    "locationLatitude": "skip",
    "locationLongitude": "skip",
    "distributionChannel": "channel",
    "userLanguage": "language",
}
_UNASKED = frozenset({"", "-99"})
"""-99 is what Qualtrics writes for a question that was seen and not answered, where that was asked for."""
_PARTED = re.compile(r"^(?P<question>.+?)_(?P<part>\d+)$")
_WRITTEN = re.compile(r"^(?P<question>.+)_TEXT$")
_DERIVED = ("_NPS_GROUP", "_DO", "_First Click", "_Last Click", "_Page Submit", "_Click Count")
_SPLIT = re.compile(r"\s+-\s+(?:Selected Choice\s+-\s+)?")


def is_qualtrics(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the third row is Qualtrics' JSON of import ids."""
    return len(rows) > 2 and bool(rows[2]) and _import(rows[2][0]) is not None


def _import(cell: str) -> dict[str, str] | None:
    try:
        found = json.loads(cell)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "ImportId" in found else None


def read_qualtrics(rows: Sequence[Sequence[str]]) -> Export:
    """Returns what a Qualtrics export says; its first three rows are headers."""
    names, titles, imports = rows[0], rows[1], rows[2]
    ids = [(_import(cell) or {}).get("ImportId", "") for cell in imports]
    zones = {zone for cell in imports if (zone := (_import(cell) or {}).get("timeZone"))}
    facts: dict[Fact, int] = {}
    asked: list[int] = []
    for place, import_id in enumerate(ids):
        fact = _FACTS.get(import_id)
        if fact is None and not names[place].endswith(_DERIVED) and not import_id.endswith(_DERIVED):
            asked.append(place)
        elif fact is not None and fact != "skip":
            facts[fact] = place
    found = [
        _group(list(each), names, titles) for _, each in groupby(asked, key=lambda at: _question(names[at], ids[at]))
    ]
    return Export(
        product="qualtrics",
        facts=facts,
        groups=tuple(group for group in found if group.parts),
        rows=rows[3:],
        width=len(names),
        first_line=4,
        zone=next(iter(zones), None) if len(zones) == 1 else None,
        missing=_UNASKED,
    )


def _question(name: str, import_id: str) -> str:
    """The question that a column belongs to: Q5 of Q5_1, Q5_2 and Q5_7_TEXT, where Qualtrics made them of one."""
    written = _WRITTEN.match(name)
    base = written["question"] if written else name
    parted = _PARTED.match(base)
    return parted["question"] if parted and import_id.startswith("QID") else base


def _group(places: list[int], names: Sequence[str], titles: Sequence[str]) -> Group:
    written = [place for place in places if _WRITTEN.match(names[place])]
    # a question that is nothing but a text entry is called Q3_TEXT or Q3 and has no other column
    answered = [place for place in places if place not in written] or written
    words = [_SPLIT.split(plain(titles[place])) for place in answered]
    several = len(answered) > 1 or bool(_PARTED.match(names[answered[0]]))
    name = _question(names[answered[0]], "QID") if several else names[answered[0]].removesuffix("_TEXT")
    parts = [
        Part(place, " - ".join(each[1:]) if several and len(each) > 1 else "")
        for place, each in zip(answered, words, strict=True)
    ]
    other = next((place for place in written if place not in answered), None)
    return Group(name, words[0][0], tuple(parts), other, joined=",")
