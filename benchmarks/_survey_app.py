"""A collector process with a bare page beside it: bytes that are there already, from the same server.

Run by benchmarks/survey_pages.py: FOLDER PORT BYTES. The bare page is asked for at /bare and has so many bytes.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import Any

from cxloop.entry.collecting import collector
from cxloop.entry.listening import run
from cxloop.entry.turns import take_short_turns
from cxloop.entry.watched import Watched
from cxloop.runtime.folder import Folder
from cxloop.store.base import open_store


def main(path: str, port: str, size: str) -> None:
    """Answers until its standard input ends."""
    take_short_turns()
    folder = Folder(Path(path))
    settings, _ = folder.definitions()
    app = Watched(collector(folder, open_store(folder.store), settings, "collector-1"), folder.log)
    body = b"x" * int(size)
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", size.encode())]

    async def both(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/bare":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        else:
            await app(scope, receive, send)

    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.001)
    asyncio.run(run(both, "127.0.0.1", int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
