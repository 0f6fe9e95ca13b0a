"""Expected beside actual: numbers in order, each twice, for a result that was held against what came."""

from __future__ import annotations

from dataclasses import dataclass

from cxloop.core.results import Result, Unit

__all__ = ["Pair", "Paired", "Pairs"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One place: its label, what was expected there and what came; None where nothing could come."""

    label: str
    expected: float
    actual: float | None


@dataclass(frozen=True, slots=True)
class Pairs:
    """What was expected and what came, place by place.

    Attributes:
        title: what it shows.
        across: what the places are.
        unit: how the numbers read.
        rows: in order.
    """

    title: str
    across: str
    unit: Unit
    rows: tuple[Pair, ...]


@dataclass(frozen=True)
class Paired(Result):
    """A result that shows how far what it expects has come true."""

    def pairs(self) -> Pairs | None:
        """Returns what is drawn; None where nothing could be compared."""
        raise NotImplementedError
