"""A server that speaks the S3 protocol, in a process of its own; a small proxy before it can be told to fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3  # type: ignore[import-untyped]
from tests.support.servers import answers, end, free_port, until

__all__ = ["PAGE", "Bucket", "running"]

PAGE = 50
"""How many names a page of a listing holds; services give 1,000."""


class Bucket:
    """A bucket with files. `failures` are statuses that the next requests are answered with."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.failures: list[int] = []
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=server,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="eu-central-1",
        )
        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.endpoint = f"http://127.0.0.1:{self._proxy.server_address[1]}"
        self._thread = Thread(target=self._proxy.serve_forever, daemon=True)
        self._thread.start()

    def put(self, name: str, content: str, bucket: str = "exports") -> None:
        """Writes a file."""
        self.client.put_object(Bucket=bucket, Key=name, Body=content.encode())

    def clear(self) -> None:
        """Forgets what a test did."""
        self.failures.clear()
        names = [
            each["Key"] for each in self.client.list_objects_v2(Bucket="exports", MaxKeys=1000).get("Contents", [])
        ]
        for name in names:
            self.client.delete_object(Bucket="exports", Key=name)

    def close(self) -> None:
        """Ends the proxy."""
        self._proxy.shutdown()
        self._proxy.server_close()
        self._thread.join()
        self.client.close()


def _handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if bucket.failures:
                self._answer(bucket.failures.pop(0), b"")
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
            try:
                with urlopen(Request(bucket.server + self.path, headers=headers, method=self.command)) as found:
                    self._answer(found.status, found.read(), dict(found.headers))
            except HTTPError as failure:
                with failure:
                    self._answer(failure.code, failure.read(), dict(failure.headers))

        do_HEAD = do_GET  # noqa: N815 - the library calls it so

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                if name.lower() not in ("connection", "transfer-encoding", "date", "server") and (
                    name.lower() != "content-length" or self.command == "HEAD"
                ):
                    self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def running() -> Iterator[Bucket]:
    """Gives a running server with an empty bucket called exports."""
    port = free_port()
    code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_S3_DEFAULT_MAX_KEYS": str(PAGE)},
    )
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/moto-api/data.json"), "the S3 server", of=process)
        bucket = Bucket(f"http://127.0.0.1:{port}")
        bucket.client.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        try:
            yield bucket
        finally:
            bucket.close()
    finally:
        end(process, signal.SIGKILL)
