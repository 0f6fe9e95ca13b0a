"""What the spool's file should know, written beside it: tells a file that lost its end from one that is whole.

Not on the disk at each commit, only with the operating system: after a loss of power it may be behind, and then says
nothing; it is never ahead of what was acknowledged.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Marks", "MarksFile"]

LAYOUT = struct.Struct("<qqqI")


@dataclass(frozen=True, slots=True)
class Marks:
    """How many requests were ever appended, how many of them are in the spool, and up to which seq they were loaded."""

    appended: int = 0
    requests: int = 0
    forgotten: int = 0


class MarksFile:
    """The file of the marks."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def write(self, marks: Marks) -> None:
        """Replaces the marks."""
        values = (marks.appended, marks.requests, marks.forgotten)
        body = struct.pack("<qqq", *values)
        os.pwrite(self._file, LAYOUT.pack(*values, zlib.crc32(body)), 0)

    def read(self) -> Marks:
        """Returns the marks; those of an empty spool where there are none that can be believed."""
        found = os.pread(self._file, LAYOUT.size, 0)
        if len(found) < LAYOUT.size:
            return Marks()
        *values, checksum = LAYOUT.unpack(found)
        return Marks(*values) if zlib.crc32(found[:-4]) == checksum else Marks()

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)
