"""The repair desk's export: a spreadsheet with the mistakes of everyday work, for trying imports and replays.

Unlike the log it does not go straight into the tables: it is a file with a mapping, and goes in like anybody's.
"""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from cxloop.simulate.world import END, PRODUCTS, STORES

__all__ = ["CORRECTED", "EXPORT", "MAPPING", "PLANTED", "write_export"]

EXPORT = "repairs.csv"
MAPPING = "repairs.toml"
CORRECTED = "repairs-corrected.toml"
PLANTED = {"not_a_number": 5, "not_a_date": 2, "conflict": 1}
"""Rejected rows by code; the corrected mapping takes those whose price is no number."""
_ROWS = 240
_HEAD = ("ticket", "received", "customer", "city", "product", "price", "status")
_STATES = ("repaired", "replaced", "sent back")
_RULES = """\
# The repair desk's spreadsheet: semicolons, decimal commas, German dates.
source = "repairs"
time_zone = "Europe/Berlin"
formats = ["%d.%m.%Y %H:%M"]
decimal = ","
{missing}
[[key]]
type = "customer_id"
value = "customer"
namespace = "shop"

[[interaction]]
name = "repair"
event = '"repair_received"'
kind = "case"
id = "ticket"
occurred_at = "received"
touchpoint = '"store_visit"'
channel = '"store"'
location = "city"
product = "product"
value = "price"
currency = '"EUR"'
outcome = "status"
objects = {{ ticket = "ticket" }}
"""


def write_export(folder: Path, customers: int, seed: int) -> Path:
    """Writes the export, its mapping, and a corrected mapping into a folder; returns the export's path.

    Args:
        folder: where to; made where there is none.
        customers: how many customers the company has.
        seed: same seed, same export.
    """
    folder.mkdir(exist_ok=True)
    (folder / MAPPING).write_text(_RULES.format(missing=""), encoding="utf-8")
    corrected = '# An open estimate is no price yet.\nmissing = ["", "offen"]\n'
    (folder / CORRECTED).write_text(_RULES.format(missing=corrected), encoding="utf-8")
    with (folder / EXPORT).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(_HEAD)
        writer.writerows(_with_mistakes(_rows(customers, np.random.default_rng([seed, 9]))))
    return folder / EXPORT


def _rows(customers: int, rng: np.random.Generator) -> list[list[str]]:
    last = datetime(END.year, END.month, END.day)
    rows = []
    for number in range(_ROWS):
        received = last - timedelta(minutes=int(rng.integers(600, 170 * 24 * 60)))
        price = f"{rng.integers(9, 140)},{rng.choice(['00', '50', '90'])}"
        rows.append(
            [
                f"R{40_000 + number}",
                received.strftime("%d.%m.%Y %H:%M"),
                f"C{1_000_000 + rng.integers(customers)}",
                str(rng.choice([store.name for store in STORES])),
                str(rng.choice([product.name for product in PRODUCTS])),
                price,
                str(rng.choice(_STATES, p=(0.7, 0.2, 0.1))),
            ]
        )
    return rows


def _with_mistakes(rows: list[list[str]]) -> list[list[str]]:
    """Puts in what people do: a word for a price, days that no calendar has, a ticket entered twice."""
    for row in rows[10 : 10 + 30 * PLANTED["not_a_number"] : 30]:
        row[5] = "offen"
    rows[50][1], rows[170][1] = "31.09.2026 10:15", "30.02.2026 17:40"
    return [*rows, [*rows[99][:5], "12,00", "replaced"]]
