"""Group commit: everybody is answered after the disk, together, and nobody by mistake."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from cxloop.collect.groups import MOST_GROUP, MOST_GROUP_SIZE
from cxloop.collect.http.writer import Writer
from cxloop.collect.spool import Envelope, SpoolError


class Disk:
    """Remembers groups; holds each one up until told to go on."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.kept: list[bytes] = []
        self.free = threading.Event()
        self.failure: Exception | None = None
        self.begun = threading.Event()

    def append(self, envelopes: Sequence[Envelope]) -> None:
        self.begun.set()
        self.free.wait(30)
        if self.failure is not None:
            raise self.failure
        self.groups.append(len(envelopes))
        self.kept += [envelope.body for envelope in envelopes]


@contextmanager
def writing(disk: Disk) -> Iterator[Writer]:
    writer = Writer(disk)
    yield writer
    disk.free.set()
    writer.close()


def request(body: bytes = b"x") -> Envelope:
    return Envelope("shop", "segment", 1, body)


async def begun(disk: Disk) -> None:
    await asyncio.to_thread(disk.begun.wait, 30)


def test_those_who_wait_while_the_disk_is_busy_are_written_together() -> None:
    disk = Disk()

    async def send(writer: Writer) -> None:
        first = asyncio.create_task(writer.keep(request(b"0")))
        await begun(disk)
        others = [asyncio.create_task(writer.keep(request(b"%d" % number))) for number in range(1, 10)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in (first, *others))
        disk.free.set()
        await asyncio.gather(first, *others)

    with writing(disk) as writer:
        asyncio.run(send(writer))

    assert disk.groups == [1, 9]
    assert disk.kept == [b"%d" % number for number in range(10)]


def test_a_failure_reaches_everybody_of_the_group_and_nobody_after_it() -> None:
    disk = Disk()
    disk.failure = SpoolError("The disk is full.")

    async def send(writer: Writer) -> list[BaseException | None]:
        tasks = [asyncio.create_task(writer.keep(request())) for _ in range(3)]
        await begun(disk)
        disk.free.set()
        failed = await asyncio.gather(*tasks, return_exceptions=True)
        assert writer.failure is not None
        disk.failure = None
        await writer.keep(request(b"later"))
        assert writer.failure is None
        return failed

    with writing(disk) as writer:
        failed = asyncio.run(send(writer))

    assert [type(failure) for failure in failed] == [SpoolError] * 3
    assert disk.kept == [b"later"]


def test_a_client_that_went_away_does_not_disturb_the_others() -> None:
    disk = Disk()

    async def send(writer: Writer) -> None:
        gone, other = (asyncio.create_task(writer.keep(request(body))) for body in (b"gone", b"other"))
        await begun(disk)
        gone.cancel()
        disk.free.set()
        await other

    with writing(disk) as writer:
        asyncio.run(send(writer))

    assert b"other" in disk.kept


@pytest.mark.parametrize(
    ("bodies", "groups"),
    [([b"x"] * (MOST_GROUP + 7), [MOST_GROUP, 7]), ([b"x" * (MOST_GROUP_SIZE // 2)] * 5, [2, 2, 1])],
)
def test_a_group_is_bounded(bodies: list[bytes], groups: list[int]) -> None:
    disk = Disk()

    async def send(writer: Writer) -> None:
        first = asyncio.create_task(writer.keep(request()))
        await begun(disk)
        others = [asyncio.create_task(writer.keep(request(body))) for body in bodies]
        await asyncio.sleep(0)
        disk.free.set()
        await asyncio.gather(first, *others)

    with writing(disk) as writer:
        asyncio.run(send(writer))

    assert disk.groups == [1, *groups]


def test_what_waits_at_the_end_is_written_and_what_comes_later_is_refused() -> None:
    disk = Disk()
    writer = Writer(disk)

    async def send() -> None:
        task = asyncio.create_task(writer.keep(request()))
        await begun(disk)
        disk.free.set()
        await asyncio.to_thread(writer.close)
        await task
        with pytest.raises(SpoolError):
            await writer.keep(request())

    asyncio.run(send())

    assert disk.kept == [b"x"]


def test_what_is_written_after_its_loop_has_ended_does_not_stop_the_writing() -> None:
    disk = Disk()

    async def leave(writer: Writer) -> None:
        task = asyncio.create_task(writer.keep(request(b"left")))
        await begun(disk)
        task.cancel()

    async def stay(writer: Writer) -> None:
        await asyncio.wait_for(writer.keep(request(b"stayed")), 30)

    with writing(disk) as writer:
        asyncio.run(leave(writer))  # its loop is closed before the disk is done
        disk.free.set()
        asyncio.run(stay(writer))

    assert disk.kept == [b"left", b"stayed"]
