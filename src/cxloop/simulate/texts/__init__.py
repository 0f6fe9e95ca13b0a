"""What customers write: a grammar per language, and the code that speaks it."""

from __future__ import annotations

from cxloop.simulate.texts.en import LEXICON as ENGLISH
from cxloop.simulate.texts.lexicon import Lexicon

__all__ = ["lexicons"]


def lexicons() -> dict[str, Lexicon]:
    """Returns the lexicons by language."""
    return {"en": ENGLISH, "de": ENGLISH, "es": ENGLISH, "pt": ENGLISH}
