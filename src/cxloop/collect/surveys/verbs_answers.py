"""The verbs of what comes in: responses, short links, sessions, and how many answers are needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cxloop.collect.surveys.answer_results import (
    ResponseDetails,
    ResponseFile,
    Responses,
    SamplePlan,
    SessionRecord,
    ShortLink,
    ShortLinks,
)
from cxloop.core.verbs import verb
from cxloop.store.context import Operations

__all__ = [
    "drop_short_link",
    "flag_response",
    "plan_sample",
    "record_session",
    "response",
    "response_file",
    "responses",
    "short_link",
    "short_links",
]


def _nothing_is_none(given: object) -> object:
    """A form that leaves something out sends an empty text."""
    return None if given == "" else given


def _as_text(given: object) -> object:
    return json.dumps(given, ensure_ascii=False) if isinstance(given, dict | list) else given


SurveyName = Annotated[str, Field(min_length=1, max_length=200)]
Optional = Annotated[SurveyName | None, BeforeValidator(_nothing_is_none)]
OptionalPath = Annotated[Path | None, BeforeValidator(_nothing_is_none)]
Number = Annotated[str, Field(min_length=1, max_length=80)]
Json = Annotated[str, BeforeValidator(_as_text), Field(max_length=2_000_000)]
Distance = Annotated[float, Field(gt=0, le=200)] | None
_LISTS = ("collect.responses", "collect.surveys", "collect.survey")


@verb(part="collect", right="read", personal=True, limited="refuse")
def responses(
    ws: Operations,
    survey: SurveyName,
    *,
    state: Literal["open", "finished", "partial", "screened"] | None = None,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100,
) -> Responses:
    """The responses of a survey, the newest first, with their customer where that is known.

    Args:
        survey: The survey.
        state: Only those that are open, finished, partial or screened out.
        limit: How many at most.

    Raises:
        UnknownNameError: there is no such survey.
    """
    from cxloop.collect.surveys.received import list_responses

    return list_responses(ws, survey, state, limit)


@verb(part="collect", right="read", personal=True, limited="refuse")
def response(ws: Operations, response: Number) -> ResponseDetails:
    """One response in full: what was asked and said, by whom, how long it took, and why it may be no honest answer.

    Args:
        response: Its number, as in collect responses.

    Raises:
        NotFoundError: there is no such response.
    """
    from cxloop.collect.surveys.received import one

    return one(ws, response)


@verb(part="collect", right="read", personal=True, limited="refuse")
def response_file(ws: Operations, file: Annotated[int, Field(ge=1)], *, to: OptionalPath = None) -> ResponseFile:
    """A file that somebody uploaded as an answer.

    Args:
        file: Its number, as in collect response.
        to: Where to write it; only who sits at the machine names a file.

    Raises:
        NotFoundError: there is no such file.
        AccessDeniedError: somebody else names a file to write to.
        InputError: the file to write to is there already.
    """
    from cxloop.collect.surveys.received import file as find

    return find(ws, file, to)


@verb(part="collect", right="write", personal=True, changes="records", outdates=_LISTS)
def flag_response(
    ws: Operations,
    response: Number,
    *,
    reason: Annotated[str, Field(max_length=500)] = "",
    left_out: bool | None = None,
) -> ResponseDetails:
    """Flags a response with a reason, takes it out of every number, or takes it back. Nothing is deleted.

    Args:
        response: Its number, as in collect responses.
        reason: Why; whoever looks at it later sees this.
        left_out: Whether numbers leave it out from now on; without it, the flag alone is written.

    Raises:
        NotFoundError: there is no such response.
        InputError: the reason is missing.
    """
    from cxloop.collect.surveys.received import flag

    return flag(ws, response, reason, left_out=left_out)


@verb(part="collect", right="write", changes="records", outdates=("collect.short_links",))
def short_link(
    ws: Operations,
    survey: SurveyName,
    label: Annotated[str, Field(min_length=1, max_length=200)],
    *,
    channel: Annotated[str, Field(min_length=1, max_length=80)] = "store",
    variables: Json = "",
    expires: Annotated[str | None, BeforeValidator(_nothing_is_none)] = None,
) -> ShortLink:
    """Makes a short address of a survey with its QR code, for a store, a table, a parcel.

    Asking for the same again gives the one that is there.

    Args:
        survey: The survey.
        label: Where it hangs, such as "Berlin, table 12"; answers that come by it say so.
        channel: That answers come in by.
        variables: What it says of where it is, for the survey's own variables: a JSON object such as {"table": "12"}.
        expires: After how long it leads nowhere, such as 90d; without it, never.

    Raises:
        UnknownNameError: there is no such survey.
        MistakesError: the survey does not declare a variable.
        InputError: the variables or the term cannot be read.
    """
    from cxloop.collect.surveys.links import make

    return make(ws, survey, label, channel=channel, variables=variables, expires=expires)


@verb(part="collect", right="read", limited="refuse")
def short_links(ws: Operations, survey: Optional = None) -> ShortLinks:
    """The short addresses of a survey: where they hang, and how many responses came by each.

    Args:
        survey: Only those of this survey.

    Raises:
        UnknownNameError: there is no such survey.
    """
    from cxloop.collect.surveys.links import list_links

    return list_links(ws, survey)


@verb(part="collect", right="write", changes="records", outdates=("collect.short_links",))
def drop_short_link(ws: Operations, code: Annotated[str, Field(min_length=1, max_length=40)]) -> ShortLinks:
    """Takes a short address away: it leads nowhere any more, and answers that came by it stay.

    Args:
        code: Its code, as in collect short-links.

    Raises:
        NotFoundError: there is no such address.
    """
    from cxloop.collect.surveys.links import drop

    return drop(ws, code)


@verb(part="collect", right="read", limited="refuse")
def plan_sample(
    ws: Operations,
    survey: Optional = None,
    *,
    metric: Literal["nps", "csat", "ces", "rating"] = "nps",
    change: Distance = None,
    precision: Distance = None,
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8,
    rate: Annotated[float, Field(gt=0, le=1)] | None = None,
) -> SamplePlan:
    """How many answers are needed to see a change or to know a score, and how many invitations bring them.

    Answers spread, and people answer, as they did so far in this survey; where too few have, it says so.

    Args:
        survey: Whose answers and response rate are reckoned with.
        metric: What is asked: nps, csat (share of the two best answers), ces or rating (mean).
        change: The smallest change between two periods that is to be seen, in points of the metric.
        precision: Or half the width of the interval that is wanted, in points of the metric.
        power: Probability with which such a change is seen.
        rate: A response rate (0 to 1) in place of the survey's own.

    Raises:
        InputError: not exactly one of change and precision is given.
        UnknownNameError: there is no such survey.
    """
    from cxloop.collect.surveys.planning import plan

    return plan(ws, survey, metric=metric, change=change, precision=precision, power=power, rate=rate)


@verb(part="collect", right="write", personal=True, changes="records", outdates=_LISTS)
def record_session(
    ws: Operations,
    survey: SurveyName,
    session: Annotated[str, Field(min_length=1, max_length=80)],
    *,
    remarks: Json = "",
    file: OptionalPath = None,
    participants: Json = "",
) -> SessionRecord:
    """Writes down what was said in a focus group: each remark becomes an answer of whoever said it.

    Recording the same remarks again adds nothing, so that a protocol can grow while people talk.

    Args:
        survey: The protocol: a published survey with a session, such as one from the template focus_group.
        session: What to call this session, such as "Berlin 2026-05-04".
        remarks: A JSON list such as [{"speaker": "p1", "part": "depth", "remark": "It is slow.", "mood": "negative"}].
        file: A file with that list, in place of it.
        participants: Who the speakers are, where they are known customers: {"p1": "shop/user_id:4711"}.

    Raises:
        UnknownNameError: there is no such survey.
        InputError: it is no published protocol, or the remarks cannot be read.
        MistakesError: every remark that does not fit the protocol.
    """
    from cxloop.collect.surveys.sessions import record

    return record(ws, survey, session, remarks=remarks, file=file, participants=participants)
