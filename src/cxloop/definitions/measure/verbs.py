"""The verbs of measure that write down what people define."""

from __future__ import annotations

__all__: list[str] = []
