"""A digest of a company's log: equal content, equal digest, on every platform."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxloop.simulate.companies import Company

__all__ = ["digest"]


def digest(company: Company) -> str:
    """Returns the SHA-256 of the log's rows, sorted by source and message id, and of who owns which key.

    Times are written to the second and numbers to six decimals, so that the last bit of a platform's arithmetic does
    not count. Rows become Python values: meant for companies of up to some thousand customers.
    """
    rows = [
        {name: _plain(value) for name, value in row.items() if value is not None and name != "ordinal"}
        for batch in company.batches()
        for row in batch.to_pylist()
    ]
    rows.sort(key=lambda row: (row["source"], row["message_id"]))
    sums = hashlib.sha256()
    for row in [*rows, *company.identities.to_pylist()]:
        sums.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode())
    return sums.hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.6f}"
    return value if isinstance(value, (str, int)) else str(value)
