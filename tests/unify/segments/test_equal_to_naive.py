"""Kept up event by event, computed at once, and computed by hand: a segment holds the same customers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unify.segments.conftest import Workspace, open_workspace
from tests.unify.segments.naive import Log

from cxloop.engine.revisions import row_number
from cxloop.store import documents
from cxloop.unify.segments.definition import KIND

DAY = timedelta(days=1)
WHO = ("ada", "bo", "cy", "di")
SEGMENTS = {
    "unhappy": 'count(outcome == "late" and kind == "delivery", within="60d") >= 2 and latest(score, score >= 0) < 7',
    "lost": 'days_since(kind == "order") > 20 or never(kind == "order")',
    "spends": 'sum(value, kind == "order", within="30d") >= 20 and not average(score, within="90d") < 5',
    "gold": 'trait("tier") == "gold" or highest(score) > earliest(score) and lowest(value, within="2d") is null',
    "fresh": 'days_since_first() <= 12 and latest(channel) == "web" or ever(outcome == "late", within="36h")',
}

moments = st.integers(-3 * 24, 70 * 24).map(lambda hours: timedelta(hours=hours))
"""How long ago something happened; below zero, what is still to come."""
happenings = st.one_of(
    st.fixed_dictionaries({"kind": st.just("delivery"), "outcome": st.sampled_from(["late", "on time"])}),
    st.fixed_dictionaries(
        {"kind": st.just("answer"), "metric": st.just("nps"), "score": st.integers(0, 10).map(float)}
    ),
    st.fixed_dictionaries({"kind": st.just("order"), "value": st.sampled_from([0.1, 9.9, 10.0, 30.0])}),
    st.fixed_dictionaries({"kind": st.just("touch"), "channel": st.sampled_from(["web", "parcel"])}),
    st.fixed_dictionaries(
        {"kind": st.just("profile"), "traits": st.fixed_dictionaries({"tier": st.sampled_from(["gold", "blue"])})}
    ),
)
deeds = st.one_of(
    st.tuples(st.just("event"), st.sampled_from(WHO), moments, happenings, st.sampled_from([None, None, None, "bot"])),
    st.tuples(st.just("event"), st.sampled_from(WHO), moments, happenings, st.none()),
    st.tuples(st.just("revise"), st.integers(0, 20), happenings, st.integers(0, 3)),
    st.tuples(st.just("merge"), st.sampled_from(WHO), st.sampled_from(WHO)),
    st.tuples(st.just("split"), st.sampled_from(WHO)),
    st.tuples(st.just("wait"), st.integers(1, 40 * 24).map(lambda hours: timedelta(hours=hours))),
    st.tuples(st.just("erase"), st.sampled_from(WHO)),
)


class Story:
    """What happens, in the workspace and in the log of the naive reckoning at once."""

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self.log = Log()

    def event(self, who: str, ago: timedelta, what: dict[str, Any], traffic: str | None) -> None:
        self._tell({"who": who, "at": self.ws.as_of - ago, "traffic": traffic, "known_at": self.ws.as_of, **what})

    def revise(self, place: int, what: dict[str, Any], lag: int) -> None:
        rows = [row for row in self.log.rows if "traits" not in row]
        if rows and "traits" not in what:
            old = rows[place % len(rows)]
            known_at = self.ws.as_of - lag * timedelta(hours=1)
            row = {"who": old["who"], "at": old["at"], "traffic": None, "revises": old["message_id"]}
            self._tell({**row, "known_at": known_at, **what})

    def _tell(self, row: dict[str, Any]) -> None:
        self.ws.admit(row)
        message_id = str(self.ws.written)
        self.log.rows.append({**row, "message_id": message_id, "number": row_number("shop", message_id)})

    def merge(self, one: str, other: str) -> None:
        known = [who for who in WHO if any(row["who"] == who for row in self.log.rows)]
        if one in known and other in known:
            joined = {key for key in known if self.log.customer(key) in map(self.log.customer, (one, other))}
            eldest = min(joined, key=self.ws.number)
            for key in sorted(joined - {eldest}):
                self.ws.belongs(self.ws.number(key), self.ws.number(eldest))
                self.log.owner[key] = eldest

    def split(self, who: str) -> None:
        if self.log.owner.pop(who, None) is not None:
            self.ws.belongs(self.ws.number(who), self.ws.number(who))

    def wait(self, how_long: timedelta) -> None:
        self.ws.as_of += how_long

    def erase(self, who: str) -> None:
        """Only of whoever is alone: what an erasure makes of a ledger is tested where it is done."""
        together = {*self.log.owner.keys(), *self.log.owner.values()}
        if who not in together and any(row["who"] == who for row in self.log.rows):
            self.ws.engine.erase([self.ws.number(who)])
            self.log.rows = [row for row in self.log.rows if row["who"] != who]

    def expected(self, segment: str) -> set[int]:
        return {self.ws.number(who) for who in self.log.members(SEGMENTS[segment], self.ws.as_of)}


@contextmanager
def told() -> Iterator[Story]:
    """A story in a workspace of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ws = open_workspace(Path(folder))
        for name, where in SEGMENTS.items():
            documents.save(ws.store, KIND, name, {"where": where, "about": ""}, author_id=None)
        try:
            yield Story(ws)
        finally:
            ws.engine.close()
            ws.store.close()


@given(st.lists(deeds, min_size=1, max_size=12))
@settings(max_examples=6)
def test_a_segment_is_right_after_every_event_merge_split_erasure_and_day(deeds: list[tuple[Any, ...]]) -> None:
    with told() as story:
        for what, *how in deeds:
            getattr(story, what)(*how)
            story.ws.derive()
            for segment in SEGMENTS:
                assert story.ws.members(segment) == story.expected(segment), (segment, what)
        kept = {segment: story.ws.members(segment) for segment in SEGMENTS}
        story.ws.engine.cursor().execute("delete from watermarks").fetchall()
        story.ws.derive()
        assert {segment: story.ws.members(segment) for segment in SEGMENTS} == kept
