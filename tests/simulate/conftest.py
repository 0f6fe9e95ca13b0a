"""One company for all tests, read back as plain columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from cxloop import simulate
from cxloop.simulate.history import History, history
from cxloop.simulate.streams import Streams
from cxloop.simulate.world import world

CUSTOMERS, MONTHS, SEED = 12_000, 24, 7


class Rows:
    """A table as numpy columns; what a naive analyst would work with."""

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        self.columns = columns

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def where(self, *names: str) -> Rows:
        """The rows of events with one of these names."""
        chosen = np.isin(self["name"], names)
        return Rows({name: column[chosen] for name, column in self.columns.items()})

    def properties(self, name: str) -> list[Any]:
        """One property of each row; None where it is missing."""
        return [json.loads(text).get(name) if text else None for text in self["properties"]]

    def order(self) -> NDArray[Any]:
        """The number of the order that each row is about."""
        return np.array([json.loads(text)[0][1] for text in self["objects"]])


@pytest.fixture(scope="session")
def company() -> simulate.Company:
    return simulate.company(CUSTOMERS, MONTHS, SEED)


@pytest.fixture(scope="session")
def rows(company: simulate.Company) -> Rows:
    table = pa.concat_tables(company.batches()).unify_dictionaries()
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    return Rows({name: _numpy(column) for name, column in columns.items()})


def _numpy(column: Any) -> NDArray[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    plain: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return plain


@pytest.fixture(scope="session")
def past() -> History:
    """The hidden history of the same company, for truths that no row shows."""
    return history(world("kept"), Streams(SEED), CUSTOMERS, MONTHS)
