"""Keys of programs: what each may do, for how long, and that a change of a secret interrupts nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.store.conftest import everything_in

from cxloop.core.errors import InputError, NotFoundError
from cxloop.core.host import Actor
from cxloop.store import accounts, audit, keys
from cxloop.store.base import Store
from cxloop.store.keys import ApiKeys, Issued, NewKey, WriteKey, WriteKeys

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Clock


@pytest.fixture
def write_keys(store: Store) -> Iterator[WriteKeys]:
    """Recognises write keys, as a collector does."""
    made = WriteKeys(store)
    yield made
    made.close()


@pytest.fixture
def api_keys(store: Store) -> Iterator[ApiKeys]:
    """Recognises the other keys, as the API does."""
    made = ApiKeys(store)
    yield made
    made.close()


def _write(store: Store, **more: Any) -> Issued:
    return keys.create(store, NewKey(kind="write", **{"name": "Shop", "source": "shop", **more}))


def _forget(*recognisers: WriteKeys | ApiKeys) -> None:
    for each in recognisers:
        each._ring._living.forget()


def test_a_write_key_leads_to_its_source(store: Store, write_keys: WriteKeys) -> None:
    made = _write(store, origins=("https://Shop.example.org",), test=True)

    found = write_keys.find(made.secret)

    assert found == WriteKey(made.key.key_id, "shop", "Shop", ("https://shop.example.org",), test=True)
    assert made.secret.startswith("cxw_")


@pytest.mark.parametrize("secret", ["", "cxw_", "cxw_" + "x" * 43, "é\udcff", "cxw_\x00"])
def test_an_invented_key_is_nobody_s(store: Store, write_keys: WriteKeys, api_keys: ApiKeys, secret: str) -> None:
    _write(store)

    assert write_keys.find(secret) is None
    assert api_keys.find(secret) is None


def test_a_write_key_opens_nothing_and_a_read_key_collects_nothing(
    store: Store, write_keys: WriteKeys, api_keys: ApiKeys
) -> None:
    write = _write(store).secret
    read = keys.create(store, NewKey(kind="read", name="BI", role="viewer")).secret
    admin = keys.create(store, NewKey(kind="admin", name="Terraform")).secret

    assert [api_keys.find(secret) is not None for secret in (write, read, admin)] == [False, True, True]
    assert [write_keys.find(secret) is not None for secret in (write, read, admin)] == [True, False, False]


def test_a_read_key_acts_for_its_account_within_its_limits(store: Store, api_keys: ApiKeys, cast: Cast) -> None:
    limits = (("team", ("North",)),)
    made = keys.create(store, NewKey(kind="read", name="BI", role="viewer", limits=limits, account_id=cast.owner))

    assert api_keys.find(made.secret) == Actor(cast.owner, "BI", "viewer", limits, key_id=made.key.key_id)


def test_rotation_gives_a_new_secret_while_the_former_one_works_on_for_a_while(
    store: Store, clock: Clock, write_keys: WriteKeys
) -> None:
    first = _write(store)
    second = keys.rotate(store, first.key.key_id, overlap=timedelta(days=2))

    both = [write_keys.find(each.secret) for each in (first, second)]
    clock.forward(days=2)
    later = [write_keys.find(each.secret) for each in (first, second)]

    assert both == [WriteKey(first.key.key_id, "shop", "Shop")] * 2
    assert later == [None, WriteKey(first.key.key_id, "shop", "Shop")]
    assert second.key.shown == (second.secret[-4:], first.secret[-4:])


def test_a_leaked_secret_ends_at_once(store: Store, write_keys: WriteKeys) -> None:
    first = _write(store)

    second = keys.rotate(store, first.key.key_id, overlap=timedelta())

    assert write_keys.find(first.secret) is None
    assert write_keys.find(second.secret) is not None


def test_a_second_rotation_does_not_prolong_the_first_secret(store: Store, clock: Clock, write_keys: WriteKeys) -> None:
    first = _write(store)
    keys.rotate(store, first.key.key_id, overlap=timedelta(days=1))
    keys.rotate(store, first.key.key_id, overlap=timedelta(days=30))

    clock.forward(days=1)

    assert write_keys.find(first.secret) is None


def test_an_expired_key_is_refused_also_from_memory(store: Store, clock: Clock, write_keys: WriteKeys) -> None:
    made = _write(store, expires_at=clock() + timedelta(days=1))
    before = write_keys.find(made.secret)

    clock.forward(days=1)

    assert before is not None
    assert write_keys.find(made.secret) is None
    with pytest.raises(InputError, match=r"has expired\. Create"):
        keys.rotate(store, made.key.key_id)


def test_a_revoked_key_is_refused_and_its_name_is_free_again(store: Store, write_keys: WriteKeys) -> None:
    made = _write(store)
    assert write_keys.find(made.secret) is not None

    keys.revoke(store, made.key.key_id)
    _forget(write_keys)

    assert write_keys.find(made.secret) is None
    assert _write(store).key.key_id != made.key.key_id


def test_keys_of_somebody_who_left_read_nothing_but_go_on_collecting(
    store: Store, clock: Clock, cast: Cast, write_keys: WriteKeys, api_keys: ApiKeys
) -> None:
    read = keys.create(store, NewKey(kind="read", name="BI", role="analyst", account_id=cast.mate)).secret
    write = _write(store, account_id=cast.mate).secret
    accounts.disable(store, cast.mate, now=clock())

    assert api_keys.find(read) is None
    assert write_keys.find(write) is not None


def test_an_admin_key_of_somebody_who_is_no_owner_any_more_is_refused(
    store: Store, cast: Cast, api_keys: ApiKeys
) -> None:
    # the mate is an analyst; when the key was made they were an owner
    made = keys.create(store, NewKey(kind="admin", name="Old", account_id=cast.mate))

    assert api_keys.find(made.secret) is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "write", "name": "A"}, "needs a source"),
        ({"kind": "write", "name": "A", "source": "../etc"}, "needs a source"),
        ({"kind": "write", "name": "A", "source": "shop", "role": "viewer"}, "A role goes with a read key only"),
        ({"kind": "write", "name": "A", "source": "shop", "origins": ("shop.example",)}, "is no origin"),
        ({"kind": "write", "name": "", "source": "shop"}, "1 to 80 characters"),
        ({"kind": "read", "name": "A"}, "viewer or analyst; not None"),
        ({"kind": "read", "name": "A", "role": "owner"}, "viewer or analyst; not 'owner'"),
        ({"kind": "read", "name": "A", "role": "viewer", "source": "shop"}, "source: for write keys only"),
        ({"kind": "admin", "name": "A", "limits": (("team", ("North",)),)}, "Limits go with a read key only"),
        ({"kind": "other", "name": "A"}, "Known: write, read, admin"),
    ],
)
def test_what_does_not_go_together_is_refused(store: Store, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        keys.create(store, NewKey(**wrong))


def test_a_key_that_would_be_dead_a_second_of_its_name_and_an_unknown_one_are_refused(
    store: Store, clock: Clock
) -> None:
    _write(store)

    with pytest.raises(InputError, match="expired already"):
        _write(store, name="B", expires_at=clock())
    with pytest.raises(InputError, match="'Shop' already"):
        _write(store)
    with pytest.raises(NotFoundError, match="no key 99"):
        keys.revoke(store, 99)


def test_the_first_use_of_each_day_is_in_the_audit_log(store: Store, clock: Clock) -> None:
    made = _write(store).key.key_id

    first = [keys.note_use(store, made, address="203.0.113.0") for _ in range(3)]
    clock.forward(days=1)
    second = keys.note_use(store, made)

    assert (first, second) == ([True, False, False], True)
    assert [(entry.verb, entry.key, entry.target) for entry in audit.entries(store)] == [
        ("key.used", "Shop", f"key {made}"),
        ("key.used", "Shop", f"key {made}"),
    ]


def test_no_secret_of_a_key_is_written_anywhere(store: Store) -> None:
    made = _write(store)

    written = everything_in(store)

    assert b"Shop" in written  # otherwise the test could not see it
    assert made.secret.encode() not in written
    assert made.secret.removeprefix("cxw_").encode() not in written


def test_a_new_key_works_at_once(store: Store, write_keys: WriteKeys) -> None:
    first = write_keys.find("cxw_nothing_yet")

    made = _write(store)
    write_keys._ring._looked_at = float("-inf")  # a while after somebody else's wrong key

    assert first is None
    assert write_keys.find(made.secret) is not None
