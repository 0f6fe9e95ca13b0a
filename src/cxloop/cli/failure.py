"""How a command ends when it fails: a message for a person, and exit code 1 (failed) or 2 (wrong use)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from cxloop.core.errors import CxloopError, InputError

__all__ = ["FAILED", "WRONG_USE", "told"]

FAILED = 1
WRONG_USE = 2


@contextmanager
def told(*, as_json: bool = False) -> Iterator[None]:
    """Tells errors raised on purpose, and ends the command with their exit code.

    Args:
        as_json: write the error body that the API would answer, for programs.
    """
    try:
        yield
    except CxloopError as failure:
        text = json.dumps(failure.to_dict(), ensure_ascii=False) if as_json else f"Error: {failure.message}"
        sys.stderr.write(text + "\n")
        raise typer.Exit(WRONG_USE if isinstance(failure, InputError) else FAILED) from None
