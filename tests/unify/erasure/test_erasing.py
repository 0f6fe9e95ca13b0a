"""Somebody is erased: from every answer, from every file, with a receipt; and does not come back."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.unify.erasure.conftest import ANNA, BEN, PAST, PLANTED, Desk, files_with, leave_traces

from cxloop.core.errors import AccessDeniedError, InputError, NotFoundError
from cxloop.core.host import LOCAL, Actor
from cxloop.store import documents, erasures

if TYPE_CHECKING:
    from cxloop.unify.results import Receipt

SPOKEN = (ANNA, PLANTED)


def test_no_file_of_the_workspace_holds_a_byte_of_who_was_erased(desk: Desk) -> None:
    leave_traces(desk)
    assert len(files_with(desk.path, *SPOKEN)) >= 8  # otherwise the test could not see them

    erased = desk.verb("unify.erase", customers=[ANNA], reason="asked by letter")

    assert (erased.state, erased.failure) == ("proved", "")
    assert files_with(desk.path, *SPOKEN) == []
    desk.host.close()
    assert files_with(desk.path, *SPOKEN) == []
    desk.reopen()
    assert desk.verb("unify.customers").total == desk.verb("unify.customers", query="ben").total == 2
    assert desk.rows("interactions") == 5  # Ben's three, and under his user id the two of his that waited
    assert (desk.path / "inbox" / "old.csv").read_text() == f"id,who\n2,{BEN}\n"
    assert BEN in (desk.path / "sources/desk/landed" / "tickets.1.jsonl").read_text()
    assert documents.get(desk.host.workspace.store, "plan", "shop").content == {"examples": ["[removed]", "x"]}
    assert not (desk.path / "erasing").exists()


def test_the_receipt_says_what_went_where_and_names_nobody(desk: Desk) -> None:
    leave_traces(desk)
    desk.verb("unify.erase", customers=[ANNA])

    receipt: Receipt = desk.verb("unify.receipt", erasure=1)

    removed = {(row.part, row.place): row.amount for row in receipt.removed}
    expected = {
        ("analytics", "interactions"): 3,
        ("analytics", "keys"): 2,
        ("analytics", "traits"): 6,
        ("analytics", "interaction_objects"): 3,
        ("records", "customer_notes"): 1,
        ("records", "documents"): 1,
        ("files", "exports"): 1,
        ("files", "models"): 1,
        ("files", "inbox"): 1,
        ("files", "sources"): 1,
        ("spool", "damaged copies"): 1,
    }
    assert {place: removed.get(place) for place in expected} == expected
    assert receipt.valid
    assert receipt.customers == (1,)
    assert not any(word.lower() in receipt.document.lower() for word in (*SPOKEN, "Ulm"))
    assert [row.found for row in receipt.looked] == [0] * len(receipt.looked)
    assert receipt.proved_at is not None
    assert receipt.backups_until is not None
    assert (receipt.backups_until - receipt.proved_at).days in (29, 30)  # of the second; [privacy] says 30 days
    key = Ed25519PublicKey.from_public_bytes(b64decode(receipt.public_key))
    key.verify(b64decode(receipt.signature), receipt.document.encode())


def test_a_receipt_that_was_changed_is_found_out(desk: Desk) -> None:
    desk.verb("unify.erase", customers=[ANNA])
    with closing(sqlite3.connect(desk.path / "app.sqlite")) as records:
        records.execute("update erasures set document = replace(document, '\"erase\"', '\"detach\"')")
        records.commit()

    receipt = desk.verb("unify.receipt", erasure=1)

    assert not receipt.valid
    assert "was changed" in str(receipt)
    assert not desk.verb("unify.check_erasure", erasure=1).clean


def test_a_receipt_shows_what_was_signed_whatever_stands_beside_it(desk: Desk) -> None:
    desk.verb("unify.erase", customers=[ANNA])
    signed = desk.verb("unify.receipt", erasure=1)
    with closing(sqlite3.connect(desk.path / "app.sqlite")) as records:
        records.execute("update erasures set removed = '[]', looked = '[]', mode = 'detach', author = 'Mallory'")
        records.commit()

    assert desk.verb("unify.receipt", erasure=1) == signed
    assert signed.removed
    assert signed.valid


def test_the_receipt_of_one_erasure_is_none_for_another(desk: Desk) -> None:
    desk.verb("unify.erase", customers=[ANNA])
    desk.verb("unify.erase", customers=[BEN])
    assert desk.verb("unify.receipt", erasure=2).valid
    columns = "(document, signature)"
    with closing(sqlite3.connect(desk.path / "app.sqlite")) as records:
        records.execute(f"update erasures set {columns} = (select document, signature from erasures where id = 1)")
        records.commit()

    assert desk.verb("unify.receipt", erasure=1).valid
    assert not desk.verb("unify.receipt", erasure=2).valid
    assert not desk.verb("unify.check_erasure", erasure=2).clean


def test_what_is_found_elsewhere_keeps_the_receipt_from_being_signed(desk: Desk) -> None:
    (desk.path / "inbox").mkdir(exist_ok=True)
    packed = desk.path / "inbox" / "backup.csv.gz"
    packed.write_bytes(gzip.compress(f"1,{ANNA}\n".encode()))

    erased = desk.verb("unify.erase", customers=[ANNA])

    assert erased.state == "found"
    assert "inbox/backup.csv.gz" in erased.failure
    assert desk.verb("unify.receipt", erasure=1).signature == ""
    packed.unlink()
    assert desk.verb("unify.check_erasure", erasure=1).clean
    assert desk.verb("unify.receipt", erasure=1).valid


def test_a_packed_file_that_cannot_be_looked_into_keeps_the_receipt_from_being_signed(desk: Desk) -> None:
    (desk.path / "inbox").mkdir(exist_ok=True)
    rows = desk.path / "inbox" / "rows.parquet"
    pq.write_table(pa.table({"who": [ANNA, BEN]}), rows, compression="zstd")

    erased = desk.verb("unify.erase", customers=[ANNA])
    assert (erased.state, "inbox/rows.parquet" in erased.failure) == ("found", True)

    rows.write_bytes(rows.read_bytes()[:-8])
    again = desk.verb("unify.check_erasure", erasure=1)
    assert (again.clean, desk.verb("unify.receipt", erasure=1).signature) == (False, "")
    assert "inbox/rows.parquet (packed, and cannot be opened)" in erasures.get(desk.host.workspace.store, 1).failure

    pq.write_table(pa.table({"who": [BEN]}), rows, compression="zstd")
    assert desk.verb("unify.check_erasure", erasure=1).clean
    assert desk.verb("unify.receipt", erasure=1).valid


def test_an_older_file_of_tables_keeps_the_receipt_from_being_signed(desk: Desk) -> None:
    (desk.path / "analytics" / "77.duckdb").write_bytes(b"its texts are packed")

    erased = desk.verb("unify.erase", customers=[ANNA])

    assert erased.state == "found"
    assert "77.duckdb (an older file)" in erased.failure


def test_a_copy_of_the_tables_anywhere_keeps_the_receipt_from_being_signed(desk: Desk) -> None:
    (live,) = (desk.path / "analytics").glob("*.duckdb")
    shutil.copy(live, desk.path / "before-the-move")
    with gzip.open(desk.path / "old.gz", "wb") as packed:
        packed.write(live.read_bytes())

    erased = desk.verb("unify.erase", customers=[ANNA])

    assert erased.state == "found"
    assert "before-the-move (packed, and cannot be opened)" in erased.failure
    assert "old.gz (packed, and cannot be opened)" in erased.failure
    assert live.name not in erased.failure


def test_what_is_found_in_base64_or_utf16_is_found(desk: Desk) -> None:
    (desk.path / "notes.bin").write_bytes(b"...." + b64encode(f"from {ANNA} to us".encode()))
    (desk.path / "wide.bin").write_bytes(PLANTED.encode("utf-16-le"))

    erased = desk.verb("unify.erase", customers=[ANNA])

    assert "notes.bin" in erased.failure
    assert "wide.bin" in erased.failure


def test_who_writes_again_is_a_new_customer_and_nothing_comes_back(desk: Desk) -> None:
    old = desk.row(ANNA, text=PLANTED)
    desk.admit(old)
    desk.verb("unify.erase", customers=[ANNA])
    desk.admit(old, {**desk.row(ANNA, PAST, text=PLANTED), "message_id": "of another export"})
    assert desk.verb("unify.customers").total == 1

    tomorrow = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    desk.admit(desk.row(ANNA, tomorrow, text="Hello, it is me."), now=tomorrow)

    timeline = desk.verb("unify.timeline", customer=ANNA)
    assert timeline.total == 1
    assert timeline.customer.customer_id > 4  # two keys and two hub keys were there before
    checked = desk.verb("unify.check_erasure", erasure=1)
    assert (checked.clean, checked.back) == (True, 2)  # the key, and the hub key of its value


def test_what_is_also_somebody_elses_is_left_to_them(desk: Desk) -> None:
    desk.admit(desk.row(BEN, text=f"Ask {ANNA}, she knows."))

    erased = desk.verb("unify.erase", customers=[ANNA])

    assert erased.state == "proved"
    assert "she knows" in str(desk.verb("unify.timeline", customer=BEN).to_dict())


@pytest.mark.parametrize(("mode", "left"), [("anonymise", 3), ("detach", 3), ("erase", 0)])
def test_what_stays_in_each_mode(desk: Desk, mode: str, left: int) -> None:
    erased = desk.verb("unify.erase", customers=[ANNA], mode=mode)

    assert erased.state == "proved"
    assert desk.rows("interactions") == 3 + left
    assert files_with(desk.path, ANNA) == []
    assert desk.verb("unify.customers", query="anna").total == 0
    assert desk.verb("measure.nps").rows[0].result.n == 3 + left


def test_several_go_together_by_number_identifier_or_file(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"email:{BEN}\n\n")

    erased = desk.verb("unify.erase", customers=["1"], file=tmp_path / "list.txt")

    assert (erased.customers, erased.keys, erased.state) == (2, 4, "proved")
    assert desk.rows("interactions") == 0


def test_nobody_goes_where_somebody_is_not_known(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match=r"no customer 'nobody@example\.org'\. Nobody was erased"):
        desk.verb("unify.erase", customers=[ANNA, "nobody@example.org"])

    with pytest.raises(InputError, match="Nobody is named"):
        desk.verb("unify.erase")

    with pytest.raises(InputError, match="The reason holds an identifier"):
        desk.verb("unify.erase", customers=[ANNA], reason=f"mail of {ANNA.upper()}")
    assert desk.rows("interactions") == 6
    assert str(desk.verb("unify.erasures")) == "No erasure yet."


def test_only_who_administers_may_erase(desk: Desk) -> None:
    analyst = Actor(account_id=7, name="Max", role="analyst")

    with pytest.raises(AccessDeniedError, match="right to admin"):
        desk.host.run("unify.erase", {"customers": [ANNA]}, actor=analyst)


def test_kept_answers_are_forgotten_at_once(desk: Desk) -> None:
    shown = desk.host.snapshot("unify.customers", {}, actor=LOCAL)
    assert ANNA in str(shown.result.to_dict()) or PLANTED in str(shown.result.to_dict())

    desk.verb("unify.erase", customers=[ANNA])

    again = desk.host.snapshot("unify.customers", {}, actor=LOCAL)
    assert not any(word in str(again.result.to_dict()) for word in SPOKEN)


def test_an_erasure_that_a_crash_left_behind_is_finished_by_the_next_opening(desk: Desk) -> None:
    from cxloop.runtime.connect import connect
    from cxloop.unify.erasure import requests

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(requests, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.verb("unify.erase", customers=[ANNA])
    assert desk.verb("unify.erasures").records()[0]["state"] == "hidden"
    desk.host.close()

    connection = connect(desk.path)

    assert connection.note == "An erasure that was interrupted has been finished first."
    assert connection.host.run("unify.receipt", {"erasure": 1}, actor=LOCAL).valid  # type: ignore[attr-defined]
    connection.close()
    assert files_with(desk.path, *SPOKEN) == []
    desk.reopen()
