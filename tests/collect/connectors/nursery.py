"""Children of pulls that are forked from a process which has loaded dlt already: each begins two seconds earlier.

What runs in them is what runs in the product. A test that asks for `real_children` starts them as the product does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.servers import end, until

__all__ = ["Child", "Nursery"]

CHECKOUT = Path(__file__).resolve().parents[3]


class Child:
    """A forked child, as far as a pull uses `subprocess.Popen`."""

    def __init__(self, nursery: Path, cwd: Path, env: Mapping[str, str]) -> None:
        (reads, stdin), (stdout, writes) = os.pipe(), os.pipe()
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")
        self._talk = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._talk.connect(str(nursery))
        told = json.dumps({"cwd": str(cwd), "env": dict(env)}).encode()
        socket.send_fds(self._talk, [told], [reads, writes])
        os.close(reads)
        os.close(writes)
        self.pid = int(self._talk.recv(100))
        self._code: int | None = None

    def kill(self) -> None:
        """Kills it, unless it has ended."""
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Returns the exit code, once there is one."""
        if self._code is None:
            self._code = int(self._talk.recv(100))
            self._talk.close()
        return self._code


class Nursery:
    """The process that children are forked from, started with the first."""

    def __init__(self, folder: Path) -> None:
        self.address = folder / "nursery.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def child(self, _: Sequence[str], *, cwd: Path, env: Mapping[str, str], **__: Any) -> Child:
        """Starts a child; takes what `subprocess.Popen` takes."""
        if self._process is None:
            words = [sys.executable, "-m", "tests.collect.connectors.nursery", str(self.address)]
            self._process = subprocess.Popen(words, cwd=CHECKOUT)
            until(self.address.exists, "the nursery", of=self._process)
        return Child(self.address, cwd, env)

    def end(self) -> None:
        """Ends it."""
        if self._process is not None:
            end(self._process, signal.SIGKILL)


def _serve(address: Path) -> None:
    import dlt.extract.items_transform
    import dlt.pipeline.pipeline
    import dlt.sources.helpers.requests  # noqa: F401

    import cxloop.collect.connectors.extract  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for a child
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        aside = address.with_suffix(".new")
        listener.bind(str(aside))
        listener.listen(16)
        aside.rename(address)
        while True:
            talk, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _look_after(talk)
            talk.close()


def _look_after(talk: socket.socket) -> None:
    """Has a child, says who it is, and at the end how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told, pipes, _, _ = socket.recv_fds(talk, 1 << 20, 2)
    pid = os.fork()
    if pid == 0:
        talk.close()
        _be_a_child(json.loads(told), pipes)
    for pipe in pipes:
        os.close(pipe)
    talk.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    talk.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _be_a_child(told: Mapping[str, Any], pipes: Sequence[int]) -> None:
    from cxloop.collect.connectors.extract import main

    os.setsid()
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["env"])
    nothing = os.open(os.devnull, os.O_WRONLY)
    for target, own in enumerate([*pipes, nothing]):
        os.dup2(own, target)
        os.close(own)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the child lives
    os._exit(main())


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
