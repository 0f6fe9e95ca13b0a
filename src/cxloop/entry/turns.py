"""Turns on the processor: who needs little, and at once, goes before who needs much.

Linux lets a thread say how long its turns are (from 6.12 on). One with short turns gets as much time as others, but
need not wait until the turn of another one ends when it wakes up. Python has no name for the call.

Giving way takes two steps: where Linux weighs sessions against each other ("autogroups"), the niceness of a process
counts only within its session, and the session has one of its own.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["give_way", "take_short_turns"]

TURN_NANOSECONDS = 500_000
_SET = {"x86_64": 314, "aarch64": 274}
"""Numbers of the call sched_setattr."""
_ATTRIBUTES = "IIQiIQQQ"
"""struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period."""


def give_way(niceness: int) -> None:
    """Makes this process, and the threads that it starts later, take less of busy cores than others do.

    Args:
        niceness: 1 to 19; each step takes a fifth of the weight away.
    """
    os.nice(niceness)
    if os.getsid(0) == os.getpid():  # a session that others began is theirs
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))


def take_short_turns() -> bool:
    """Shortens the turns of this thread and of those that it starts; returns whether the system knows how."""
    number = _SET.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        return False
    size = struct.calcsize(_ATTRIBUTES)
    wanted = struct.pack(_ATTRIBUTES, size, os.SCHED_OTHER, 0, os.nice(0), 0, TURN_NANOSECONDS, 0, 0)
    return bool(ctypes.CDLL(None).syscall(number, 0, ctypes.create_string_buffer(wanted, size), 0) == 0)
