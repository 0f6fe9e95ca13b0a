"""The simulated company: its log in batches, its catalogue, and the truth behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cxloop.core.config import Experience, load_experience
from cxloop.core.errors import InputError
from cxloop.simulate.batches import Log, log
from cxloop.simulate.blocks import Block
from cxloop.simulate.history import History, history
from cxloop.simulate.rows.orders import order_blocks
from cxloop.simulate.rows.outreach import account_blocks, advertising_blocks, club_blocks, newsletter_blocks
from cxloop.simulate.rows.reviews import review_block
from cxloop.simulate.rows.service import service_blocks
from cxloop.simulate.rows.surveys import survey_blocks
from cxloop.simulate.rows.texts import Told
from cxloop.simulate.rows.traffic import traffic_blocks
from cxloop.simulate.streams import Streams
from cxloop.simulate.truth import identities, themes, truth
from cxloop.simulate.world import Assumptions, world

__all__ = ["Company", "company"]

_LEAST_CUSTOMERS, _MOST_CUSTOMERS = 100, 5_000_000
_LEAST_MONTHS, _MOST_MONTHS = 3, 120


@dataclass(frozen=True)
class Company:
    """A simulated company.

    Attributes:
        customers: number of people.
        months: number of months, up to the end of October 2026.
        seed: what it was drawn with.
        truth: everything planted, as plain JSON values (docs/concepts/simulated-company.md).
        identities: which key belongs to which person (Arrow table: namespace, type, value, person, shared).
        themes: what each text is about (Arrow table: source, message_id, theme, second, tone).
    """

    customers: int
    months: int
    seed: int
    truth: dict[str, Any]
    identities: Any
    themes: Any
    _log: Log

    @property
    def interactions(self) -> int:
        """Number of interactions."""
        return self._log.count

    @property
    def experience(self) -> Experience:
        """The catalogue: stages, touchpoints, channels and rules of the template `shop`."""
        return load_experience(Path(str(files("cxloop") / "templates" / "shop" / "experience.toml")))

    def batches(self) -> Iterator[pa.Table]:
        """Returns the log in time order, in Arrow tables with columns of `core.schema.INCOMING`."""
        return self._log.tables()

    def write(self, folder: Path) -> None:
        """Writes interactions.parquet, truth.json, identities.parquet and themes.parquet into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        writer: pq.ParquetWriter | None = None
        for batch in self.batches():
            writer = writer or pq.ParquetWriter(folder / "interactions.parquet", batch.schema)
            writer.write_table(batch)
        if writer is not None:
            writer.close()
        pq.write_table(self.identities, folder / "identities.parquet")
        pq.write_table(self.themes, folder / "themes.parquet")
        (folder / "truth.json").write_text(json.dumps(self.truth, indent=2, ensure_ascii=False), encoding="utf-8")


def company(customers: int = 50_000, months: int = 24, seed: int = 1, *, assumptions: Assumptions = "kept") -> Company:
    """Returns an omnichannel retailer with known truths; the same arguments return the same company.

    Args:
        customers: number of people, 100 to 5,000,000.
        months: how many months it lasts, 3 to 120; it ends with October 2026.
        seed: any whole number from 0.
        assumptions: "kept", or "broken" for a world that breaks what methods assume: answers cluster by store and
            week, the use of scales drifts, noise has heavy tails, and who answers depends on the answer.

    Raises:
        InputError: an argument is out of its range.
    """
    _check("customers", customers, _LEAST_CUSTOMERS, _MOST_CUSTOMERS)
    _check("months", months, _LEAST_MONTHS, _MOST_MONTHS)
    _check("seed", seed, 0, 2**63 - 1)
    streams = Streams(seed)
    past = history(world(assumptions), streams, customers, months)
    blocks, told = _blocks(past, streams)
    rows = log(blocks, past.keys, streams["lags"])
    return Company(
        customers=customers,
        months=months,
        seed=seed,
        truth=truth(past, seed),
        identities=identities(past, rows),
        themes=themes(rows, told),
        _log=rows,
    )


def _check(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputError(f"{name} is {value:,}; it can be {least:,} to {most:,}.")


def _blocks(past: History, streams: Streams) -> tuple[list[Block], dict[int, Told]]:
    """Returns all rows, and what the texts are about, by the place of their block."""
    blocks: list[Block] = []
    told: dict[int, Told] = {}
    mail = streams["mail"]
    blocks += account_blocks(past, mail)
    blocks += advertising_blocks(past, mail)
    blocks += newsletter_blocks(past, mail)
    blocks += traffic_blocks(past, streams["traffic"])
    blocks += order_blocks(past)
    blocks += club_blocks(past)
    blocks += service_blocks(past, streams["contacts"])
    for block, about in survey_blocks(past, streams["texts"]):
        if about is not None:
            told[len(blocks)] = about
        blocks.append(block)
    review, about = review_block(past, streams["review_texts"])
    told[len(blocks)] = about
    return [*blocks, review], told
