"""Consents of a customer: what comes in, what a person writes down, and how it stands over merged keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from cxloop.collect.files.importer import import_files
from cxloop.core.config import Experience
from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.host import LOCAL, Actor
from cxloop.unify.privacy.consents import consents_of, record_consent

if TYPE_CHECKING:
    from tests.unify.privacy.conftest import Desk

MAY_1 = datetime(2026, 3, 1)


def record(ws: Desk, customer: str, purpose: str, granted: bool, **more: object) -> object:
    given = {"channel": None, "basis": None, "evidence": "", "wording": "", "expires": None, **more}
    return record_consent(ws, customer, purpose, granted=granted, **given)  # type: ignore[arg-type]


def test_a_consent_that_came_with_an_event_is_shown_with_its_verdict(ws: Desk) -> None:
    ws.happens("anna", MAY_1, consents=[["news", "email", "true", "consent", "2026-06-01", "v3", "form", None]])

    shown = consents_of(ws, "anna")

    (entry,) = shown.history
    assert (entry.wording, entry.evidence, entry.expires_at) == ("v3", "form", datetime(2026, 6, 1))
    assert (entry.status, entry.basis, entry.channel) == ("granted", "consent", "email")
    assert [each.allowed for each in shown.purposes[0].channels] == [False, True]


def test_a_short_statement_of_three_is_still_taken(ws: Desk) -> None:
    ws.happens("anna", MAY_1, consents=[["news", None, True]])

    assert consents_of(ws, "anna").history[0].expires_at is None


def test_what_a_person_writes_down_is_an_interaction_of_the_log(ws: Desk) -> None:
    ws.happens("anna", MAY_1)
    ws.actor = Actor(account_id=7, name="Ben", role="agent")

    told = record(ws, "anna", "news", True, channel="email", evidence="on the phone", wording="script 2")

    assert str(told) == "Written down: yes to News by email. It is allowed now."
    (entry,) = consents_of(ws, "anna").history
    assert (entry.author, entry.evidence, entry.wording, entry.source) == ("Ben", "on the phone", "script 2", "cxloop")
    found = ws.engine.cursor().execute("select kind, source, employee from interactions order by batch").fetchall()
    assert found[-1] == ("consent", "cxloop", "Ben")


def test_a_withdrawal_stays_beside_the_yes_that_it_ends(ws: Desk) -> None:
    ws.happens("anna", MAY_1, consents=[["news", None, True]])

    record(ws, "anna", "news", False)

    shown = consents_of(ws, "anna")
    assert [entry.status for entry in shown.history] == ["withdrawn", "granted"]
    assert str(shown) == "anna allows Bills (2 statements)."


def test_an_unknown_purpose_or_channel_is_refused_with_what_there_is(ws: Desk) -> None:
    ws.happens("anna", MAY_1)

    with pytest.raises(UnknownNameError, match="news"):
        record(ws, "anna", "newz", True)
    with pytest.raises(UnknownNameError, match="email"):
        record(ws, "anna", "news", True, channel="emial")
    with pytest.raises(InputError, match="point in time"):
        record(ws, "anna", "news", True, expires="soon")
    assert not consents_of(ws, "anna").history


def test_the_log_may_name_a_purpose_that_is_not_declared_and_nothing_is_allowed_for_it(ws: Desk) -> None:
    ws.happens("anna", MAY_1, consents=[["Advertising", None, True]])

    unknown = consents_of(ws, "anna").purposes[-1]

    assert (unknown.purpose, unknown.declared, unknown.allowed) == ("Advertising", False, False)


def test_a_merge_lets_the_refusal_of_one_key_count_for_both_and_a_split_gives_each_its_own_back(ws: Desk) -> None:
    ws.happens("anna", datetime(2026, 3, 1), consents=[["news", None, True]])
    ws.happens("anna2", datetime(2026, 3, 2), consents=[["news", None, False]])
    assert consents_of(ws, "anna").purposes[0].allowed

    ws.tie("anna", "anna2")
    merged = consents_of(ws, "anna")
    assert not merged.purposes[0].allowed
    assert len(merged.history) == 2

    ws.untie("anna", "anna2")
    assert consents_of(ws, "anna").purposes[0].allowed
    assert not consents_of(ws, "anna2").purposes[0].allowed


def test_without_any_purpose_the_page_says_so(ws: Desk) -> None:
    ws.happens("anna", MAY_1)
    ws.experience = Experience()

    assert "no purpose is declared" in str(consents_of(ws, "anna"))


def test_who_sits_at_the_machine_writes_under_that_name(ws: Desk) -> None:
    ws.happens("anna", MAY_1)
    ws.actor = replace(LOCAL)

    record(ws, "anna", "bills", False)

    shown = consents_of(ws, "anna")
    assert shown.history[0].author == "local"
    assert shown.purposes[1].allowed, "a contract goes on"


def test_a_file_tells_consents_row_by_row_and_an_empty_cell_says_nothing(ws: Desk) -> None:
    mapping = """
source = "crm"
namespace = "shop"
[[table]]
key = [{ type = "user_id", value = "who" }]
[[table.interaction]]
name = "opt-in"
kind = "consent"
id = "who"
occurred_at = "at"
consent = [{ purpose = "news", channel = "email", granted = "optin == 'yes'", wording = "form" }]
"""
    (ws.path / "m.toml").write_text(mapping)
    file = ws.path / "optins.csv"
    file.write_text("who,at,optin,form\nanna,2026-03-01,yes,v2\nben,2026-03-01,no,v2\ncleo,2026-03-01,,\n")

    for expected in (3, 0):
        assert import_files(ws, file, ws.path / "m.toml", dry_run=False).admitted == expected
    ws.derive()

    (entry,) = consents_of(ws, "anna").history
    assert (entry.granted, entry.wording, entry.source, entry.channel) == (True, "v2", "crm", "email")
    assert [entry.granted for entry in consents_of(ws, "ben").history] == [False]
    assert consents_of(ws, "cleo").history == ()
