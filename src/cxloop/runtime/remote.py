"""The client's end of `server.sock`: a host whose verbs run in the process that owns the workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cxloop._version import __version__
from cxloop.core.config import Experience, Settings
from cxloop.core.errors import AccessDeniedError, CxloopError, WorkspaceError
from cxloop.core.host import Actor, Progress, Snapshot, no_progress, require
from cxloop.core.results import Result
from cxloop.core.verbs import Verb
from cxloop.runtime import parts, wire
from cxloop.runtime.folder import Folder
from cxloop.runtime.paths import absolute

__all__ = ["RemoteHost", "server_of"]

HELLO_SECONDS = 2.0


def server_of(folder: Folder) -> dict[str, Any] | None:
    """Returns version and process of the server that runs on a workspace, or None where none answers."""
    if not folder.socket.exists():
        return None
    try:
        return _ask(folder, {"ask": "hello"}, no_progress)
    except (OSError, WorkspaceError):
        return None


class RemoteHost:
    """Same verbs, same results, same errors as in this process."""

    def __init__(self, folder: Folder, pid: int, version: str, find: Callable[[str], Verb] = parts.find) -> None:
        """Takes what `server_of` found.

        Raises:
            WorkspaceError: the server runs another version, whose results may look different.
        """
        if version != __version__:
            raise WorkspaceError(
                f"The server on {folder.path} (process {pid}) runs cxloop {version}, and this is {__version__}. "
                "Restart the server, or use the version that it runs."
            )
        self.folder = folder
        self.pid = pid
        self._find = find
        self._definitions = folder.definitions()

    @property
    def settings(self) -> Settings:
        """cxloop.toml."""
        return self._definitions[0]

    @property
    def experience(self) -> Experience:
        """experience.toml."""
        return self._definitions[1]

    def run(
        self, path: str, arguments: Mapping[str, object], *, actor: Actor, progress: Progress = no_progress
    ) -> Result:
        """Runs the verb `path` in the server; raises CxloopError as the server does."""
        verb = self._find(path)
        plain = self._ask("run", verb, arguments, actor, progress)
        return verb.result.from_dict(plain)

    def snapshot(self, path: str, arguments: Mapping[str, object], *, actor: Actor) -> Snapshot:
        """Returns the kept result of the server."""
        verb = self._find(path)
        plain = self._ask("snapshot", verb, arguments, actor, no_progress)
        result = verb.result.from_dict(plain["result"])
        return Snapshot(result, datetime.fromisoformat(plain["computed_at"]), plain["position"], plain["stale"])

    def snapshot_soon(
        self,
        path: str,
        arguments: Mapping[str, object],
        *,
        actor: Actor,
        patience_seconds: float,  # noqa: ARG002 - the socket has no pages that could ask again
    ) -> Snapshot | None:
        """Returns the kept result of the server, and waits for it: pages are shown by the server itself."""
        return self.snapshot(path, arguments, actor=actor)

    def close(self) -> None:
        """Nothing to give up: each call has a connection of its own."""

    def _ask(
        self, ask: str, verb: Verb, arguments: Mapping[str, object], actor: Actor, progress: Progress
    ) -> dict[str, Any]:
        require(actor, verb)
        if actor.limits:
            raise AccessDeniedError("The socket is for whoever owns the files of the workspace, and sees all rows.")
        # The server has another working directory: relative paths are made absolute here.
        checked = absolute(verb.given(verb.check(arguments)))
        try:
            return _ask(self.folder, {"ask": ask, "verb": verb.path, "arguments": checked}, progress)
        except OSError as failure:
            raise WorkspaceError(
                f"The server on {self.folder.path} (process {self.pid}) went away: {failure.strerror or failure}. "
                "Start it again, or run the command without it."
            ) from None


def _ask(folder: Folder, request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    with wire.connect(folder.socket, HELLO_SECONDS) as connection, connection.makefile("rwb") as stream:
        if request["ask"] == "hello":
            connection.settimeout(HELLO_SECONDS)
        wire.write(stream, request)
        while (message := wire.read(stream)) is not None:
            if "progress" in message:
                progress(*message["progress"])
            elif "error" in message:
                raise CxloopError.from_dict(message["error"])
            else:
                result: dict[str, Any] = message["result"]
                return result
    raise WorkspaceError(f"The server on {folder.path} closed the connection before it answered. Its log: {folder.log}")
