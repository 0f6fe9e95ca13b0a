"""Reads a PDF as far as tests need it: pages, and the text on them, by its fonts' own tables (ISO 32000, 9.10.3)."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

__all__ = ["Pdf", "read_pdf"]

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|\[((?:[^\\\]]|\\.)*?)\]\s*TJ|(ET)", re.DOTALL)
_STRING = re.compile(rb"\(((?:[^\\()]|\\.)*)\)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Pdf:
    """The text of each page."""

    pages: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.pages)


def read_pdf(content: bytes) -> Pdf:
    """Reads a file whose objects stand for themselves, as typst writes them; raises AssertionError for what is none."""
    assert content.startswith(b"%PDF-"), content[:20]
    assert content.rstrip().endswith(b"%%EOF"), content[-20:]
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    pages = [body for body in objects.values() if b"/Type/Page/" in body]
    return Pdf(tuple(_page(objects, body) for body in pages))


def _page(objects: dict[int, bytes], page: bytes) -> str:
    resources = objects[_reference(page, b"Resources")]
    named = re.search(rb"/Font<<(.*?)>>", resources, re.DOTALL)
    fonts = re.findall(rb"/(\w+) (\d+) 0 R", named[1]) if named else []
    letters = {name: _letters(objects, objects[int(number)]) for name, number in fonts}
    shown, font = [], b""
    for chosen, strings, ended in _SHOWN.findall(_stream(objects[_reference(page, b"Contents")])):
        font = chosen or font
        for string in _STRING.findall(strings):
            code = _ESCAPED.sub(_unescaped, string)
            glyphs = [int.from_bytes(code[at : at + 2], "big") for at in range(0, len(code), 2)]
            shown.append("".join(letters[font].get(glyph, "") for glyph in glyphs))
        shown.append(" " if ended else "")
    return "".join(shown)


def _letters(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    """What each glyph of a font reads as."""
    table = _stream(objects[_reference(font, b"ToUnicode")])
    pairs = re.findall(rb"^<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>$", table, re.MULTILINE)
    return {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def _stream(body: bytes) -> bytes:
    head, _stream, rest = body.partition(b"stream\n")
    raw = rest[: int(re.findall(rb"/Length (\d+)", head)[0])]
    return zlib.decompress(raw) if b"/FlateDecode" in head else raw


def _reference(body: bytes, name: bytes) -> int:
    return int(re.findall(rb"/" + name + rb" (\d+) 0 R", body)[0])


def _unescaped(found: re.Match[bytes]) -> bytes:
    said = found[1]
    return bytes([int(said, 8) & 255]) if said.isdigit() else _NAMED.get(said, said)
