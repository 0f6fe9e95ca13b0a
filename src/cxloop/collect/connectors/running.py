"""Running the child process of a pull: what it is told, what it says, and what becomes of it."""

from __future__ import annotations

import json
import os
import re
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO, Any, TypeAlias

from cxloop.collect.connectors.base import SourceError
from cxloop.collect.connectors.extract import ENVIRONMENT

__all__ = ["Hear", "Job", "broken_off", "run"]

Hear: TypeAlias = Callable[[Mapping[str, Any]], None]

_FOREIGN = re.compile(r"^(AWS_|PG[A-Z]|DLT_|CXLOOP_)|__")
"""Variables by which libraries would find credentials or settings that are not the connection's; and our own."""
_LONGEST_MESSAGE = 50_000_000
_LOOK_SECONDS = 0.2
_stopping = threading.Event()


@dataclass(frozen=True, slots=True)
class Job:
    """What a child is to do.

    Attributes:
        folder: the connection's folder, or a folder that is removed after a trial.
        inbox: where relative paths of this machine begin.
        most: rows of a slice, or of a trial.
        quiet_seconds: after how long without a word a child is given up.
    """

    system: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    folder: Path
    inbox: Path
    trial: bool = False
    most: int = 200_000
    quiet_seconds: float = 900.0

    def told(self) -> bytes:
        """Returns the job as the child reads it."""
        return json.dumps(
            {
                "system": self.system,
                "settings": dict(self.settings),
                "secrets": dict(self.secrets),
                "folder": str(self.folder.absolute()),
                "inbox": str(self.inbox.absolute()),
                "trial": self.trial,
                "most": self.most,
            }
        ).encode()


def run(job: Job, hear: Hear) -> None:
    """Runs a child to its end.

    Args:
        job: what it is to do.
        hear: given each of its messages, as they come.

    Raises:
        SourceError: the source could not be read; what was read until then waits for its import.
    """
    with _child(job) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(job.told() + b"\n")
        child.stdin.flush()
        last: Mapping[str, Any] = {}
        for line in _lines(child.stdout, job.quiet_seconds):
            last = json.loads(line)
            hear(last)
        code = child.wait()
    if "failed" in last:
        raise SourceError(str(last["failed"]["reason"]), last["failed"]["kind"])
    if "done" not in last:
        raise SourceError(f"The process that reads the source ended by itself (exit code {code}).", "unforeseen")


@contextmanager
def _child(job: Job) -> Iterator[subprocess.Popen[bytes]]:
    job.folder.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not _FOREIGN.search(name)}
    # the home of whoever runs cxloop may hold credentials of their own
    shut_off = {"HOME": str(job.folder), "DLT_DATA_DIR": str(job.folder / ".dlt"), "AWS_EC2_METADATA_DISABLED": "true"}
    child = subprocess.Popen(
        [sys.executable, "-m", "cxloop.collect.connectors.extract"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=job.folder,
        env={**environment, **ENVIRONMENT, **shut_off},
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()


def _lines(stream: IO[bytes], quiet_seconds: float) -> Iterator[bytes]:
    """Yields the lines of a pipe until it ends.

    Raises:
        SourceError: nothing came for too long.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        buffer = b""
        while True:
            _wait(selector, quiet_seconds)
            block = os.read(stream.fileno(), 1 << 16)
            if not block:
                return
            *lines, buffer = (buffer + block).split(b"\n")
            if len(buffer) > _LONGEST_MESSAGE:
                raise SourceError("A row of the source is longer than 50 MB.", "unforeseen")
            yield from lines


def _wait(selector: selectors.BaseSelector, quiet_seconds: float) -> None:
    """Returns when there is something to read."""
    latest = monotonic() + quiet_seconds
    while not selector.select(min(_LOOK_SECONDS, quiet_seconds)):
        if _stopping.is_set():
            raise SourceError("It was broken off, since cxloop stops. The next pull goes on from there.", "interrupted")
        if monotonic() > latest:
            raise SourceError(f"The source said nothing for {quiet_seconds:g} seconds.", "timeout")


@contextmanager
def broken_off() -> Iterator[None]:
    """Ends every child of this process, and lets none begin meanwhile."""
    _stopping.set()
    try:
        yield
    finally:
        _stopping.clear()
