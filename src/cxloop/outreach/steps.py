"""Steps of many connections, committed together: what waits for the disk waits once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxloop.store.messages import messages as kept
from cxloop.store.messages.messages import Change

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["Steps"]


class Steps:
    """Takes steps of messages and commits those that came in the meantime as one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Sequence[Change], asyncio.Future[list[bool]]]] = []
        self._writer: asyncio.Task[None] | None = None
        self.commits = 0

    async def take(self, changes: Sequence[Change]) -> list[bool]:
        """Returns, once it is on the disk, of each step whether it was taken; raises as the store does."""
        if not changes:
            return []
        done: asyncio.Future[list[bool]] = asyncio.get_running_loop().create_future()
        self._waiting.append((changes, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                together = [each for changes, _ in batch for each in changes]
                taken = iter(await asyncio.to_thread(kept.change, self._store, together))
            except Exception as failure:  # noqa: BLE001 - whoever waits for the disk has to hear of it
                for _, done in batch:
                    if not done.done():
                        done.set_exception(failure)
                continue
            self.commits += 1
            for changes, done in batch:
                answers = [next(taken) for _ in changes]
                if not done.done():
                    done.set_result(answers)
