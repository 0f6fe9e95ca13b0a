"""Who finishes erasures of a workspace in this process, and the mark that some are not finished.

The mark is a file, so that the next opening after a crash sees it without opening the records.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

__all__ = ["forget_answers", "is_marked", "keeps_answers", "mark", "running", "unmark", "wake"]

MARK = "erasing"
_wakers: dict[Path, threading.Event] = {}
_answers: dict[Path, Callable[[], object]] = {}


def keeps_answers(workspace: Path, forget: Callable[[], object] | None) -> None:
    """Says how this process forgets the answers that it keeps for pages; None: it keeps none any more."""
    if forget is None:
        _answers.pop(workspace.resolve(), None)
    else:
        _answers[workspace.resolve()] = forget


def forget_answers(workspace: Path) -> None:
    """Forgets kept answers: each may show who has just been erased."""
    forget = _answers.get(workspace.resolve())
    if forget is not None:
        forget()


def running(workspace: Path, waker: threading.Event | None) -> None:
    """Says that a thread of this process finishes erasures when `waker` is set; None: no more."""
    if waker is None:
        _wakers.pop(workspace.resolve(), None)
    else:
        _wakers[workspace.resolve()] = waker


def wake(workspace: Path) -> bool:
    """Wakes who finishes erasures; returns False where nobody does, and so it has to be done now."""
    waker = _wakers.get(workspace.resolve())
    if waker is None:
        return False
    waker.set()
    return True


def mark(workspace: Path) -> None:
    """Notes that an erasure is not finished."""
    (workspace / MARK).touch(0o600)


def is_marked(workspace: Path) -> bool:
    """Whether an erasure is not finished."""
    return (workspace / MARK).exists()


def unmark(workspace: Path) -> None:
    """Notes that every erasure is finished."""
    (workspace / MARK).unlink(missing_ok=True)
