"""Keys: the identifiers by which each source knows a person, and who is behind them in truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cxloop.simulate.blocks import Places, Pooled, join, pick
from cxloop.simulate.names import FIRST_NAMES, LAST_NAMES, MAIL_HOSTS, ascii_name
from cxloop.simulate.people import People
from cxloop.simulate.world import MARKETS, STORES

__all__ = ["KEY_KINDS", "Keys", "keys"]

_KINDS = {
    "customer_id": ("shop", "customer_id"),
    "newsletter": ("newsletter", "email"),
    "receipt": ("store", "email"),
    "card": ("store", "card"),
    "phone": ("callcentre", "phone"),
    "chat": ("chat", "email"),
    "web": ("web", "device"),
    "second_web": ("web", "device"),
    "app": ("app", "device"),
    "click": ("ads", "click_id"),
    "kiosks": ("store", "kiosk"),
}
KEY_KINDS = tuple(_KINDS.values())
"""Namespace and type of each kind of key; the web device stands twice, since some people have two."""


@dataclass(frozen=True)
class Keys:
    """The table of keys, and for each person the place of their key of each kind.

    Attributes:
        kind: number in `KEY_KINDS`, per key.
        value: the identifier, per key (Arrow strings).
        shared: whether several people use it, per key.
        customer_id: place of the number in the shop, per person; so are the following, with -1 for none.
        newsletter: place of the address that gets the newsletter.
        receipt: place of the address for digital receipts in the stores.
        card: place of the card of the loyalty club.
        phone: place of the telephone number.
        chat: place of the address given in the chat.
        web: place of the browser.
        second_web: place of the second browser of those who have one.
        app: place of the installation of the app.
        click: place of the click id of the advertising network.
        kiosks: place of each store's tablet.
        email: the main e-mail address, per person (Arrow strings).
        name: full name, per person (Arrow strings).
    """

    kind: NDArray[np.int8]
    value: Any
    shared: NDArray[np.bool_]
    customer_id: Places
    newsletter: Places
    receipt: Places
    card: Places
    phone: Places
    chat: Places
    web: Places
    second_web: Places
    app: Places
    click: Places
    kiosks: Places
    email: Any
    name: Any

    @property
    def of_people(self) -> tuple[Places, ...]:
        """The places of every kind of key that people have, each an array with one entry per person."""
        return tuple(getattr(self, kind) for kind in _KINDS if kind != "kiosks")

    @cached_property
    def written(self) -> Any:
        """Each key as the JSON list that `other_keys` holds."""
        namespaces = pick([namespace for namespace, _ in KEY_KINDS], self.kind)
        types = pick([kind for _, kind in KEY_KINDS], self.kind)
        return join('[["', namespaces, '","', types, '","', self.value, '"]]')

    def beside(self, places: Places) -> Pooled:
        """Returns the column `other_keys` with one further key per row; null where the place is -1."""
        return Pooled(self.written, places)


def keys(rng: np.random.Generator, everyone: People) -> Keys:
    """Returns the keys of everyone: addresses, numbers, cards and devices, some of them shared in a household."""
    email, name = _addresses(rng, everyone)
    values = _values(rng, everyone, email)
    lengths = [len(value) for value in values.values()]
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    places = {
        kind: np.arange(first, first + length, dtype=np.int32)
        for kind, first, length in zip(values, firsts, lengths, strict=True)
    }
    shared = np.zeros(sum(lengths), bool)
    shared[places["kiosks"]] = True
    shared[_share(rng, everyone, places["web"])] = True
    places["second_web"] = np.where(rng.random(everyone.count) < 0.35, places["second_web"], -1).astype(np.int32)
    return Keys(
        kind=np.repeat(np.arange(len(lengths)), lengths).astype(np.int8),
        value=pa.concat_arrays(list(values.values())),
        shared=shared,
        email=email,
        name=name,
        **places,
    )


def _values(rng: np.random.Generator, everyone: People, email: Any) -> dict[str, Any]:
    """Returns the identifiers by kind, one per person; of the kiosks, one per store."""
    number = np.arange(everyone.count)
    devices = rng.integers(10**11, 10**12, (4, everyone.count))
    other = join("mail", number, "@", pick(MAIL_HOSTS, number % len(MAIL_HOSTS)))
    elsewhere = pa.array(rng.random(everyone.count) < 0.05)
    return {
        "customer_id": join("C", 1_000_000 + number),
        "newsletter": email,
        "receipt": email,
        "card": join("L", 50_000_000 + number * 7),
        "phone": join(pick([place.phone for place in MARKETS], everyone.market), 1_000_000 + number),
        # Some write to the chat from another address than the one the shop has.
        "chat": pc.if_else(elsewhere, other, email),
        "web": join("d-", devices[0], "-", number),
        "second_web": join("d-", devices[1], "-", number),
        "app": join("a-", devices[2], "-", number),
        "click": join("c-", devices[3], "-", number),
        "kiosks": join("kiosk-", pa.array([ascii_name(store.name) for store in STORES])),
    }


def _share(rng: np.random.Generator, everyone: People, web: Places) -> Places:
    """Gives 4 % of people the browser of somebody else of the same market; returns the shared ones."""
    shared = []
    for market in range(len(MARKETS)):
        members = rng.permutation(np.flatnonzero(everyone.market == market))
        pairs = int(members.size * 0.04)
        guests, owners = members[:pairs], members[pairs : 2 * pairs]
        web[guests] = web[owners]
        shared.append(web[owners])
    return np.concatenate(shared)


def _addresses(rng: np.random.Generator, everyone: People) -> tuple[Any, Any]:
    languages = np.array([tuple(FIRST_NAMES).index(place.language) for place in MARKETS])[everyone.market]
    first, first_ascii = _drawn(rng, languages, FIRST_NAMES)
    last, last_ascii = _drawn(rng, languages, LAST_NAMES)
    hosts = pick(MAIL_HOSTS, rng.integers(0, len(MAIL_HOSTS), everyone.count))
    email = join(first_ascii, ".", last_ascii, np.arange(everyone.count) + 10, "@", hosts)
    return email, join(first, " ", last)


def _drawn(
    rng: np.random.Generator, languages: NDArray[np.int64], names: dict[str, tuple[str, ...]]
) -> tuple[Any, Any]:
    """Draws a name by language for everyone; returns it as written and as used in an address."""
    pool = [name for group in names.values() for name in group]
    sizes = np.array([len(group) for group in names.values()])
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    places = firsts[languages] + (rng.random(languages.size) * sizes[languages]).astype(np.int64)
    return pick(pool, places), pick([ascii_name(name) for name in pool], places)
