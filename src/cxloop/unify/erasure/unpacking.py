"""What is packed in a file: gzip, bzip2, xz, zip and the workbooks that are zips, columns of Parquet; one in another.

The kind is told by the first bytes, as imports tell it: a name may say anything. What is packed in a way that is not
read here is said to be closed, as are DuckDB's own files: the live one is looked through by the engine.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

__all__ = ["ClosedError", "is_packed", "pieces", "unpacked"]

CHUNK = 8_000_000
OVERLAP = 512
"""Bytes that two pieces share; longer than any form of a word that is looked for."""
DEEPEST = 3
"""Packed files in packed files, and so on."""
ROWS = 8_192
_STREAMS: Mapping[str, Any] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
_KINDS = {
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"PK\x03\x04": "zip",
    b"PAR1": "parquet",
    b"PARE": "closed",  # Parquet with a key
    b"\x28\xb5\x2f\xfd": "closed",  # Zstandard
    b"\x04\x22\x4d\x18": "closed",  # LZ4
    b"7z\xbc\xaf\x27\x1c": "closed",
    b"Rar!": "closed",
}
_TABLES = slice(8, 12), b"DUCK"
"""Where DuckDB says whose file it is."""
_READ = 12


class ClosedError(Exception):
    """A file is packed, and cannot be looked into: damaged, protected by a password, or packed too often."""


def is_packed(path: Path) -> bool:
    """Whether a file is packed, by its first bytes; so are files of tables."""
    with path.open("rb") as stream:
        return _kind(stream) is not None


def unpacked(path: Path) -> Iterator[bytes]:
    """Yields what is packed in a file, in pieces; nothing for a file that is not packed.

    Raises:
        ClosedError: it cannot be unpacked, all or in part.
    """
    with path.open("rb") as stream:
        yield from _inside(stream, DEEPEST)


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Yields the bytes in pieces that overlap, so that no word is cut in two."""
    tail = b""
    while piece := stream.read(CHUNK):
        yield tail + piece
        tail = piece[-OVERLAP:]


def _kind(stream: IO[bytes]) -> str | None:
    start = stream.read(_READ)
    stream.seek(0)
    where, mark = _TABLES
    if start[where] == mark:
        return "closed"
    return next((kind for magic, kind in _KINDS.items() if start.startswith(magic)), None)


def _inside(stream: IO[bytes], depth: int) -> Iterator[bytes]:
    import pyarrow as pa

    try:
        kind = _kind(stream)
        if kind == "closed" or (kind is not None and not depth):
            raise ClosedError
        if kind is not None and kind in _STREAMS:
            with _STREAMS[kind](stream) as inner:
                yield from _all(inner, depth - 1)
        elif kind == "zip":
            yield from _members(stream, depth - 1)
        elif kind == "parquet":
            yield from _columns(stream)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, pa.ArrowException) as why:
        raise ClosedError from why


def _all(inner: IO[bytes], depth: int) -> Iterator[bytes]:
    yield from pieces(inner)
    inner.seek(0)
    yield from _inside(inner, depth)


def _members(stream: IO[bytes], depth: int) -> Iterator[bytes]:
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            yield f"{member.filename}\n".encode()
            with archive.open(member) as inner:
                yield from _all(inner, depth)


def _columns(stream: IO[bytes]) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(stream) as file:
        for batch in file.iter_batches(batch_size=ROWS):
            for column in batch.columns:
                yield from _values(column)


def _values(column: Any) -> Iterator[bytes]:
    """Yields the values of a column, one to a line, and those of the columns within it."""
    import pyarrow as pa

    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        yield from _values(column.storage)
    elif isinstance(column, pa.DictionaryArray):
        yield from _values(column.dictionary)
    elif isinstance(column, pa.StructArray):
        for part in column.flatten():
            yield from _values(part)
    elif isinstance(column, pa.MapArray):
        yield from _values(column.keys)
        yield from _values(column.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _values(column.flatten())
    else:
        yield _lines(column)


def _lines(column: Any) -> bytes:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, known = column.type, column.drop_null()
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        known = known.cast(pa.string())
    elif not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind)):
        return "\n".join(map(_said, known.to_pylist())).encode()
    offsets = pa.array([0, len(known)], pa.int32())
    lines: Any = pc.binary_join(pa.ListArray.from_arrays(offsets, known.cast(pa.binary())), b"\n")
    return bytes(lines[0].as_py())


def _said(value: object) -> str:
    """A telephone number in a column of floating numbers is read as such."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
