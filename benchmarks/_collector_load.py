"""Sends the same requests over some connections, and prints what came back as JSON.

Run by benchmarks/collector.py: HOST PORT SECONDS CONNECTIONS FILE RATE. The file holds whole requests, each after its
length in four bytes. With a rate of 0 each connection sends as fast as it is answered; otherwise requests are due at
that rate a second, and the time of one counts from when it was due, whether or not a connection was free for it.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from pathlib import Path


def requests(path: Path) -> list[bytes]:
    """Returns the requests in a file."""
    content, found, place = path.read_bytes(), [], 0
    while place < len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        found.append(content[place + 4 : place + 4 + size])
        place += 4 + size
    return found


def connected(host: str, port: int) -> socket.socket:
    """Returns a new connection."""
    connection = socket.create_connection((host, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def main(host: str, port: int, seconds: float, connections: int, path: Path, rate: float) -> None:
    """Sends, and prints statuses and the seconds of each request."""
    if rate:
        paced(host, port, seconds, connections, path, rate)
        return
    sent, waiting, statuses, took, next_one = requests(path), selectors.EpollSelector(), Counter[str](), [], 0
    began: dict[int, float] = {}
    for _ in range(connections):
        connection = connected(host, port)
        waiting.register(connection, selectors.EVENT_READ, connection)
        began[connection.fileno()] = time.perf_counter()
        connection.sendall(sent[next_one % len(sent)])
        next_one += 1
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        for key, _ in waiting.select(1):
            answer = key.data.recv(65536)
            now = time.perf_counter()
            took.append(now - began[key.fd])
            statuses[answer[9:12].decode() or "closed"] += 1
            began[key.fd] = now
            key.data.sendall(sent[next_one % len(sent)])
            next_one += 1
    print(json.dumps({"statuses": statuses, "took": took, "seconds": seconds + now - end}))


def paced(host: str, port: int, seconds: float, connections: int, path: Path, rate: float) -> None:
    """Sends at a rate, and prints the same."""
    sent, waiting, statuses, took = requests(path), selectors.EpollSelector(), Counter[str](), list[float]()
    free = [connected(host, port) for _ in range(connections)]
    due: dict[int, float] = {}
    for connection in free:
        waiting.register(connection, selectors.EVENT_READ, connection)
    start = time.perf_counter()
    total, next_one = int(rate * seconds), 0
    while len(took) < total and time.perf_counter() < start + 3 * seconds:
        now = time.perf_counter()
        while free and next_one < total and start + next_one / rate <= now:
            connection = free.pop()
            due[connection.fileno()] = start + next_one / rate
            connection.sendall(sent[next_one % len(sent)])
            next_one += 1
        pause = start + next_one / rate - time.perf_counter() if free and next_one < total else 1
        for key, _ in waiting.select(max(0, pause)):
            answer = key.data.recv(65536)
            took.append(time.perf_counter() - due[key.fd])
            statuses[answer[9:12].decode() or "closed"] += 1
            free.append(key.data)
    statuses["none"] += total - len(took)
    print(json.dumps({"statuses": +statuses, "took": took, "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]), float(sys.argv[6]))
