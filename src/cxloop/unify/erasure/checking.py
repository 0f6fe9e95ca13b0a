"""Looking once more for what an erasure removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.core.schema import TABLES
from cxloop.store import erasures
from cxloop.unify.erasure.finishing import finish
from cxloop.unify.erasure.receipts import is_signed, looked_at, read_document
from cxloop.unify.erasure.results import ErasureCheck, Looked

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.erasures import KeptErasure

__all__ = ["check"]


def check(ws: Operations, erasure_id: int) -> ErasureCheck:
    """Looks again for what was erased; what is looked for is known until the receipt is signed."""
    kept = erasures.get(ws.store, erasure_id)
    if kept.state == "found":
        with ws.heavy:
            kept = finish(ws, kept)
    elif kept.state == "proved":
        return _of_proved(ws, kept)
    looked = looked_at(kept)
    return ErasureCheck(
        erasure=erasure_id,
        state=kept.state,  # type: ignore[arg-type]
        clean=kept.state == "proved",
        back=_back(ws, kept),
        looked=looked,
    )


def _of_proved(ws: Operations, kept: KeptErasure) -> ErasureCheck:
    """The words are forgotten by now; the numbers in the receipt are not, and neither are the digests in the engine."""
    document = read_document(kept)
    left = ws.engine.numbers_left(document["customers"])
    rewritten = 0 if not ws.engine.is_rewrite_due() else 1
    valid = is_signed(ws, kept)
    looked = (
        Looked("analytics", "numbers of the customers in every column that holds one", len(TABLES), len(left)),
        Looked("analytics", "bytes of deleted rows in the file", 1, rewritten),
        Looked("records", "the signature of the receipt", 1, 0 if valid else 1),
    )
    clean = not left and valid
    return ErasureCheck(kept.erasure_id, "proved", clean, _back(ws, kept), looked)


def _back(ws: Operations, kept: KeptErasure) -> int:
    return ws.engine.known_again(kept.requested_at)
