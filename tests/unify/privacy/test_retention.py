"""Retention: what is past its term is counted and goes from every table and file; a last word stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.unify.conftest import EXPERIENCE
from tests.unify.privacy.conftest import NOW

from cxloop.core.config import Experience, Settings, validate
from cxloop.core.errors import MistakesError
from cxloop.unify.privacy.consents import consents_of
from cxloop.unify.privacy.exports import Exports
from cxloop.unify.privacy.retention import apply, due, look

if TYPE_CHECKING:
    from tests.unify.privacy.conftest import Desk

OLD, NEW = NOW - timedelta(days=400), NOW - timedelta(days=10)


def rules(**terms: str) -> Settings:
    return Settings.model_validate({"retention": [{"kind": kind, "keep": keep} for kind, keep in terms.items()]})


def number(ws: Desk, sql: str) -> int:
    return int(ws.engine.cursor().execute(sql).fetchall()[0][0])


def test_each_rule_says_how_much_is_past_its_term_and_since_when(ws: Desk) -> None:
    ws.settings = rules(touch="1y", interactions="30d", rejected="90d")
    ws.happens("anna", OLD)
    ws.happens("anna", NEW)
    ws.happens("anna", OLD, kind="answer", score=3.0)

    shown = look(ws)

    assert [(rule.kind, rule.rows, rule.oldest) for rule in shown.rules] == [
        ("touch", 1, OLD),
        ("interactions", 1, OLD),
        ("rejected", 0, None),
    ]
    assert "consents" in shown.unlimited
    assert str(shown) == "3 rules of retention; 2 rows past their term."


def test_a_dry_run_changes_nothing(ws: Desk) -> None:
    ws.settings = rules(touch="1y")
    ws.happens("anna", OLD)

    assert str(apply(ws, dry_run=True)) == "1 row would be removed. Nothing was changed."
    assert number(ws, "select count(*) from interactions") == 1
    assert look(ws).last_run is None


def test_what_is_past_its_term_goes_with_what_hangs_on_it_and_from_every_file(ws: Desk) -> None:
    ws.settings = rules(touch="1y")
    ws.happens("anna", OLD, text="plantedtokenofanna", objects=[["order", "o1"]])
    ws.happens("anna", NEW, text="staysbehind")
    ws.flush()

    done = apply(ws, dry_run=False)

    assert str(done) == "1 row removed."
    assert ws.engine.cursor().execute("select text from interactions").fetchall() == [("staysbehind",)]
    assert number(ws, "select count(*) from interaction_objects") == 0
    files = b"".join(file.read_bytes() for file in (ws.path / "analytics").glob("*.duckdb*"))
    assert b"plantedtokenofanna" not in files


def test_a_last_refusal_is_never_forgotten(ws: Desk) -> None:
    ws.settings = rules(consents="30d", interactions="30d")
    ws.happens("anna", OLD, consents=[["news", None, True]])
    ws.happens("anna", OLD + timedelta(days=1), consents=[["news", None, False]])
    ws.happens("anna", NEW)

    apply(ws, dry_run=False)
    ws.derive()

    shown = consents_of(ws, "anna")
    assert [entry.granted for entry in shown.history] == [False]
    assert not shown.purposes[0].allowed


def test_a_refusal_counts_again_when_the_yes_after_it_has_expired_also_after_retention(ws: Desk) -> None:
    ws.settings = rules(consents="30d")
    ends = (OLD + timedelta(days=100)).isoformat(sep=" ")
    ws.happens("anna", OLD - timedelta(days=9), consents=[["offers", None, True]])
    ws.happens("anna", OLD, consents=[["offers", None, False]])
    ws.happens("anna", OLD + timedelta(days=1), consents=[["offers", None, True, None, ends]])
    ws.flush()
    offers = {"name": "offers", "basis": "legitimate interest"}
    ws.experience = Experience.model_validate({**EXPERIENCE, "purpose": [offers]})
    (before,) = consents_of(ws, "anna").purposes
    assert not before.allowed

    done = apply(ws, dry_run=False)

    (after,) = consents_of(ws, "anna").purposes
    assert [rule.rows for rule in done.rules] == [1]  # the first yes alone
    assert after == before


def test_rejected_rows_traits_and_snapshots_have_terms_of_their_own(ws: Desk) -> None:
    ws.settings = rules(traits="1y", snapshots="1d", rejected="1d")
    ws.happens("anna", OLD, traits={"name": "Old"})
    ws.happens("anna", NEW, traits={"name": "New"})
    cursor = ws.engine.cursor()
    columns = "(rejected_id, import_id, source, file, code, reason, raw, rejected_at)"
    cursor.execute(f"insert into rejected {columns} values (1, 'i', 's', 'f', 'c', 'r', 'raw', ?)", [OLD]).fetchall()

    done = apply(ws, dry_run=False)

    assert [(rule.kind, rule.rows) for rule in done.rules] == [("traits", 1), ("snapshots", 0), ("rejected", 1)]
    assert ws.engine.cursor().execute("select value from traits").fetchall() == [("New",)]
    assert number(ws, "select count(*) from rejected") == 0


def test_it_is_due_once_a_day_and_only_where_there_is_something_to_do(ws: Desk) -> None:
    assert not due(ws)
    ws.settings = rules(touch="1y")
    assert due(ws)

    apply(ws, dry_run=False)

    assert look(ws).last_run == NOW
    assert not due(ws)


def test_exports_go_when_they_expire_also_without_a_rule(ws: Desk) -> None:
    exports = Exports(ws.path, "30d")
    exports.write(1, "html", "old", NOW - timedelta(days=31))
    exports.write(1, "html", "new", NOW)
    assert due(ws)

    apply(ws, dry_run=False)

    assert [each.made_at for each in exports] == [NOW]


@pytest.mark.parametrize(
    ("kinds", "said"),
    [(["touch", "touch"], "'touch' has two rules"), (["audit"], "cannot be limited")],
)
def test_rules_that_cannot_be_are_refused_when_the_settings_are_read(kinds: list[str], said: str) -> None:
    with pytest.raises(MistakesError, match=said):
        validate(Settings, {"retention": [{"kind": kind, "keep": "1y"} for kind in kinds]}, "cxloop.toml")


def test_a_year_is_one_of_the_calendar(ws: Desk) -> None:
    ws.settings = rules(touch="2y")

    (rule,) = look(ws).rules
    assert rule.before == datetime(2024, 3, 31)


def test_only_what_is_old_goes(ws: Desk) -> None:
    ws.settings = rules(traits="1y", consents="1y")
    for each in range(50):
        at = OLD if each % 5 == 0 else NEW
        ws.happens(f"person-{each}", at, traits={"name": "Somebody"}, consents=[["news", None, True]])

    done = apply(ws, dry_run=False)

    # ten of fifty were told over a year ago; what is said of consent is everybody's last word
    assert [(rule.kind, rule.rows) for rule in done.rules] == [("traits", 10), ("consents", 0)]
    assert number(ws, "select count(*) from traits") == 40
    assert number(ws, "select count(*) from consents") == 50
