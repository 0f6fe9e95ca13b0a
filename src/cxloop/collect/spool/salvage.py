"""Reading a damaged SQLite file page by page, without SQLite: what is whole on its page is found, whatever else broke.

The layout is the documented file format of SQLite (https://www.sqlite.org/fileformat2.html): table leaf pages hold
cells, a large cell goes on in a chain of overflow pages, and the write-ahead log holds newer images of pages. A row
counts only if its checksum holds, so that a page of another time or table cannot be taken for one of ours.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxloop.collect.spool.records import DAMAGED, from_row
from cxloop.collect.spool.table import PAGE_BYTES

__all__ = ["rows"]

LEAF = 0x0D
COLUMNS = 9
"""Of `requests`; the first is the row's own number and stands empty in the record."""
INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
WAL_HEAD, FRAME_HEAD = 32, 24


@dataclass(frozen=True, slots=True)
class _Pages:
    """Pages by number: those of the log where it has them, otherwise those of the file."""

    file: bytes
    newer: Mapping[int, bytes]

    def numbers(self) -> set[int]:
        return {*range(1, len(self.file) // PAGE_BYTES + 1), *self.newer}

    def page(self, number: int) -> bytes:
        if number in self.newer:
            return self.newer[number]
        return self.file[(number - 1) * PAGE_BYTES : number * PAGE_BYTES]


def rows(file: Path, log: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yields seq and columns of every row that is whole in a file and its write-ahead log; some of them twice."""
    main = file.read_bytes() if file.exists() else b""
    newer = dict(_frames(log.read_bytes() if log.exists() else b""))
    for pages in (_Pages(main, newer), _Pages(main, {})):
        for number in sorted(pages.numbers()):
            yield from _rows_of(pages, number)


def _frames(log: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields number and image of each page in the log's current round; a later image of a page comes later."""
    salt = log[16:24]
    step = FRAME_HEAD + PAGE_BYTES
    for start in range(WAL_HEAD, len(log) - step + 1, step):
        if log[start + 8 : start + 16] != salt:
            continue  # left over from an earlier round, or a gap where the log was cut off while it was in use
        yield int.from_bytes(log[start : start + 4], "big"), log[start + FRAME_HEAD : start + step]


def _rows_of(pages: _Pages, number: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    page = pages.page(number)
    if len(page) < PAGE_BYTES or page[0] != LEAF:
        return
    count = int.from_bytes(page[3:5], "big")
    for place in struct.unpack_from(f">{min(count, (PAGE_BYTES - 8) // 2)}H", page, 8):
        try:
            seq, record = _cell(pages, page, place)
            row = _columns(record)
        except (IndexError, struct.error, ValueError):
            continue
        if len(row) == COLUMNS and from_row(row[1:]).format != DAMAGED:
            yield seq, row[1:]


def _cell(pages: _Pages, page: bytes, place: int) -> tuple[int, bytes]:
    size, place = _varint(page, place)
    seq, place = _varint(page, place)
    here = _local(size)
    record = page[place : place + here]
    if here == size:
        return seq, record
    following = int.from_bytes(page[place + here : place + here + 4], "big")
    parts, missing = [record], size - here
    while missing > 0:
        image = pages.page(following) if following else b""
        if len(image) < PAGE_BYTES:
            raise ValueError("the chain is broken")
        parts.append(image[4 : 4 + missing])
        missing -= PAGE_BYTES - 4
        following = int.from_bytes(image[:4], "big")
    return seq, b"".join(parts)


def _local(size: int) -> int:
    """How many bytes of a record stand on the leaf page itself."""
    most = PAGE_BYTES - 35
    if size <= most:
        return size
    least = (PAGE_BYTES - 12) * 32 // 255 - 23
    here = least + (size - least) % (PAGE_BYTES - 4)
    return here if here <= most else least


def _columns(record: bytes) -> tuple[Any, ...]:
    head, place = _varint(record, 0)
    kinds = []
    while place < head:
        kind, place = _varint(record, place)
        kinds.append(kind)
    values = []
    for kind in kinds[:COLUMNS]:
        value, place = _value(record, place, kind)
        values.append(value)
    return tuple(values)


def _value(record: bytes, place: int, kind: int) -> tuple[Any, int]:
    if kind in (0, 8, 9):
        return (None if kind == 0 else kind - 8), place
    size = INTEGER_BYTES[kind] if kind in INTEGER_BYTES else (kind - 12) // 2
    data = record[place : place + size]
    if (kind < 12 and kind not in INTEGER_BYTES) or len(data) < size:
        raise ValueError("no value of ours")
    if kind < 12:
        return int.from_bytes(data, "big", signed=True), place + size
    return (data if kind % 2 == 0 else data.decode()), place + size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for step in range(8):
        byte = data[place + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + step + 1
    return value << 8 | data[place + 8], place + 9
