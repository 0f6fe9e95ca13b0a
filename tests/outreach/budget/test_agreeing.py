"""Consent over columns is consent as `outreach.consent.may` says it, customer by customer."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.config import Basis, Purpose
from cxloop.outreach.budget.agreeing import Statements, allowed
from cxloop.outreach.budget.values import FAR, us_of
from cxloop.outreach.consent import History, Statement, may

BEGIN = datetime(2024, 2, 25)
"""With 29 February among the days, from which a year later is 28 February."""
BASES: tuple[Basis, ...] = ("consent", "legitimate interest", "contract")
_moments = st.integers(0, 8 * 24).map(lambda hours: BEGIN + timedelta(hours=hours))
_statements = st.tuples(
    st.integers(0, 2),
    st.builds(
        Statement,
        st.sampled_from(["survey", "feedback", "news"]),
        st.booleans(),
        _moments,
        _moments,
        st.sampled_from([None, "email", "sms"]),
        st.sampled_from([None, BEGIN + timedelta(days=4), BEGIN + timedelta(days=500)]),
    ),
)
_purposes = st.builds(
    Purpose,
    name=st.just("survey"),
    aliases=st.sampled_from([(), ("feedback",)]),
    basis=st.sampled_from(BASES),
    expires=st.sampled_from([None, "36h", "3d", "1y"]),
    channels=st.sampled_from([(), ("email",), ("sms",)]),
)
_when = st.one_of(_moments, st.integers(0, 20 * 24).map(lambda hours: BEGIN + timedelta(days=362, hours=hours)))


@given(st.lists(_statements, max_size=12), _purposes, st.sampled_from(["email", "sms"]), _when)
def test_many_at_once_are_told_what_each_alone_is_told(
    said: list[tuple[int, Statement]], purpose: Purpose, channel: str, at: datetime
) -> None:
    # of statements at the same moment, known at the same moment, and of the same kind, any may be the last
    told = allowed(_columns(said), purpose, channel, us_of(at), 3)

    for customer in range(3):
        history = History([purpose], [statement for whose, statement in said if whose == customer])
        assert told[customer] == may(history, "survey", channel, at).allowed


def _columns(said: list[tuple[int, Statement]]) -> Statements:
    def moments(values: list[datetime | None]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([FAR if value is None else us_of(value) for value in values], dtype=np.int64)

    return Statements(
        np.array([whose for whose, _ in said], dtype=np.int64),
        np.array([each.purpose for _, each in said], dtype=object),
        np.array([each.channel or "" for _, each in said], dtype=object),
        np.array([each.granted for _, each in said], dtype=bool),
        moments([each.occurred_at for _, each in said]),
        moments([each.known_at for _, each in said]),
        moments([each.expires_at for _, each in said]),
    )
