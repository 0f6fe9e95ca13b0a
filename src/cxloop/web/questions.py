"""A question to Explore: what its form asks, as an address and as a verb's arguments."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from cxloop.core.expr import both

__all__ = ["Question"]


@dataclass(frozen=True)
class Question:
    """Metric by dimension, over periods, in a window, where a condition holds; empty means: not asked.

    `identity` is the moment as of which customers are told apart, `certainty` the least probability of their links;
    `version` is one of the metric's definition.
    """

    metric: str = "nps"
    by: tuple[str, ...] = ()
    every: str = ""
    since: str = ""
    until: str = ""
    where: str = ""
    identity: str = ""
    certainty: str = ""
    version: str = ""

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
        """Returns the arguments of the metric's verb, or of `measure.metric` besides the name."""
        return {name: value for name, value in asdict(self).items() if name != "metric" and value}

    @property
    def newest(self) -> Question:
        """The question of the newest definition."""
        return replace(self, version="")

    @property
    def as_usual(self) -> Question:
        """The question about customers as they are known now, by all accepted links."""
        return replace(self, identity="", certainty="")

    def as_known(self, moment: str) -> Question:
        """Returns the question about customers as they were known at a moment."""
        return replace(self, identity=moment, certainty="")

    @property
    def everyone(self) -> Question:
        """The question without its condition."""
        return replace(self, where="")

    def on(self, condition: str) -> Question:
        """Returns the question for those answers of it for which `condition` also holds, no longer split."""
        return replace(self, by=(), where=both(self.where, condition))
