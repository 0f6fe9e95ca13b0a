"""The door: everything that goes to a customer passes it, when it is planned and again when it is sent.

It asks, in this order: is there an address, may it be written to, was it agreed to; then the budget finds the first
moment at which no clock, no pause and no quiet hour speaks against it. Everybody who is not asked has a reason.

What the log knows of customers (identities, consents, time zones, answers) is given as values by whoever can read it;
what the records know (messages, pauses, suppressed addresses) is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from cxloop.core.config import Experience, Purpose
from cxloop.outreach.asks import Asks, People, Policy, Texts, Told, Verdict
from cxloop.outreach.budget.agreeing import allowed
from cxloop.outreach.budget.planning import AFTER_ANSWER, PAUSE
from cxloop.outreach.budget.values import NOBODYS, REASONS, Flags, Times, moment_of, span_of, us_of
from cxloop.outreach.room import Room
from cxloop.store.messages import history, suppressions
from cxloop.store.messages.history import Sent

if TYPE_CHECKING:
    from cxloop.store.base import Store
    from cxloop.store.messages.messages import MessageRecord

__all__ = ["Door"]


@dataclass(frozen=True)
class Door:
    """The one door to customers.

    Attributes:
        store: the records.
        experience: purposes and the budget.
        zone: the company's time zone, for customers of whom none is known.
        policies: of each survey, by name.
        look: returns what the log knows of the customers of some keys, and of their answers to some surveys.
    """

    store: Store
    experience: Experience
    zone: str
    policies: Mapping[str, Policy]
    look: Callable[[Sequence[int], Sequence[str]], People]

    def plan(self, asks: Asks, now: datetime, *, contacts: Sequence[Sent] | None = None) -> Told:
        """Returns when each of many asks may go, or why not.

        Args:
            asks: of one purpose and survey.
            now: the present, UTC without zone.
            contacts: what was sent and what waits, where that is not what the records say.
        """
        refused, channel, address = self._through(asks, us_of(now))
        contacts = history.sent_since(self.store, self._since(now)) if contacts is None else contacts
        room = Room(self, asks.people, now, contacts, [asks.survey])
        told = room.plan(room.wants(asks, refused, channel))
        names = [clock.name for clock in room.clocks]
        return Told(
            when=told.when,
            reason=[REASONS[each] for each in told.reason.tolist()],
            rule=[self._rule(each, names, asks.survey) for each in told.rule.tolist()],
            channel=channel,
            address=address,
        )

    def still_may(self, messages: Sequence[MessageRecord], now: datetime) -> dict[int, Verdict]:
        """Returns for messages that are due whether each may still go: what was planned may be wrong by now.

        Everything is asked anew that can have changed: consent, pause, suppression, clocks and hours. Messages that
        wait with a higher priority keep their places.

        Args:
            messages: at most some hundreds at once.
            now: the present, UTC without zone.
        """
        if not messages:
            return {}
        people = self.look([each.key_id for each in messages], sorted(self.policies))
        keys = np.concatenate([people.customers, people.keys]).tolist()
        sent = history.sent_since(self.store, self._since(now), keys)
        room = Room(self, people, now, sent, [])
        refused = self._refused(messages, people, us_of(now))
        waiting = [each.message_id for each in sent if each.waits]
        rows, told = room.replan(waiting, refused)
        names = [clock.name for clock in room.clocks]
        surveys = {each.message_id: each.survey or "" for each in sent}
        verdicts = dict.fromkeys((each.id for each in messages), _GONE)
        for place, number in enumerate(rows):
            if number in verdicts:
                rule = self._rule(int(told.rule[place]), names, surveys[number])
                verdicts[number] = _verdict(int(told.when[place]), int(told.reason[place]), rule, now)
        return verdicts

    def longest(self, surveys: Sequence[str]) -> int:
        """Returns how far back contacts count for some surveys, in microseconds."""
        contact = self.experience.contact
        terms = [contact.within, contact.apart, *(rule.within for rule in contact.rule)]
        terms += [self.policy(name).every for name in surveys]
        return max(span_of(term) for term in terms if term)

    def policy(self, survey: str | None) -> Policy:
        """Returns how a survey asks; the ordinary way for messages that are of none."""
        return self.policies.get(survey or "", Policy(survey or ""))

    def purpose(self, name: str) -> Purpose | None:
        """Returns a declared purpose; None for a message that names none, or one that nobody declares any more."""
        return next((each for each in self.experience.purpose if name in (each.name, *each.aliases)), None)

    def _since(self, now: datetime) -> datetime:
        return now - timedelta(microseconds=self.longest(list(self.policies)))

    def _refused(self, messages: Sequence[MessageRecord], people: People, at: int) -> dict[int, int]:
        """Why messages may not go at all by now: their address, or what the customer has said since."""
        places = people.places(np.array([each.key_id for each in messages], dtype=np.int64))
        found: dict[int, int] = {}
        for purpose, channel in {(each.purpose, each.channel) for each in messages}:
            rows = [n for n, each in enumerate(messages) if (each.purpose, each.channel) == (purpose, channel)]
            addresses = np.array([messages[n].address for n in rows], dtype=object)
            stopped = self._suppressed(channel, addresses, np.ones(len(rows), dtype=bool))
            # the last place stands for whoever is gone: they have agreed to nothing
            agreed = np.append(self._agreed(people, purpose, channel, at), False)[places[rows]]
            for n, has_stopped, has_agreed in zip(rows, stopped.tolist(), agreed.tolist(), strict=True):
                why = "SUPPRESSED" if has_stopped else "" if has_agreed else "NO_CONSENT"
                found[messages[n].id] = REASONS.index(why)
        return found

    def _through(self, asks: Asks, at: int) -> tuple[Times, Texts, Texts]:
        """Chooses the channel of each ask, and says why one has none: address, suppression, consent."""
        number = len(asks.who)
        channel, address = np.full(number, "", dtype=object), np.full(number, "", dtype=object)
        reached = np.zeros(number, dtype=np.int64)  # how far the best channel got: 1 address, 2 not suppressed
        for liked in (True, False):
            for name, addresses in asks.addresses.items():
                mine = (asks.preferred == name) == liked
                has = mine & (addresses != "")
                free = has & ~self._suppressed(name, addresses, has)
                agreed = free & self._agreed(asks.people, asks.purpose, name, at)[asks.who]
                taken = agreed & (channel == "")
                channel[taken], address[taken] = name, addresses[taken]
                reached = np.maximum(reached, has + free.astype(np.int64))
        why = np.array([REASONS.index(name) for name in ("NO_ADDRESS", "SUPPRESSED", "NO_CONSENT")])[reached]
        refused = np.where(asks.refused > 0, asks.refused, np.where(channel == "", why, 0))
        return refused.astype(np.int64), channel, address

    def _suppressed(self, channel: str, addresses: Texts, has: Flags) -> Flags:
        if not has.any() or not history.any_suppressed(self.store, channel):
            return np.zeros(len(addresses), dtype=bool)
        found = suppressions.suppressed(self.store, channel, addresses[has].tolist())
        return np.array([address in found for address in addresses.tolist()], dtype=bool)

    def _agreed(self, people: People, purpose: str, channel: str, at: int) -> Flags:
        """Of each customer, whether they agreed; to what is for no purpose everybody, to an undeclared one nobody."""
        number = len(people.customers)
        declared = self.purpose(purpose)
        if declared is None:
            return np.full(number, not purpose)
        return allowed(people.said, declared, channel, at, number)

    def _rule(self, place: int, names: Sequence[str], survey: str) -> str:
        if place == PAUSE:
            return "paused by the customer"
        if place == AFTER_ANSWER:
            return f"{survey}: {self.policy(survey).after_answer} after an answer"
        return "" if place == NOBODYS else names[place]


_GONE = Verdict("no", reason="NO_ADDRESS", rule="the customer is no longer known")


def _verdict(when: int, reason: int, rule: str, now: datetime) -> Verdict:
    if reason:
        return Verdict("no", moment_of(when), REASONS[reason], rule)
    if when <= us_of(now):
        return Verdict("go", now)
    return Verdict("later", moment_of(when), rule=rule)
