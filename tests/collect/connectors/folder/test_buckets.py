"""Buckets of a server that speaks the S3 protocol: paged listings, keys, and its bad day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.collect.connectors.bucket import PAGE, Bucket, running
from tests.collect.connectors.conftest import Office

from cxloop.collect.connectors.base import SourceError

MAPPING = """
[[interaction]]
name = "order"
kind = "order"
id = "id"
occurred_at = "at"
objects = { order = "id" }
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    """A running server."""
    with running() as found:
        yield found


@pytest.fixture
def bucket(server: Bucket) -> Bucket:
    """The server with an empty bucket."""
    server.clear()
    return server


def connected(office: Office, server: Bucket, **more: object) -> None:
    settings = {
        "where": "bucket",
        "bucket": "exports",
        "prefix": "orders/",
        "endpoint": server.endpoint,
        "region": "eu-central-1",
        "key_id": "key",
        "secret": "very-secret",
        "settle_seconds": 0,
        **more,
    }
    office.connect("folder", "exports", MAPPING, **settings)


def order(number: int) -> str:
    return f"id,at\n{number},2026-05-01 10:00:00\n"


@pytest.mark.usefixtures("real_children")
def test_new_and_changed_objects_are_imported_through_failing_requests(office: Office, bucket: Bucket) -> None:
    bucket.put("orders/1.csv", order(1))
    bucket.put("orders/deep/2.csv", order(2))
    bucket.put("elsewhere/3.csv", order(3))
    connected(office, bucket)

    bucket.failures = [503, 500]
    first = office.pull("exports")
    bucket.put("orders/1.csv", order(1) + "4,2026-05-01 11:00:00\n")
    second = office.pull("exports")

    assert (first.admitted, second.admitted, second.already_there) == (2, 1, 1)
    assert office.orders("exports") == ["1", "2", "4"]


def test_a_listing_of_more_than_one_page_is_read_to_its_end(office: Office, bucket: Bucket) -> None:
    for number in range(2 * PAGE + 1):
        bucket.put(f"orders/{number:05d}.txt", "x")
    bucket.put("orders/99999.csv", order(1))
    connected(office, bucket, pattern="**/*.csv")

    assert office.pull("exports").admitted == 1


def test_a_server_that_is_gone_and_comes_back_loses_nothing(office: Office, bucket: Bucket) -> None:
    bucket.put("orders/1.csv", order(1))
    connected(office, bucket, endpoint="http://127.0.0.1:1")
    with pytest.raises(SourceError, match="Nothing answers at the endpoint"):
        office.pull("exports")
    assert office.connection("exports").failure == "unreachable"

    connected(office, bucket)
    assert office.pull("exports").admitted == 1


def test_a_bucket_that_does_not_exist_is_told_without_the_secret(office: Office, bucket: Bucket) -> None:
    connected(office, bucket, bucket="nothing-here")

    with pytest.raises(SourceError, match="There is no such bucket") as failure:
        office.pull("exports")
    kept = office.connection("exports")
    assert kept.failure == "missing"
    assert "very-secret" not in failure.value.message + kept.reason + str(kept.settings)
    assert b"very-secret" not in (office.path / "app.sqlite").read_bytes()
