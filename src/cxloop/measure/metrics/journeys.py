"""Metrics of ways: whether who was asked answers, who began ends, and who is happy brings others."""

from __future__ import annotations

from cxloop.measure.metrics.model import Metric

__all__ = ["METRICS"]

METRICS = (
    Metric(
        name="response_rate",
        label="Response rate",
        statistic="share",
        unit="share",
        question="",
        definition="Share of invitations to a survey that arrived and that an answer follows within 14 days.",
        reading="A high one does not make a score right, nor a low one make it wrong: what matters is whether those "
        "who answer are like those who do not, which the score of all customers looks at. Open links, codes and kiosks "
        "invite nobody and are not in it.",
        source="Response rate 2 of AAPOR (2023), Standard Definitions, 10th edition, of invitations that did not "
        "bounce: partial answers count.",
        units="invitations",
        days=14,
    ),
    Metric(
        name="referral_90",
        label="Referral within 90 days",
        statistic="share",
        unit="share",
        question="",
        definition="Share of orders after which the same customer brings somebody within 90 days.",
        reading="It counts what leaves a trace: an invitation sent by your shop, not what friends tell each other. Who "
        "orders often has many orders before one referral.",
        source="Customer referrals as in Kumar, Petersen and Leone (2007), How valuable is word of mouth?, Harvard "
        "Business Review 85(10), per order.",
        units="orders_referred",
        days=90,
    ),
    Metric(
        name="advocacy_90",
        label="Promoters who bring others within 90 days",
        statistic="share",
        unit="share",
        question="",
        definition="Share of NPS answers of 9 or 10 after which the same customer brings somebody within 90 days.",
        reading="Many say that they would recommend, few leave a trace of it. It does not say that the answer made "
        "them do so; the same share of all orders stands beside it as referral within 90 days.",
        source="Stated and actual referrals as in Kumar, Petersen and Leone (2007), How valuable is word of mouth?, "
        "Harvard Business Review 85(10).",
        units="promoters_referred",
        days=90,
    ),
    Metric(
        name="cart_to_order_7",
        label="Journeys from cart to order within 7 days",
        statistic="share",
        unit="share",
        question="",
        definition="Share of journeys that begin with the cart and reach an order of the same customer within 7 days.",
        reading="An order in a store counts, too, whatever is in it. Who looks into the cart without being "
        "recognised, and orders as somebody known, counts as one that was left, until both are known to be one.",
        source="Journey completion; one minus cart abandonment as in Kukar-Kinney and Close (2010), The determinants "
        "of consumers' online shopping cart abandonment, Journal of the Academy of Marketing Science 38(2).",
        units="carts",
        days=7,
    ),
)
