"""A gateway on this machine that speaks the documented protocol: it checks signatures and answers as a test says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from cxloop.collect.connectors.webhook.signatures import Signed, check

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Gateway:
    """What arrived with a good signature, and what is answered."""

    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0
    status: int = 200
    answer: bytes = b'{"id": "gw-1"}'
    hang_up: bool = False


@contextmanager
def gateway(secret: str = SECRET) -> Iterator[Gateway]:
    """Gives a gateway that listens until the end."""
    told = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            # the clock of the tests stands still in 2026, so the time of the request is taken as it says
            signed = Signed(headers, body, float(headers.get("webhook-timestamp", time.time())))
            if check("standard", secret, signed) is not None:
                told.forged += 1
            elif told.status == 200:
                told.taken.append(json.loads(body))
            if told.hang_up:
                self.connection.close()
                return
            self.send_response(told.status)
            self.send_header("content-length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer)

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

        def handle(self) -> None:
            with suppress(OSError):  # it hung up
                super().handle()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}/messages"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
