"""The server's end of `server.sock`: the command line and notebooks share the process that owns the workspace.

Only the user who owns the files can connect (mode 0600), and counts as the local owner.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cxloop._version import __version__
from cxloop.core.errors import CxloopError, InputError
from cxloop.core.host import LOCAL, Host
from cxloop.runtime import wire
from cxloop.runtime.wire import Stream

__all__ = ["Listener"]

WAITING = 128
"""Connections that may wait to be accepted: scripts start many commands at once, and the next one is turned away."""


class Listener:
    """Listens until it is closed; one thread per connection."""

    def __init__(self, host: Host, path: Path, address: str = "") -> None:
        """Starts to listen.

        Args:
            host: runs the verbs.
            path: of the socket; what a killed server left there is replaced.
            address: where the app is for a browser, told to who asks.
        """
        self._host = host
        self._address = address
        self._path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The mask, not a chmod afterwards: there is no moment at which others could connect.
        mask = os.umask(0o177)
        try:
            with wire.address(path) as where:
                self._socket.bind(where)
        finally:
            os.umask(mask)
        self._socket.listen(WAITING)
        self._thread = threading.Thread(target=self._accept, name="cxloop-socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening and takes the socket away."""
        with suppress(OSError):
            # Wakes the accept that the thread is waiting in; close alone would not.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="cxloop-client", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that went away (Ctrl-C) is no failure of the server.
        with connection, suppress(BrokenPipeError, ConnectionResetError), connection.makefile("rwb") as stream:
            try:
                request = wire.read(stream)
                if request is not None:
                    wire.write(stream, {"result": self._answer(request, stream)})
            except CxloopError as failure:
                wire.write(stream, {"error": failure.to_dict()})

    def _answer(self, request: Mapping[str, Any], stream: Stream) -> dict[str, Any]:
        ask = request.get("ask")
        if ask == "hello":
            return {"version": __version__, "pid": os.getpid(), "address": self._address}
        verb, arguments = str(request.get("verb")), request.get("arguments")
        if not isinstance(arguments, dict):
            raise InputError("A request needs `arguments`, a JSON object.")
        if ask == "run":

            def progress(doing: str, share: float | None) -> None:
                wire.write(stream, {"progress": [doing, share]})

            return self._host.run(verb, arguments, actor=LOCAL, progress=progress).to_dict()
        if ask == "snapshot":
            kept = self._host.snapshot(verb, arguments, actor=LOCAL)
            return {
                "result": kept.result.to_dict(),
                "computed_at": kept.computed_at.isoformat(),
                "position": kept.position,
                "stale": kept.stale,
            }
        raise InputError(f"Unknown request {ask!r}; known: hello, run, snapshot.")
