"""What becomes of each customer whom a wave wants: chosen or not, let through the door or not, now or later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from cxloop.collect.surveys.inviting.choosing import chances
from cxloop.collect.surveys.inviting.people import Profiles, profiles_of, purpose_of
from cxloop.collect.surveys.inviting.plans import WavePlan
from cxloop.collect.surveys.inviting.sampling import drawn
from cxloop.collect.surveys.inviting.wanting import Want
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.core.time import moved
from cxloop.outreach.asks import Asks, Texts, Told
from cxloop.outreach.budget.values import REASONS, Times, moment_of, span_of, us_of
from cxloop.outreach.door import Door
from cxloop.store.surveys.invitations import NewInvitation

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.messages.history import Sent

__all__ = ["Decided", "asks_of", "decide"]

_NOT_SAMPLED, _DUPLICATE = REASONS.index("NOT_SAMPLED"), REASONS.index("DUPLICATE")


@dataclass(frozen=True)
class Decided:
    """What was decided of some wants, in their order.

    Attributes:
        wants: who was wanted.
        profiles: of those customers.
        who: place of each want in the profiles.
        chance: the probability with which each was chosen.
        told: what the door said.
    """

    wants: Sequence[Want]
    profiles: Profiles
    who: Times
    chance: np.ndarray[tuple[int], np.dtype[np.float64]]
    told: Told

    def invitations(self, settings: SurveySettings) -> list[NewInvitation]:
        """Returns the rows to write down."""
        language, key = self.profiles.language[self.who].tolist(), self.profiles.key[self.who].tolist()
        channel, chance = self.told.channel.tolist(), self.chance.tolist()
        dues = {each: moment_of(each) for each in np.unique(self.told.when).tolist()}
        expiries = {each: moved(due, settings.expiry) for each, due in dues.items() if due is not None}
        rows = []
        for place, (when, reason, rule) in enumerate(
            zip(self.told.when.tolist(), self.told.reason, self.told.rule, strict=True)
        ):
            want, asked = self.wants[place], not reason and dues[when] is not None
            rows.append(
                NewInvitation(
                    key_id=key[place],
                    trigger=want.trigger,
                    state="planned" if asked else "held",
                    reason=reason,
                    rule=rule,
                    probability=chance[place],
                    channel=channel[place],
                    language=language[place][:20],
                    hidden=want.hidden,
                    single_use=settings.once,
                    due_at=dues[when],
                    expires_at=expiries[when] if asked else None,
                )
            )
        return rows


def decide(
    ws: Operations,
    door: Door,
    survey: str,
    settings: SurveySettings,
    plan: WavePlan,
    wants: Sequence[Want],
    now: datetime,
    *,
    contacts: Sequence[Sent] | None = None,
) -> Decided:
    """Decides about customers whom a wave wants.

    Args:
        ws: the workspace.
        door: its door, for which `survey` may have rules of its own that do not hold yet.
        survey: which survey.
        settings: how it is run.
        plan: what the wave was told.
        wants: whom it wants.
        now: the present.
        contacts: what was sent and what waits, where that is not what the records say.
    """
    customers = np.unique(np.array([want.customer for want in wants], dtype=np.int64))
    profiles = profiles_of(ws, customers, sorted(door.policies))
    who = np.searchsorted(customers, np.array([want.customer for want in wants], dtype=np.int64))
    chance = chances(ws, survey, plan.sampling, profiles.people, now)[who]
    luck = drawn(np.array([_luck_of(want) for want in wants], dtype=np.int64), plan.seed)
    unchosen = luck >= chance
    again = np.array([want.again for want in wants], dtype=bool)
    refused = np.where(again, _DUPLICATE, np.where(unchosen, _NOT_SAMPLED, 0)).astype(np.int64)
    asks = asks_of(ws, survey, settings, profiles, who, [want.at for want in wants], plan.wait, refused, now)
    return Decided(wants, profiles, who, chance, door.plan(asks, now, contacts=contacts))


def asks_of(
    ws: Operations,
    survey: str,
    settings: SurveySettings,
    profiles: Profiles,
    who: Times,
    at: Sequence[int],
    wait: str,
    refused: Times,
    now: datetime,
    *,
    reminder: bool = False,
) -> Asks:
    """Returns what the door is asked: one row for each of `who`, from `at` (or now) on for as long as `wait`."""
    begins = np.maximum(np.array(at, dtype=np.int64), us_of(now))
    addresses: dict[str, Texts] = {name: profiles.addresses[name][who] for name in settings.channels}
    return Asks(
        people=profiles.people, who=who, at=begins, until=begins + span_of(wait), addresses=addresses,
        preferred=profiles.preferred[who], refused=refused, purpose=purpose_of(ws, settings), survey=survey,
        reminder=reminder,
    )  # fmt: skip


def _luck_of(want: Want) -> int:
    """What a customer's luck hangs on: what asks. So each round and each event draws anew, and a repeat does not."""
    return int.from_bytes(blake2b(want.trigger.encode(), digest_size=7).digest())
