"""How single pieces of evidence add up: the steps of a waterfall, for results that explain a sum."""

from __future__ import annotations

from dataclasses import dataclass

from cxloop.core.results import Result, Value

__all__ = ["Waterfall", "WaterfallStep"]


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One piece of evidence.

    Attributes:
        name: what was compared, as the model calls it: first_name.
        title: the same as people call it: First name.
        left: the value of the one side, or None where it has none.
        right: the value of the other side, or None where it has none.
        level: how the two compare, in words: "same", "off by one letter", "missing".
        weight: what it adds, in bits: log2 of how many times likelier the comparison is for one person than for two.
        counted: whether it is evidence at all; a missing value is none.
    """

    name: str
    title: str
    left: str | None
    right: str | None
    level: str
    weight: float
    counted: bool = True


@dataclass(frozen=True)
class Waterfall(Result):
    """Evidence that adds up: from `start` over the `steps` to `total`, all in bits (log2 of odds)."""

    title: str
    start: float
    total: float
    steps: tuple[WaterfallStep, ...]

    def bars(self) -> list[tuple[str, float, float]]:
        """Returns name, beginning and end of every bar: the start, each step that counts, and the total."""
        bars, place = [("Before any comparison", 0.0, self.start)], self.start
        for step in self.steps:
            if step.counted:
                bars.append((step.title, place, place + step.weight))
                place += step.weight
        return [*bars, ("Together", 0.0, self.total)]

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per comparison."""
        return [
            {
                "comparison": step.title,
                "left": step.left,
                "right": step.right,
                "level": step.level,
                "weight": round(step.weight, 2),
            }
            for step in self.steps
        ]
