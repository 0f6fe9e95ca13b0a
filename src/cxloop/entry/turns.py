"""Short turns on the processor: who needs little, and at once, goes before who needs much.

Linux lets a thread say how long its turns are (from 6.12 on). One with short turns gets as much time as others, but
need not wait until the turn of another one ends when it wakes up. Python has no name for the call.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

__all__ = ["take_short_turns"]

TURN_NANOSECONDS = 500_000
_SET = {"x86_64": 314, "aarch64": 274}
"""Numbers of the call sched_setattr."""
_ATTRIBUTES = "IIQiIQQQ"
"""struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period."""


def take_short_turns() -> bool:
    """Shortens the turns of this thread and of those that it starts; returns whether the system knows how."""
    number = _SET.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        return False
    size = struct.calcsize(_ATTRIBUTES)
    wanted = struct.pack(_ATTRIBUTES, size, os.SCHED_OTHER, 0, os.nice(0), 0, TURN_NANOSECONDS, 0, 0)
    return bool(ctypes.CDLL(None).syscall(number, 0, ctypes.create_string_buffer(wanted, size), 0) == 0)
