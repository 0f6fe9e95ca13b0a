"""HTML of a mail to the text that a person would read: quotes marked with ">", hidden parts left out."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

__all__ = ["text_of_html"]

_BLOCKS = frozenset(
    {"p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr", "section"}
)
_VOID = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr"}
)
_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object", "iframe"})
_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all", re.IGNORECASE
)
_SIGNATURES = ("gmail_signature", "moz-signature", "mobile-signature")
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_TAGS = re.compile(r"<[^<>]{0,5000}>")
_DEEPEST = 1_000
_UNENDED = re.compile(r"<(?=[^<>]*(?:<|\Z))")
_MOST_UNENDED = 100
"""Tags without an end that are left to the parser: it looks through the rest of the text for the end of each."""


class _Reader(HTMLParser):
    """Collects lines; each with how deep in quotes it stands."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.known: Counter[str] = Counter()

    @property
    def hidden(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS or tag == "blockquote":
            self.end_line()
        if tag in _VOID or len(self.open) >= _DEEPEST:
            return
        given = {name: value or "" for name, value in attrs}
        if any(name in given.get("class", "") for name in _SIGNATURES):
            self.lines.append("-- ")
        hidden = self.hidden or tag in _HIDDEN or bool(_INVISIBLE.search(given.get("style", "")[:2_000]))
        self.open.append((tag, hidden))
        self.known[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS or tag == "blockquote":
            self.end_line()
        last = "" if self.known[tag] else tag
        while last != tag:
            last, _ = self.open.pop()
            self.known[last] -= 1

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.line.append(data)

    def end_line(self) -> None:
        """Finishes the line that is being written."""
        said = _SPACES.sub(" ", "".join(self.line)).strip()
        depth = self.known["blockquote"]
        self.lines.append(f"{'>' * min(depth, 5)} {said}" if depth else said)
        self.line = []


def text_of_html(source: str) -> str:
    """Returns the readable text of HTML, however broken it is.

    Example:
        >>> text_of_html("<p>Hello <b>you</b></p><blockquote>before</blockquote>")
        'Hello you\\n\\n> before'
    """
    reader = _Reader()
    try:
        reader.feed(_tamed(source))
        reader.close()
        reader.end_line()
    except (AssertionError, ValueError, RecursionError):  # the parser gives up on some broken declarations
        return _SPACES.sub(" ", unescape(_TAGS.sub(" ", source))).strip()
    kept: list[str] = []
    for line in reader.lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def _tamed(source: str) -> str:
    """Returns HTML without what has the parser look through the same text again and again: strangers write mails.

    Comments and declarations are read by nobody; a tag that never ends is text.
    """
    plain = _without_comments(source).replace("<![", "<!")
    unended = sum(1 for _ in zip(_UNENDED.finditer(plain), range(_MOST_UNENDED + 1), strict=False))
    return plain if unended <= _MOST_UNENDED else _UNENDED.sub("&lt;", plain)


def _without_comments(source: str) -> str:
    kept, start = [], 0
    while (begin := source.find("<!--", start)) >= 0 and (end := source.find("-->", begin + 4)) >= 0:
        kept.append(source[start:begin])
        start = end + 3
    return "".join(kept) + source[start:].replace("<!--", "")
