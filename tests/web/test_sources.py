"""What Sources says: of live events, of connections, and how the form of a connection reads."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cxloop.collect.results import Intake
from cxloop.collect.spool import Envelope, Spool
from cxloop.web.pages.sources.forms import fields_of, settings_text
from cxloop.web.pages.sources.intake import flow
from cxloop.web.pages.sources.state import state_of

NOW = datetime(2026, 11, 2, 12)
BERLIN = ZoneInfo("Europe/Berlin")
WELL = Intake(
    requests=0,
    events=0,
    bytes=0,
    limit_bytes=1_000_000,
    oldest_received_at=None,
    lag_seconds=0.0,
    loading=True,
    loaded=5_000,
    already_there=0,
    rejected=0,
    bots=0,
    tests=0,
    loaded_at=NOW - timedelta(minutes=3),
    loaded_since_start=10,
    events_a_second=1.5,
)
BEHIND = replace(WELL, requests=2, events=200, bytes=1_000, lag_seconds=150.0)
PULLED: dict[str, Any] = {
    "connection": "desk",
    "state": "done",
    "last_pull": NOW - timedelta(minutes=3),
    "admitted": 42,
    "rejected": 0,
    "next_pull": NOW + timedelta(minutes=15),
    "reason": "",
}


def test_events_that_get_through_need_no_word() -> None:
    found = flow(WELL, NOW)

    assert (found.tone, found.sign, found.troubles) == ("good", "flowing", ())
    assert [figure.value for figure in found.figures] == ["0 events", "2 a second", "5,000", "0", "0", "0"]


@pytest.mark.parametrize(
    ("found", "tone", "said"),
    [
        (BEHIND, "warn", "Events wait for 2 minutes before they are in the log. They are safe."),
        (replace(BEHIND, loading=False), "warn", "They are loaded while cxloop serve runs."),
        (replace(BEHIND, failure="the disk is full"), "bad", "the disk is full. They are safe, and wait."),
        (replace(WELL, bytes=950_000), "bad", "fills 95 % of the room"),
        (
            replace(WELL, damages=("2026-11-01 10:00 UTC: 3 requests were salvaged.",)),
            "warn",
            "3 requests were salvaged",
        ),
    ],
)
def test_what_is_wrong_with_live_events_is_said_in_a_sentence(found: Intake, tone: str, said: str) -> None:
    shown = flow(found, NOW)

    assert shown.tone == tone
    assert said in " ".join(trouble.text for trouble in shown.troubles)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ("good", "Pulled 3 minutes ago: 42 interactions.", "Next at 13:15.")),
        (
            {"admitted": 0, "rejected": 2},
            ("good", "Pulled 3 minutes ago: nothing new, 2 rows rejected.", "Next at 13:15."),
        ),
        (
            {"state": "failed", "reason": "The password was refused", "next_pull": None},
            ("bad", "The password was refused.", ""),
        ),
        ({"state": "waiting", "next_pull": NOW}, ("", "Not pulled yet.", "Next in a moment.")),
        ({"state": "running"}, ("", "It is being pulled at this moment.", "")),
        (
            {"state": "paused", "next_pull": None},
            ("warn", "Pulled 3 minutes ago: 42 interactions.", "Nothing is pulled before you resume it."),
        ),
        (
            {"next_pull": NOW + timedelta(days=1)},
            ("good", "Pulled 3 minutes ago: 42 interactions.", "Next at Tuesday, 3 November 2026, 13:00."),
        ),
    ],
)
def test_a_connection_says_what_was_and_what_comes(changed: dict[str, Any], said: tuple[str, str, str]) -> None:
    state = state_of({**PULLED, **changed}, NOW, BERLIN)

    assert (state.tone, state.sentence, state.next) == said


def _described(kind: str, **more: Any) -> dict[str, Any]:
    row = {"setting": kind, "label": kind, "about": "", "kind": kind, "required": True, "default": None, "choices": ""}
    return {**row, **more}


def test_a_form_never_carries_a_secret() -> None:
    rows = [_described("secret"), _described("text")]
    typed = {"set-secret": "hush", "set-text": "shown"}

    again = fields_of(rows, typed, {}, ())
    changing = fields_of(rows, None, {"text": "kept"}, ("secret",))

    assert [field.value for field in again] == ["", "shown"]
    assert [(field.value, field.kept, field.required) for field in changing] == [
        ("", True, False),
        ("kept", False, True),
    ]


def test_what_was_typed_becomes_the_settings() -> None:
    rows = [_described(kind) for kind in ("text", "number", "flag", "list", "choice")]
    typed = {"set-text": " a ", "set-number": "12", "set-list": "x, y\nz,", "set-choice": "b"}

    assert json.loads(settings_text(rows, typed)) == {
        "text": "a",
        "number": 12,
        "flag": False,
        "list": ["x", "y", "z"],
        "choice": "b",
    }


def test_a_number_that_is_none_is_left_to_whoever_checks_all_settings() -> None:
    assert json.loads(settings_text([_described("number")], {"set-number": "many"})) == {"number": "many"}


def test_a_backlog_is_seen_on_sources_while_nothing_loads_it(restarted: Any) -> None:
    browser = restarted.browser("owner")
    spool = Spool(restarted.host.workspace.path / "spool")
    body = json.dumps({"userId": "7", "event": "Waited"}).encode()
    an_hour_ago = int((time.time() - 3600) * 1_000_000)
    spool.append([Envelope("web", "segment", an_hour_ago, body, 25, {"endpoint": "track"})])
    spool.close()

    page, part = browser.get("/sources").text, browser.get("/sources/live").text

    assert "Live events are late" in page
    assert "25 events" in part
    assert "Events wait for 1 hour before they are in the log. They are safe." in part
    assert "<html" not in part


def test_whoever_may_not_connect_is_not_offered_to(viewer: Any, owner: Any) -> None:
    assert 'href="/sources/connect/sql"' in owner.get("/sources/connect").text
    assert 'href="/sources/connect/sql"' not in viewer.get("/sources/connect").text
    assert viewer.get("/sources/connect/sql").status == 403


@pytest.mark.parametrize("address", ["/sources/from/nobody", "/sources/connections/none", "/sources/connect/none"])
def test_sources_that_are_not_there_are_a_designed_page(owner: Any, address: str) -> None:
    assert owner.get(address).status in (400, 404)
    assert 'class="rail"' in owner.get(address).text
