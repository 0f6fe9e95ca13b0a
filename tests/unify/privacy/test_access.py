"""Access requests: everything about the person, nothing of others, and no word of theirs as markup."""

from __future__ import annotations

import json
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxloop.collect.redaction import Seal
from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.core.host import Actor
from cxloop.core.schema import TABLES, Personal
from cxloop.unify.privacy.access import answer_access
from cxloop.unify.privacy.access_queries import ACCESS, WITHOUT
from cxloop.unify.privacy.overview import look
from cxloop.unify.privacy.revealing import reveal_interaction

if TYPE_CHECKING:
    from tests.unify.privacy.conftest import Desk

AT = datetime(2026, 3, 1)
ANALYST = Actor(account_id=7, name="Ada", role="analyst")
SPITEFUL = "<script>alert('x')</script><img src=x onerror=1>"


def told(ws: Desk, customer: str = "anna") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer_access(ws, customer, "json", None).document)
    return found


def rows(document: dict[str, Any], part: str) -> list[dict[str, Any]]:
    return next(each["rows"] for each in document["parts"] if each["name"] == part)


def test_no_table_about_persons_is_forgotten() -> None:
    about_persons = {
        table.name for table in TABLES if any(column.personal is not Personal.NONE for column in table.columns)
    }

    assert about_persons <= {*ACCESS, *WITHOUT}
    for table in TABLES:
        if table.name in ACCESS:
            assert tuple(ACCESS[table.name].output) == table.names


def test_the_file_holds_every_row_and_every_column_about_the_person(ws: Desk) -> None:
    ws.happens(
        "anna",
        AT,
        text="my own words",
        traits={"name": "Anna"},
        consents=[["news", None, True]],
        objects=[["order", "o1"]],
        properties={"a": 1},
        promise_what="delivery",
        promise_due_at=datetime(2026, 3, 5),
    )
    ws.happens("ben", AT, text="words of ben")

    document = told(ws)

    assert (document["format"], document["version"]) == ("cxloop-access", 1)
    assert rows(document, "interactions")[0]["text"] == "my own words"
    assert rows(document, "interactions")[0]["properties"] == {"a": 1}
    assert rows(document, "traits")[0]["value"] == "Anna"
    assert rows(document, "interaction_objects")[0]["id"] == "o1"
    assert rows(document, "promises")[0]["what"] == "delivery"
    assert rows(document, "consents")[0]["purpose"] == "news"
    assert rows(document, "keys")[0]["value"] == "anna"
    assert "words of ben" not in json.dumps(document)
    for part in document["parts"]:
        names = [field["name"] for field in part["fields"]]
        assert all(list(row) == names for row in part["rows"])


def test_other_persons_are_masked_and_rejected_rows_are_in(ws: Desk) -> None:
    ws.happens("anna", AT, employee="Sabine Kurz", account_namespace="shop", account_type="h", account_value="house 1")
    columns = "(rejected_id, import_id, source, file, code, reason, raw, rejected_at)"
    for number, raw in ((1, '{"who": "anna@example.org"}'), (2, '{"who": "somebody"}')):
        values = f"values ({number}, 'i', 's', 'f', 'c', 'r', ?, ?)"
        ws.engine.cursor().execute(f"insert into rejected {columns} {values}", [raw, AT]).fetchall()
    ws.happens("anna@example.org", AT)
    ws.tie("anna", "anna@example.org")

    document = told(ws)

    assert "Sabine" not in json.dumps(document)
    assert {row["account_key"] for row in rows(document, "interactions")} == {"[another person]", None}
    assert [row["rejected_id"] for row in rows(document, "rejected")] == [1]


def test_notes_of_the_records_are_in_without_who_wrote_them(ws: Desk) -> None:
    from cxloop.store import notes

    ws.happens("anna", AT)
    notes.add(ws.store, ws.key("anna"), "prefers mornings", author_id=None, author="Sabine Kurz")

    document = told(ws)

    assert rows(document, "customer_notes")[0]["text"] == "prefers mornings"
    assert "Sabine" not in json.dumps(document)


class Reader(HTMLParser):
    """Collects tags and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_words_of_a_customer_are_never_markup_and_the_page_needs_nothing_else(ws: Desk) -> None:
    ws.happens("anna", AT, text=SPITEFUL, traits={"name": f"Anna {SPITEFUL}"}, properties={SPITEFUL: SPITEFUL})

    page = answer_access(ws, "anna", "html", None).document

    reader = Reader()
    reader.feed(page)
    assert reader.tags.isdisjoint({"script", "img", "link", "iframe"})
    assert reader.attributes.isdisjoint({"onerror", "src"})
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_file_lies_in_exports_for_this_user_alone_and_says_until_when(ws: Desk) -> None:
    ws.happens("anna", AT)

    answer = answer_access(ws, "anna", "html", ws.path / "copy.html")

    file = ws.path / "exports" / answer.file
    assert file.read_text() == answer.document == (ws.path / "copy.html").read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    assert (answer.expires_at - answer.made_at).days == 30
    (listed,) = look(ws).exports
    assert (listed.file, listed.customer_id) == (answer.file, answer.customer_id)
    ws.actor = Actor(account_id=8, name="Vi", role="viewer")
    assert look(ws).exports == ()  # who asked is a person


def test_a_file_that_cannot_be_written_is_told_as_such(ws: Desk, tmp_path: Path) -> None:
    ws.happens("anna", AT)

    with pytest.raises(InputError, match="folder that exists"):
        answer_access(ws, "anna", "json", tmp_path / "nowhere" / "a.json")


def test_an_account_names_no_file_of_the_server(ws: Desk, tmp_path: Path) -> None:
    ws.happens("anna", AT)
    ws.actor = ANALYST

    for to in (tmp_path / "new.html", Path("erasing"), ws.path / "inbox" / "orders.csv"):
        with pytest.raises(AccessDeniedError, match="Leave it out"):
            answer_access(ws, "anna", "html", to)
        assert not to.exists()
    assert not (ws.path / "exports").exists()


def test_a_file_that_is_there_is_never_written_over(ws: Desk, tmp_path: Path) -> None:
    ws.happens("anna", AT)
    there, link, dangling = tmp_path / "secret.key", tmp_path / "link.html", tmp_path / "dangling.html"
    there.write_text("as it was")
    link.symlink_to(there)
    dangling.symlink_to(tmp_path / "elsewhere")

    for to in (there, link, dangling):
        with pytest.raises(InputError, match="is there already"):
            answer_access(ws, "anna", "html", to)
    assert there.read_text() == "as it was"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("raw", "theirs"),
    [
        ('{"email": "Anna.Berg@example.com", "score": "nine"}', True),
        ("2026,anna.berg@example.com,x", True),
        ("Write to anna.berg@example.com.", True),
        ('{"email": "joanna.berg@example.com"}', False),
        ('{"email": "jo+anna.berg@example.com"}', False),
        ('{"email": "anna.berg@example.community"}', False),
        ('{"email": "anna.berg@example.com.au"}', False),
    ],
)
def test_a_row_set_aside_is_theirs_where_it_names_them_and_not_somebody_of_a_longer_name(
    ws: Desk, raw: str, theirs: bool
) -> None:
    ws.happens("anna.berg@example.com", AT)
    columns = "(rejected_id, import_id, source, file, code, reason, raw, rejected_at)"
    insert = f"insert into rejected {columns} values (1, 'i', 's', 'f', 'c', 'r', ?, ?)"
    ws.engine.cursor().execute(insert, [raw, AT]).fetchall()

    assert bool(rows(told(ws, "anna.berg@example.com"), "rejected")) is theirs


def test_what_redaction_took_out_is_theirs_and_is_revealed_with_the_key_alone(
    ws: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "a key that is long enough for thirty-two"
    monkeypatch.setenv("CX_TEST_KEY", key)
    sealed = Seal(key).close("shop", "1", {"text": "call 0171 1234567"})
    ws.happens("anna", AT, text="call [phone]", sealed=sealed)
    (number,) = [row["interaction_id"] for row in rows(told(ws), "interactions")]
    assert rows(told(ws), "interactions")[0]["sealed"] == "[sealed]"
    with pytest.raises(InputError, match="redaction_key"):
        reveal_interaction(ws, number)

    privacy = ws.settings.privacy.model_copy(update={"redaction_key": "env:CX_TEST_KEY"})
    ws.settings = ws.settings.model_copy(update={"privacy": privacy})

    assert rows(told(ws), "interactions")[0]["sealed"] == {"text": "call 0171 1234567"}
    assert reveal_interaction(ws, number).records() == [{"field": "text", "original": "call 0171 1234567"}]
    with pytest.raises(NotFoundError):
        reveal_interaction(ws, number + 1)

    # who may not reveal gets no seal opened by asking for everything
    ws.actor = ANALYST
    document = told(ws)
    assert "0171 1234567" not in json.dumps(document)
    assert rows(document, "interactions")[0]["sealed"] == "[sealed]"
    assert any("an owner of the workspace" in line for line in document["left_out"])


def test_the_overview_counts_who_said_what_last_by_customer(ws: Desk) -> None:
    ws.happens("anna", AT, consents=[["news", None, True]])
    ws.happens("anna2", datetime(2026, 3, 2), consents=[["news", None, False]])
    ws.happens("ben", AT, consents=[["news", None, True], ["Ads", None, True]])
    ws.tie("anna", "anna2")

    purposes = {each.purpose: (each.declared, each.granted, each.refused) for each in look(ws).purposes}

    assert purposes == {"news": (True, 1, 1), "bills": (True, 0, 0), "Ads": (False, 1, 0)}
