"""Metrics of the ends of a scale: how many are delighted, and how many are let down."""

from __future__ import annotations

from cxloop.measure.metrics.model import Metric

__all__ = ["METRICS"]

_BOXES = "Top-box and bottom-box scores as in Farris et al. (2010), Marketing Metrics, 2nd edition, chapter 2."
_SCALES = (
    "How many stand at one end depends on how many points the scale has, so that different scales are refused as one "
    "number. It says nothing of those between the ends."
)


def _top(of: str, label: str) -> Metric:
    return Metric(
        name=f"{of}_top_box",
        label=f"{label} top box",
        statistic="share",
        unit="share",
        question="",
        definition=f"Share of {label} answers in the highest point of their scale.",
        reading=_SCALES,
        source=_BOXES,
        counts=f'metric == "{of}"',
        value="score >= scale_max",
        one_scale=True,
    )


def _bottom(of: str, label: str) -> Metric:
    return Metric(
        name=f"{of}_bottom_box",
        label=f"{label} bottom box",
        statistic="share",
        unit="share",
        question="",
        definition=f"Share of {label} answers in the lowest point of their scale.",
        reading=_SCALES,
        source=_BOXES,
        direction=-1,
        counts=f'metric == "{of}"',
        value="score <= scale_min",
        one_scale=True,
    )


_NPS = 'metric == "nps" and score >= 0 and score <= 10'
_REICHHELD = "Reichheld (2003), The one number you need to grow, Harvard Business Review 81(12)."

METRICS = (
    Metric(
        name="promoters",
        label="Promoters",
        statistic="share",
        unit="share",
        question="",
        definition="Share of NPS answers of 9 or 10.",
        reading="NPS is this share minus that of detractors: two companies of one NPS may differ in both.",
        source=_REICHHELD,
        scale=(0, 10),
        counts=_NPS,
        value="score >= 9",
        one_scale=True,
    ),
    Metric(
        name="detractors",
        label="Detractors",
        statistic="share",
        unit="share",
        question="",
        definition="Share of NPS answers from 0 to 6.",
        reading="NPS is the share of promoters minus this one: two companies of one NPS may differ in both.",
        source=_REICHHELD,
        direction=-1,
        scale=(0, 10),
        counts=_NPS,
        value="score <= 6",
        one_scale=True,
    ),
    _top("csat", "CSAT"),
    _bottom("csat", "CSAT"),
    _top("rating", "Rating"),
    _bottom("rating", "Rating"),
)
