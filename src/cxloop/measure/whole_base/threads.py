"""One thread for hundreds of small fits: the threads of linear algebra would wait for each other longer than they work.

On a machine that is busy with something else, two threads for matrices of a few dozen columns take three times as long
as one. The limit is one of the whole process, so that whoever comes while another is inside shares it, and the last
one out takes it back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


class _Limit:
    """How many are inside, and what was before the first of them."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._inside = 0
        self._before: Any = None

    def enter(self) -> None:
        with self._guard:
            if self._inside == 0:
                self._before = ThreadpoolController().limit(limits=1, user_api="blas")
            self._inside += 1

    def leave(self) -> None:
        with self._guard:
            self._inside -= 1
            if self._inside == 0:
                self._before.restore_original_limits()


_LIMIT = _Limit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra has one thread inside."""
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()
