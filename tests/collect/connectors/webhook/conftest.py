"""A workspace with a webhook that is connected, and deliveries as the spool hands them over."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cxloop.collect.connectors.webhook.hooks import Hooks
from cxloop.collect.connectors.webhook.loading import load
from cxloop.collect.spool import Envelope, Spooled
from cxloop.store import connections

SECRET = "a-secret-that-nobody-guesses"
MAPPING = """
source = "shop"

[[key]]
type = "customer"
value = "customer.id"

[[interaction]]
name = "review"
kind = "review"
id = "id"
occurred_at = "at"
metric = "rating"
score = "stars"
scale = [1, 5]
text = "comment"
objects = { order = "order.number" }
"""


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Headers as GitHub's webhooks have them."""
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def review(number: int, **more: Any) -> dict[str, Any]:
    """One review as a shop would send it."""
    return {
        "id": f"r{number}",
        "at": f"2026-04-{number % 28 + 1:02d}T10:00:00Z",
        "stars": number % 5 + 1,
        "comment": f"It was number {number}.",
        "customer": {"id": f"c{number % 7}", "name": "Jo"},
        "order": {"number": f"o{number}"},
        **more,
    }


@dataclass
class Post:
    """A webhook called "reviews", and its deliveries."""

    desk: Any
    name: str = "reviews"
    seq: int = 0
    settings: dict[str, Any] = field(default_factory=lambda: {"scheme": "hmac", "rows": "", "tolerance_seconds": 300})

    def connect(self, mapping: str | None = MAPPING, **settings: Any) -> None:
        connections.save(
            self.desk.store,
            self.name,
            "webhook",
            settings={**self.settings, **settings},
            secrets={"secret": SECRET},
            mapping=mapping,
            every=None,
            next_due=None,
        )

    def delivery(self, body: object, *, ident: str | None = None) -> Spooled:
        self.seq += 1
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        about = {"delivery": ident} if ident else {}
        return Spooled(self.seq, Envelope(self.name, "webhook", 1_777_636_800_000_000 + self.seq, raw, 1, about))

    def load(self, *deliveries: Spooled) -> Any:
        return load(self.desk, self.name, deliveries)

    @property
    def state(self) -> connections.Connection:
        return connections.get(self.desk.store, self.name)


@pytest.fixture
def post(tmp_path: Path, desk_of: Callable[[Path], Any]) -> Iterator[Post]:
    desk = desk_of(tmp_path)
    made = Post(desk)
    made.connect()
    yield made
    desk.close()


@pytest.fixture
def hooks(post: Post) -> Iterator[Hooks]:
    door = Hooks(post.desk.store)
    yield door
    door.close()
