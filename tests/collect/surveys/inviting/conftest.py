"""A published survey, and customers with addresses, consents and time zones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from cxloop.collect.surveys import verbs as survey_verbs
from cxloop.collect.surveys.inviting.hearing import hear_of_invitations, hear_of_reminders
from cxloop.core.config import Experience, validate
from cxloop.core.schema import table as schema_table
from cxloop.store.messages import messages
from cxloop.store.messages.messages import Change, MessageRecord

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

DOCUMENT = {
    "title": {"default": "Your delivery", "de": "Ihre Lieferung"},
    "pages": [
        {
            "elements": [
                {
                    "type": "rating", "name": "nps", "title": {"default": "Would you recommend us?", "de": "Weiter?"},
                    "rateMin": 0, "rateMax": 10, "metric": "nps", "minRateDescription": "no",
                    "maxRateDescription": "yes",
                },
                {"type": "comment", "name": "why", "title": "Why?"},
            ]
        }
    ],
}  # fmt: skip
ARROW: dict[str, pa.DataType] = {
    "bigint": pa.int64(), "int": pa.int32(), "double": pa.float64(), "text": pa.string(),
    "timestamp": pa.timestamp("us"),
}  # fmt: skip
PURPOSES = [{"name": "news"}, {"name": "survey", "basis": "legitimate interest"}]


@dataclass
class Town:
    """A workspace with customers who were born from their e-mail addresses, and ways to let time pass."""

    desk: Desk
    numbers: dict[str, int] = field(default_factory=dict)
    told: int = 0

    def settle(self, names: Sequence[str], **traits: str) -> None:
        """Adds customers with an e-mail address each."""
        self.happen(names, kind="profile", name="signed_up", traits=json.dumps(traits) if traits else None)
        keys = self.desk.rows("select value, key_id from keys where type = 'email'")
        self.numbers = {value.partition("@")[0]: key for value, key in keys}
        now = self.desk.now()
        known = {number for (number,) in self.desk.rows("select customer_id from customers")}
        fresh = [(self.numbers[name], name) for name in names if self.numbers[name] not in known]
        rows = [
            {"customer_id": number, "label": name, "search_text": name, "first_seen_at": now, "last_seen_at": now,
             "interactions": 1, "channels": 1}
            for number, name in fresh
        ]  # fmt: skip
        self._append("customers", rows)

    def happen(self, names: Sequence[str], *, at: datetime | None = None, **what: Any) -> None:
        """Lets the same happen to some customers."""
        rows = []
        for name in names:
            self.told += 1
            rows.append(
                {"message_id": f"m{self.told}", "source": "shop", "occurred_at": at or self.desk.now(),
                 "key_namespace": "shop", "key_type": "email", "key_value": f"{name}@example.org", **what}
            )  # fmt: skip
        self.desk.engine.admit(pa.Table.from_pylist(rows), now=self.desk.now())

    def gather(self, segment: str, names: Sequence[str]) -> None:
        """Puts customers into a segment."""
        rows = [
            {"segment": segment, "customer_id": self.numbers[name], "since": self.desk.now(), "until": None}
            for name in names
        ]
        self._append("segment_members", rows)
        if not self.desk.number(f"select count(*) from segments where segment = '{segment}'"):
            self._append("segments", [{"segment": segment, "version": 1}])

    def send(self, until: datetime | None = None) -> list[MessageRecord]:
        """Sends what is due, as delivery does, and tells the invitations."""
        due = messages.due(self.desk.store, until or self.desk.now(), 10_000, ["email", "sms", "whatsapp"])
        now = self.desk.now()
        messages.change(self.desk.store, [Change(each.id, ("waiting",), "sent", sent_at=now) for each in due])
        sent = [found for each in due if (found := messages.get(self.desk.store, each.id)) is not None]
        hear_of_invitations(self.desk.store, [each for each in sent if each.about == "invitation"])
        hear_of_reminders(self.desk.store, [each for each in sent if each.about == "reminder"])
        return sent

    def pass_time(self, **much: float) -> None:
        """Moves the hands on."""
        self.desk.forward(**much)

    def budget(self, **contact: Any) -> None:
        """Sets the contact-pressure budget."""
        self.desk.experience = experience(**contact)

    def _append(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            schema = pa.schema([(column.name, ARROW[column.type]) for column in schema_table(table).columns])
            self.desk.engine.append(table, pa.Table.from_pylist(rows, schema=schema))


def experience(**contact: Any) -> Experience:
    """The purposes of the tests, with a budget."""
    return validate(Experience, {"purpose": PURPOSES, "contact": contact}, "experience.toml")


@pytest.fixture
def town(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Nobody lives there yet; a survey called delivery is live, and asks once in 90 days. Luck is fixed."""
    monkeypatch.setattr("cxloop.collect.surveys.inviting.desk.secrets.randbits", lambda bits: 20260504)
    desk.experience = experience()
    desk.moment = desk.as_of = datetime(2026, 5, 4, 10)
    survey_verbs.draft_survey(desk, "delivery", document=json.dumps(DOCUMENT))
    survey_verbs.publish_survey(desk, "delivery")
    return Town(desk)
