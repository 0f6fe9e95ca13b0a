"""What the results page shows of numbers, ready to be written: words, figures and bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxloop import charts
from cxloop.core import wording
from cxloop.core.results import Estimate, InsufficientData, Unit
from cxloop.measure.results import ChannelFunnel, CrossCell, Crosstab, QuestionAnswers, SurveyScore
from cxloop.web import words
from cxloop.web.pages.surveys.labels import Labels
from cxloop.web.words import _

__all__ = ["REASONS", "STEPS", "Bar", "QuestionCard", "ScoreCard", "Table", "funnel_bars", "question", "score", "table"]

CHART_WIDTHS = (570, 190)
FEWEST_PERIODS = 2
MOST_BARS = 24
STEPS = {
    "sampled": _("wanted"),
    "asked": _("asked"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "opened": _("opened"),
    "started": _("begun"),
    "finished": _("answered"),
}
REASONS = {
    "asked": _("asked"),
    "NOT_SAMPLED": _("not drawn for the sample"),
    "QUIET_HOURS": _("no hour at which they may be written to"),
    "OVER_BUDGET": _("asked often enough lately"),
    "NO_CONSENT": _("do not want to be asked"),
    "NO_ADDRESS": _("no address"),
    "SUPPRESSED": _("address bounced, or its owner complained"),
    "PAUSED": _("pause from messages"),
    "DUPLICATE": _("asked already"),
}
"""Why somebody was not asked, in words."""


@dataclass(frozen=True)
class Bar:
    """One row: a name, its bar as SVG, its figure, and what stands in small print."""

    name: str
    svg: str
    figure: str
    small: str = ""


@dataclass(frozen=True)
class ScoreCard:
    """One score: its number and its course."""

    title: str
    label: str
    number: str
    interval: str
    small: str
    charts: tuple[str, ...]
    said: bool


@dataclass(frozen=True)
class QuestionCard:
    """One question: its words, its kind, and its answers as bars."""

    name: str
    title: str
    about: str
    bars: tuple[Bar, ...]
    more: int
    lines: tuple[str, ...]
    texts: int


@dataclass(frozen=True)
class Table:
    """A cross-table: heads, and rows of (words, cells)."""

    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]


def score(item: SurveyScore, labels: Labels) -> ScoreCard:
    """Returns a score ready to be shown."""
    now = item.now
    said = isinstance(now, Estimate)
    small = wording.answers(now.n)
    if not isinstance(now, Estimate):
        small = f"{small}, {_('at least')} {now.needed} {_('are needed')}"
    elif item.unit == "score" and item.course.scale:
        small = f"{small} · {_('of')} {item.course.scale[1]:g}"
    if item.versions[0] and item.versions[0] != item.versions[1]:
        small = f"{small} · {_('versions')} {item.versions[0]} {_('to')} {item.versions[1]}"
    known = sum(isinstance(row.result, Estimate) for row in item.course.rows)
    pictures = tuple(charts.picture(item.course, width=w) for w in CHART_WIDTHS) if known >= FEWEST_PERIODS else ()
    return ScoreCard(
        title=labels.title(item.question, item.title),
        label=wording.label(item.metric),
        number=wording.number(now.value, item.unit) if isinstance(now, Estimate) else _("cannot say"),
        interval=_span(now, item.unit),
        small=small,
        charts=pictures,
        said=said,
    )


def _span(found: Estimate | InsufficientData | None, unit: Unit) -> str:
    if not isinstance(found, Estimate):
        return ""
    # the sign of percent must not begin a line
    return words.span(wording.number(found.low, unit), wording.number(found.high, unit)).replace(" %", "\u00a0%")


def _limits(found: Estimate | InsufficientData | None) -> tuple[float | None, float | None, float | None]:
    return (found.value, found.low, found.high) if isinstance(found, Estimate) else (None, None, None)


def funnel_bars(funnel: ChannelFunnel) -> list[Bar]:
    """Returns the steps of a funnel; each bar is as long as its share of the first step that has a number."""
    most = max((step.n or 0 for step in funnel.steps), default=0)
    found = []
    for step in funnel.steps:
        rate = step.rate
        figure = wording.count(step.n) if step.n is not None else _("not known")
        small = step.note
        if isinstance(rate, Estimate):
            of = f"{wording.number(rate.value, 'share')} {_('of those')} {STEPS.get(step.of, step.of)}"
            small = " · ".join(part for part in (f"{of}, {_span(rate, 'share')}", step.note) if part)
        bar = charts.share_bar(None if step.n is None or not most else step.n / most)
        found.append(Bar(STEPS.get(step.name, step.name), bar, figure, small))
    return found


def question(item: QuestionAnswers, labels: Labels, responses: int) -> QuestionCard:
    """Returns a question ready to be shown.

    Args:
        item: its answers.
        labels: the words of the survey.
        responses: how many responses there are, for how many skipped it.
    """
    n = item.texts if item.kind == "text" else item.n
    about = [wording.answers(n)]
    if responses > n:
        about.append(f"{wording.count(responses - n)} {_('did not answer it')}")
    if item.metric:
        about.append(wording.label(item.metric))
    if item.versions[0] and item.wording:
        same = item.versions[0] == item.versions[1]
        about.append(
            f"{_('version')} {item.versions[0]}"
            if same
            else f"{_('versions')} {item.versions[0]} {_('to')} {item.versions[1]}"
        )
    bars = _bars(item, labels)
    return QuestionCard(
        name=item.question,
        title=labels.title(item.question, item.title),
        about=" · ".join(about),
        bars=tuple(bars[:MOST_BARS]),
        more=max(len(bars) - MOST_BARS, 0),
        lines=tuple(_lines(item)),
        texts=item.texts if item.kind != "text" or not item.hidden else 0,
    )


def _bars(item: QuestionAnswers, labels: Labels) -> list[Bar]:
    if item.ranking:
        return [
            Bar(
                labels.choice(item.question, one.value),
                charts.share_bar(*_limits(one.first)),
                f"{_('place')} {one.mean_rank.value:.2f}" if isinstance(one.mean_rank, Estimate) else _("cannot say"),
                _first(one.first, one.mean_rank),
            )
            for one in item.ranking
        ]
    most = max((one.share.high for one in item.answers if isinstance(one.share, Estimate)), default=1.0)
    return [
        Bar(
            labels.choice(item.question, one.value),
            charts.share_bar(*_limits(one.share), most=most),
            wording.number(one.share.value, "share") if isinstance(one.share, Estimate) else wording.count(one.n),
            f"{wording.count(one.n)} · {_span(one.share, 'share')}" if isinstance(one.share, Estimate) else "",
        )
        for one in item.answers
    ]


def _first(first: Estimate | InsufficientData, rank: Estimate | InsufficientData) -> str:
    parts = []
    if isinstance(rank, Estimate):
        parts.append(f"{rank.low:.2f} {_('to')} {rank.high:.2f}")
    if isinstance(first, Estimate):
        parts.append(f"{wording.number(first.value, 'share')} {_('put it first')}")
    return " · ".join(parts)


def _lines(item: QuestionAnswers) -> list[str]:
    lines = []
    if isinstance(item.mean, Estimate):
        lines.append(f"{_('Mean')} {item.mean.value:.4g}, {item.mean.low:.4g} {_('to')} {item.mean.high:.4g}")
    elif item.mean is not None:
        lines.append(f"{_('A mean cannot be said:')} {item.mean.needed} {_('answers are needed')}")
    if item.spread is not None and isinstance(item.mean, Estimate):
        low, first, middle, third, high = (f"{each:.4g}" for each in item.spread)
        lines.append(f"{_('Half of them are between')} {first} {_('and')} {third}, {_('the middle one is')} {middle}")
        lines.append(f"{_('From')} {low} {_('to')} {high}")
    if item.hidden:
        lines.append(_("Hardly two are alike: they are words of single persons, in the rows below."))
    return lines


def table(result: Crosstab, labels: Labels) -> Table:
    """Returns a cross-table ready to be shown: of each cell its figure, its mark, and what is said of it aloud."""
    named = [labels.choice(result.column, group.value) for group in result.columns]
    heads = tuple((name, wording.count(group.n)) for name, group in zip(named, result.columns, strict=True))
    width = len(result.columns)
    rows = [
        (labels.choice(result.row, group.value), tuple(map(_cell, _row(result.cells, at, width))))
        for at, group in enumerate(result.rows)
        if result.cells
    ]
    return Table(heads, tuple(rows))


def _row(cells: Sequence[CrossCell], at: int, width: int) -> Sequence[CrossCell]:
    return cells[at * width : (at + 1) * width]


def _cell(cell: CrossCell) -> tuple[str, str, str]:
    if not isinstance(cell.share, Estimate):
        return "–", "", _("too few to be shown")
    aloud = {"more": _("more than by chance"), "less": _("less than by chance"), "": ""}[cell.mark]
    return wording.number(cell.share.value, "share"), cell.mark, aloud
