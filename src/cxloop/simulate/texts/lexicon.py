"""What a language needs to say: openings, closings, sentences by theme, and the words that fill them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["MISHAPS", "PRODUCT_COUNT", "THEMES", "TONES", "Lexicon"]

TONES = ("bad", "plain", "good", "ask")
"""How a writer feels about it all: chooses openings and closings; questions to the service have their own."""

THEMES = (
    "late",
    "crisis",
    "damaged",
    "price",
    "agent_good",
    "agent_bad",
    "unresolved",
    "waiting",
    "return_easy",
    "return_qr",
    "return_hard",
    "delivery_good",
    "product_good",
    "product_bad",
    "store_good",
    "store_bad",
    "neutral",
    "ask_where",
    "ask_damaged",
    "ask_return",
    "ask_invoice",
    "ask_account",
    "ask_advice",
)
"""What a sentence is about. Themes that begin with `ask_` are questions to the service."""

MISHAPS = frozenset(
    (
        "late",
        "crisis",
        "damaged",
        "price",
        "agent_bad",
        "unresolved",
        "waiting",
        "return_hard",
        "product_bad",
        "store_bad",
    )
)
"""Themes that nobody frames with praise."""

PRODUCT_COUNT = 20


@dataclass(frozen=True)
class Lexicon:
    """One language.

    Sentences are patterns: `(one|other)` is a choice, `{name}` a slot. Slots are forms of the product (`products`),
    a weekday (`weekdays`), a duration (`durations`), `{minutes}` (a number) and `{city}`. `{Days}` is `{days}` with a
    capital, to begin a sentence with. Choices may hold slots, not choices.

    Attributes:
        language: BCP 47 tag.
        products: slot name to the 20 forms, in the order of `world.PRODUCTS`.
        weekdays: slot name to Monday, ..., Sunday.
        durations: slot name to one day, two days, ... fifteen days, as the sentences need them.
        openings: by tone, not for questions; each a sentence or a phrase that ends in a colon.
        closings: by tone; each a sentence.
        themes: by theme; each a sentence, or two.
        slips: what is typed, and what comes out when fingers slip.
    """

    language: str
    products: Mapping[str, tuple[str, ...]]
    weekdays: Mapping[str, tuple[str, ...]]
    durations: Mapping[str, tuple[str, ...]]
    openings: Mapping[str, tuple[str, ...]]
    closings: Mapping[str, tuple[str, ...]]
    themes: Mapping[str, tuple[str, ...]]
    slips: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Lexicon:
        """Returns the lexicon that a TOML file of this folder holds."""
        groups = ("products", "weekdays", "durations", "openings", "closings", "themes")
        tables = {group: {name: tuple(texts) for name, texts in content[group].items()} for group in groups}
        return cls(
            language=content["language"],
            slips=tuple(content["slips"].items()),
            **tables,
        )
