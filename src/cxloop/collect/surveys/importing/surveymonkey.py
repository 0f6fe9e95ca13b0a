"""SurveyMonkey's CSV: a row of questions, a row of choices, then the responses, a column for each choice.

After SurveyMonkey's help pages "Exporting Survey Responses" and "Spreadsheet Export". A question's words stand above
its first column only; the columns beside it are empty there. Answers are texts or numeric codes.
"""

from __future__ import annotations

from collections.abc import Sequence

from cxloop.collect.surveys.importing.export import Export, Fact, Group, Part, plain

__all__ = ["is_surveymonkey", "read_surveymonkey"]

_FACTS: dict[str, Fact] = {
    "respondent id": "response",
    "respondentid": "response",
    "collector id": "skip",
    "collectorid": "skip",
    "date created": "started_at",
    "startdate": "started_at",
    "date modified": "finished_at",
    "enddate": "finished_at",
    "ip address": "skip",
    "email address": "email",
    "first name": "skip",
    "lastname": "skip",
    "last name": "skip",
    "custom data 1": "customer",
    "customdata": "customer",
}
_WHOLE = ("response", "open-ended response")
_OTHER = ("other", "please specify", "sonstige", "andere", "autre", "otro", "otra", "altro", "outro")


def is_surveymonkey(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row begins with a respondent's id, and the second is one of choices."""
    if len(rows) < 2 or not rows[0]:
        return False
    known = [plain(cell).lower() for cell in rows[0]]
    return known[0] in ("respondent id", "respondentid") and not rows[1][0].strip()


def read_surveymonkey(rows: Sequence[Sequence[str]]) -> Export:
    """Returns what a SurveyMonkey export says; its first two rows are headers."""
    titles = [plain(cell) for cell in rows[0]]
    labels = [plain(cell) for cell in [*rows[1], *[""] * (len(titles) - len(rows[1]))]]
    facts: dict[Fact, int] = {}
    begins: list[int] = []
    asking = False
    for place, title in enumerate(titles):
        fact = _FACTS.get(title.lower())
        if fact is not None and not asking and not labels[place]:
            facts |= {fact: place} if fact != "skip" and fact not in facts else {}
        elif title:
            begins.append(place)
            asking = True
    ends = [*begins[1:], len(titles)]
    spans = map(range, begins, ends)
    groups = [_group(number, titles[span.start], labels, span) for number, span in enumerate(spans, 1)]
    return Export("surveymonkey", facts, tuple(groups), rows[2:], len(titles), 3)


def _group(number: int, title: str, labels: Sequence[str], places: range) -> Group:
    whole = [place for place in places if labels[place].lower() in _WHOLE]
    other = next((place for place in places if len(places) > 1 and labels[place].lower().startswith(_OTHER)), None)
    parts = [Part(place, "" if place in whole else labels[place]) for place in places if place != other]
    return Group(f"q{number}", title, tuple(parts), other)
