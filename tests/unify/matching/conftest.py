"""A workspace with customers of two sources, some of whom are the same persons written differently."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.support.definitions import NothingDefined

from cxloop.core.config import Experience, Settings
from cxloop.core.host import Actor
from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import derive
from cxloop.engine.duckdb.engine import DuckDBEngine
from cxloop.store.base import Store, open_store
from cxloop.unify.derivations import DERIVATIONS
from cxloop.unify.matching import link as link_module
from cxloop.unify.matching.verbs import match

NOW = datetime(2026, 3, 31)
_MODELS: dict[tuple[str, ...], Any] = {}
GIVEN = (
    "anna",
    "bela",
    "carla",
    "dora",
    "emma",
    "frida",
    "greta",
    "hanna",
    "ida",
    "jana",
    "karla",
    "lena",
    "marta",
    "nina",
    "olga",
    "paula",
    "rosa",
    "sara",
    "tilda",
    "ute",
    "adam",
    "bruno",
    "clemens",
    "david",
    "emil",
    "felix",
    "gustav",
    "hugo",
    "ivan",
    "jakob",
    "karl",
    "leo",
    "max",
    "noah",
    "otto",
    "paul",
    "robin",
    "simon",
    "theo",
    "viktor",
)
FAMILY = (
    "ackermann",
    "bauer",
    "clemens",
    "dietrich",
    "engel",
    "fischer",
    "graf",
    "hoffmann",
    "iversen",
    "jansen",
    "keller",
    "lehmann",
    "maurer",
    "neumann",
    "ostermann",
    "peters",
    "quandt",
    "richter",
    "schubert",
    "thiele",
    "ullmann",
    "vogel",
    "wagner",
    "xander",
    "young",
    "zimmermann",
    "arnold",
    "brandt",
    "conrad",
    "drescher",
)
STREETS = (
    "Lindenweg",
    "Hauptstr.",
    "Am Markt",
    "Rosengasse",
    "Bergstr.",
    "Seeweg",
    "Schulstr.",
    "Parkallee",
    "Kirchplatz",
)
CITIES = ("Berlin", "Hamburg", "Leipzig", "Dresden", "Bremen", "Kassel", "Erfurt", "Mainz")


@dataclass
class Workspace(NothingDefined):
    """What matching sees of a workspace, with ways to write records into it."""

    path: Path
    engine: DuckDBEngine
    store: Store
    settings: Settings = field(default_factory=Settings)
    experience: Experience = field(default_factory=Experience)
    as_of: datetime = NOW
    actor: Actor = field(default_factory=lambda: Actor(account_id=None, name="Vera", role="owner"))
    heavy: AbstractContextManager[object] = field(default_factory=nullcontext)
    moment: datetime = NOW
    written: int = 0

    @property
    def progress(self) -> Callable[[str, float | None], None]:
        """Nobody watches."""
        return lambda _what, _share: None

    def now(self) -> datetime:
        """A moment later than the last one."""
        self.moment += timedelta(seconds=1)
        return self.moment

    def tell(self, namespace: str, records: Mapping[str, Mapping[str, Any]], *, kind: str = "user_id") -> None:
        """Writes what a source says of its customers, by number, and derives."""
        rows = []
        for number, traits in records.items():
            self.written += 1
            rows.append(
                {
                    "message_id": str(self.written),
                    "source": namespace,
                    "kind": "profile",
                    "key_namespace": namespace,
                    "key_type": kind,
                    "key_value": number,
                    "occurred_at": self.now(),
                    "traits": json.dumps(dict(traits)),
                }
            )
        self.engine.admit(pa.Table.from_pylist(rows), now=self.moment)
        self.derive()

    def derive(self) -> None:
        """Brings the derived tables up to date."""
        for derivation in (EVENT_CATALOGUE, *DERIVATIONS):
            derive(self, derivation, now=self.moment)

    def customers(self) -> dict[tuple[str, str], int]:
        """Returns the customer of each key of a source, by (namespace, value)."""
        keys = {row["key_id"]: (row["namespace"], row["value"]) for row in self.rows("keys") if row["namespace"] != "*"}
        now = {row["key_id"]: row["customer_id"] for row in self.rows("customer_keys") if row["until"] is None}
        return {name: now.get(key, key) for key, name in keys.items()}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Returns every row of a table."""
        found: list[dict[str, Any]] = self.engine.cursor().sql(f"from {table}").to_arrow_table().to_pylist()
        return found

    def entries(self) -> list[dict[str, Any]]:
        """Returns what matching wrote, in order."""
        found = [row for row in self.rows("identity_links") if row["author"].startswith("match:")]
        return sorted(found, key=lambda row: int(row["entry_id"]))


@dataclass(frozen=True)
class Town:
    """People with what two sources say of them: `shop` of all, `desk` of the first ones, written differently."""

    shop: Mapping[str, Mapping[str, str]]
    desk: Mapping[str, Mapping[str, str]]


def person(chance: random.Random) -> dict[str, str]:
    """Returns what one person says of themselves."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    return {
        "first_name": given.title(),
        "last_name": family.title(),
        "birthday": f"{chance.randint(1940, 2005)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        "street": f"{chance.choice(STREETS)} {chance.randint(1, 99)}",
        "postal_code": f"{chance.randint(10, 99)}{chance.randint(100, 999)}",
        "city": chance.choice(CITIES),
        "phone": f"+4930{chance.randint(1000000, 9999999)}",
    }


def slip(text: str, chance: random.Random) -> str:
    """Returns a text with two letters in the middle exchanged."""
    at = chance.randrange(1, max(len(text) - 2, 2))
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def written_again(told: Mapping[str, str], chance: random.Random) -> dict[str, str]:
    """Returns what another source says of the same person: a slip in one field, another one missing."""
    again = dict(told)
    wrong, missing = chance.sample(sorted(told), 2)
    again[wrong] = slip(again[wrong], chance)
    del again[missing]
    return again


@pytest.fixture(scope="session")
def town() -> Town:
    """160 people, of whom 80 are known twice."""
    chance = random.Random(4)
    people = [person(chance) for _ in range(160)]
    desk = {f"D{place}": written_again(told, chance) for place, told in enumerate(people[:80])}
    return Town({f"S{place}": told for place, told in enumerate(people)}, desk)


@pytest.fixture(autouse=True, scope="session")
def trained_once() -> Iterator[None]:
    """Training takes a second and comes to much the same for every town: the first model serves all."""
    train = link_module._trained

    def once(work: Any) -> Any:
        fields = tuple(work.columns)
        if fields not in _MODELS:
            _MODELS[fields] = train(work)
        return _MODELS[fields]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(link_module, "_trained", once)
        yield


def opened(folder: Path) -> Workspace:
    """Opens the workspace in a folder; whoever does closes it."""
    return Workspace(folder, DuckDBEngine(folder / "analytics"), open_store(folder / "cxloop.db"))


def closed(ws: Workspace) -> None:
    """Closes a workspace."""
    ws.store.close()
    ws.engine.close()


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace."""
    found = opened(tmp_path)
    yield found
    closed(found)


@pytest.fixture(scope="session")
def built(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Folders of workspaces that many tests begin with: each is told and matched once, and copied."""
    folders = {}
    stories: dict[str, Mapping[str, Mapping[str, Mapping[str, str]]]] = {
        "told": {"shop": town.shop, "desk": town.desk},
        "matched": {"shop": town.shop, "desk": town.desk},
        "twice": {"shop": {**town.shop, **{f"S9{place}": town.desk[f"D{place}"] for place in range(10)}}},
    }
    for name, sources in stories.items():
        folders[name] = tmp_path_factory.mktemp(name)
        ws = opened(folders[name])
        for namespace, records in sources.items():
            ws.tell(namespace, records)
        if name != "told":
            match(ws)
            ws.derive()
        closed(ws)
    return folders


def _copied(folder: Path, to: Path) -> Iterator[Workspace]:
    shutil.copytree(folder, to, dirs_exist_ok=True)
    found = opened(to)
    found.moment = NOW + timedelta(days=1)
    found.written = 100_000
    yield found
    closed(found)


@pytest.fixture
def told(built: Mapping[str, Path], tmp_path: Path) -> Iterator[Workspace]:
    """What both sources say of the town, before any matching."""
    yield from _copied(built["told"], tmp_path)


@pytest.fixture
def matched(built: Mapping[str, Path], tmp_path: Path) -> Iterator[Workspace]:
    """The same after the first run."""
    yield from _copied(built["matched"], tmp_path)


@pytest.fixture
def twice(built: Mapping[str, Path], tmp_path: Path) -> Iterator[Workspace]:
    """One source that knows ten of its customers under two numbers, after the first run."""
    yield from _copied(built["twice"], tmp_path)
