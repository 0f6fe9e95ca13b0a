"""The verbs of inviting: whom a survey asks, who was asked, and why not the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cxloop.collect.surveys.inviting.results import InvitationPlan, InvitationReplay, Invitations, Wave, Waves
from cxloop.core.verbs import Condition, Names, verb
from cxloop.store.context import Operations

__all__ = ["invitations", "invite", "remind", "replay_invitations", "stop_wave", "wave", "waves"]


def _nothing_is_none(given: object) -> object:
    """A form that leaves something out sends an empty text."""
    return None if given == "" else given


SurveyName = Annotated[str, Field(min_length=1, max_length=200)]
OptionalSurvey = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_nothing_is_none)]
OptionalName = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_nothing_is_none)]
OptionalPath = Annotated[Path | None, BeforeValidator(_nothing_is_none)]
OptionalCondition = Annotated[Condition | None, BeforeValidator(_nothing_is_none)]
Time = Annotated[Annotated[str, Field(max_length=40)] | None, BeforeValidator(_nothing_is_none)]
Share = Annotated[Annotated[float, Field(gt=0, le=1)] | None, BeforeValidator(_nothing_is_none)]
Points = Annotated[Annotated[float, Field(gt=0, le=200)] | None, BeforeValidator(_nothing_is_none)]
Number = Annotated[int, Field(ge=1)]
OptionalNumber = Annotated[Number | None, BeforeValidator(_nothing_is_none)]
Page = Annotated[int, Field(ge=1, le=100_000)]
Days = Annotated[int, Field(ge=1, le=366)]
Rules = Annotated[
    str,
    BeforeValidator(lambda given: json.dumps(given) if isinstance(given, dict) else given or ""),
    Field(max_length=100_000),
]
First = Annotated[int, Field(ge=0)]
State = Annotated[
    Literal["held", "planned", "queued", "sent", "in_doubt", "failed", "bounced", "expired"] | None,
    BeforeValidator(_nothing_is_none),
]
Reason = Annotated[
    Literal[
        "NOT_SAMPLED", "QUIET_HOURS", "OVER_BUDGET", "NO_CONSENT", "NO_ADDRESS", "SUPPRESSED", "PAUSED", "DUPLICATE"
    ]
    | None,
    BeforeValidator(_nothing_is_none),
]
_OUTDATED = ("collect.waves", "collect.wave", "collect.invitations")


@verb(part="collect", right="write", personal=True, changes="records", outdates=_OUTDATED)
def invite(
    ws: Operations,
    survey: SurveyName,
    *,
    segment: OptionalName = None,
    file: OptionalPath = None,
    people: Names = (),
    event: OptionalCondition = None,
    delay: Time = None,
    every: Time = None,
    at: Time = None,
    spread: Time = None,
    wait: Time = None,
    rate: Share = None,
    precision: Points = None,
    by: OptionalName = None,
    dry_run: bool = False,
) -> InvitationPlan:
    """Invites customers to a survey, or shows first who would be asked, and why not everybody else.

    Each customer passes the contact-pressure budget: consent, pauses, quiet hours and how often they have been asked.
    Who may not be asked now waits for a place. Nobody is asked twice for the same thing.

    Args:
        survey: The survey; it has to be published.
        segment: Ask the members of this segment; everybody means all customers.
        file: Or the customers of this CSV file: an identifier or an e-mail address in each row; its other columns go
            with the answers.
        people: Or these customers, by number or identifier.
        event: Or whoever something happens to from now on, as a condition such as 'kind == "delivery"'.
        delay: How long after the event, such as 2h.
        every: Ask the segment anew after this time, such as 91d: a survey on a schedule.
        at: When to begin, such as 2026-05-04T09:00; without it, now.
        spread: Spread the invitations evenly over this time, such as 5d.
        wait: How long somebody may wait for a place; without it, as the budget says.
        rate: Ask this share (0 to 1) of them, drawn by lot; without it, as the survey's settings say.
        precision: Prefer groups whose score is not known to within this many points yet.
        by: What those groups are: a trait such as country, or segment.NAME.
        dry_run: Show who would be asked, and change nothing.

    Raises:
        UnknownNameError: there is no such survey or segment.
        InputError: nobody to ask is given, or several; the survey is not published; a file or term cannot be read.
    """
    from cxloop.collect.surveys.inviting import desk

    whom = desk.Whom(segment, file, people, event, delay, every, at, spread, wait, rate, precision, by)
    return desk.invite(ws, survey, whom, dry_run=dry_run)


@verb(part="collect", right="read", limited="refuse")
def waves(ws: Operations, survey: OptionalSurvey = None) -> Waves:
    """The waves: whom each asks, how far it has come, and how many were asked and answered.

    Args:
        survey: Only those of this survey.

    Raises:
        UnknownNameError: there is no such survey.
    """
    from cxloop.collect.surveys.inviting.desk import list_waves

    return list_waves(ws, survey)


@verb(part="collect", right="read", limited="refuse")
def wave(ws: Operations, number: Number) -> Wave:
    """One wave: what became of everybody whom it wanted, with the reason for everybody who was not asked.

    Args:
        number: The wave's number.

    Raises:
        NotFoundError: there is no such wave.
    """
    from cxloop.collect.surveys.inviting.desk import look_at

    return look_at(ws, number)


@verb(part="collect", right="write", changes="records", outdates=_OUTDATED)
def stop_wave(ws: Operations, number: Number) -> Wave:
    """Stops a wave for good and takes back what it has not sent yet; whoever was asked may still answer.

    Args:
        number: The wave's number.

    Raises:
        NotFoundError: there is no such wave.
    """
    from cxloop.collect.surveys.inviting.desk import stop

    return stop(ws, number)


@verb(part="collect", right="write", changes="records", outdates=_OUTDATED)
def remind(ws: Operations, wave: Number) -> Wave:
    """Reminds whoever of a wave has not answered, once more, as far as the contact-pressure budget lets them.

    Args:
        wave: The wave's number.

    Raises:
        NotFoundError: there is no such wave.
        InputError: the survey takes no answers now.
    """
    from cxloop.collect.surveys.inviting import desk

    return desk.remind(ws, wave)


@verb(part="collect", right="read", personal=True, limited="refuse")
def invitations(
    ws: Operations,
    survey: SurveyName,
    *,
    state: State = None,
    reason: Reason = None,
    wave: OptionalNumber = None,
    limit: Page = 100,
    offset: First = 0,
) -> Invitations:
    """Whom a survey wanted to ask, customer by customer: asked, to be asked, or not asked and by which rule.

    Args:
        survey: The survey.
        state: Only those in this state; held are those who were not asked.
        reason: Only those who were not asked for this reason.
        wave: Only those of this wave.
        limit: How many rows at most.
        offset: How many rows to pass over.

    Raises:
        UnknownNameError: there is no such survey.
    """
    from cxloop.collect.surveys.inviting.desk import list_invitations

    return list_invitations(ws, survey, state, reason, wave, limit, offset)


@verb(part="collect", right="read", limited="refuse")
def replay_invitations(
    ws: Operations,
    survey: SurveyName,
    *,
    days: Days = 90,
    rules: Rules = "",
    event: OptionalCondition = None,
    delay: Time = None,
) -> InvitationReplay:
    """The last days under other rules: who would have been asked, how often, and what each customer would have got.

    Nothing is sent and nothing is written. Without rules it shows what the present ones would have done.

    Args:
        survey: The survey.
        days: How many days back.
        rules: What to try, as TOML or JSON: survey (every, after_answer, priority, channels, window, sampling, purpose)
            and contact (as [contact] of experience.toml), such as {"contact": {"most": 2}}.
        event: Ask on this event instead of as the survey's waves did, such as 'kind == "delivery"'.
        delay: How long after the event, such as 2h.

    Raises:
        UnknownNameError: there is no such survey.
        InputError: the rules or the condition cannot be read.
    """
    from cxloop.collect.surveys.inviting.replaying import replay

    return replay(ws, survey, days, rules, event, delay or "0m")
