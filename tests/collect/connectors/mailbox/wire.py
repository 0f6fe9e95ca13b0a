"""A wire between client and server that breaks on order: after so many bytes of answers, once for each connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any


class Wire:
    """Listens on a port of this machine and hands on to another one."""

    def __init__(
        self, to: int, breaks_after: Sequence[int] = (), at: tuple[int, Callable[[], Any]] | None = None
    ) -> None:
        self._to = to
        self._breaks = list(breaks_after)
        self._at = at
        self.opened = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: list[socket.socket] = []
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.opened += 1
            server = socket.create_connection(("127.0.0.1", self._to))
            limit = self._breaks.pop(0) if self._breaks else None
            self._open += [client, server]
            for given, taken, most in ((client, server, None), (server, client, limit)):
                thread = threading.Thread(target=self._carry, args=(given, taken, most), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, given: socket.socket, taken: socket.socket, most: int | None) -> None:
        carried = 0
        try:
            answers = given.getpeername()[1] == self._to
            while block := given.recv(4_096):
                carried += len(block)
                if answers and self._at is not None and carried > self._at[0]:
                    act, self._at = self._at[1], None
                    act()
                if most is not None and carried > most:
                    break
                taken.sendall(block)
        except OSError:
            pass
        for each in (given, taken):
            with suppress(OSError):  # the other end may have gone in this very moment
                each.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in self._open:
            each.close()
