"""What goes wrong between people and identifiers, as live events bring it, and what whoever looks must see."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unify.sites import DAY, START, Site, opened

from cxloop.core.errors import InputError, NotFoundError
from cxloop.unify.identity.step import IDENTITIES
from cxloop.unify.matching import runs
from cxloop.unify.matching.knots import Explained
from cxloop.unify.matching.link import Linked
from cxloop.unify.matching.model import Model


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with opened(tmp_path / "acme") as made:
        yield made


def seen(user: str | None = None, device: str | None = None, **more: Any) -> dict[str, Any]:
    """A page view, signed in or not."""
    return {"type": "page", "name": "Home", **_whose(user, device), **more}


def identified(user: str, device: str | None = None, **traits: str) -> dict[str, Any]:
    """An identify call."""
    return {"type": "identify", "traits": traits, **_whose(user, device)}


def renamed(before: str, user: str) -> dict[str, Any]:
    """An alias call: who was `before` is `user` from now on."""
    return {"type": "alias", "previousId": before, "userId": user}


def _whose(user: str | None, device: str | None) -> dict[str, str]:
    named = {"userId": user, "anonymousId": device}
    return {name: value for name, value in named.items() if value is not None}


def test_who_signs_in_brings_along_what_they_did_before(site: Site) -> None:
    site.happens(*[seen(device="laptop")] * 3, at=START)
    stranger = site.customer("web:anonymous_id:laptop")

    site.happens(identified("anna", "laptop", email="anna@example.org"), at=START + DAY)
    site.happens(seen("anna", "phone"), at=START + 2 * DAY)

    assert site.customer("anna") == stranger  # the older number stays
    assert site.keys("anna") == {
        "web:anonymous_id:laptop",
        "web:user_id:anna",
        "web:email:anna@example.org",
        "web:anonymous_id:phone",
    }
    assert site.run("unify.timeline", customer="anna").total == 5


def test_two_people_who_swap_phones_stay_two(site: Site) -> None:
    site.happens(identified("anna", "phone-1"), identified("ben", "phone-2"))
    before = site.customer("anna"), site.customer("ben")
    swap = START + 30 * DAY
    site.happens(seen("anna", "phone-2"), seen("ben", "phone-1"), at=swap)
    site.happens(seen(device="phone-1"), at=swap + DAY)

    assert (site.customer("anna"), site.customer("ben")) == before
    assert site.keys("anna") == {"web:user_id:anna"}
    assert site.keys("ben") == {"web:user_id:ben"}
    assert site.doubts() == {"web:anonymous_id:phone-1": "shared", "web:anonymous_id:phone-2": "shared"}
    # as it was known before the swap, each phone was its owner's
    then = f"k.value = 'phone-1' and c.since <= timestamp '{swap - DAY:%Y-%m-%d}' and c.until > c.since"
    assert site.rows(f"select c.customer_id from customer_keys c join keys k using (key_id) where {then}") == [
        (before[0],)
    ]


def test_father_and_son_with_one_name_and_one_address_are_two(site: Site) -> None:
    both = {"name": "Jan Berg", "email": "Berg@example.org"}
    site.happens(identified("jan-1950", "desktop", **both), identified("jan-1985", "phone", **both))
    site.happens(seen("jan-1950", "desktop"), seen("jan-1985", "phone"), at=START + DAY)

    assert site.customer("jan-1950") != site.customer("jan-1985")
    assert site.keys("jan-1950") == {"web:user_id:jan-1950", "web:anonymous_id:desktop"}
    assert site.keys("jan-1985") == {"web:user_id:jan-1985", "web:anonymous_id:phone"}
    assert {key for key, doubt in site.doubts().items() if doubt == "shared"} >= {"web:email:berg@example.org"}


CRM = """
source = "crm"
time_zone = "UTC"

[[key]]
type = "contact_id"
value = "id"

[[key]]
type = "email"
value = "email"

[[interaction]]
kind = "profile"
name = "imported"
id = "id"
occurred_at = "since"
traits = { email = "email", phone = "phone" }
"""


def test_an_import_with_one_default_address_5000_times_makes_nobody_of_5000(site: Site) -> None:
    file, mapping = site.folder / "contacts.csv", site.folder / "crm.toml"
    lines = (f"C{number},unknown@example.com,000-000,2026-03-01" for number in range(5_000))
    file.write_text("\n".join(["id,email,phone,since", *lines]))
    mapping.write_text(CRM)

    site.run("collect.file", path=file, mapping=mapping)

    assert site.rows("select count(*) from customer_keys where until is null") == [(0,)]
    assert site.rows("select count(*) from customers where label <> 'unknown@example.com'") == [(5_000,)]
    assert set(site.doubts().values()) == {"placeholder"}
    # the key and what stands for the address everywhere: each with 5,000 contacts, and with the other
    assert [row.links for row in site.run("unify.doubts").rows] == [5_001, 5_001]
    assert site.keys("C4999") == {"crm:contact_id:C4999"}


WHOSE = "select key_id, customer_id, since from customer_keys where until is null order by all"

HISTORY = (
    identified("anna", "laptop", email="anna@example.org"),
    identified("anna", "phone"),
    seen("ben", "tablet"),
    identified("ben", "tablet", email="ben@example.org"),
    seen("anna", "kitchen"),
    seen("ben", "kitchen"),
    renamed("guest-7", "anna"),
)


def _everybody(site: Site) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for customer, key in site.rows(
        "select customer_id, concat(type, ':', value) as name from customer_keys join keys using (key_id) "
        "where until is null and namespace <> '*' order by name"
    ):
        found.setdefault(customer, []).append(key)
    return sorted(found.values())


def test_calls_in_any_order_and_sent_again_come_to_the_same(site: Site, tmp_path: Path) -> None:
    times = [START + timedelta(hours=place) for place in range(len(HISTORY))]
    for event, at in zip(HISTORY, times, strict=True):
        site.sends(event, at=at)
    site.catch_up()
    expected = _everybody(site)
    assert expected == [
        ["anonymous_id:guest-7", "anonymous_id:laptop", "anonymous_id:phone", "email:anna@example.org", "user_id:anna",
         "user_id:guest-7"],
        ["anonymous_id:tablet", "email:ben@example.org", "user_id:ben"],
    ]  # fmt: skip

    for order in ((6, 5, 4, 3, 2, 1, 0), (3, 0, 6, 2, 5, 1, 4)):
        with opened(tmp_path / f"other-{order[0]}") as other:
            for turn, place in enumerate((*order, *order)):
                other.sends({**HISTORY[place], "messageId": f"m{place}"}, at=times[place])
                if turn in (2, 4, 9):
                    other.catch_up()
            other.catch_up()
            assert _everybody(other) == expected
            assert other.rows("select count(*) from interactions") == [(len(HISTORY),)]
            assert {key: doubt for key, doubt in other.doubts().items() if "kitchen" in key} == {
                "web:anonymous_id:kitchen": "shared"
            }


def test_a_cycle_of_renamings_is_one_customer_under_its_oldest_number(site: Site) -> None:
    people = ("a", "b", "c", "d")
    site.happens(*(seen(person) for person in people))
    oldest = min(site.customer(person) for person in people)
    for before, after in itertools.pairwise((*people, "a")):
        site.happens(renamed(before, after), at=START + DAY)

    assert {site.customer(person) for person in people} == {oldest}
    assert {"web:user_id:a", "web:user_id:b", "web:user_id:c", "web:user_id:d"} <= site.keys("a")


def test_merge_undo_and_merge_again_while_events_arrive(site: Site) -> None:
    site.happens(identified("anna", "laptop"), identified("ann", "phone"))
    older, younger = sorted((site.customer("anna"), site.customer("ann")))
    arriving = threading.Event()

    def arrive() -> None:
        for number in range(4):
            site.sends(seen("anna", "laptop"), seen("ann", "phone"), at=START + number * DAY)
            while site.loader.step() is not None:
                pass
        arriving.set()

    thread = threading.Thread(target=arrive)
    thread.start()
    first = site.run("unify.merge", customer="anna", other="ann", reason="same person")
    assert (site.customer("anna"), site.customer("ann"), site.customer(str(younger))) == (older, older, older)
    site.run("unify.undo", decision=first.decision_id)
    assert sorted((site.customer("anna"), site.customer("ann"))) == [older, younger]
    with pytest.raises(InputError, match=f"{first.decision_id}"):
        site.run("unify.undo", decision=first.decision_id)
    site.run("unify.merge", customer="ann", other="anna")
    thread.join()
    assert arriving.is_set()
    site.catch_up()

    assert (site.customer("anna"), site.customer("ann"), site.customer(str(younger))) == (older, older, older)
    assert site.run("unify.timeline", customer=str(younger)).total == 10
    told = site.run("unify.ledger", customer="anna").rows
    people = [(row.action, row.undone, row.reason) for row in told if row.evidence == "person"]
    assert people == [("link", False, None), ("undo", False, None), ("link", True, "same person")]


def test_an_undo_can_be_undone_and_that_as_well(site: Site) -> None:
    site.happens(seen("anna"), seen("ann"))
    decision = site.run("unify.merge", customer="anna", other="ann").decision_id
    together = []
    for _ in range(4):
        decision = site.run("unify.undo", decision=decision).decision_id
        together.append(site.customer("anna") == site.customer("ann"))

    assert together == [False, True, False, True]


def test_a_wrong_sign_in_that_was_undone_stays_apart_whatever_comes_again(site: Site) -> None:
    site.happens(seen("anna", "laptop"))
    (link,) = site.run("unify.identity", customer="anna").links
    site.run("unify.undo", decision=link.decision_id, reason="borrowed")
    site.happens(seen("anna", "laptop"), at=START + DAY)

    assert site.keys("anna") == {"web:user_id:anna"}
    assert site.keys("web:anonymous_id:laptop") == {"web:anonymous_id:laptop"}


def test_what_a_person_keeps_apart_no_evidence_brings_together(site: Site) -> None:
    site.happens(seen("anna"), seen(device="phone"))
    site.run("unify.never", customer="anna", other="web:anonymous_id:phone")
    site.happens(identified("anna", "phone", email="anna@example.org"), at=START + DAY)

    assert site.customer("anna") != site.customer("web:anonymous_id:phone")
    assert "never" in site.doubts().values()
    with pytest.raises(InputError, match="never"):
        site.run("unify.merge", customer="anna", other="web:anonymous_id:phone")


def test_who_is_erased_while_matching_compares_is_linked_by_nothing_it_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.happens(*(identified(name, name=name, email=f"{name}@example.org") for name in ("anna", "ann", "ben")))
    gone = site.customer("anna")

    def erased_meanwhile(people: pa.Table, **_: Any) -> Linked:
        site.run("unify.erase", customers="anna")
        everybody = tuple(Explained(0, other, 20.0, 20.0, False, ()) for other in range(1, people.num_rows))
        model = Model((), {}, (), 0.5, people.num_rows, 1)
        return Linked(np.zeros(people.num_rows, np.int64), everybody, (), (), model, len(everybody))

    monkeypatch.setattr(runs, "link", erased_meanwhile)
    run = site.run("unify.match")

    assert run.dropped >= 1
    with pytest.raises(NotFoundError):
        site.customer("anna")
    keys = {key for (key,) in site.rows("select key_id from keys")}
    named = {key for row in site.rows("select key_a, key_b from identity_links") for key in row if key is not None}
    assert gone not in keys
    assert named <= keys


WORK = """
import sys
from pathlib import Path
from tests.unify.sites import START, opened

with opened(Path(sys.argv[1])) as site:
    print("ready", flush=True)
    for turn in range(1000):
        user, browser = {"userId": f"u{turn}"}, {"anonymousId": f"b{turn}"}
        site.happens({"type": "page", **user, **browser}, {"type": "page", "userId": f"v{turn}"}, at=START)
        print(site.run("unify.merge", customer=f"u{turn}", other=f"v{turn}").decision_id, flush=True)
"""


def test_a_kill_in_the_midst_of_events_and_merges_leaves_what_was_acknowledged_and_no_halves(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    words = [sys.executable, "-c", WORK, str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(3)][1:]
        process.kill()
        acknowledged += process.communicate()[0].splitlines(keepends=True)

    with opened(folder) as site:
        site.catch_up()
        for turn in range(len(acknowledged)):
            assert site.keys(f"u{turn}") == {
                f"web:user_id:u{turn}",
                f"web:user_id:v{turn}",
                f"web:anonymous_id:b{turn}",
            }
        decisions = [number for (number,) in site.rows("select entry_id from identity_links where evidence = 'person'")]
        assert {int(line) for line in acknowledged} <= set(decisions)
        caught_up = site.rows(WHOSE)
        site.host.workspace.engine.delete("watermarks", "derivation", [IDENTITIES.name])
        site.host.derive()
        assert site.rows(WHOSE) == caught_up


def test_who_was_erased_and_writes_again_is_somebody_new(site: Site) -> None:
    site.happens(identified("anna", "laptop", email="anna@example.org"), identified("ben", "phone"))
    gone = site.customer("anna")
    site.run("unify.erase", customers="anna")
    with pytest.raises(NotFoundError):
        site.customer("anna")
    site.happens(identified("anna", "laptop", email="anna@example.org"), at=datetime.now(UTC) + DAY)

    new = site.customer("anna")
    assert new != gone
    assert site.run("unify.timeline", customer="anna").total == 1
    with pytest.raises(NotFoundError):
        site.customer(str(gone))
    assert site.run("unify.timeline", customer="ben").total == 1
