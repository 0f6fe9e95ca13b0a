"""A mailed dashboard: its PDF in the mail, whole; and a no that counts for one address and one mailing only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.outreach.conftest import NOON, new
from tests.support.mailserver import mail_server

from cxloop.core.config import Experience, Settings
from cxloop.core.errors import InputError
from cxloop.outreach.addresses import house_of
from cxloop.outreach.channels.setup import channels_of
from cxloop.outreach.delivery import Delivery
from cxloop.outreach.messages import put
from cxloop.outreach.pages.app import PreferencePages
from cxloop.outreach.reports import MAILING, digest_of, files_of, forget_files, keep_file, refused
from cxloop.store import documents
from cxloop.store.base import Store
from cxloop.store.messages import messages

PDF = b"%PDF-1.7\r\n.\r\n..\x00\xff" + bytes(range(256)) * 40
TOLD = {
    "title": "Mornings",
    "lede": "NPS fell.",
    "lines": [{"title": "NPS <all>", "text": "31 (25 to 37), 412 answers."}],
    "period": "Since 90d.",
    "link": "https://cx.example/explore/dashboards/mornings",
    "file": "1-20261102t0700.pdf",
    "file_name": "mornings-2026-11-02.pdf",
}


def settings_of(port: int) -> Settings:
    smtp = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "cx@acme.example"}
    server = {"public_url": "https://cx.example"}
    return Settings.model_validate({"server": server, "outreach": {"smtp": smtp}, "company": {"name": "Kettle & Co"}})


def reports_for(store: Store, *addresses: str, number: int = 1) -> list[int]:
    own = {"about": "report", "template": "report", "reference": number, "key_id": 0, "purpose": "", "parameters": TOLD}
    made = [new(n, **own, once=f"r:{number}:{each}", address=each) for n, each in enumerate(addresses)]
    return put(store, made)


def asked(store: Store, method: str, path: str) -> tuple[int, str]:
    pages, sent = PreferencePages(store, lambda: (settings_of(25), Experience())), list[Any]()

    async def receive() -> Any:
        return {"type": "http.request", "body": b"List-Unsubscribe=One-Click", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
    asyncio.run(pages(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode()


def test_the_mail_brings_the_pdf_and_its_numbers_as_text_and_as_html(store: Store, tmp_path: Path) -> None:
    keep_file(tmp_path, TOLD["file"], PDF)  # type: ignore[arg-type]
    reports_for(store, "ada@acme.example")
    with mail_server() as server:
        settings = settings_of(server.port)
        ways = channels_of(settings, store.vault, store.clock)
        house = house_of(settings, store.vault)
        Delivery(store, ways, house, files=lambda message: files_of(tmp_path, message)).run()
        mail = server.mail()

    attached = [part for part in mail.walk() if part.get_content_disposition() == "attachment"]
    assert [(part.get_content_type(), part.get_filename()) for part in attached] == [
        ("application/pdf", "mornings-2026-11-02.pdf")
    ]
    assert attached[0].get_content() == PDF
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert "NPS <all>: 31 (25 to 37), 412 answers." in plain.get_content()
    assert "NPS &lt;all&gt;" in page.get_content()
    assert "https://cx.example/explore/dashboards/mornings" in page.get_content()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].strip("<>") in page.get_content()


def test_a_mail_whose_pdf_is_gone_is_not_sent_without_it(store: Store, tmp_path: Path) -> None:
    (number,) = reports_for(store, "ada@acme.example")
    with mail_server() as server:
        settings = settings_of(server.port)
        ways = channels_of(settings, store.vault, store.clock)
        house = house_of(settings, store.vault)
        Delivery(store, ways, house, files=lambda message: files_of(tmp_path, message)).run()

    found = messages.get(store, number)
    assert found is not None
    assert (found.state, server.mails) == ("failed", [])
    assert "Send it anew" in found.failure


def test_a_no_counts_at_once_for_one_address_and_one_mailing(store: Store) -> None:
    documents.save(store, MAILING, "1", {"title": "Mornings"}, author_id=None)
    ada, bo = reports_for(store, "Ada@acme.example", "bo@acme.example")
    (other,) = reports_for(store, "ada@acme.example", number=2)
    found = messages.get(store, ada)
    assert found is not None
    link = house_of(settings_of(25), store.vault)(found).unsubscribe.removeprefix("https://cx.example")

    status, text = asked(store, "GET", link)
    assert (status, "Mornings" in text, refused(store, 1)) == (200, True, frozenset())
    assert asked(store, "POST", link)[0] == 200

    states = [kept.state for number in (ada, bo, other) if (kept := messages.get(store, number)) is not None]
    assert states == ["cancelled", "waiting", "waiting"]
    assert refused(store, 1) == {digest_of(store.vault, "ada@ACME.example")}
    assert refused(store, 2) == frozenset()


def test_a_forged_no_is_none(store: Store) -> None:
    assert asked(store, "POST", f"/u/n{'0' * 16}_1.0.{'0' * 24}")[0] == 404


@pytest.mark.parametrize("name", ["../secret.key", "a/b.pdf", ".pdf", "x.PDF", "x"])
def test_files_of_mails_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="Send it anew"):
        keep_file(tmp_path, name, PDF)


def test_files_are_private_and_forgotten_when_they_are_old(tmp_path: Path) -> None:
    keep_file(tmp_path, "old.pdf", PDF)
    path = tmp_path / "reports" / "old.pdf"
    assert path.stat().st_mode & 0o077 == 0

    assert forget_files(tmp_path, NOON.replace(year=2000)) == 0
    assert forget_files(tmp_path, NOON.replace(year=2100)) == 1
    assert not path.exists()
