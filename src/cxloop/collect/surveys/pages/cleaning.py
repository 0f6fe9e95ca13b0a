"""The tags of a survey's statements: what writes and marks stays, what acts goes."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from html.parser import HTMLParser

__all__ = ["clean"]

KEPT = frozenset({
    "a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h2", "h3", "h4", "h5", "hr", "i", "img", "li",
    "ol", "p", "s", "small", "span", "strong", "sub", "sup", "u", "ul",
})  # fmt: skip
EMPTY = frozenset({"br", "hr", "img"})
SILENT = frozenset({"script", "style", "template", "iframe", "object", "noscript", "textarea", "title", "svg", "math"})
"""Whose contents are no words."""
SAFE = ("https://", "http://", "mailto:", "tel:")
PICTURES = ("https://", "data:image/")


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.open: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent += 1
        if self.silent or tag not in KEPT:
            return
        given = {name: value or "" for name, value in attrs}
        self.parts.append(f"<{tag}{_attributes(tag, given)}>")
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self.silent = max(0, self.silent - 1)
        if self.silent or tag not in self.open:
            return
        while self.open:  # whatever was opened inside ends with it
            last = self.open.pop()
            self.parts.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(escape(data, quote=False))

    def whole(self) -> str:
        return "".join([*self.parts, *(f"</{tag}>" for tag in reversed(self.open))])


def _attributes(tag: str, given: dict[str, str]) -> str:
    kept: dict[str, str] = {}
    if tag == "a" and given.get("href", "").strip().lower().startswith(SAFE):
        kept = {"href": given["href"].strip(), "rel": "noopener noreferrer nofollow", "target": "_blank"}
    if tag == "img" and given.get("src", "").strip().lower().startswith(PICTURES):
        kept = {"src": given["src"].strip(), "alt": given.get("alt", ""), "loading": "lazy"}
    if given.get("dir") in ("ltr", "rtl", "auto"):
        kept["dir"] = given["dir"]
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())


@lru_cache(1024)
def clean(html: str) -> str:
    """Returns the words and their marks, without scripts, styles, forms, frames, and links to anything but pages.

    Example:
        >>> clean('<p onclick="x()">Hello <b>you<script>alert(1)</script></p>')
        '<p>Hello <b>you</b></p>'
        >>> clean('<a href="javascript:x()">go</a>')
        '<a>go</a>'
    """
    cleaner = _Cleaner()
    cleaner.feed(html)
    cleaner.close()
    return cleaner.whole()
