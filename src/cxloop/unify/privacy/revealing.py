"""Opening what redaction took out and sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.collect.redaction import open_seal
from cxloop.core.errors import NotFoundError
from cxloop.unify.privacy.queries import SEALED
from cxloop.unify.privacy.results import Revealed

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["reveal_interaction"]


def reveal_interaction(ws: Operations, interaction: int) -> Revealed:
    """Returns each field as it came; raises as the verb says."""
    rows = ws.engine.fetch(SEALED, {"interaction": interaction}).to_pylist()
    if not rows or rows[0]["sealed"] is None:
        raise NotFoundError(f"There is no interaction {interaction}, or nothing of it was sealed when it came.")
    found = open_seal(ws.settings.privacy.redaction_key, **rows[0])
    return Revealed(interaction, tuple(found.items()))
