"""Typeform's CSV: one row of headers, where each choice of a question with several is a column called like the choice.

After Typeform's help page "Download your responses". The first column (#) is the response's token; the last ones are
its dates in UTC, an id of the network, and tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxloop.collect.surveys.importing.export import Export, Fact, Group, Part, plain

__all__ = ["is_typeform", "read_typeform"]

_FACTS: dict[str, Fact] = {
    "#": "response",
    "response id": "response",
    "token": "response",
    "start date (utc)": "started_at",
    "submit date (utc)": "finished_at",
    "stage date (utc)": "skip",
    "network id": "skip",
    "tags": "skip",
    "ending": "skip",
    "response type": "state",
    "score": "skip",
}
_SEEN = 50_000
"""Rows that are looked at to tell a column of one choice from one of answers."""


def is_typeform(rows: Sequence[Sequence[str]]) -> bool:
    """Whether there is a token in front, and Typeform's dates behind."""
    known = {plain(cell).lower() for cell in rows[0]} if rows else set()
    return "submit date (utc)" in known and bool(known & {"#", "response id", "token"})


def read_typeform(rows: Sequence[Sequence[str]]) -> Export:
    """Returns what a Typeform export says; its first row is the header."""
    titles = [plain(cell) for cell in rows[0]]
    facts: dict[Fact, int] = {}
    asked: list[int] = []
    for place, title in enumerate(titles):
        fact = _FACTS.get(title.lower())
        if fact is None:
            asked.append(place)
        elif fact != "skip" and fact not in facts:
            facts[fact] = place
    groups = tuple(_group(number, places, titles) for number, places in enumerate(_runs(asked, titles, rows[1:]), 1))
    return Export("typeform", facts, groups, rows[1:], len(titles), 2, zone="UTC")


def _runs(asked: Sequence[int], titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[list[int]]:
    """Columns that belong together: those of single choices, with "Other" at their end."""
    run: list[int] = []
    for place in asked:
        together = bool(run) and place == run[-1] + 1
        if _is_choice(titles[place], place, rows) or (together and titles[place].lower() == "other"):
            if run and not together:
                yield run
                run = []
            run.append(place)
            if titles[place].lower() == "other":
                yield run
                run = []
            continue
        if run:
            yield run
            run = []
        yield [place]
    if run:
        yield run


def _is_choice(title: str, place: int, rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column says nothing but its own title."""
    said = {plain(row[place]) for row in rows[:_SEEN] if place < len(row)} - {""}
    return said == {title}


def _group(number: int, places: list[int], titles: Sequence[str]) -> Group:
    if len(places) == 1:
        return Group(f"q{number}", titles[places[0]], (Part(places[0], ""),))
    other = next((place for place in places if titles[place].lower() == "other"), None)
    parts = tuple(Part(place, titles[place]) for place in places if place != other)
    # Typeform does not say what was asked where there is a column for each choice
    return Group(f"q{number}", " / ".join(part.label for part in parts)[:200], parts, other)
