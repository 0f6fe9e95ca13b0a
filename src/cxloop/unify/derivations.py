"""The derivations of unify: who is who, and `customers`, one row per customer, for lists and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxloop.engine.catalogue import EVENT_CATALOGUE
from cxloop.engine.derivation import Changes, Derivation
from cxloop.unify.identity.queries import GONE_CUSTOMERS, POSITION, batch_of, entry_of
from cxloop.unify.identity.step import IDENTITIES, identity_version
from cxloop.unify.queries import CUSTOMER_ROWS, TOUCHED
from cxloop.unify.segments.step import SEGMENTS

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis, Value

__all__ = ["CUSTOMERS", "DERIVATIONS"]

_CODE = "2"


def _update(ws: Analysis, since: int | None) -> Changes:
    """Returns the rows of the customers that changed since a position, and who is no customer any more."""
    after: dict[str, Value] = {"batch": batch_of(since), "entry": entry_of(since)}
    rows = ws.engine.fetch(CUSTOMER_ROWS, after)
    touched = ws.engine.fetch(TOUCHED, after)["customer_id"].to_pylist()
    merged = ws.engine.fetch(GONE_CUSTOMERS, {"entry": after["entry"]})["customer_id"].to_pylist()
    gone: set[Any] = {*touched, *merged}
    return Changes(rows, sorted(gone - set(rows["customer_id"].to_pylist())))


def _version(ws: Analysis) -> str:
    """An edited catalogue moves interactions between channels, and other rules of identifiers make other customers."""
    return f"{_CODE}.{EVENT_CATALOGUE.version(ws)}.{identity_version(ws)}"


CUSTOMERS = Derivation(
    name="unify.customers",
    table="customers",
    inputs=CUSTOMER_ROWS.inputs,
    version=_version,
    update=_update,
    position=POSITION,
    rows=CUSTOMER_ROWS,
)

DERIVATIONS = (IDENTITIES, CUSTOMERS, SEGMENTS)
"""What the runtime runs for this part."""
