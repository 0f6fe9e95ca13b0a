"""A progress bar for what takes longer than a second; nothing for what does not, or where nobody looks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cxloop.core.host import Progress, no_progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

__all__ = ["shown"]

QUIET_SECONDS = 1.0


@contextmanager
def shown(doing: str) -> Iterator[Progress]:
    """Gives the callback that moves the bar.

    Args:
        doing: what to say until the work says it itself.
    """
    if not sys.stderr.isatty():
        yield no_progress
        return
    late = _LateBar(doing)
    try:
        yield late.update
    finally:
        late.stop()


class _LateBar:
    """Waits a second before it shows; a thread draws it, since the work may be silent for long."""

    def __init__(self, doing: str) -> None:
        self._guard = threading.Lock()
        self._state: tuple[str, float | None] = (doing, None)
        self._bar: Bar | None = None
        self._timer = threading.Timer(QUIET_SECONDS, self._start)
        self._timer.daemon = True
        self._timer.start()

    def update(self, doing: str, share: float | None) -> None:
        with self._guard:
            self._state = (doing, share)
            self._draw()

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with self._guard:
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task(self._state[0], total=None)
            self._draw()
            self._bar.start()

    def _draw(self) -> None:
        if self._bar is not None:
            doing, share = self._state
            task = self._bar.task_ids[0]
            self._bar.update(task, description=doing, total=None if share is None else 1.0, completed=share or 0.0)

    def stop(self) -> None:
        self._timer.cancel()
        with self._guard:
            if self._bar is not None:
                self._bar.stop()
