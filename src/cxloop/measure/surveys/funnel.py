"""The funnel: from everybody who was wanted to those who answered, by channel, and how far responses came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlglot import exp

from cxloop.core.results import How
from cxloop.engine.base import Analysis
from cxloop.engine.quoting import column_node
from cxloop.measure.surveys.queries import FUNNEL, PAGES, REASONS, RESPONSES
from cxloop.measure.surveys.results import ChannelFunnel, FunnelStep, Known, PageDrop, SurveyFunnel
from cxloop.measure.surveys.selecting import Asked, Chosen, choose, explained
from cxloop.measure.surveys.shares import share_of, share_of_patterns

__all__ = ["funnel_of", "read_funnel"]

Pattern = Mapping[str, Any]

_DEFINITION = (
    "Of everybody whom a survey wanted to ask: how many were asked, sent to, reached, opened it, began and answered to "
    "the end. Each share is of the step before it."
)
_NO_REPORT = "Sent minus bounced: this channel does not report what arrives."
_NO_OPENS = "Nothing was seen to be opened: a page tells so where scripts run, or by the first answer."


def read_funnel(ws: Analysis, asked: Asked) -> SurveyFunnel:
    """Returns the funnel of a survey; raises InputError for a condition or moment that cannot be used."""
    chosen = choose(ws, asked)
    patterns = _patterns(ws, chosen, column_node("channel", "c"))
    names = sorted({row["channel"] for row in patterns}, key=lambda name: (-_size(patterns, name), name or ""))
    each = tuple(funnel_of(ws, name, [row for row in patterns if row["channel"] == name]) for name in names)
    reasons = ws.engine.fetch(REASONS, {}, {"log": chosen.slots["log"], "where": chosen.slots["where"]}).to_pylist()
    slots = {**chosen.slots, "channel": column_node("channel", "c")}
    return SurveyFunnel(
        survey=asked.survey,
        # A customer who was asked by two channels is one customer of the whole: it is counted anew, not added up.
        total=funnel_of(ws, None, _patterns(ws, chosen, exp.Cast(this=exp.Null(), to=exp.DataType.build("text")))),
        channels=each,
        reasons=tuple((row["reason"] or "not said", row["n"]) for row in reasons),
        pages=_pages(ws, chosen),
        how=How(definition=_DEFINITION, method=explained(ws), sql=ws.engine.sql(FUNNEL, slots)),
    )


def _patterns(ws: Analysis, chosen: Chosen, channel: exp.Expr) -> Sequence[Pattern]:
    rows: list[dict[str, Any]] = ws.engine.fetch(FUNNEL, {}, {**chosen.slots, "channel": channel}).to_pylist()
    return rows


def _size(patterns: Sequence[Pattern], channel: str | None) -> int:
    return sum(
        (row["sampled"] + row["sent"] + row["came"]) * row["customers"] for row in patterns if row["channel"] == channel
    )


def funnel_of(ws: Analysis, channel: str | None, patterns: Sequence[Pattern]) -> ChannelFunnel:
    """Returns the funnel of one channel from its patterns."""
    weights = [row["customers"] for row in patterns]
    columns = {name: [row[name] for row in patterns] for name in FUNNEL.output if name != "channel"}
    columns["reached"] = [row["delivered"] or max(row["sent"] - row["bounced"], 0) for row in patterns]

    def total(name: str) -> int:
        return sum(n * weight for n, weight in zip(columns[name], weights, strict=True))

    def rate(name: str, of: str) -> Known | None:
        return share_of_patterns(ws, columns[name], columns[of], weights)

    invited = bool(total("sampled") or total("sent") or total("started"))
    return ChannelFunnel(
        channel=channel,
        steps=tuple(_steps(columns, total, rate)) if invited else (),
        answered=rate("finished", "reached"),
        reminded=total("reminded"),
        bounced=total("bounced"),
        screened=total("screened"),
        came=total("came"),
        completed=total("completed"),
        completion=rate("completed", "came"),
    )


def _steps(
    columns: Mapping[str, Sequence[int]], total: Callable[[str], int], rate: Callable[[str, str], Known | None]
) -> list[FunnelStep]:
    sent, opened = total("sent"), total("opened")
    steps = [
        FunnelStep("sampled", total("sampled") or None, note="" if total("sampled") else "No decision is in the log."),
        FunnelStep("asked", total("asked") or (0 if total("sampled") else None), "sampled", rate("asked", "sampled")),
        FunnelStep("sent", sent, "asked", rate("sent", "asked")),
        FunnelStep(
            "delivered",
            total("reached"),
            "sent",
            rate("reached", "sent"),
            "" if any(columns["delivered"]) else _NO_REPORT,
        ),
    ]
    before = "delivered"
    if opened:
        steps.append(FunnelStep("opened", opened, before, rate("opened", "reached")))
        steps.append(FunnelStep("started", total("started"), "opened", rate("started", "opened")))
    else:
        steps.append(FunnelStep("opened", None, note=_NO_OPENS if sent else ""))
        steps.append(FunnelStep("started", total("started"), before, rate("started", "reached")))
    steps.append(FunnelStep("finished", total("finished"), "started", rate("finished", "started")))
    return steps


def _pages(ws: Analysis, chosen: Chosen) -> tuple[PageDrop, ...]:
    slots = {"log": chosen.slots["log"], "where": chosen.slots["where"]}
    rows = ws.engine.fetch(PAGES, {}, slots).to_pylist()
    counted = ws.engine.fetch(RESPONSES, {}, slots).to_pylist()[0]
    started = counted["responses"] - counted["left_out"]
    return tuple(
        PageDrop(row["page"], row["responses"], _of(ws, row, started), row["last"], row["seconds"]) for row in rows
    )


def _of(ws: Analysis, row: Pattern, started: int) -> Known:
    """A response is independent of others here: what is asked is how far people come, not what they think."""
    n = row["responses"]
    return share_of(ws, n, started, customers=started, squares=n, sizes=n, size_squares=started)
