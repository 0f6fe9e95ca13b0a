"""The same call in each face: what the "how" panel, the reference and the audit write."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cxloop.core.verbs import Verb

__all__ = ["canonical", "cli_call", "flag", "http_call", "python_call"]


def canonical(arguments: Mapping[str, Any]) -> str:
    """Returns arguments as one text, the same for equal arguments: the key of snapshots.

    Example:
        >>> canonical({"every": "week", "by": ("channel",)})
        '{"by":["channel"],"every":"week"}'
    """
    return json.dumps(arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def flag(name: str) -> str:
    """Returns the name of a parameter as an option of the command line: dry_run is --dry-run."""
    return "--" + name.replace("_", "-")


def python_call(verb: Verb, arguments: Mapping[str, Any]) -> str:
    """Returns the call as Python: ws.measure.nps(by="channel", every="week")."""
    # An optional one is written with its name: an earlier one may be missing.
    positional = {item.name for item in verb.parameters if item.positional and item.required}
    written = [
        _literal(value) if name in positional else f"{name}={_literal(value)}"
        for name, value in verb.given(arguments).items()
    ]
    return f"ws.{verb.path}({', '.join(written)})"


def cli_call(verb: Verb, arguments: Mapping[str, Any]) -> str:
    """Returns the call as a command: cxloop measure nps --by channel --every week."""
    positional = {item.name for item in verb.parameters if item.positional}
    words = ["cxloop", verb.part, verb.name.replace("_", "-")]
    for name, value in verb.given(arguments).items():
        if isinstance(value, bool):
            words.append(flag(name) if value else flag(f"no_{name}"))
            continue
        items = list(value) if isinstance(value, list | tuple) else [value]
        for item in items:
            words += [str(_plain(item))] if name in positional else [flag(name), str(_plain(item))]
    return shlex.join(words)


def http_call(verb: Verb, arguments: Mapping[str, Any]) -> str:
    """Returns the path of the call in the JSON API: /api/measure/nps?by=channel."""
    query = urlencode({name: _plain(value) for name, value in verb.given(arguments).items()}, doseq=True)
    return f"/api/{verb.part}/{verb.name}" + (f"?{query}" if query else "")


def _literal(value: object) -> str:
    if isinstance(value, tuple | list):
        items = [_literal(item) for item in value]
        return items[0] if len(items) == 1 else f"[{', '.join(items)}]"
    if isinstance(value, str | date | Path):
        return json.dumps(str(_plain(value)), ensure_ascii=False)
    return repr(value)


def _plain(value: object) -> object:
    """Returns a value as JSON or a command line can carry it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
