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

LAYOUT = struct.Struct("<qqqqI")


@dataclass(frozen=True, slots=True)
class Marks:
    """What was so when the marks were written.

    Attributes:
        appended: how many requests were ever appended.
        requests: how many of them are in the spool.
        forgotten: up to which seq they were loaded.
        last: the highest seq that was given.
    """

    appended: int = 0
    requests: int = 0
    forgotten: int = 0
    last: int = 0


class MarksFile:
    """The file of the marks, and what this process knows of them where the file is damaged as well."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._known = Marks()

    def write(self, marks: Marks) -> None:
        """Replaces the marks."""
        self._known = marks
        values = (marks.appended, marks.requests, marks.forgotten, marks.last)
        body = struct.pack("<qqqq", *values)
        os.pwrite(self._file, LAYOUT.pack(*values, zlib.crc32(body)), 0)

    def read(self) -> Marks:
        """Returns the marks.

        Where there are none that can be believed, those that this process has last read or written; at first, those of
        an empty spool.
        """
        found = os.pread(self._file, LAYOUT.size, 0)
        if len(found) == LAYOUT.size and zlib.crc32(found[:-4]) == LAYOUT.unpack(found)[-1]:
            self._known = Marks(*LAYOUT.unpack(found)[:-1])
        return self._known

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)
