"""Clients that mean no good, or cannot do better: against the collectors of a running server, and against its app."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks._hostile_bodies import PACKED, RAW, bodies
from benchmarks._ports import free_port
from benchmarks._served import Server, Site, event, get, post, site, workspace_with_key

__all__ = [
    "Verdict",
    "everything_three_times",
    "garbage",
    "made_from_the_documents",
    "one_bad_event",
    "slow_and_idle",
    "two_servers",
]

Verdict = tuple[bool, str]

IDLE, DAWDLING = 10_000, 200
SLOW_SECONDS = 36.0
"""Longer than a head or an idle connection (30 s) and a body (20 s) may take."""
MOST_P99_MS = 150.0
MOST_GROWN_BYTES = 250_000_000
EXAMPLES = 12
OF_EACH_VERB = 3
REACHES_OUT = {"collect.pull", "collect.connect", "collect.try_connection"}
"""Verbs that talk to other systems."""


def everything_three_times(parent: Path) -> Iterator[Verdict]:
    """Sends each batch three times at the same moment, and all of them again after kill -9 and a new start."""
    with site(parent, "retry") as on:
        batches = [[f"{number}-{place}" for place in range(20)] for number in range(150)]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(on.send, [batch for batch in batches for _ in range(3)]))
            on.server.kill()
            on.server.ensure()
            on.server.wait_until_ready()
            list(pool.map(on.send, [batch for batch in batches for _ in range(3)]))
        log = on.settled()
    sent, lost = on.answers.total() * 20, log.lost(on.acknowledged)
    held = not lost and not log.doubled and not log.rejected and len(log.ids) == len(batches) * 20
    yield (
        held and on.answers.keys() == {"200"},
        (
            f"everything three times, in parallel and again after a restart: {sent:,} events sent, {len(log.ids):,} "
            f"different ones in the log; {lost} lost, {log.doubled} doubled, "
            f"{log.rejected.total()} rejected (limit: none)"
        ),
    )


def one_bad_event(parent: Path) -> Iterator[Verdict]:
    """Sends 500 events of which one is bad."""
    with site(parent, "batch") as on:
        events = [event(f"b-{number}") for number in range(500)]
        del events[123]["userId"]
        status, body = post(on.port, on.key, json.dumps({"batch": events}).encode())
        told = json.loads(body)
        log = on.settled()
    reasons = [(each["index"], each["code"]) for each in told.get("rejected", [])]
    held = status == "200" and told["accepted"] == 499 and len(reasons) == 1 and reasons[0][0] == 123
    yield (
        held and len(log.ids) == 499 and log.rejected.total() == 1 and "b-123" not in log.ids,
        (
            f"a batch of 500 with one bad event: {len(log.ids)} in the log, {log.rejected.total()} in rejected, "
            f"the answer names {reasons} (limit: 499 and 1)"
        ),
    )


def garbage(parent: Path) -> Iterator[Verdict]:
    """Sends all of it to the collectors and to the app, several times, and looks at who is still there."""
    with site(parent, "garbage") as on:
        on.send([f"before-{number}" for number in range(20)])
        alive = {each.pid: each.memory_info().rss for each in on.server.processes()}
        by_kind: dict[str, Counter[str]] = {}
        for kind, sent in bodies().items():
            headers = {"content-encoding": "gzip"} if kind in PACKED else {}
            by_kind[kind] = Counter(
                post(port, on.key, body, headers=headers)[0]
                for port in (on.port, on.server.ports[0])
                for body in sent
                for _ in range(2)
            )
        by_kind["HTTP garbage"] = Counter(_raw(port, said) for port in (on.port, on.server.ports[0]) for said in RAW)
        still = {each.pid: each.memory_info().rss for each in on.server.processes()}
        after = on.send([f"after-{number}" for number in range(20)])
        log = on.settled()
    for kind, statuses in by_kind.items():
        print(f"  {kind}: {dict(sorted(statuses.items()))}")
    total = sum(by_kind.values(), Counter())
    broken = sum(number for status, number in total.items() if status.startswith("5") or status == "TimeoutError")
    grown = max(still.get(pid, 0) - before for pid, before in alive.items())
    lost = log.lost(on.acknowledged)
    held = not broken and alive.keys() == still.keys() and grown < MOST_GROWN_BYTES and after == "200" and not lost
    yield (
        held and not log.doubled,
        (
            f"{total.total()} malformed requests of {len(by_kind)} kinds: {dict(sorted(total.items()))}, {broken} 5xx, "
            f"{len(alive.keys() - still.keys())} processes gone, memory at most {grown / 1e6:+.0f} MB "
            f"(limit {MOST_GROWN_BYTES / 1e6:.0f}), {log.rejected.total()} rejects kept, {lost} good events lost"
        ),
    )


def _raw(port: int, said: bytes) -> str:
    """Returns the status of an answer to bytes, or "closed"."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.settimeout(5)
        try:
            with contextlib.suppress(ConnectionError):
                connection.sendall(said)
            answer = connection.recv(200)
        except TimeoutError:
            return "waits for more"
        except ConnectionError:
            return "closed"
    return answer[9:12].decode() if answer.startswith(b"HTTP/1") else "closed"


def slow_and_idle(parent: Path) -> Iterator[Verdict]:
    """Holds 10,000 idle connections and 400 that dawdle, while a normal client goes on."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle = IDLE if hard == resource.RLIM_INFINITY or hard > IDLE + 3 * DAWDLING else hard - 3 * DAWDLING
    with site(parent, "slow") as on, contextlib.ExitStack() as held:
        authorization = b"Authorization: Basic " + b64encode(f"{on.key}:".encode()) + b"\r\n"
        head = b"POST /v1/track HTTP/1.1\r\nHost: x\r\n" + authorization
        quiet = _latencies(on, 3, "quiet")
        silent = [_connected(held, on.port, b"") for _ in range(idle)]
        heads = [_connected(held, on.port, head) for _ in range(DAWDLING)]
        slow = [_connected(held, on.port, head + b"Content-Length: 500\r\n\r\n") for _ in range(DAWDLING)]
        stop = threading.Event()
        dripping = threading.Thread(target=_drip, args=(heads, slow, stop))
        dripping.start()
        took = _latencies(on, SLOW_SECONDS, "held")
        stop.set()
        dripping.join()
        ended = [sum(map(_is_closed, each)) for each in (silent, heads, slow)]
        memory = max(each.memory_info().rss for each in on.server.processes("a collector"))
    p99, before = (statistics.quantiles(each, n=100)[98] * 1000 for each in (took, quiet))
    odd = {status: number for status, number in on.answers.items() if status != "200"}
    print(
        f"  a normal client: {len(took)} answers, median {statistics.median(took) * 1000:.1f} ms, p99 {p99:.1f} ms ",
        end="",
    )
    print(f"(quiet {before:.1f} ms), longest {max(took) * 1000:.0f} ms; collectors have {memory / 1e6:.0f} MB at most")
    print(f"  ended by the server after {SLOW_SECONDS:.0f} s: {ended[0]} of {idle} idle, ", end="")
    print(f"{ended[1]} of {DAWDLING} slow heads, {ended[2]} of {DAWDLING} slow bodies")
    yield (
        not odd and p99 < MOST_P99_MS and ended[1:] == [DAWDLING, DAWDLING],
        (
            f"{idle:,} idle connections, {DAWDLING} slow heads and {DAWDLING} slow bodies: a normal client got "
            f"{len(took):,} of {len(took) + sum(odd.values()):,} answers with p99 {p99:.1f} ms "
            f"(limit {MOST_P99_MS:.0f}); "
            f"{ended[1] + ended[2]} of {2 * DAWDLING} that dawdle were ended"
        ),
    )


def _connected(held: contextlib.ExitStack, port: int, said: bytes) -> socket.socket:
    connection = held.enter_context(socket.create_connection(("127.0.0.1", port), 20))
    connection.sendall(said)
    return connection


def _drip(heads: Sequence[socket.socket], slow: Sequence[socket.socket], stop: threading.Event) -> None:
    """Sends a byte now and then, so that no connection is quite still."""
    while not stop.wait(2):
        for connection, said in [*((each, b"X: y\r\n") for each in heads), *((each, b" ") for each in slow)]:
            with contextlib.suppress(OSError):
                connection.send(said)


def _is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        while said := connection.recv(65536):  # an answer that says why may come first
            del said
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _latencies(on: Site, seconds: float, prefix: str) -> list[float]:
    took: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        on.send([f"{prefix}-{len(took)}"])
        took.append(time.perf_counter() - began)
        time.sleep(0.02)
    return took


def two_servers(parent: Path) -> Iterator[Verdict]:
    """Starts further servers on a workspace that is served, also while its app has just crashed, and on its port."""
    with site(parent, "two") as on:
        first = {each.pid for each in on.server.processes()}
        code, said = _second(on.folder, free_port(), free_port())
        alone = {each.pid for each in on.server.processes()} == first and on.send(["one"]) == "200"
        yield (
            alone and code != 0 and "already" in said,
            (f"a second server on a workspace: ended with {code}, said {said!r}; the first goes on: {alone}"),
        )
        other = parent / "other"
        workspace_with_key(other)
        for what, ports in (("app", (on.server.ports[0], free_port())), ("collectors", (free_port(), on.port))):
            code, said = _second(other, *ports)
            alone = {each.pid for each in on.server.processes()} == first and on.send([what]) == "200"
            yield (
                alone and code != 0 and "cannot listen" in said,
                (f"a server of another workspace on the port of its {what}: ended with {code}, said {said!r}"),
            )
        for each in on.server.processes("the app"):
            each.kill()
        code, said = _second(on.folder, free_port(), free_port())
        back = on.server.wait_until_ready() and on.server.starts == 1 and on.send(["two"]) == "200"
        yield (
            back and code != 0 and "already" in said,
            (
                f"a second one while the app has just crashed: ended with {code}, said {said!r}; "
                f"the first goes on: {back}"
            ),
        )
    yield _at_once(parent / "other")


def _second(folder: Path, port: int, collect_port: int) -> tuple[int | str, str]:
    """Returns how a server ended that should, and what it said last."""
    words = [sys.executable, "-m", "cxloop", "serve", "--workspace", str(folder), "--port", str(port)]
    started = subprocess.Popen(
        [*words, "--collect-port", str(collect_port)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said, _ = started.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        started.terminate()
        started.communicate(timeout=30)
        return "it runs", ""
    return started.returncode, " ".join(said.split())[-300:].replace(str(folder), "DIR")


def _at_once(folder: Path) -> Verdict:
    servers = [Server(folder, (free_port(), free_port())) for _ in range(2)]
    try:
        for server in servers:
            server.ensure()
        end = time.monotonic() + 30
        while all(_runs(server) for server in servers) and time.monotonic() < end:
            time.sleep(0.2)
        running = [server for server in servers if _runs(server)]
        ready = len(running) == 1 and running[0].wait_until_ready(30) and running[0].starts == 1
    finally:
        for server in servers:
            server.kill()
    return (
        ready,
        f"two servers started at the same moment on one workspace: {len(running)} goes on, the other is refused",
    )


def _runs(server: Server) -> bool:
    return server.process is not None and server.process.poll() is None


def made_from_the_documents(parent: Path) -> Iterator[Verdict]:
    """Makes requests from the two OpenAPI documents with Schemathesis, and sends them to the running server."""
    with site(parent, "documents") as on:
        words = ["admin", "create-key", "admin", "walker", "--workspace", str(on.folder), "--json"]
        made = subprocess.run([sys.executable, "-m", "cxloop", *words], capture_output=True, text=True, check=True)
        bearer = {"authorization": f"Bearer {json.loads(made.stdout)['secret']}", "x-cxloop": "1"}
        app = on.server.ports[0]
        for what, port, path, headers, examples in (
            ("collector's", on.port, "/v1/openapi.json", {}, EXAMPLES),
            ("JSON API's", app, "/api/openapi.json", bearer, OF_EACH_VERB),
        ):
            document = json.loads(get(port, path, headers)[1])
            statuses = _walked(document, port, on.key, headers, examples)
            broken = sum(number for status, number in statuses.items() if not status.isdigit() or status[0] == "5")
            print(f"  {what} document: {dict(sorted(statuses.items()))}")
            yield (
                not broken and statuses.total() > 100,
                (
                    f"{statuses.total():,} requests made from the {what} OpenAPI document "
                    f"({len(document['paths'])} paths): {broken} answered 5xx or not at all (limit: none)"
                ),
            )


def _walked(document: dict[str, Any], port: int, key: str, headers: dict[str, str], examples: int) -> Counter[str]:
    import schemathesis
    from schemathesis.generation import GenerationMode

    schema = schemathesis.openapi.from_dict(document)
    statuses: Counter[str] = Counter()
    for path, methods in document["paths"].items():
        if path.removeprefix("/api/").replace("/", ".") in REACHES_OUT or path.startswith("/api/admin/"):
            continue
        for method in methods:
            for mode in GenerationMode:
                _tried(schema[path][method.upper()], mode, examples, port, key, headers, statuses)
    return statuses


def _tried(
    operation: Any, mode: Any, examples: int, port: int, key: str, headers: dict[str, str], statuses: Counter[str]
) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis.errors import Unsatisfiable

    @settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        statuses[_sent(case, port, key, headers)] += 1

    with contextlib.suppress(Unsatisfiable):  # nothing to do wrong
        send()


def _sent(case: Any, port: int, key: str, headers: dict[str, str]) -> str:
    from urllib.parse import urlencode

    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()
    if case.method.upper() == "POST":
        return post(port, key, body, case.path, {**headers, "content-type": "application/json"})[0]
    query = urlencode({str(name): str(value) for name, value in (case.query or {}).items()}, errors="replace")
    try:
        return str(get(port, f"{case.path}?{query}", headers)[0])
    except OSError as failure:
        return type(failure).__name__
