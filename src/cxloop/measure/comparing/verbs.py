"""The verbs that compare: periods, groups, and each period with what was to be expected."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cxloop.core.comparing import Against, Comparison
from cxloop.core.control import ChartKind, ControlChart, Expect, Rules
from cxloop.core.time import Period
from cxloop.core.verbs import Condition, verb
from cxloop.engine.base import Analysis
from cxloop.measure.comparing.results import ReferenceList

__all__ = ["compare", "control_chart", "references"]

Moment = Annotated[str, Field(max_length=40)]
MetricName = Annotated[str, Field(min_length=1, max_length=64)]
Version = Annotated[int, Field(ge=1)]
Dimension = Annotated[str, Field(max_length=200)]


@verb(part="measure", right="read")
def compare(
    ws: Analysis,
    metric: MetricName,
    *,
    against: Against = "before",
    by: Dimension = "",
    group: Annotated[str, Field(max_length=200)] | None = None,
    since: Moment = "30d",
    until: Moment | None = None,
    where: Condition | None = None,
    version: Version | None = None,
) -> Comparison:
    """Compare a metric with an earlier period, or groups with each other: what changed, and what is not shown to have.

    Args:
        metric: The metric, such as nps; `measure.metrics` lists them.
        against: The period of equal length before, the same days 52 weeks earlier (year), all other groups together
            (rest), or one group.
        by: A dimension such as channel: one comparison for each of its groups.
        group: The group that all others are compared with, where against is "group".
        since: First moment of the period: a date, a date with time, or how far back (90d).
        until: First moment after the period, written like `since`; by default the end of the data.
        where: Only those of what is counted for which this holds, such as `region == "DE"`.
        version: A version of the metric's definition; by default the newest.

    Raises:
        UnknownNameError: there is no such metric or dimension.
        InputError: the arguments do not go together, or there is no such group.
    """
    from cxloop.measure.comparing.comparison import Question, comparison

    return comparison(ws, Question(metric, against, by, group, since, until, where, version))


@verb(part="measure", right="read")
def control_chart(
    ws: Analysis,
    metric: MetricName,
    *,
    every: Period = "week",
    chart: ChartKind = "auto",
    rules: Rules = "western electric",
    expect: Expect = "level",
    since: Moment = "365d",
    until: Moment | None = None,
    base_until: Moment | None = None,
    where: Condition | None = None,
    version: Version | None = None,
) -> ControlChart:
    """Which days, weeks or months of a metric are unusual, and which are noise that should not be chased.

    Args:
        metric: The metric, such as csat; `measure.metrics` lists them.
        every: Length of a point.
        chart: p for shares, u for events per unit, xmr for all else; auto takes the one that fits.
        rules: When a point is unusual: the four rules of Western Electric, the eight of Nelson, or the limits alone.
        expect: One level for all points, or what day of the week and month of the year let expect.
        since: First moment: a date, a date with time, or how far back (365d).
        until: First moment after the window, written like `since`.
        base_until: Only what lies before it sets the limits, such as the day on which something was changed.
        where: Only those of what is counted for which this holds, such as `region == "DE"`.
        version: A version of the metric's definition; by default the newest.

    Raises:
        UnknownNameError: there is no such metric.
        InputError: the metric does not take this chart.
    """
    from cxloop.measure.comparing import control

    asked = control.Question(metric, every, chart, rules, expect, since, until, base_until, where, version)
    return control.control_chart(ws, asked)


@verb(part="measure", right="read")
def references(ws: Analysis, metric: Annotated[str, Field(max_length=64)] = "") -> ReferenceList:
    """Reference values of a metric: an industry's, a competitor's or a target, with source, date, wording and scale.

    Args:
        metric: The metric; by default the reference values of all.

    Raises:
        UnknownNameError: there is no such metric.
    """
    from cxloop.measure.comparing.references import listed

    return ReferenceList(listed(ws, metric))
