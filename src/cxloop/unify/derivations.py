"""The derivations of unify: `customers`, one row per customer, for lists and search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import Derivation
from cxloop.unify.queries import CUSTOMER_ROWS
from cxloop.unify.segments.step import SEGMENTS

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.base import Analysis

__all__ = ["CUSTOMERS", "DERIVATIONS"]

_CODE = "1"
_BEFORE_ALL = -1


def _update(ws: Analysis, since: int | None) -> pa.Table:
    """Returns the rows of the customers that batches after `since` touched; of all of them without it."""
    return ws.engine.fetch(CUSTOMER_ROWS, {"after": _BEFORE_ALL if since is None else since})


def _version(ws: Analysis) -> str:
    """An edited catalogue moves interactions between channels, and so changes every row."""
    return f"{_CODE}.{EVENT_CATALOGUE.version(ws)}"


CUSTOMERS = Derivation(
    name="unify.customers",
    table="customers",
    inputs=CUSTOMER_ROWS.inputs,
    version=_version,
    update=_update,
    rows=CUSTOMER_ROWS,
)

DERIVATIONS = (CUSTOMERS, SEGMENTS)
"""What the runtime runs for this part."""
