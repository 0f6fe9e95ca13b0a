"""Metrics of answers: NPS, CSAT, CES and ratings."""

from __future__ import annotations

from cxloop.measure.metrics.model import Metric

__all__ = ["METRICS"]

METRICS = (
    Metric(
        name="nps",
        label="NPS",
        statistic="score",
        unit="points",
        question="How likely are you to recommend us to a friend or colleague? (0 to 10)",
        definition="Share of promoters (9, 10) minus share of detractors (0 to 6), in points from −100 to 100; "
        "passives (7, 8) count in the base.",
        reading="It is the score of those who answered. Between countries it differs by answering style as well as by "
        "experience.",
        source="Reichheld (2003), The one number you need to grow, Harvard Business Review 81(12).",
        scale=(0, 10),
    ),
    Metric(
        name="csat",
        label="CSAT",
        statistic="share",
        unit="share",
        question="How satisfied are you with ...?",
        definition="Share of answers in the two highest points of the scale (top-two-box); on a scale of two points, "
        "in the highest.",
        reading="It says how many are satisfied, not how strongly: the answers below the top two are all alike to it.",
        source="Top-two-box share as in Farris et al. (2010), Marketing Metrics, 2nd edition, chapter 2.",
    ),
    Metric(
        name="csat",
        label="CSAT mean",
        statistic="mean",
        unit="score",
        question="How satisfied are you with ...?",
        definition="Mean of the answers on their own scale.",
        reading="Means of different scales cannot be compared.",
        source="Arithmetic mean.",
    ),
    Metric(
        name="ces",
        label="CES",
        statistic="mean",
        unit="score",
        question="The company made it easy to handle my issue. (1 disagree to 7 agree)",
        definition="Mean of the answers on their own scale, where more means easier.",
        reading="A source whose scale runs from easy to hard has to be turned around in its mapping.",
        source="Dixon, Freeman and Toman (2010), Stop trying to delight your customers, Harvard Business Review "
        "88(7/8); the agreement form of 2013.",
    ),
    Metric(
        name="rating",
        label="Rating",
        statistic="mean",
        unit="score",
        question="How many stars?",
        definition="Mean of the ratings on their own scale.",
        reading="People who rate without being asked are mostly very happy or very unhappy.",
        source="Arithmetic mean.",
    ),
)
