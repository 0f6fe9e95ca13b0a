"""What customers write: a grammar per language, and the code that speaks it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from cxloop.simulate.texts.lexicon import Lexicon

__all__ = ["LANGUAGES", "lexicon"]

LANGUAGES = ("en", "de", "es", "pt")
"""Languages that customers write in; each has a file of patterns beside this module."""


@cache
def lexicon(language: str) -> Lexicon:
    """Returns the lexicon of one of `LANGUAGES`."""
    content = tomllib.loads((files(__name__) / f"{language}.toml").read_text(encoding="utf-8"))
    return Lexicon.of(content)
