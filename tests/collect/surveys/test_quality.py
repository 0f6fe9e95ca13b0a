"""Flags of responses: each says its reason, and honest answers get none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cxloop.collect.surveys import quality
from cxloop.collect.surveys.definition import read
from cxloop.collect.surveys.quality import Flag, gibberish

SURVEY = read(
    {
        "pages": [
            {
                "name": "parts",
                "elements": [
                    {
                        "type": "matrix",
                        "name": "parts",
                        "title": "How satisfied are you with each of these parts of the delivery of your last order?",
                        "rows": ["Box", "Courier", "Tracking", "Time", "Price"],
                        "columns": [1, 2, 3, 4, 5],
                    }
                ],
            },
            {"name": "why", "elements": [{"type": "comment", "name": "why", "title": "Why?"}]},
        ]
    }
)


def codes(answers: dict[str, Any], seconds: dict[str, float], **more: Any) -> list[str]:
    return [each.code for each in quality.flags(SURVEY, answers, seconds=seconds, language="en", **more)]


def test_an_honest_response_has_no_flag() -> None:
    answers = {"parts": {"Box": 5, "Courier": 4, "Tracking": 5, "Time": 2, "Price": 3}, "why": "It came late."}

    assert codes(answers, {"parts": 21.0, "why": 14.0}) == []


def test_a_speeder_is_told_by_what_was_answered() -> None:
    answers = {"parts": {"Box": 5, "Courier": 4, "Tracking": 5, "Time": 2, "Price": 3}}

    # 16 words of its title at 238 a minute, and five rows of three seconds: of about 19 seconds, 1 is too few
    assert codes(answers, {"parts": 1.0}) == ["speeder"]
    assert codes(answers, {"parts": 7.0}) == []
    assert codes({}, {"parts": 1.0, "why": 1.0}) == []  # who leaves all out is quick, and honest
    (flag,) = quality.flags(SURVEY, answers, seconds={"parts": 1.0}, language="en")
    assert flag.reason.startswith("1 s for questions that take about 19 s")


def test_nobody_is_a_speeder_by_a_page_without_anything_to_read() -> None:
    assert codes({}, {}) == []


@pytest.mark.parametrize(("rows", "flagged"), [(3, []), (4, ["straight_lining"])])
def test_a_straight_line_takes_four_rows(rows: int, flagged: list[str]) -> None:
    names = ["Box", "Courier", "Tracking", "Time"][:rows]

    assert codes({"parts": dict.fromkeys(names, 3)}, {"parts": 40.0}) == flagged


def test_the_same_browser_and_what_was_noticed_on_the_way_are_told_once() -> None:
    marks = (Flag("bot", "A field was filled that people do not see."), Flag("bot", "again"))

    assert codes({}, {"why": 60.0}, alike=2, marks=marks) == ["bot", "duplicate"]


@pytest.mark.parametrize(
    "text", ["asdfasdfasdf", "qwertyuiop qwerty", "ffffffffffffffff", "dfghdkfjghdkfjgh kjhgkjh", "ababababababab"]
)
def test_typed_nonsense_is_gibberish(text: str) -> None:
    assert gibberish(text)


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "Nooooooo, that was goooood!",
        "Angstschweiß, Rechtsschutzversicherungsgesellschaften",
        "配達がとても遅かったです",
        "التوصيل كان متأخرا جدا",
        "Zmrzlina byla skvrnitá a prst mi zmrzl",
        "👍👍👍👍👍👍👍👍👍👍",
    ],
)
def test_words_of_any_language_are_not(text: str) -> None:
    assert gibberish(text) == ""


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("banking77/train", "text"),
        ("goemotions/train", "text"),
        ("uci_sentiment_sentences/sentences", "text"),
        ("olist/order_reviews", "review_comment_message"),
        ("rated_reviews/amazon_alexa", "verified_reviews"),
    ],
)
def test_of_real_texts_fewer_than_one_in_a_thousand_is_called_gibberish(
    shared_data: Path, name: str, column: str
) -> None:
    path = shared_data / f"{name}.parquet"
    column = column if column in pq.read_schema(path).names else "sentence"
    texts = [text for text in pq.read_table(path, columns=[column])[column].to_pylist() if text][:8000]

    assert len(texts) > 2500
    assert sum(bool(gibberish(text)) for text in texts) < len(texts) / 1000
