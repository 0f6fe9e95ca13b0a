"""What an engine is asked to erase, and what it found afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["EraseMode", "Held", "Hiding"]

EraseMode = Literal["erase", "anonymise", "detach"]


@dataclass(frozen=True, slots=True)
class Hiding:
    """How keys go, and under which name.

    Attributes:
        mode: erase: every row about them. anonymise: the interactions stay under a new random key, bare. detach: the
            interactions stay with their texts and without a key.
        name: of this erasure: asked again under the same name, nothing more happens and the counts of the first time
            are returned. Without a name it is done each time.
        now: what happened until then does not come back with a later admission, UTC; None: everything may come back.
    """

    mode: EraseMode = "erase"
    name: str = ""
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A text that a table holds: which of the texts asked for, where, and in how many rows."""

    text: str
    table: str
    column: str
    rows: int
