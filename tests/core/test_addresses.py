"""Network addresses: whom a proxy spoke for, and what was asked on the machine itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.addresses import asked_here, client_of

OURS = {"127.0.0.1", "10.0.0.2"}


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("6.6.6.6,203.0.113.7,10.0.0.2", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.2, 10.0.0.2", "203.0.113.7"),
        ("6.6.6.6, made up", "127.0.0.1"),
        ("6.6.6.6, made up, 10.0.0.2", "10.0.0.2"),
        ("", "127.0.0.1"),
        (",", "127.0.0.1"),
    ],
)
def test_a_proxy_is_believed_about_whom_it_heard_and_about_nothing_before(forwarded: str, client: str) -> None:
    assert client_of("127.0.0.1", forwarded, OURS) == client


@given(st.text("0123456789., :af", max_size=60))
def test_what_a_stranger_writes_before_it_changes_nothing(written: str) -> None:
    assert client_of("127.0.0.1", f"{written}, 203.0.113.7", OURS) == "203.0.113.7"
    assert client_of("198.51.100.1", written, OURS) == "198.51.100.1"


@pytest.mark.parametrize("host", ["rebound.example", "localhost.evil.example", "", "[", "127.0.0.1.evil.example:80"])
def test_a_name_that_others_may_have_lead_here_is_not_this_machine_s(host: str) -> None:
    assert not asked_here("127.0.0.1", host, ["host"])
    assert asked_here("127.0.0.1", "127.0.0.1:8441", ["host"])
    assert asked_here("::1", "[::1]:8441", ["host"])
    assert not asked_here("203.0.113.9", "localhost", ["host"])
