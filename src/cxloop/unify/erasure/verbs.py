"""The verbs of erasure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from cxloop.core.verbs import Names, verb
from cxloop.store.context import Operations
from cxloop.unify.erasure.results import Erasure, ErasureCheck, ErasureMode, Erasures, Receipt

__all__ = ["check_erasure", "erase", "erasures", "receipt"]

Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]
Reason = Annotated[str, Field(max_length=500)]
Number = Annotated[int, Field(ge=1, lt=2**63)]


@verb(part="unify", right="admin", personal=True, waits=True)
def erase(
    ws: Operations,
    customers: Names = (),
    *,
    file: Path | None = None,
    mode: ErasureMode = "erase",
    reason: Reason = "",
) -> Erasure:
    """Erase, anonymise or detach customers: at once from every answer, then from every byte of every file.

    Whoever writes again afterwards is a new customer. What was erased does not come back, also not when an old file is
    imported again. While the server runs, the files are rewritten in the background; without one before this returns.

    Args:
        customers: numbers or identifiers, as `unify timeline` takes them.
        file: a text file with one number or identifier per line, instead of or beside `customers`.
        mode: erase: everything goes. anonymise: the interactions stay for statistics, under a new random key and
          without texts, names, numbers and properties. detach: the interactions stay with their texts and belong to
          nobody.
        reason: why, for the record; without naming anybody.

    Raises:
        NotFoundError: one of them is not known; then nothing is erased.
        InputError: an identifier belongs to several customers, or the reason holds one.
    """
    from cxloop.unify.erasure.requests import erase_customers

    return erase_customers(ws, customers, file=file, mode=mode, reason=reason)


@verb(part="unify", right="admin", personal=True, changes="nothing")
def erasures(ws: Operations, *, limit: Limit = 50, offset: Offset = 0) -> Erasures:
    """List the erasures, the latest first, with how far each one is.

    Args:
        limit: most rows to return, up to 1000.
        offset: how many rows to pass over, for the next page.
    """
    from cxloop.unify.erasure.receipts import listed

    return listed(ws, limit=limit, offset=offset)


@verb(part="unify", right="admin", changes="nothing")
def receipt(ws: Operations, erasure: Number) -> Receipt:
    """Show the signed receipt of an erasure: what went where, how it was checked, and how long backups keep it.

    Args:
        erasure: its number, as `unify erasures` lists it.

    Raises:
        NotFoundError: there is no such erasure.
    """
    from cxloop.unify.erasure.receipts import receipt_of

    return receipt_of(ws, erasure)


@verb(part="unify", right="admin", personal=True, waits=True, changes="records")
def check_erasure(ws: Operations, erasure: Number) -> ErasureCheck:
    """Look once more for what an erasure removed, in every table and file; signs the receipt where it was held back.

    Args:
        erasure: its number, as `unify erasures` lists it.

    Raises:
        NotFoundError: there is no such erasure.
    """
    from cxloop.unify.erasure.checking import check

    return check(ws, erasure)
