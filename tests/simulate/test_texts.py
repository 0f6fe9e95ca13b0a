"""What customers write: rarely twice the same, in their language, about what happened to them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop import simulate
from cxloop.simulate.texts import LANGUAGES, lexicon
from cxloop.simulate.texts.grammar import Facts, comments, parse, variants
from cxloop.simulate.texts.lexicon import PRODUCT_COUNT, THEMES, TONES
from cxloop.simulate.world import MARKETS, PRODUCTS


def facts(theme: str, count: int) -> Facts:
    """Writers who have all seen the same, each with a product of their own."""
    return Facts(
        theme=np.full(count, THEMES.index(theme), np.int8),
        second=np.full(count, -1, np.int8),
        tone=np.full(count, TONES.index("plain"), np.int8),
        product=(np.arange(count) % PRODUCT_COUNT).astype(np.int16),
        days=1 + np.arange(count) % 20,
        minutes=2 + np.arange(count) % 60,
        city=pa.array(["Cork"] * count),
    )


def test_more_than_97_of_100_comments_are_different() -> None:
    made = simulate.company(18_000, 24, 11)
    texts = [
        row["text"]
        for batch in made.batches()
        for row in batch.select(["kind", "text"]).filter(batch["text"].is_valid()).to_pylist()
        if row["kind"] in ("answer", "review")
    ][:10_000]

    assert len(texts) == 10_000
    assert len(set(texts)) / len(texts) > 0.97


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_something_to_say_about_every_theme(language: str) -> None:
    spoken = lexicon(language)

    assert set(spoken.themes) == set(THEMES)
    assert set(spoken.closings) == set(TONES)
    assert set(spoken.openings) == {"bad", "plain", "good"}
    assert all(len(patterns) >= 3 for patterns in spoken.themes.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_form_for_every_product_weekday_and_duration(language: str) -> None:
    spoken = lexicon(language)

    assert {len(forms) for forms in spoken.products.values()} == {PRODUCT_COUNT} == {len(PRODUCTS)}
    assert {len(forms) for forms in spoken.weekdays.values()} == {7}
    assert {len(forms) for forms in spoken.durations.values()} == {15}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_comments_are_complete_sentences(language: str, theme: str) -> None:
    texts = comments(np.random.default_rng(3), lexicon(language), facts(theme, 400)).to_pylist()

    for text in texts:
        assert not re.search(r"[{}|()]|  |\s[.,!?]|\.\.", text), text
        # An emoji may follow the last sentence.
        assert re.search(r"[.!?][^\w]*$", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_begin_with_a_capital(language: str) -> None:
    spoken = lexicon(language)
    for theme, patterns in spoken.themes.items():
        for pattern in (variant for whole in patterns for variant in variants(whole)):
            first = parse(pattern)[0]
            starts = [first] if isinstance(first, str) else first if isinstance(first, tuple) else [first.name]
            for start in starts:
                assert re.match(r"[¿¡]?[A-ZÁÉÍÓÚÜÖÄ\d]|[¿¡]$|minutes", start), (theme, pattern)


def test_comments_are_in_the_language_of_the_market(rows: Any) -> None:
    written = np.array([text is not None for text in rows["text"]])
    spoken = {market.code: market.language for market in MARKETS}

    assert set(rows["language"][written]) == set(LANGUAGES)
    assert (rows["language"][written] == [spoken[code] for code in rows["region"][written]]).all()
    assert not any(rows["language"][~written])


def test_who_complains_of_a_late_parcel_had_one(rows: Any, company: simulate.Company) -> None:
    late = dict(zip(rows["message_id"], rows.properties("late"), strict=True))
    for row in company.themes.to_pylist():
        if {"late", "crisis"} & {row["theme"], row["second"]}:
            assert late[row["message_id"]] is True


def test_themes_name_every_comment_and_review_and_nothing_else(rows: Any, company: simulate.Company) -> None:
    feedback = np.isin(rows["kind"], ["answer", "review"]) & np.array([text is not None for text in rows["text"]])

    assert sorted(company.themes["message_id"].to_pylist()) == sorted(rows["message_id"][feedback])


def test_unhappy_writers_write_bad_things(company: simulate.Company, rows: Any) -> None:
    score = dict(zip(rows["message_id"], rows["score"], strict=True))
    tones: dict[str, list[float]] = {tone: [] for tone in TONES}
    for row in company.themes.to_pylist():
        if row["message_id"].startswith("relationship"):
            tones[row["tone"]].append(score[row["message_id"]])

    assert max(tones["bad"]) == 6
    assert {7, 8} == set(tones["plain"])
    assert min(tones["good"]) == 9


def test_people_type_as_people_do(rows: Any) -> None:
    texts = [text for text in rows["text"] if text]
    letters = [text for text in texts if len(text) > 20]

    assert 0.003 < np.mean([text.isupper() for text in letters]) < 0.05
    assert 0.03 < np.mean([text.islower() for text in letters]) < 0.12
    assert 0.03 < np.mean([bool(re.search("[\U0001f300-\U0001faff❤⭐]", text)) for text in texts]) < 0.15
    assert any("dissapointed" in text or "parcle" in text for text in texts)


def test_durations_agree_with_how_late_the_parcel_was() -> None:
    late = replace(facts("late", 300), days=np.full(300, 3))

    texts = " ".join(comments(np.random.default_rng(1), lexicon("en"), late).to_pylist()).lower()

    assert "three days" in texts
    assert not re.search("one day|two days|four days", texts)


@given(st.lists(st.sampled_from(["plain ", "(one|two)", "{slot}", "(a {slot}|b)", "end."]), min_size=1))
def test_variants_write_out_choices_that_hold_slots_and_lose_nothing(pieces: list[str]) -> None:
    pattern = "".join(pieces)

    written = variants(pattern)

    assert len(written) == 2 ** pieces.count("(a {slot}|b)")
    for variant in written:
        for piece in parse(variant):
            assert not isinstance(piece, tuple) or not any("{" in option for option in piece)
