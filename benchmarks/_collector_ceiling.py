"""The least that a durable collector can do: the same server, msgspec, and one fdatasync'd append of each raw body.

Run by benchmarks/collector.py: FILE PORT. No key, no limits, no check of any event, no place in an order.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import msgspec

from cxloop.entry.listening import run


def bare(path: str) -> Any:
    """Returns the app."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"16")]}
    body = {"type": "http.response.body", "body": b'{"success":true}'}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        message = await receive()
        content = message["body"]
        while message.get("more_body"):
            message = await receive()
            content += message["body"]
        msgspec.json.decode(content)
        os.write(file, content)
        os.fdatasync(file)
        await send(start)
        await send(body)

    return app


if __name__ == "__main__":
    asyncio.run(run(bare(sys.argv[1]), "127.0.0.1", int(sys.argv[2])))
