"""The same call in each face."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.calls import canonical, cli_call, http_call, python_call
from cxloop.core.results import Records
from cxloop.core.verbs import Names, Registry, Verb, verb

REGISTRY = Registry()


@verb(part="collect", right="write", into=REGISTRY)
def take_in(
    ws: object, file: Path, *, by: Names = (), where: str | None = None, dry_run: bool = False, keep: bool = True
) -> Records:
    """Take a file in."""
    return Records("", (), ())


TAKE_IN = REGISTRY.get("collect.take_in")


@pytest.fixture
def take() -> Verb:
    return TAKE_IN


def test_python_reads_as_people_write_it(take: Verb) -> None:
    arguments = take.check({"file": "a b.csv", "by": "channel", "dry_run": True})

    assert python_call(take, arguments) == 'ws.collect.take_in("a b.csv", by="channel", dry_run=True)'


def test_several_names_are_a_list_in_python(take: Verb) -> None:
    arguments = take.check({"file": "a.csv", "by": "channel,brand"})

    assert python_call(take, arguments) == 'ws.collect.take_in("a.csv", by=["channel", "brand"])'


def test_the_command_line_quotes_what_a_shell_would_read(take: Verb) -> None:
    arguments = take.check({"file": "a b.csv", "where": 'channel == "web"', "keep": False})

    assert cli_call(take, arguments) == "cxloop collect take-in 'a b.csv' --where 'channel == \"web\"' --no-keep"


def test_http_repeats_a_name_for_each_value(take: Verb) -> None:
    arguments = take.check({"file": "a.csv", "by": "channel,brand", "dry_run": True})

    assert http_call(take, arguments) == "/api/collect/take_in?file=a.csv&by=channel&by=brand&dry_run=true"


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.strip() == text and "\0" not in text))
def test_any_text_comes_out_of_the_shell_as_it_went_in(text: str) -> None:
    arguments = TAKE_IN.check({"file": "a.csv", "where": text})

    assert shlex.split(cli_call(TAKE_IN, arguments))[-1] == text


def test_equal_arguments_have_one_canonical_text(take: Verb) -> None:
    one = take.check({"file": "a.csv", "by": ["x", "y"]})
    other = dict(reversed(take.check({"by": "x,y", "file": Path("a.csv")}).items()))

    assert canonical(one) == canonical(other)
