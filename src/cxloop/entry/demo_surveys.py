"""The surveys of the simulated company: published from templates, sent to its customers, and answered by them.

What each answers follows from how the log has seen them so far, and is drawn with a fixed seed; the company itself, and
with it every planted truth, stays as it is. The answers take the way of every answer into the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from cxloop.collect.surveys import flow, logged, templates
from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Checkbox,
    Choosing,
    Comment,
    File,
    Rating,
    TextInput,
    YesNo,
    choices,
)
from cxloop.core.host import LOCAL
from cxloop.engine.base import Value
from cxloop.engine.query import Query
from cxloop.store.surveys import past, surveys

if TYPE_CHECKING:
    from cxloop.runtime.host import LocalHost

__all__ = ["CUSTOMERS_OF_LATE", "add_surveys"]

DAYS = 60
MOST_ASKED = 1_000
STORES = ("Berlin Mitte", "Hamburg Altona", "Köln Ehrenfeld", "München Schwabing")
REASONS = ("", "NOT_SAMPLED", "OVER_BUDGET", "NO_CONSENT", "QUIET_HOURS", "NO_ADDRESS")
SHARES = (0.80, 0.09, 0.06, 0.03, 0.01, 0.01)
WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "bad": (
            "It came days late, and nobody told me.",
            "I had to call twice before anything happened.",
            "The box was crushed and one item was missing.",
            "Nice shop, but the waiting at the till is too long.",
        ),
        "good": (
            "Quick, friendly, and exactly what I ordered.",
            "Always on time, and the app says where it is.",
            "The colleague in the store found it at once.",
            "Easy to return, no questions asked.",
        ),
    },
    "de": {
        "bad": (
            "Kam Tage zu spät, und niemand hat Bescheid gesagt.",
            "Ich musste zweimal anrufen, bis etwas passiert ist.",
            "Der Karton war eingedrückt, ein Teil hat gefehlt.",
        ),
        "good": (
            "Schnell, freundlich und genau das Bestellte.",
            "Pünktlich wie immer, und die App sagt, wo es ist.",
            "Rückgabe ganz unkompliziert.",
        ),
    },
}

CUSTOMERS_OF_LATE = Query(
    name="entry.customers_of_late",
    sql="""
        with moods as (
            select i.key_id, avg((i.score - i.scale_min) / (i.scale_max - i.scale_min)) as mood
            from interactions as i
            where i.score is not null and i.scale_max > i.scale_min and i.key_id is not null
            group by i.key_id
        )
        select i.key_id, max(i.occurred_at) as at, max(m.mood) as mood
        from interactions as i
        left join moods as m on m.key_id = i.key_id
        where i.kind = 'order' and i.key_id is not null and i.traffic is null
            and i.occurred_at >= $since and i.occurred_at < $until
        group by i.key_id
        order by i.key_id
        limit $most
    """,
    inputs=("interactions",),
    parameters={"since": "timestamp", "until": "timestamp", "most": "bigint"},
    output={"key_id": "bigint", "at": "timestamp", "mood": "double"},
)
"""Who has ordered lately, when, and how they have rated things so far (0 to 1)."""


@dataclass(frozen=True)
class _Planned:
    """One survey of the company: from which template, whether people are invited, and what else is set."""

    name: str
    template: str
    invited: bool
    hours: float
    settings: Mapping[str, Any]


PLANNED = (
    _Planned("relational-nps", "relational_nps", True, 120, {"priority": 80, "reminders": ["4d"]}),
    _Planned("delivery-csat", "delivery", True, 26, {"touchpoint": "parcel", "every": "30d"}),
    _Planned("store-visit", "store_visit", False, 1, {"touchpoint": "store_visit", "kiosk": {"exit_code": "2468"}}),
)
DRAFT = ("product-market-fit", "product_market_fit")


def add_surveys(host: LocalHost, customers: int, seed: int) -> None:
    """Publishes the company's surveys and lets its customers answer; done already, it does nothing.

    Args:
        host: of the workspace, with the company in its log.
        customers: how many the company has: the larger it is, the more are asked.
        seed: the company's own.
    """
    end = host.workspace.as_of
    with _clock(host, end - timedelta(days=DAYS)):
        for planned in PLANNED:
            _publish(host, planned)
        host.run("collect.draft_survey", {"name": DRAFT[0], "template": DRAFT[1]}, actor=LOCAL)
    told = replace(host.workspace, now=lambda: end - timedelta(minutes=1))
    with _clock(host, end - timedelta(minutes=1)):
        for at, planned in enumerate(PLANNED):
            if not surveys.tallies(host.workspace.store).get(planned.name):
                _answered(host, planned, customers, np.random.default_rng([seed, at]), end)
    with host.lanes.heavy:
        logged.log_all(told)


@contextmanager
def _clock(host: LocalHost, moment: datetime) -> Iterator[None]:
    """Lets the records live at another moment: nothing of the company happens after its last day."""
    store = host.workspace.store
    kept, store.clock = store.clock, lambda: moment
    try:
        yield
    finally:
        store.clock = kept


def _publish(host: LocalHost, planned: _Planned) -> None:
    if surveys.find(host.workspace.store, planned.name) is not None:
        return
    host.run("collect.draft_survey", {"name": planned.name, "template": planned.template}, actor=LOCAL)
    access = "invited" if planned.invited else "open"
    settings = {"access": access, "purpose": "survey", "mail": {"sender": "Shop"}, **planned.settings}
    host.run("collect.survey_settings", {"name": planned.name, "settings": settings}, actor=LOCAL)
    host.run("collect.publish_survey", {"name": planned.name}, actor=LOCAL)


def _answered(host: LocalHost, planned: _Planned, customers: int, rng: np.random.Generator, end: datetime) -> None:
    most = min(MOST_ASKED, max(40, customers // 12))
    since = end - timedelta(days=DAYS)
    asked: dict[str, Value] = {"since": since, "until": end - timedelta(hours=planned.hours + 30), "most": 4 * most}
    found = host.workspace.engine.fetch(CUSTOMERS_OF_LATE, asked).to_pylist()
    chosen = sorted(rng.choice(len(found), size=min(most, len(found)), replace=False)) if found else []
    drawn = _Drawing(planned, templates.template(planned.template), rng, end)
    links = _links(host, planned) if not planned.invited else ()
    for number, place in enumerate(chosen, 1):
        drawn.customer(number, found[place], links)
    past.add(host.workspace.store, planned.name, since, drawn.invitations, drawn.responses)


def _links(host: LocalHost, planned: _Planned) -> tuple[str, ...]:
    """A code for each store, as it hangs there."""
    made = (
        host.run(
            "collect.short_link", {"survey": planned.name, "label": store, "variables": {"store": store}}, actor=LOCAL
        )
        for store in STORES
    )
    return tuple(str(link.code) for link in made)  # type: ignore[attr-defined]


class _Drawing:
    """Draws what becomes of each customer who is asked."""

    def __init__(self, planned: _Planned, asked: Definition, rng: np.random.Generator, end: datetime) -> None:
        self._planned, self._asked, self._rng, self._end = planned, asked, rng, end
        self.invitations: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []

    def customer(self, number: int, row: Mapping[str, Any], links: tuple[str, ...]) -> None:
        """Draws one customer: whether they are asked, and what they do then."""
        mood = float(np.clip((row["mood"] or 0.7) + self._rng.normal(0, 0.15), 0, 1))
        at = row["at"] + timedelta(hours=self._planned.hours + self._rng.uniform(0, 6))
        if not self._planned.invited:
            if self._rng.random() < 0.3:
                self._respond(number, row["key_id"], None, links[int(self._rng.integers(len(links)))], at, mood)
            return
        reason = REASONS[int(self._rng.choice(len(REASONS), p=SHARES))]
        invited = self._invite(number, row["key_id"], at, reason)
        if not reason and invited["state"] == "sent":
            self._go_on(number, invited, mood)

    def _invite(self, number: int, key_id: int, at: datetime, reason: str) -> dict[str, Any]:
        state = "held" if reason else "bounced" if self._rng.random() < 0.02 else "sent"
        invited = {
            "id": number,
            "key_id": key_id,
            "trigger": f"demo-{number}",
            "state": state,
            "reason": reason,
            "rule": "",
            "probability": 0.9,
            "channel": "" if reason == "NO_ADDRESS" else "email",
            "language": "en",
            "hidden": {},
            "single_use": True,
            "created_at": at,
            "due_at": at,
            "expires_at": at + timedelta(days=30),
            "sent_at": None if reason else at + timedelta(minutes=1),
            "opened_at": None,
            "started_at": None,
            "finished_at": None,
            "reminders": 0,
            "remind_at": None,
            "revision": 1,
            "logged": 0,
        }
        self.invitations.append(invited)
        return invited

    def _go_on(self, number: int, invited: dict[str, Any], mood: float) -> None:
        """Whether the mail is opened, and the survey begun: those at both ends answer more often."""
        keen = 0.24 + 0.5 * abs(mood - 0.6)
        luck = self._rng.random()
        if luck > 0.2 + keen:
            invited["reminders"] = int(bool(self._planned.settings.get("reminders")))
            return
        opened = invited["sent_at"] + timedelta(minutes=float(self._rng.exponential(240)))
        if opened >= self._end - timedelta(hours=1):
            return
        invited["opened_at"] = opened
        if luck <= keen:
            invited["started_at"] = opened + timedelta(seconds=20)
            finished = self._respond(number, invited["key_id"], number, None, invited["started_at"], mood)
            invited["finished_at"] = finished

    def _respond(
        self, number: int, key_id: int, invitation: int | None, link: str | None, at: datetime, mood: float
    ) -> datetime | None:
        """Answers page by page, as the flow shows them; some leave midway. Returns when it was finished."""
        language = "de" if self._rng.random() < 0.3 else "en"
        store = {"store": STORES[number % len(STORES)]} if link else {}
        begun = flow.begin(self._asked, store, now=at.replace(tzinfo=UTC))
        answers, seconds, moment = dict(begun.answers), dict[str, float](), at
        page = flow.first_page(self._asked, answers, now=moment.replace(tzinfo=UTC))
        leaves = self._rng.random() < 0.12
        while page is not None:
            given = {q.name: said for q in self._asked.questions if (said := self._said(q, mood, language)) is not None}
            answers = dict(flow.accept(self._asked, answers, page, given, now=moment.replace(tzinfo=UTC)).answers)
            seconds[page] = round(float(self._rng.lognormal(2.6, 0.5)), 1)
            moment += timedelta(seconds=seconds[page])
            page = flow.next_page(self._asked, answers, page, now=moment.replace(tzinfo=UTC))
            if leaves:
                break
        done = None if page is not None else moment
        self.responses.append(
            {
                "id": f"{self._planned.name}-{number:05}",
                "version": 1,
                "state": "finished" if done else "partial",
                "mode": "page",
                "channel": "store" if link else "email",
                "invitation_id": invitation,
                "link": link,
                "client_id": None,
                # a code in a store says nothing of who scans it
                "key_id": None if link else key_id,
                "key_namespace": None,
                "key_type": None,
                "key_value": None,
                "language": language,
                "seed": number,
                "page": page or "",
                "answers": answers,
                "hidden": store,
                "seconds": seconds,
                "flags": self._flags(seconds),
                "quotas": [],
                "agent": "",
                "fingerprint": "",
                "started_at": at,
                "changed_at": moment,
                "finished_at": moment,
                "revision": 1,
                "logged": 0,
            }
        )
        return done

    def _flags(self, seconds: Mapping[str, float]) -> list[dict[str, str]]:
        took = sum(seconds.values())
        if took > 5:
            return []
        return [{"code": "speeder", "reason": f"Answered in {took:.0f} s; reading it alone takes longer."}]

    def _said(self, question: Asking, mood: float, language: str) -> Any:
        """An answer that fits the mood; None for none."""
        if isinstance(question, Rating):
            place = np.clip(mood + self._rng.normal(0.06, 0.12), 0, 0.999)
            return question.scale[int(place * len(question.scale))]
        if isinstance(question, YesNo):
            if question.purpose is not None or question.name == "call_back":
                return bool(self._rng.random() < 0.1)
            return bool(self._rng.random() < 0.4 + 0.6 * mood)
        if isinstance(question, Comment):
            words = WORDS[language]["good" if mood > 0.6 else "bad"]
            return str(self._rng.choice(words)) if self._rng.random() < 0.6 else None
        if isinstance(question, File | TextInput) or not isinstance(question, Choosing):
            return None
        values = [each.value for each in choices(question)]
        one = values[int(self._rng.integers(len(values)))]
        return [one] if isinstance(question, Checkbox) else one
