"""What measure's verbs return beside estimates: the Pulse page as one frozen result, and what surveys brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cxloop.core.comparing import Change, Comparison, ReferenceBeside, SideBySide
from cxloop.core.control import ControlChart, ControlPoint
from cxloop.core.league import Adjustment, League, LeagueRow
from cxloop.core.results import Estimate, EstimateRow, How, InsufficientData, Result, Unit, Value
from cxloop.measure.annotations.results import Annotation, Annotations, RemovedAnnotation, SavedAnnotation
from cxloop.measure.boards.passing import (
    MailedDashboard,
    Mailing,
    Mailings,
    OpenedShare,
    SavedLink,
    SavedMailing,
    SharedLink,
    SharedLinks,
    StoppedMailing,
    StoppedSharing,
)
from cxloop.measure.boards.results import (
    Dashboard,
    DashboardChanges,
    DashboardEntry,
    DashboardPdf,
    Dashboards,
    DeletedDashboard,
    SavedDashboard,
    TileChange,
)
from cxloop.measure.comparing.results import ReferenceEntry, ReferenceList
from cxloop.measure.drill.results import BehindRow, RowsBehind
from cxloop.measure.league.results import RolledNode, RolledTree, Rollup
from cxloop.measure.metrics.results import (
    DefinedMetric,
    MetricEntry,
    MetricList,
    MetricVersion,
    MetricVersions,
    RetiredMetric,
    Share,
    UnitsEntry,
)
from cxloop.measure.money.results import Band, Gap, Outcome, PointValue, RevenueAtRisk, RiskRow
from cxloop.measure.retention.results import Churn, Cohort, CohortRetention, Contrast, CurvePoint, Stay
from cxloop.measure.surveys.crosstab_results import CrossCell, Crosstab
from cxloop.measure.surveys.results import (
    ChannelFunnel,
    FunnelStep,
    QuestionAnswers,
    RankedItem,
    SurveyFunnel,
    SurveyQuestions,
    SurveyResults,
    SurveyRows,
    SurveyScore,
    SurveyVerbatims,
)
from cxloop.measure.value.results import (
    AliveShares,
    ContractValue,
    CustomerValue,
    CustomerValues,
    FrequencyCheck,
    HoldOut,
    LifetimeValue,
    Parameter,
    Range,
    Renewal,
    Tenth,
    Trust,
    ValueRow,
)
from cxloop.measure.whole_base.results import (
    BaseBalance,
    BaseCheck,
    BaseGroup,
    BaseLeaning,
    BaseMode,
    BasePretence,
    BaseStep,
    HeldOut,
    WholeBase,
)

__all__ = [
    "Adjustment",
    "AliveShares",
    "Annotation",
    "Annotations",
    "Band",
    "BaseBalance",
    "BaseCheck",
    "BaseGroup",
    "BaseLeaning",
    "BaseMode",
    "BasePretence",
    "BaseStep",
    "BehindRow",
    "Change",
    "ChannelAnswers",
    "ChannelFunnel",
    "Churn",
    "Cohort",
    "CohortRetention",
    "Comparison",
    "ContractValue",
    "Contrast",
    "ControlChart",
    "ControlPoint",
    "CrossCell",
    "Crosstab",
    "CurvePoint",
    "CustomerValue",
    "CustomerValues",
    "Dashboard",
    "DashboardChanges",
    "DashboardEntry",
    "DashboardPdf",
    "Dashboards",
    "DefinedMetric",
    "DeletedDashboard",
    "FrequencyCheck",
    "FunnelStep",
    "Gap",
    "HeldOut",
    "HoldOut",
    "League",
    "LeagueRow",
    "LifetimeValue",
    "MailedDashboard",
    "Mailing",
    "Mailings",
    "MetricEntry",
    "MetricList",
    "MetricVersion",
    "MetricVersions",
    "Mover",
    "OpenedShare",
    "Outcome",
    "Parameter",
    "PointValue",
    "Pulse",
    "PulseMetric",
    "QuestionAnswers",
    "Range",
    "RankedItem",
    "ReferenceBeside",
    "ReferenceEntry",
    "ReferenceList",
    "RemovedAnnotation",
    "Renewal",
    "RetiredMetric",
    "RevenueAtRisk",
    "RiskRow",
    "RolledNode",
    "RolledTree",
    "Rollup",
    "RowsBehind",
    "SavedAnnotation",
    "SavedDashboard",
    "SavedLink",
    "SavedMailing",
    "Share",
    "SharedLink",
    "SharedLinks",
    "SideBySide",
    "Stay",
    "StoppedMailing",
    "StoppedSharing",
    "SurveyFunnel",
    "SurveyQuestions",
    "SurveyResults",
    "SurveyRows",
    "SurveyScore",
    "SurveyVerbatims",
    "Tenth",
    "TileChange",
    "Trust",
    "UnitsEntry",
    "ValueRow",
    "Verdict",
    "WholeBase",
]

Verdict = Literal["rose", "fell", "not shown to have changed", "cannot say"]


@dataclass(frozen=True, slots=True)
class PulseMetric:
    """One metric, this period against the one before.

    Attributes:
        metric: its name: nps, csat, ces, rating.
        title: what to call it on the page: "CSAT, support".
        unit: how the number reads.
        scale: (lowest, highest) of the answers; None where there are none.
        where: the condition that selects its answers, empty for all of the metric.
        current: this period.
        previous: the period before.
        change: the difference; None where one side cannot be said.
        verdict: what may be said of the difference.
        tag: the verdict in few words: "fell by 3.1", "no change shown", "cannot say".
        better: whether the change is for the better; None where none is shown.
        weekly: one estimate a week, oldest first, for the small chart.
    """

    metric: str
    title: str
    unit: Unit
    scale: tuple[float, float] | None
    where: str
    current: Estimate | InsufficientData
    previous: Estimate | InsufficientData
    change: Change | None
    verdict: Verdict
    tag: str
    better: bool | None
    weekly: tuple[EstimateRow, ...]


@dataclass(frozen=True, slots=True)
class Mover:
    """A group whose number changed: observational, so a place to look and not a cause.

    Attributes:
        metric: name of the metric.
        title: what to call the metric.
        unit: how the number reads.
        dimension: by what was split: channel, touchpoint, region.
        group: the label of the group.
        phrase: both in words: "club tier is gold".
        where: the condition that selects the answers of the group.
        current: this period.
        previous: the period before.
        change: the difference.
        tag: "−3.1 NPS".
        better: whether it is for the better.
        sentence: what happened.
        note: the evidence, in small print.
    """

    metric: str
    title: str
    unit: Unit
    dimension: str
    group: str
    phrase: str
    where: str
    current: Estimate
    previous: Estimate
    change: Change
    tag: str
    better: bool
    sentence: str
    note: str


@dataclass(frozen=True, slots=True)
class ChannelAnswers:
    """Answers that came through one channel this period; None is "not said"."""

    channel: str | None
    result: Estimate | InsufficientData


@dataclass(frozen=True)
class Pulse(Result):
    """How customers are: each metric now and before, what changed, and how much of it can be said.

    Attributes:
        lede: the sentence a colleague would say first.
        sub: the figures behind it.
        since: start of this period, UTC.
        until: its end, exclusive.
        previous_since: start of the period before, which ends where this one starts.
        zone: the reporting time zone.
        metrics: one per metric and scale that has answers.
        movers: groups whose change is shown, the largest first.
        head: title of the metric of `channels`.
        head_unit: its unit.
        channels: answers of the head metric by channel, most first.
        comparisons: metrics compared; their p values are corrected for so many comparisons.
        groups_compared: groups compared while looking for movers; theirs for so many.
        interactions: in the log.
        customers: in the log.
        rejected: rows that wait in `rejected`.
        how: the calls that return it.
    """

    lede: str
    sub: str
    since: datetime
    until: datetime
    previous_since: datetime
    zone: str
    metrics: tuple[PulseMetric, ...]
    movers: tuple[Mover, ...]
    head: str
    head_unit: Unit
    channels: tuple[ChannelAnswers, ...]
    comparisons: int
    groups_compared: int
    interactions: int
    customers: int
    rejected: int
    how: How = field(default_factory=How)

    def records(self) -> list[dict[str, Value]]:
        """Returns one row per metric."""
        return [_record(item) for item in self.metrics]

    def __str__(self) -> str:
        return f"{self.lede} {self.sub}"


def _record(item: PulseMetric) -> dict[str, Value]:
    now, before, change = item.current, item.previous, item.change
    return {
        "metric": item.title,
        "value": now.value if isinstance(now, Estimate) else None,
        "low": now.low if isinstance(now, Estimate) else None,
        "high": now.high if isinstance(now, Estimate) else None,
        "n": now.n,
        "previous": before.value if isinstance(before, Estimate) else None,
        "previous_n": before.n,
        "change": None if change is None else change.value,
        "change_low": None if change is None else change.low,
        "change_high": None if change is None else change.high,
        "p": None if change is None else change.p,
        "verdict": item.verdict,
    }
