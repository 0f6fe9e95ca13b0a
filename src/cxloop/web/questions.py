"""A question to Explore: what its form asks, as an address and as a verb's arguments."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

__all__ = ["Question", "equals", "narrowed"]


@dataclass(frozen=True)
class Question:
    """Metric by dimension, over periods, in a window, where a condition holds; empty means: not asked."""

    metric: str = "nps"
    by: tuple[str, ...] = ()
    every: str = ""
    since: str = ""
    until: str = ""
    where: str = ""

    def address(self, path: str = "/explore", **also: str) -> str:
        """Returns where this question is answered.

        Example:
            >>> Question(by=("channel",)).address()
            '/explore?metric=nps&by=channel&every=none&since=all'
        """
        # What is left out has a default: "all of time" and "not over time" have to be said.
        written = {**asdict(self), "every": self.every or "none", "since": self.since or "all", **also}
        asked = {name: value for name, value in written.items() if value}
        return f"{path}?{urlencode(asked, doseq=True)}"

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of the metric's verb."""
        return {name: value for name, value in asdict(self).items() if name != "metric" and value}

    @property
    def everyone(self) -> Question:
        """The question without its condition."""
        return replace(self, where="")

    def on(self, condition: str) -> Question:
        """Returns the question for those answers of it for which `condition` also holds, no longer split."""
        return replace(self, by=(), where=narrowed(self.where, condition))


def equals(dimension: str, value: str | None) -> str:
    r"""Returns the condition that a dimension has a value, or has none.

    Example:
        >>> equals("channel", 'the "new" app'), equals("region", None)
        ('channel == "the \\"new\\" app"', 'is_null(region)')
    """
    name = dimension if dimension.isidentifier() else f"col({_quoted(dimension)})"
    return f"is_null({name})" if value is None else f"{name} == {_quoted(value)}"


def narrowed(where: str, condition: str) -> str:
    """Returns a condition that holds where both do.

    Example:
        >>> narrowed("score >= 9 or score == 0", 'channel == "web"')
        '(score >= 9 or score == 0) and channel == "web"'
    """
    if not where:
        return condition
    simple = " or " not in where and " if " not in where
    return f"{where} and {condition}" if simple else f"({where}) and {condition}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
