"""The log of a workspace: JSON lines without personal data.

Only known fields pass, and a failure is written as its type and its places in the code: the message of an exception
may quote a row.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import MutableMapping
from functools import cache
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

__all__ = ["FIELDS", "failure", "logger", "places"]

FIELDS = frozenset(
    {"event", "level", "timestamp", "verb", "where", "error", "places", "seconds", "pid", "attempt", "code", "version"}
)
"""What a line may carry. None of it can hold a name, an address, a text or an identifier of a customer."""
PACKAGE = Path(__file__).resolve().parents[1]
MOST_BYTES = 5_000_000
FILES = 5


def only_known_fields(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: drops every field that is not known to be harmless."""
    return {name: value for name, value in event.items() if name in FIELDS}


@cache
def logger(path: Path) -> Any:
    """Returns the structlog logger that writes to the file `path`, in a private folder, with rotation."""
    import structlog

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=MOST_BYTES, backupCount=FILES, encoding="utf-8", delay=True)
    target = logging.Logger(f"cxloop:{path}")
    target.addHandler(handler)
    return structlog.wrap_logger(
        target,
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            only_known_fields,
            structlog.processors.JSONRenderer(),
        ],
    )


def failure(path: Path, error: BaseException, *, verb: str = "", where: str = "") -> None:
    """Writes a failure down; says nothing where even that fails, since the caller is busy with the first one."""
    try:
        logger(path).error("failure", error=type(error).__name__, places=places(error), verb=verb, where=where)
    except OSError:
        return


def places(error: BaseException) -> list[str]:
    """Returns where in the code an error passed, innermost last, its causes first; of libraries only the last place."""
    cause = error.__cause__ or error.__context__
    earlier = [*places(cause), type(cause).__name__] if cause is not None else []
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames[:-1] if PACKAGE in Path(frame.filename).parents]
    return [*earlier, *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in [*own, *frames[-1:]])]
