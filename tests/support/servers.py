"""Servers that tests start: a free port, waiting without a fixed sleep, and an end that leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import NoReturn
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

__all__ = ["SECONDS", "answers", "end", "free_port", "missing", "until"]

SECONDS = 60.0
"""How long to wait for a server: two cores that are busy with something else make a start of two seconds thirty."""


def free_port() -> int:
    """Returns a port of 127.0.0.1 that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(
    true: Callable[[], bool],
    what: str,
    *,
    of: subprocess.Popen[bytes] | None = None,
    seconds: float = SECONDS,
    pause: float = 0.05,
) -> None:
    """Waits for something; fails when it takes too long, or when the process that it is waited for has ended.

    Args:
        true: whether it has come.
        what: what to call it.
        of: the process that it comes from.
        seconds: how long at most.
        pause: seconds between two looks; what is over soon needs short ones.
    """
    latest = time.monotonic() + seconds
    while not true():
        assert of is None or of.poll() is None, f"the process ended before: {what}"
        assert time.monotonic() < latest, f"waited in vain for: {what}"
        time.sleep(pause)


def answers(address: str) -> bool:
    """Whether somebody answers with success at an address."""
    try:
        with urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except HTTPError as refusal:
        refusal.close()
        return False
    except (OSError, HTTPException):
        return False


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, *, seconds: float = SECONDS) -> int:
    """Ends a server and returns its exit code; one that does not end when asked is killed, so that none is left."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def missing(what: str) -> NoReturn:
    """Ends a test that lacks a tool: in CI that is a failure, since `make test` installs the tool."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
