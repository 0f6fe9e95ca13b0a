"""Keys: the identifiers by which each source knows a person, and who is behind them in truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cxloop.simulate.blocks import Pooled, join
from cxloop.simulate.names import FIRST_NAMES, LAST_NAMES, MAIL_HOSTS, ascii_name
from cxloop.simulate.people import People
from cxloop.simulate.world import MARKETS, STORES

__all__ = ["KEY_KINDS", "Keys", "keys"]

KEY_KINDS = (
    ("shop", "customer_id"),
    ("newsletter", "email"),
    ("store", "email"),
    ("store", "card"),
    ("callcentre", "phone"),
    ("chat", "email"),
    ("web", "device"),
    ("web", "device"),
    ("app", "device"),
    ("ads", "click_id"),
    ("store", "kiosk"),
)
"""Namespace and type of each kind of key; the web device stands twice, since some people have two."""

_CUSTOMER, _NEWSLETTER, _RECEIPT, _CARD, _PHONE, _CHAT, _WEB, _WEB_TWO, _APP, _CLICK, _KIOSK = range(len(KEY_KINDS))


@dataclass(frozen=True)
class Keys:
    """The table of keys, and for each person the place of their key of each kind.

    Attributes:
        kind: number in `KEY_KINDS`, per key.
        value: the identifier, per key (Arrow strings).
        person: whose key it is; of a shared key the person it was first given to, -1 for a kiosk.
        shared: whether several people use it.
        of: kind by person to place in the table; -1 where the person has none.
        email: the main e-mail address, per person.
        name: full name, per person.
    """

    kind: NDArray[np.int8]
    value: Any
    person: NDArray[np.int64]
    shared: NDArray[np.bool_]
    of: NDArray[np.int32]
    email: Any
    name: Any

    @property
    def customer_id(self) -> NDArray[np.int32]:
        """Place of each person's number in the shop."""
        return self.of[_CUSTOMER]

    @property
    def newsletter(self) -> NDArray[np.int32]:
        """Place of the address that gets the newsletter."""
        return self.of[_NEWSLETTER]

    @property
    def receipt(self) -> NDArray[np.int32]:
        """Place of the address for digital receipts in the stores."""
        return self.of[_RECEIPT]

    @property
    def card(self) -> NDArray[np.int32]:
        """Place of the card of the loyalty club."""
        return self.of[_CARD]

    @property
    def phone(self) -> NDArray[np.int32]:
        """Place of the telephone number."""
        return self.of[_PHONE]

    @property
    def chat(self) -> NDArray[np.int32]:
        """Place of the address given in the chat."""
        return self.of[_CHAT]

    @property
    def web(self) -> NDArray[np.int32]:
        """Places of the first and second browser, shape (2, people)."""
        return self.of[_WEB : _WEB_TWO + 1]

    @property
    def app(self) -> NDArray[np.int32]:
        """Place of the installation of the app."""
        return self.of[_APP]

    @property
    def click(self) -> NDArray[np.int32]:
        """Place of the click id of the advertising network."""
        return self.of[_CLICK]

    @property
    def kiosks(self) -> NDArray[np.int32]:
        """Places of the tablets in the stores, per store."""
        return np.flatnonzero(self.kind == _KIOSK).astype(np.int32)

    @cached_property
    def written(self) -> Any:
        """Each key as the JSON list that `other_keys` holds."""
        namespaces = pa.array([namespace for namespace, _ in KEY_KINDS]).take(pa.array(self.kind))
        types = pa.array([kind for _, kind in KEY_KINDS]).take(pa.array(self.kind))
        return join('[["', namespaces, '","', types, '","', self.value, '"]]')

    def beside(self, places: NDArray[np.int32]) -> Pooled:
        """Returns the column `other_keys` with one further key per row; null where the place is -1."""
        return Pooled(self.written, places)


def keys(rng: np.random.Generator, everyone: People) -> Keys:
    """Returns the keys of everyone: addresses, numbers, cards and devices, some of them shared in a household."""
    count = everyone.count
    email, name = _addresses(rng, everyone)
    devices = rng.integers(10**11, 10**12, (4, count))
    prefix = pa.array([place.phone for place in MARKETS]).take(pa.array(everyone.market))
    second = rng.random(count) < 0.05
    numbers = np.arange(count)
    other = join("mail", numbers, "@", pa.array(MAIL_HOSTS).take(pa.array(numbers % len(MAIL_HOSTS))))
    chat = pc.if_else(pa.array(second), other, email)
    values = (
        join("C", 1_000_000 + numbers),
        email,
        email,
        join("L", 50_000_000 + numbers * 7),
        join(prefix, 1_000_000 + numbers),
        chat,
        *(join("d-", device, "-", numbers) for device in devices[:2]),
        join("a-", devices[2], "-", numbers),
        join("c-", devices[3], "-", numbers),
    )
    kinds = np.concatenate([np.repeat(np.arange(_KIOSK), count), np.full(len(STORES), _KIOSK)])
    kiosk = join("kiosk-", pa.array([ascii_name(store.name) for store in STORES]))
    of = np.arange(_KIOSK * count, dtype=np.int32).reshape(_KIOSK, count)
    shared = _share(rng, everyone, of)
    of[_WEB_TWO, rng.random(count) > 0.35] = -1
    return Keys(
        kind=kinds.astype(np.int8),
        value=pa.concat_arrays([*values, kiosk]),
        person=np.concatenate([np.tile(numbers, _KIOSK), np.full(len(STORES), -1)]),
        shared=np.concatenate([shared, np.ones(len(STORES), bool)]),
        of=of,
        email=email,
        name=name,
    )


def _share(rng: np.random.Generator, everyone: People, of: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Gives 4 % of people the browser of somebody else of the same market; returns which keys are shared."""
    shared = np.zeros(of.size, bool)
    for market in range(len(MARKETS)):
        members = rng.permutation(np.flatnonzero(everyone.market == market))
        pairs = int(members.size * 0.04)
        guests, owners = members[:pairs], members[pairs : 2 * pairs]
        of[_WEB, guests] = of[_WEB, owners]
        shared[of[_WEB, owners]] = True
    return shared


def _addresses(rng: np.random.Generator, everyone: People) -> tuple[Any, Any]:
    languages = np.array([tuple(FIRST_NAMES).index(place.language) for place in MARKETS])[everyone.market]
    first, first_ascii = _drawn(rng, languages, FIRST_NAMES)
    last, last_ascii = _drawn(rng, languages, LAST_NAMES)
    hosts = pa.array(MAIL_HOSTS).take(pa.array(rng.integers(0, len(MAIL_HOSTS), everyone.count)))
    email = join(first_ascii, ".", last_ascii, np.arange(everyone.count) + 10, "@", hosts)
    return email, join(first, " ", last)


def _drawn(
    rng: np.random.Generator, languages: NDArray[np.int64], names: dict[str, tuple[str, ...]]
) -> tuple[Any, Any]:
    """Draws a name by language for everyone; returns it as written and as used in an address."""
    pool = [name for group in names.values() for name in group]
    sizes = np.array([len(group) for group in names.values()])
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    places = pa.array(firsts[languages] + (rng.random(languages.size) * sizes[languages]).astype(np.int64))
    return pa.array(pool).take(places), pa.array([ascii_name(name) for name in pool]).take(places)
