"""What every connector rests on: settings, secrets, values, files that wait, and what failures say."""

from __future__ import annotations

import json
import socket
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr
from tests.collect.conftest import NOW
from tests.collect.connectors.conftest import Office

from cxloop.collect.connectors import base, forms
from cxloop.collect.connectors.base import Connector, SourceError
from cxloop.collect.connectors.failures import explained, redacted
from cxloop.collect.connectors.forms import Parted
from cxloop.collect.connectors.importing import mapping_for, take
from cxloop.collect.connectors.landing import Place, plain, write_rows
from cxloop.collect.connectors.pulls import next_due
from cxloop.collect.connectors.systems import connector, ready_mapping, systems
from cxloop.collect.files.mapping import read_mapping
from cxloop.core.errors import MistakesError, UnknownNameError
from cxloop.store import connections

MAPPING = """
[[interaction]]
name = "order"
kind = "order"
id = "id"
occurred_at = "at"
objects = { order = "id" }
"""


class Settings(base.Settings):
    """Settings of a system that does not exist."""

    host: str = Field(title="Server", description="Where it is.")
    token: SecretStr = Field(title="Token", description="An API token.")
    mode: Literal["all", "new"] = Field("new", title="Mode", description="What to read.")
    folders: tuple[str, ...] = Field(("INBOX",), title="Folders", description="Which.")
    size: int | None = Field(None, title="Size", description="How much.", ge=1)
    quick: bool = Field(False, title="Quick", description="Whether.")


SETTINGS = Settings.model_validate({"host": "a", "token": "t"})
ACME = Connector(title="Acme", about="Nothing.", settings=Settings)


def test_every_folder_with_a_description_is_a_system_with_help_for_each_setting() -> None:
    assert set(systems()) >= {"folder", "mailbox", "sql", "webhook", "zendesk"}
    for system in systems():
        found = connector(system)
        assert found.title
        assert found.about.endswith(".")
        for name, field in found.settings.model_fields.items():
            assert field.title, f"{system}.{name}"
            assert (field.description or "").endswith("."), f"{system}.{name}"
        mapping = ready_mapping(system)
        if mapping is not None:
            assert read_mapping(mapping_for(mapping, "acme"), system).source == "acme"


def test_an_unknown_system_is_told_with_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match='Did you mean "zendesk"'):
        connector("zendeks")


def test_a_form_knows_the_kind_of_each_setting() -> None:
    kinds = {field.name: (field.kind, field.required, field.default) for field in forms.fields(ACME)}

    assert kinds == {
        "host": ("text", True, None),
        "token": ("secret", True, None),
        "mode": ("choice", False, "new"),
        "folders": ("list", False, ["INBOX"]),
        "size": ("number", False, None),
        "quick": ("flag", False, False),
    }


def test_settings_of_a_form_are_checked_together_and_a_secret_is_not_quoted() -> None:
    with pytest.raises(MistakesError) as failure:
        forms.checked(ACME, {"token": ["hidden-token"], "mode": "some", "size": "0", "hots": "x"}, "acme")

    assert [mistake.where for mistake in failure.value.mistakes] == ["host", "token", "mode", "size", "hots"]
    assert "hidden-token" not in failure.value.message


def test_what_a_form_leaves_empty_is_left_out_and_lists_come_as_one_text() -> None:
    found = forms.checked(ACME, {"host": "a", "token": "t", "size": "", "folders": "INBOX, Sent\nArchive"}, "acme")

    assert isinstance(found, Settings)
    assert (found.size, found.folders) == (None, ("INBOX", "Sent", "Archive"))


def test_secrets_are_apart_and_references_are_looked_up_when_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    in_clear = forms.parted(forms.checked(ACME, {"host": "a", "token": "very-secret"}, "acme"))
    by_name = forms.parted(forms.checked(ACME, {"host": "a", "token": "env:ACME_TOKEN"}, "acme"))
    monkeypatch.setenv("ACME_TOKEN", "from-outside")
    monkeypatch.setenv("CXLOOP_SECRET_KEY", "ours")

    assert (in_clear.secrets, "token" in in_clear.plain) == ({"token": "very-secret"}, False)
    assert (by_name.secrets, by_name.plain["token"]) == ({}, "env:ACME_TOKEN")
    assert forms.opened(ACME, by_name)[1] == {"token": "from-outside"}
    with pytest.raises(SourceError, match="CXLOOP_SECRET_KEY, which is not set"):
        forms.opened(ACME, Parted({"host": "a", "token": "env:CXLOOP_SECRET_KEY"}, {}))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (2**53, 2**53),
        (2**60, "1152921504606846976"),
        (datetime(2026, 5, 1, 12, tzinfo=UTC), "2026-05-01 12:00:00+00:00"),
        (date(2026, 5, 1), "2026-05-01"),
        (timedelta(minutes=1.5), 90.0),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\x00\xff", "AP8="),
        ({1: (Decimal(1), None)}, {"1": ["1", None]}),
    ],
)
def test_values_are_written_so_that_nothing_is_lost(value: object, written: object) -> None:
    assert plain(value) == written


JSON = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers() | st.floats() | st.decimals() | st.datetimes() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_any_value_becomes_json_that_every_reader_understands(value: Any) -> None:
    written = plain(value)

    assert json.loads(json.dumps(written, allow_nan=False).encode("utf-8")) == written


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ('source = "x"\n[[table]]\n', 'source = "n"\n[[table]]\n'),
        ("[[interaction]]\n", 'source = "n"\n[[interaction]]\n'),
        ('[[table]]\nname = "a"\nsource = "inner"\n', 'source = "n"\n[[table]]\nname = "a"\nsource = "inner"\n'),
    ],
)
def test_the_source_of_a_mapping_is_the_connections_name(mapping: str, expected: str) -> None:
    assert mapping_for(mapping, "n") == expected


def test_files_that_were_imported_before_a_crash_are_only_removed(office: Office) -> None:
    place = Place.of(office.path, "shop")
    rows = [{"id": 1, "at": "2026-05-01"}, {"id": 2, "at": "never"}]

    write_rows(place, "rows", "first", rows)
    take(office, place, "shop", MAPPING)
    # as if the process had been killed after the transaction and before the file was removed
    write_rows(place, "rows", "first", rows)
    again = take(office, place, "shop", MAPPING)

    assert (again.rows, again.imports, place.waiting()) == (0, [], [])
    assert (office.number("select count(*) from interactions"), office.number("select count(*) from rejected")) == (
        1,
        1,
    )


def test_rows_of_a_mapping_that_does_not_fit_go_on_waiting(office: Office) -> None:
    place = Place.of(office.path, "shop")
    write_rows(place, "rows", "first", [{"number": 1, "at": "2026-05-01"}])

    with pytest.raises(MistakesError, match="Unknown column 'id'"):
        take(office, place, "shop", MAPPING)
    assert [file.name for file in place.waiting()] == ["rows.first.jsonl"]


def test_rejects_of_a_connection_replay_under_its_name(office: Office) -> None:
    from cxloop.collect.files.replays import replay_rejected

    place = Place.of(office.path, "shop")
    write_rows(place, "rows", "first", [{"id": 7, "at": "01.05.2026"}])
    taken = take(office, place, "shop", MAPPING)
    office.write("better.toml", mapping_for('formats = ["%d.%m.%Y"]\n' + MAPPING, "shop"))

    replayed = replay_rejected(office, taken.imports[0], (), office.path / "better.toml")

    assert (taken.rejected, replayed.admitted, office.orders("shop")) == (1, 1, ["7"])


def test_the_innermost_cause_that_somebody_knows_is_told() -> None:
    try:
        try:
            raise socket.gaierror(8, "nodename nor servname provided")
        except OSError as inner:
            raise RuntimeError("in step extract") from inner
    except RuntimeError as failure:
        found = explained(failure, ACME, SETTINGS)

    assert (found.kind, found.message) == (
        "unreachable",
        "The host is not known. Check its name, and this machine's network.",
    )


def test_a_failure_that_nobody_knows_is_told_by_its_type_alone() -> None:
    found = explained(
        ZeroDivisionError("marta@example.org"), ACME, Settings.model_validate({"host": "a", "token": "t"})
    )

    assert (found.kind, found.message) == ("unforeseen", "It failed in a way that nobody foresaw (ZeroDivisionError).")


def test_secrets_are_taken_out_of_texts_in_every_form() -> None:
    assert redacted("p@ss word, p%40ss%20word, p%40ss+word", {"password": "p@ss word"}) == "***, ***, ***"


@pytest.mark.parametrize(
    ("failures", "kind", "minutes"),
    [(0, None, 60), (0, "credentials", 60), (0, "unreachable", 1), (3, "throttled", 8), (30, "timeout", 60)],
)
def test_only_a_failure_that_may_pass_is_tried_again_soon(
    office: Office, failures: int, kind: str | None, minutes: int
) -> None:
    office.connect("folder", "exports", MAPPING, path="exports")
    for _ in range(failures):
        connections.finished(office.store, "exports", connections.Run("failed"), None)

    assert next_due(office.connection("exports"), NOW, kind) == NOW + timedelta(minutes=minutes)
