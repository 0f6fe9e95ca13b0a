"""Two lanes: pages never wait for heavy work.

Work runs in the thread of whoever asks, so that Ctrl-C reaches it; the lanes only say how many may run at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

__all__ = ["Lanes"]

PAGES_AT_ONCE = 4


class Lanes:
    """The page lane, the heavy lane, and a thread that works through what can wait."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        """Opens the lanes.

        Args:
            failed: told of an error in the background, which nobody waits for.
        """
        self._failed = failed
        self.pages: AbstractContextManager[object] = threading.BoundedSemaphore(PAGES_AT_ONCE)
        self.heavy: AbstractContextManager[object] = threading.Lock()
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cxloop-background")
        self._waiting: set[Hashable] = set()
        self._guard = threading.Lock()

    def later(self, key: Hashable, work: Callable[[], object]) -> None:
        """Runs `work` in the background, in the heavy lane; once, however often it is asked for meanwhile."""
        with self._guard:
            if key in self._waiting:
                return
            self._waiting.add(key)
        self._background.submit(self._run, key, work)

    def _run(self, key: Hashable, work: Callable[[], object]) -> None:
        # Forgotten before it starts: whoever asks while it runs may have seen newer data.
        with self.heavy:
            with self._guard:
                self._waiting.discard(key)
            try:
                work()
            except Exception as failure:  # noqa: BLE001 - a thread pool would swallow it
                self._failed(failure)

    def close(self) -> None:
        """Drops what still waits, and returns when what runs is done."""
        self._background.shutdown(wait=True, cancel_futures=True)
