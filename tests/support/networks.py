"""Hosts of the tests' own on this machine: network namespaces, each with a cable to the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

__all__ = ["Host", "hosts"]

WHY = "network namespaces cannot be made here: they need Linux, root, and `ip` of iproute2"


@dataclass(frozen=True)
class Host:
    """A host: its own addresses and ports; the files are those of the machine."""

    name: str
    address: str
    machine: str

    def words(self, *command: str) -> list[str]:
        """Returns a command as it runs on the host."""
        return ["ip", "netns", "exec", self.name, *command]


@contextmanager
def hosts(number: int) -> Iterator[Sequence[Host]]:
    """Gives hosts that reach this machine and are reached from it; skips the test where there can be none."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip(WHY)
    with ExitStack() as made:
        yield [made.enter_context(_host(each)) for each in range(number)]


@contextmanager
def _host(number: int) -> Iterator[Host]:
    # names and networks of this process: several runs may share the machine
    own = os.getpid() % 8_000 * 2 + number
    name, cable = f"cxloop-{own}", f"cxl{own}"
    network = f"10.{200 + own // 4096}.{own // 16 % 256}.{own % 16 * 16}".rsplit(".", 1)
    here, there = (f"{network[0]}.{int(network[1]) + place}" for place in (1, 2))
    if not _tried("netns", "add", name):
        pytest.skip(WHY)
    try:
        done = (
            _tried("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
            and _tried("addr", "add", f"{here}/30", "dev", cable)
            and _tried("link", "set", cable, "up")
            and _tried("-n", name, "addr", "add", f"{there}/30", "dev", "eth0")
            and _tried("-n", name, "link", "set", "eth0", "up")
            and _tried("-n", name, "link", "set", "lo", "up")
        )
        if not done:
            pytest.skip(WHY)
        yield Host(name, there, here)
    finally:
        _tried("link", "del", cable)
        _tried("netns", "del", name)


def _tried(*words: str) -> bool:
    return subprocess.run(["ip", *words], capture_output=True).returncode == 0
