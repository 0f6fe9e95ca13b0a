"""What every part of the configuration files is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cxloop.core.time import moved

__all__ = ["Name", "Strict", "Term"]

Name = Annotated[str, Field(min_length=1, max_length=80)]


def _term(value: str) -> str:
    moved(datetime(2000, 1, 1), value)
    return value


Term = Annotated[str, AfterValidator(_term)]
"""A length of time with its unit: 36h, 90d, 12w or 2y."""


class Strict(BaseModel):
    """A part of a configuration file: frozen, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
