"""The style sheet and the script of the pages: addresses with their content's digest in them, kept for a year."""

from __future__ import annotations

import gzip
import re
from functools import cached_property
from hashlib import sha256
from importlib.resources import files as resources
from pathlib import Path

from cxloop.collect.http.answers import Answer
from cxloop.collect.surveys.pages.rendering import Assets

__all__ = ["Files"]

FOREVER = b"public, max-age=31536000, immutable"
SHORTLY = b"public, max-age=3600"
SHAPE = re.compile(r"(?P<stem>[a-z]{1,20})(\.(?P<digest>[0-9a-f]{10}))?\.(?P<ending>css|js)")
KINDS = {"css": b"text/css; charset=utf-8", "js": b"text/javascript; charset=utf-8"}


class Files:
    """What the pages load.

    Args:
        built: the folder of the scripts that were built; those that are missing are left out of the pages.
    """

    def __init__(self, built: Path | None = None) -> None:
        self._built = built

    @cached_property
    def assets(self) -> Assets:
        """The addresses of style sheet and script."""
        return Assets(self.address("survey", "css"), self.address("survey", "js"))

    def address(self, stem: str, ending: str) -> str:
        """Returns where a file is found, with its digest; empty where it was not built."""
        found = self._content(stem, ending)
        return f"/s/-/{stem}.{_digest(found)}.{ending}" if found is not None else ""

    def answer(self, name: str, *, packed: bool) -> Answer | None:
        """Returns a file, or None where there is none of that name.

        Args:
            name: with or without its digest.
            packed: whether the browser takes gzip.
        """
        shape = SHAPE.fullmatch(name)
        content = self._content(shape["stem"], shape["ending"]) if shape else None
        if shape is None or content is None:
            return None
        current = shape["digest"] == _digest(content)
        headers = [
            (b"content-type", KINDS[shape["ending"]]),
            (b"cache-control", FOREVER if current else SHORTLY),
            (b"x-content-type-options", b"nosniff"),
            (b"access-control-allow-origin", b"*"),
            (b"cross-origin-resource-policy", b"cross-origin"),
            (b"vary", b"accept-encoding"),
        ]
        if packed:
            content = self._packed(shape["stem"], shape["ending"], content)
            headers.append((b"content-encoding", b"gzip"))
        return Answer(200, (*headers, (b"content-length", b"%d" % len(content))), content)

    @cached_property
    def _read(self) -> dict[tuple[str, str], bytes | None]:
        return {}

    @cached_property
    def _gzipped(self) -> dict[tuple[str, str, int], bytes]:
        return {}

    def _packed(self, stem: str, ending: str, content: bytes) -> bytes:
        key = (stem, ending, hash(content))
        if key not in self._gzipped:
            self._gzipped[key] = gzip.compress(content, 9, mtime=0)
        return self._gzipped[key]

    def _content(self, stem: str, ending: str) -> bytes | None:
        """A style sheet of this package, or a script that was built; nothing else that lies in these folders."""
        key = (stem, ending)
        if key not in self._read:
            self._read[key] = self._load(stem, ending)
        return self._read[key]

    def _load(self, stem: str, ending: str) -> bytes | None:
        try:
            if ending == "css":
                return (resources("cxloop.collect.surveys.pages") / "assets" / f"{stem}.css").read_bytes()
            known = stem in ("survey", "widget", "kiosk", "kioskworker") and self._built is not None
            return (self._built / f"{stem}.js").read_bytes() if known and self._built else None
        except OSError:
            return None


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:10]
