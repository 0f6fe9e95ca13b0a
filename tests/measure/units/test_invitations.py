"""The response rate against a plain reading of the log, invitation by invitation."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.measure.conftest import Workspace
from tests.measure.units.drawn import LAST, Event, asked, of_each, same, tell, together

from cxloop.engine.duckdb.engine import DuckDBEngine


def invites(event: Event) -> bool:
    return event.survey is not None and (event.name == "survey_sent" or event.kind == "treatment")


def answers(event: Event) -> bool:
    return event.kind == "answer" and event.name != "answer_left_out"


def rate(events: Sequence[Event]) -> list[float]:
    """Whether each invitation that arrived and is old enough was answered within 14 days."""
    bounced = {event.replies_to for event in events if event.name == "survey_bounced" and event.traffic is None}
    named = [event for event in events if answers(event) and event.replies_to and event.traffic is None]
    found = []
    for mine in of_each(events, lambda event: event.survey is not None):
        for invitation in filter(invites, mine):
            if invitation.day + 14 > LAST or (invitation.replies_to and invitation.replies_to in bounced):
                continue
            own = [event.day for event in named if event.replies_to == invitation.message]
            came = own or list(_to_the_last(mine, invitation))
            found.append(float(any(day <= invitation.day + 14 for day in came)))
    return found


def _to_the_last(mine: Sequence[Event], invitation: Event) -> list[float]:
    """When answers came that name no invitation, before the next one to the same survey."""
    same_survey = [event for event in mine if event.survey == invitation.survey]
    later = [event.day for event in same_survey if invites(event) and event.day > invitation.day]
    end = min(later, default=1e9)
    unnamed = [event for event in same_survey if answers(event) and event.replies_to is None]
    return [event.day for event in unnamed if invitation.day <= event.day < end]


WHO = st.sampled_from([1, 2, None])
SURVEY = st.sampled_from(["a", "b"])
TRAFFIC = st.sampled_from([None, None, None, "test"])


@st.composite
def logs_of_surveys(draw: st.DrawFn) -> list[Event]:
    """Invitations at different moments, answers, and some that bounced."""
    events = []
    for place, day in enumerate(draw(st.lists(st.integers(0, 60), min_size=2, max_size=10, unique=True))):
        at = day if day < 55 else LAST - day + 50
        kind, name = draw(st.sampled_from([("treatment", "a_invited"), ("message", "survey_sent")]))
        sampled = f"sampled {place}" if name == "survey_sent" else None
        who, survey = draw(WHO), draw(SURVEY)
        events.append(
            Event(kind, at, who, name, survey=survey, message=f"i{place}", replies_to=sampled, traffic=draw(TRAFFIC))
        )
        if sampled and draw(st.integers(0, 4)) == 0:
            events.append(Event("message", at, who, "survey_bounced", survey=survey, replies_to=sampled))
    named = st.sampled_from([None, None, None, *(event.message for event in events if event.message)])
    called = st.sampled_from(["answered", "answered", "answer_left_out"])
    when = st.one_of(st.integers(0, 75), st.integers(LAST - 20, LAST - 1))
    said = st.builds(
        Event,
        kind=st.just("answer"),
        day=when,
        customer=WHO,
        name=called,
        survey=SURVEY,
        replies_to=named,
        traffic=TRAFFIC,
    )
    return events + draw(st.lists(said, max_size=12))


@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
@given(logs=st.lists(logs_of_surveys(), min_size=10, max_size=10))
def test_it_is_what_reading_the_log_invitation_by_invitation_gives(logs: list[list[Event]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace(DuckDBEngine(Path(folder) / "analytics"))
        tell(ws, together(logs))
        found = asked(ws, "response_rate", by=("region",))
        ws.engine.close()

    same(found, logs, rate, mean)


def test_one_answer_is_never_two_and_the_last_fortnight_waits(ws: Any) -> None:
    asks = [Event("message", day, who, "survey_sent", survey="a") for who in (1, 2) for day in (0, 10, 90)]
    tell(ws, [*asks, Event("answer", 12, 1, survey="a"), Event("touch", 100, 3)])

    result = asked(ws, "response_rate")

    assert (result.rows[0].result.n, result.rows[0].result.value) == (4, 0.25)  # type: ignore[union-attr]
    assert "younger than the limit" in result.how.exclusions
