"""One random generator per topic, so that a change in one topic leaves the draws of the others alone."""

from __future__ import annotations

import numpy as np

__all__ = ["TOPICS", "Streams"]

TOPICS = (
    "people",
    "keys",
    "orders",
    "agents",
    "contacts",
    "surveys",
    "reviews",
    "traffic",
    "mail",
    "club",
    "texts",
    "lags",
    "base",
    "review_texts",
    "undercurrents",
    "buyers",
)
"""Names of the topics; append only, since a topic's place in the list is its seed."""


class Streams:
    """Generators spawned from one seed."""

    def __init__(self, seed: int) -> None:
        self._children = dict(zip(TOPICS, np.random.SeedSequence(seed).spawn(len(TOPICS)), strict=True))

    def __getitem__(self, topic: str) -> np.random.Generator:
        """Returns a fresh generator of the topic: the same draws each time it is asked for."""
        return np.random.Generator(np.random.PCG64(self._children[topic]))
