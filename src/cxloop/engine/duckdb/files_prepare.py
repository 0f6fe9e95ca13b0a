"""From a file as people send it to one that the engine can read: unpacked, in UTF-8, with bounded lines.

A first pass reads the bytes once: digest, size, encoding, longest line. Only a file that needs it (packed, another
encoding, a line without end) is written anew, into a temporary folder; all others are read where they lie.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from cxloop.core.errors import InputError
from cxloop.engine.loading import FileFormat, Kind, Limits

__all__ = ["Malformed", "Prepared", "kind_of", "prepare"]

_SUFFIXES: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
}
_PACKED = (".gz", ".zip")
_CHUNK = 1 << 20
_ALWAYS_ALLOWED = 16 << 20
"""A packed file may always expand to this: small files of one repeated character are no attack."""
_RAW_KEPT = 65_536
"""How much of a line without end is kept; the rest stays in the file, whose position is told."""
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that cannot become a row: physical line number from 1, code, reason, and what stands there."""

    line: int
    code: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that the engine can read at `path`; `name`, `bytes` and `digest` are those of the original."""

    path: Path
    name: str
    kind: Kind
    bytes: int
    digest: str
    malformed: tuple[Malformed, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Facts:
    """What the first pass saw."""

    encoding: str | None = None
    valid: bool = True
    nul: bool = False
    overlong: bool = False
    open_bytes: int = 0
    decoder: Any = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")())

    def see(self, chunk: bytes, limit: int) -> None:
        first = chunk.find(b"\n")
        if first < 0:
            self.open_bytes += len(chunk)
        else:
            self.overlong |= self.open_bytes + first > limit
            self.open_bytes = len(chunk) - chunk.rfind(b"\n") - 1
        self.overlong |= self.open_bytes > limit
        self.nul = self.nul or b"\0" in chunk
        if self.valid:
            self._decode(chunk, final=False)

    def _decode(self, chunk: bytes, *, final: bool) -> None:
        try:
            self.decoder.decode(chunk, final)
        except UnicodeDecodeError:
            self.valid = False

    def finish(self) -> None:
        if self.valid:
            self._decode(b"", final=True)


def kind_of(path: Path, how: FileFormat) -> Kind:
    """Returns the kind of a file by its name without .gz or .zip; a name that says nothing means CSV."""
    if how.kind != "auto":
        return how.kind
    name = path.name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return _SUFFIXES.get(Path(name).suffix, "csv")


def prepare(path: Path, how: FileFormat, limits: Limits, folder: Path) -> Prepared:
    """Returns `path` in a form that the engine can read.

    Args:
        path: the file.
        how: what the mapping says of its format.
        limits: what it may cost.
        folder: where rewritten files go; the caller removes it.

    Raises:
        InputError: the file is missing, empty, too large, a bomb, or not what it claims to be.
    """
    kind = kind_of(path, how)
    size, digest = _look(path, limits)
    source = path
    if _is_packed(path, kind):
        source = _unpacked(path, limits, folder)
    if kind == "excel":
        _check_workbook(source, limits)
    if kind in ("parquet", "excel"):
        return Prepared(source, path.name, kind, size, digest)
    text = _text(source, how, limits, folder)
    return Prepared(text.path, path.name, kind, size, digest, tuple(text.malformed), tuple(text.notes))


def _look(path: Path, limits: Limits) -> tuple[int, str]:
    try:
        size = path.stat().st_size
        if size > limits.max_file_bytes:
            raise InputError(_too_large(path, limits))
        if size == 0:
            raise InputError(f"{path.name} is empty (0 bytes). Was the export finished?")
        with path.open("rb") as stream:
            return size, hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise InputError(f"{path} does not exist.") from None
    except OSError as failure:
        raise InputError(f"{path} cannot be read: {failure.strerror}.") from None


def _too_large(path: Path, limits: Limits) -> str:
    return (
        f"{path.name} holds more than {limits.max_file_bytes:,} bytes. Split it, or raise max_file_bytes "
        "under [import] in cxloop.toml."
    )


def _is_packed(path: Path, kind: Kind) -> bool:
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic[:2] == b"\x1f\x8b":
        return True
    return magic == b"PK\x03\x04" and (kind != "excel" or path.name.lower().endswith(".zip"))


def _unpacked(path: Path, limits: Limits, folder: Path) -> Path:
    """Writes the one file inside `path`, and gives up as soon as it grows beyond all reason."""
    target = folder / f"{len(list(folder.iterdir()))}-unpacked"
    allowed = max(path.stat().st_size * limits.max_expansion, _ALWAYS_ALLOWED)
    written = 0
    try:
        with _inside(path) as source, target.open("wb") as sink:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > limits.max_file_bytes:
                    raise InputError(_too_large(path, limits))
                if written > allowed:
                    raise InputError(_bomb(path.name, limits))
                sink.write(chunk)
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as failure:
        raise InputError(f"{path.name} is damaged and cannot be unpacked ({failure}). Fetch it again.") from None
    if written == 0:
        raise InputError(f"{path.name} is empty inside. Was the export finished?")
    return target


def _bomb(name: str, limits: Limits) -> str:
    return (
        f"{name} expands to more than {limits.max_expansion} times its size, which is how a zip bomb looks. "
        "If the file is honest, unpack it first or raise max_expansion under [import] in cxloop.toml."
    )


@contextmanager
def _inside(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as stream:
        packed_twice = stream.read(2) == b"\x1f\x8b"
    if packed_twice:
        with gzip.open(path, "rb") as source:
            yield source  # type: ignore[misc]
        return
    with zipfile.ZipFile(path) as archive:
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir() and not member.filename.startswith("__MACOSX/")
        ]
        if len(members) != 1:
            found = ", ".join(member.filename for member in members[:5]) or "nothing"
            raise InputError(f"{path.name} must hold one file; it holds {found}. Unpack it and give the folder.")
        if members[0].flag_bits & 1:
            raise InputError(f"{path.name} is protected by a password. Unpack it first.")
        with archive.open(members[0]) as source:
            yield source


def _check_workbook(path: Path, limits: Limits) -> None:
    """A workbook is itself a zip of XML, and its reader would unpack it whole."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        inside = sum(member.file_size for member in archive.infolist())
    if inside > max(path.stat().st_size * limits.max_expansion, _ALWAYS_ALLOWED):
        raise InputError(_bomb(path.name, limits))


@dataclass(slots=True)
class _Text:
    path: Path
    malformed: list[Malformed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _text(path: Path, how: FileFormat, limits: Limits, folder: Path) -> _Text:
    facts = _scan(path, limits)
    encoding = how.encoding or facts.encoding
    if encoding is not None:
        encoding = _known_encoding(encoding)
    plain = facts.valid and not facts.nul and encoding in (None, "utf-8", "ascii")
    if plain and not facts.overlong:
        return _Text(path)
    return _rewritten(path, encoding, limits, folder)


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name.removesuffix("-sig")
    except LookupError:
        raise InputError(
            f"Unknown encoding {name!r}. Use a name such as utf-8, utf-16, latin-1 or cp1252, or leave it out."
        ) from None


def _scan(path: Path, limits: Limits) -> _Facts:
    facts = _Facts()
    # a chunk no longer than the limit cannot hide a whole line that is longer
    size = min(_CHUNK, limits.max_line_bytes)
    with path.open("rb") as stream:
        start = stream.read(_SAMPLE)
        facts.encoding = _utf16(start)
        stream.seek(0)
        while chunk := stream.read(size):
            facts.see(chunk, limits.max_line_bytes)
    facts.finish()
    return facts


def _utf16(start: bytes) -> str | None:
    for bom, name in _BOMS:
        if start.startswith(bom):
            return name
    if len(start) < 4:
        return None
    # Western text in UTF-16 without a mark: every other byte is NUL
    zeros = Counter(place % 2 for place, byte in enumerate(start) if byte == 0)
    for parity, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if zeros[parity] > 0.4 * len(start) / 2 and zeros[1 - parity] == 0:
            return name
    return None


def _rewritten(path: Path, encoding: str | None, limits: Limits, folder: Path) -> _Text:
    """Writes the text in UTF-8, line by line; what cannot be a line of text is set aside."""
    text = _Text(folder / f"{len(list(folder.iterdir()))}-text")
    used: Counter[str] = Counter()
    lines = _wide_lines(path, encoding, limits) if _is_wide(encoding) else _byte_lines(path, limits)
    with text.path.open("wb") as sink:
        for number, line in enumerate(lines, 1):
            found = _line(number, line, encoding, limits, used)
            if isinstance(found, Malformed):
                text.malformed.append(found)
            else:
                sink.write(found)
    text.notes.extend(_encoding_notes(path.name, encoding, used))
    return text


def _is_wide(encoding: str | None) -> bool:
    return encoding is not None and encoding.startswith(("utf-16", "utf-32"))


def _byte_lines(path: Path, limits: Limits) -> Iterator[bytes]:
    """Yields lines; one that is too long is yielded cut, one byte over the limit."""
    with path.open("rb") as stream:
        while line := stream.readline(limits.max_line_bytes + 1):
            yield line
            rest = line
            while len(rest) > limits.max_line_bytes and not rest.endswith(b"\n"):
                rest = stream.readline(limits.max_line_bytes + 1)


def _wide_lines(path: Path, encoding: str | None, limits: Limits) -> Iterator[bytes]:
    """Yields lines of UTF-16 or UTF-32 as UTF-8."""
    with path.open(encoding=encoding, errors="backslashreplace", newline="") as stream:
        while line := stream.readline(limits.max_line_bytes + 1):
            yield line.encode("utf-8", "backslashreplace")
            rest = line
            while len(rest) > limits.max_line_bytes and not rest.endswith("\n"):
                rest = stream.readline(limits.max_line_bytes + 1)


def _line(number: int, line: bytes, encoding: str | None, limits: Limits, used: Counter[str]) -> bytes | Malformed:
    if len(line) > limits.max_line_bytes and not line.endswith(b"\n"):
        reason = (
            f"The line is longer than {limits.max_line_bytes:,} bytes. Is a quote not closed, or the file not text? "
            f"Its first {_RAW_KEPT:,} bytes are kept here."
        )
        return Malformed(number, "line_too_long", reason, _shown(line[:_RAW_KEPT]))
    if b"\0" in line:
        return Malformed(number, "nul_character", "The line holds a NUL character, which no text has.", _shown(line))
    if _is_wide(encoding):
        used["wide"] += 1
        return line
    return _in_utf8(number, line, encoding, used)


def _in_utf8(number: int, line: bytes, encoding: str | None, used: Counter[str]) -> bytes | Malformed:
    if line.isascii():
        return line
    for candidate in (encoding,) if encoding else ("utf-8", "cp1252", "latin-1"):
        try:
            text = line.decode(candidate)
        except UnicodeDecodeError:
            continue
        used[candidate] += 1
        return text.encode("utf-8")
    reason = f"The line is not {encoding}. Correct `encoding` in the mapping, or leave it out to have it found out."
    return Malformed(number, "encoding", reason, _shown(line))


def _shown(line: bytes) -> str:
    """The bytes as text, with those that are no text written as \\xNN."""
    return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def _encoding_notes(name: str, encoding: str | None, used: Counter[str]) -> Iterator[str]:
    other = {candidate: lines for candidate, lines in used.items() if candidate not in ("utf-8", "wide")}
    if encoding is not None or not other:
        return
    said = " and ".join(f"{lines:,} as {candidate}" for candidate, lines in other.items())
    if used["utf-8"]:
        yield (
            f"{name} mixes encodings: {used['utf-8']:,} lines were read as utf-8, {said}. "
            "Check names with accents in the first interactions."
        )
    else:
        yield f"{name} is not UTF-8: {said} (lines with letters beyond ASCII). Say `encoding` in the mapping to fix it."
