"""Kills the sender of 10,000 mails fifty times: does anybody get one twice, and is everybody else accounted for?

A mail server in a process of its own counts what it has accepted, address by address, before it says 250. It refuses
some addresses for good, has others come back later, and now and then drops a connection instead of its 250. A second
process sends; it is ended by `kill -9` at random moments and started again. At the end every message is sent, bounced
or in doubt: the sent ones arrived exactly once, the bounced ones never, those in doubt at most once, and no more are in
doubt than connections were dropped plus one per connection and kill.

Then a mail server is down for an hour (of a clock that is moved), and reports come back: a bounce, a full mailbox, a
complaint, and one that is made up.

Run: python benchmarks/faults_sending.py [KILLS [MAILS]]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.mailserver import mail_server

from cxloop.core.config import Settings
from cxloop.outreach.addresses import house_of
from cxloop.outreach.bounces import read_notice, take_notice
from cxloop.outreach.channels.setup import channels_of
from cxloop.outreach.delivery import Delivery
from cxloop.outreach.messages import NewMessage, put
from cxloop.outreach.references import reference_of
from cxloop.store.base import Store
from cxloop.store.messages import messages, preferences, suppressions

KILLS, MAILS, CONNECTIONS, SEED = 50, 10_000, 4, 5
QUESTION = {"name": "nps", "type": "nps", "text": "Would you recommend us?", "values": list(range(11))}
START = datetime(2026, 5, 1, 12)


def settings_for(port: int, connections: int = CONNECTIONS) -> Settings:
    """Settings with a mail server on this machine."""
    smtp = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "cx@acme.example", "connections": connections}
    return Settings.model_validate({"outreach": {"smtp": smtp}})


def kind_of(address: str) -> str:
    """What the server does with an address: the same in every process."""
    return {0: "gone", 1: "later", 2: "lost"}.get(int(address[1:].split("@")[0]) % 100, "good")


def serve(folder: Path) -> None:
    """Runs the counting server until it is ended."""
    deferred: set[str] = set()

    def recipient(address: str) -> str | None:
        kind = kind_of(address)
        if kind == "later" and address not in deferred:
            deferred.add(address)
            return "451 4.7.1 come back later"
        return "550 5.1.1 nobody here" if kind == "gone" else None

    with mail_server() as server, (folder / "accepted").open("a", buffering=1) as accepted:

        def count(address: str) -> bool:
            accepted.write(f"{address}\n")
            return kind_of(address) == "lost"

        server.recipient, server.lose = recipient, count
        (folder / "port").write_text(str(server.port))
        while True:
            time.sleep(60)


def send(folder: Path, port: int, minutes: int) -> None:
    """Sends until nothing is due any more, with a clock that is some minutes ahead."""
    ahead = timedelta(minutes=minutes)
    store = Store.open(folder / "app.sqlite", lambda: datetime.now(UTC).replace(tzinfo=None) + ahead)
    settings = settings_for(port)
    delivery = Delivery(store, channels_of(settings, store.vault, store.clock), house_of(settings, store.vault))
    while delivery.run().moved:
        pass
    store.close()


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Gives a process of this file; it is ended at the end."""
    process = subprocess.Popen([sys.executable, __file__, *words])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def put_up(store: Store, count: int) -> list[int]:
    """Puts invitations up for c0, c1, ..."""
    parameters = {"title": "Delivery", "link": "https://cx.example/s/i/t", "question": QUESTION}
    return put(
        store,
        [
            NewMessage(
                once=f"invitation:{number}", purpose="research", about="invitation", reference=number, key_id=number,
                channel="email", address=f"c{number}@example.org", language="en", template="survey_invitation",
                parameters=parameters,
            )
            for number in range(count)
        ],
    )  # fmt: skip


def killed(folder: Path, kills: int, mails: int) -> tuple[bool, str]:
    """Sends with so many kills; returns whether all is as it has to be, and the counts."""
    store = Store.open(folder / "app.sqlite")
    put_up(store, mails)
    dice = random.Random(SEED)
    with started("--serve", str(folder)):
        while not (folder / "port").exists() or not (folder / "port").read_text():
            time.sleep(0.05)
        port = (folder / "port").read_text()
        in_time = sum(_kill_once(folder, port, dice) for _ in range(kills))
        for minutes in (0, 10, 90):
            subprocess.run([sys.executable, __file__, "--send", str(folder), port, str(minutes)], check=True)
    arrived = Counter((folder / "accepted").read_text().split())
    return _judged(store, arrived, in_time, mails)


def _kill_once(folder: Path, port: str, dice: random.Random) -> bool:
    """Starts a sender, lets it send something and kills it; returns whether it was still at work."""
    accepted = folder / "accepted"
    before = accepted.stat().st_size
    with started("--send", str(folder), port, "0") as sender:
        while sender.poll() is None and accepted.stat().st_size == before:
            time.sleep(0.005)
        time.sleep(dice.uniform(0.0, 0.25))
        return sender.poll() is None


def _judged(store: Store, arrived: Counter[str], in_time: int, mails: int) -> tuple[bool, str]:
    states = {each.address: each.state for each in messages.some(store, [], mails + 1)}
    counts = Counter(states.values())
    twice = sum(number > 1 for number in arrived.values())
    sent_not_there = sum(state == "sent" and arrived[address] != 1 for address, state in states.items())
    bounced_there = sum(state == "bounced" and arrived[address] > 0 for address, state in states.items())
    doubts = [address for address, state in states.items() if state == "in_doubt"]
    from_kills = [address for address in doubts if kind_of(address) != "lost"]
    known = sum(counts[state] for state in ("sent", "bounced", "in_doubt"))
    gone = sum(kind_of(f"c{number}@") == "gone" for number in range(mails))
    right = (
        (twice, sent_not_there, bounced_there, known) == (0, 0, 0, mails)
        and len(from_kills) <= in_time * CONNECTIONS
        and counts["bounced"] == gone
    )
    told = (
        f"{in_time} kills in a send of {mails:,}: {counts['sent']:,} sent, {counts['bounced']} bounced, "
        f"{len(doubts)} in doubt ({len(from_kills)} by kills, {sum(arrived[each] for each in from_kills)} of those "
        f"arrived; {len(doubts) - len(from_kills)} by dropped connections), {twice} twice, {mails - known} lost, "
        f"{sent_not_there} said sent and not there"
    )
    return right, told


def speed(folder: Path, mails: int = 1000) -> str:
    """Measures sending by one connection and by four: how many mails a second, and how many commits each."""
    told = []
    for connections in (1, CONNECTIONS):
        own = folder / f"by{connections}"
        own.mkdir()
        store = Store.open(own / "app.sqlite")
        put_up(store, mails)
        with mail_server() as server:
            settings = settings_for(server.port, connections)
            delivery = Delivery(store, channels_of(settings, store.vault, store.clock), house_of(settings, store.vault))
            began = time.perf_counter()
            while delivery.run().moved:
                pass
            seconds = time.perf_counter() - began
        told.append(f"{connections} connections {mails / seconds:,.0f} mails/s")
        store.close()
    return ", ".join(told)


def down(folder: Path, mails: int = 1000) -> tuple[bool, str]:
    """Lets a mail server be away for an hour; returns whether everybody got one mail afterwards."""
    now = [START]
    store = Store.open(folder / "down.sqlite", lambda: now[0])
    put_up(store, mails)
    with mail_server() as gone:
        port = gone.port
    settings = settings_for(port)
    delivery = Delivery(store, channels_of(settings, store.vault, store.clock), house_of(settings, store.vault))
    tried = 0
    for _ in range(60):
        tried += delivery.run().outcomes.get("later", 0)
        now[0] += timedelta(minutes=1)
    waiting = messages.counts(store).get("waiting", 0)
    with mail_server(port=port) as back:
        while delivery.run().moved:
            pass
        arrived = back.counts
    store.close()
    right = waiting == mails and len(arrived) == mails and set(arrived.values()) == {1}
    return right, (
        f"a mail server down for an hour: {waiting:,} waited, {tried} attempts met nobody, then {len(arrived):,} of "
        f"{mails:,} got a mail, {sum(n > 1 for n in arrived.values())} twice"
    )


def report(reference: str, status: str, kind: str = "delivery-status") -> bytes:
    """Returns a report as mail servers write it (RFC 3464, appendix E; RFC 5965, appendix B)."""
    told = (
        f"Final-Recipient: rfc822; c@example.org\r\nAction: failed\r\nStatus: {status}\r\n"
        if kind == "delivery-status"
        else "Feedback-Type: abuse\r\nUser-Agent: test/1\r\nVersion: 1\r\n"
    )
    part = "Reporting-MTA: dns; mx.example.org\r\n\r\n" if kind == "delivery-status" else ""
    return (
        f"From: mailer-daemon@example.org\r\nTo: cx@acme.example\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\nIt came back.\r\n"
        f"--b\r\nContent-Type: message/{kind}\r\n\r\n{part}{told}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{reference}@acme.example>\r\n\r\n--b--\r\n"
    ).encode()


def returned(folder: Path) -> tuple[bool, str]:
    """Takes reports in; returns whether each did what it has to."""
    store = Store.open(folder / "returned.sqlite")
    gone, full, angry, good = put_up(store, 4)
    with mail_server() as server:
        settings = settings_for(server.port)
        Delivery(store, channels_of(settings, store.vault, store.clock), house_of(settings, store.vault)).run()
    names = [reference_of(store.vault, number) for number in (gone, full, angry)]
    reports = [report(names[0], "5.1.1"), report(names[1], "5.2.2"), report(names[2], "", "feedback-report")]
    reports += [report(f"m{good}-0123456789abcdef", "5.1.1"), report(names[0], "5.1.1"), b"Subject: On holiday\r\n\r\n"]
    taken = [take_notice(store, read_notice(each)) for each in reports]
    stopped = suppressions.suppressed(store, "email", [f"c{number}@example.org" for number in range(4)])
    withdrawn = [(each.key_id, each.purpose) for each in preferences.unlogged(store, 10)]
    store.close()
    wanted = ["hard", "soft", "complaint", "not_ours", "already_known", "not_ours"]
    right = taken == wanted and stopped == {"c0@example.org", "c2@example.org"} and withdrawn == [(2, "research")]
    return (
        right,
        f"reports: {', '.join(taken)}; {len(stopped)} addresses suppressed, {len(withdrawn)} consent withdrawn",
    )


def main(kills: int, mails: int) -> int:
    """Runs everything and prints the counts; returns the exit code."""
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "accepted").touch()
        for right, told in (killed(folder, kills, mails), down(folder), returned(folder)):
            print(f"{'PASS' if right else 'FAIL'}  {told}", flush=True)
            results.append(right)
        print(f"      {speed(folder)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["--send"]:
        send(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        given = [int(each) for each in sys.argv[1:]]
        sys.exit(main(given[0] if given else KILLS, given[1] if given[1:] else MAILS))
