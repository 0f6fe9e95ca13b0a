"""Whose comment is about what: chooses themes by what happened to the writer, and has the grammar write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cxloop.simulate.blocks import Pooled, pick, pooled
from cxloop.simulate.clock import Ints
from cxloop.simulate.history import History
from cxloop.simulate.surveys import Asked, treated
from cxloop.simulate.texts import LANGUAGES, lexicon
from cxloop.simulate.texts.grammar import Facts, comments
from cxloop.simulate.texts.lexicon import THEMES
from cxloop.simulate.world import MARKETS, STORES

__all__ = ["Told", "advice_texts", "chat_texts", "order_themes", "survey_texts", "write"]

_NUMBER = {theme: number for number, theme in enumerate(THEMES)}
_BAD, _PLAIN, _GOOD = 0, 1, 2
_SUBJECTS = [theme.split("_")[0] for theme in THEMES]
# Nobody says good and bad of the same thing in two sentences: "product" of product_good and of product_bad.
_SUBJECT = np.array([_SUBJECTS.index(subject) for subject in _SUBJECTS])


@dataclass(frozen=True)
class Told:
    """The truth about the texts of a block: numbers in `THEMES` and `TONES`; theme -1 where nothing was written."""

    theme: NDArray[np.int8]
    second: NDArray[np.int8]
    tone: NDArray[np.int8]


def write(past: History, rng: np.random.Generator, order: Ints, told: Told, days: Ints) -> tuple[Pooled, Pooled]:
    """Returns the columns `text` and `language`: null where there is no theme, else in the market's language."""
    bought, who = past.bought, past.bought.customer[order]
    spoken = np.array([LANGUAGES.index(market.language) for market in MARKETS])[past.everyone.market[who]]
    facts = Facts(
        theme=told.theme,
        second=told.second,
        tone=told.tone,
        product=bought.product[order],
        days=days,
        minutes=np.maximum(2, bought.service.waited_seconds[order] // 60).astype(np.int64),
        city=pick([store.name for store in STORES], past.everyone.store[who]),
    )
    parts, rows = [], []
    for number, language in enumerate(LANGUAGES):
        chosen = np.flatnonzero((spoken == number) & (told.theme >= 0))
        parts.append(comments(rng, lexicon(language), facts.rows(chosen)))
        rows.append(chosen)
    places = np.full(order.size, -1, np.int32)
    written = np.concatenate(rows)
    places[written] = np.arange(written.size)
    return Pooled(pa.concat_arrays(parts), places), pooled(LANGUAGES, spoken).where(told.theme >= 0)


def chat_texts(past: History, rng: np.random.Generator, order: Ints) -> tuple[Pooled, Pooled]:
    """Returns what customers write to the support chat: it follows the reason of the contact."""
    asks = ("ask_where", "ask_damaged", "ask_return", "ask_invoice", "ask_account")
    theme = np.array([_NUMBER[name] for name in asks], np.int8)[past.bought.service.reason[order]]
    told = Told(theme, np.full(order.size, -1, np.int8), np.full(order.size, _PLAIN, np.int8))
    return write(past, rng, order, told, _days(past, rng, order))


def advice_texts(past: History, rng: np.random.Generator, order: Ints) -> tuple[Pooled, Pooled]:
    """Returns what customers ask the chat before they buy."""
    theme = np.full(order.size, _NUMBER["ask_advice"], np.int8)
    told = Told(theme, np.full(order.size, -1, np.int8), np.full(order.size, _PLAIN, np.int8))
    return write(past, rng, order, told, _days(past, rng, order))


def survey_texts(past: History, rng: np.random.Generator, metric: str, asked: Asked) -> tuple[Pooled, Pooled, Told]:
    """Returns text and language of the comments beside answers, and what they are about."""
    scale = {"nps": past.rules.nps, "csat": past.rules.csat, "ces": past.rules.ces}[metric]
    # Bounds of bad and good: detractors and promoters; the lower two and upper two boxes of the short scales.
    bad, good = (6, 9) if metric == "nps" else (scale.lowest + 1, scale.highest - 1)
    tone = np.select([asked.score <= bad, asked.score >= good], [_BAD, _GOOD], _PLAIN).astype(np.int8)
    themes = {"nps": order_themes, "csat": _support_themes, "ces": _return_themes}[metric]
    theme, second = themes(past, rng, asked.order, tone)
    writes = rng.random(tone.size) < np.array([0.62, 0.35, 0.42])[tone]
    told = Told(np.where(writes, theme, -1).astype(np.int8), np.where(writes, second, -1).astype(np.int8), tone)
    return *write(past, rng, asked.order, told, _days(past, rng, asked.order)), told


def order_themes(
    past: History, rng: np.random.Generator, order: Ints, tone: NDArray[np.int8]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Returns main and second theme of what buyers write: what happened to them comes first."""
    bought, parcel, contact = past.bought, past.bought.parcel, past.bought.service
    online, good, bad = bought.online[order], tone == _GOOD, tone == _BAD
    asked, resolved = contact.asked[order], contact.resolved[order]
    skill = past.staff.skill[contact.agent[order]]
    late, crisis = parcel.late[order], parcel.crisis[order]
    patience = np.where(good, 0.15, 1.0)
    weights: dict[str, Any] = {
        "crisis": 12.0 * (late & crisis) * patience,
        "late": 9.0 * (late & ~crisis) * patience,
        "damaged": 8.0 * parcel.damaged[order] * patience,
        "agent_good": 4.0 * (asked & resolved & ~bad & (skill > -0.3)),
        "agent_bad": 4.0 * (asked & ~good & (skill < 0.2)),
        "unresolved": 4.0 * (asked & ~resolved & ~good),
        "price": 1.6 * (bought.price_risen[order] & ~good),
        "delivery_good": 1.2 * (online & ~late & ~bad),
        "product_good": 1.5 * (~bad & ~parcel.damaged[order]),
        "product_bad": 1.2 * bad + 0.2 * (tone == _PLAIN),
        "store_good": 1.8 * (~online & ~bad),
        "store_bad": 2.0 * (~online & bad),
        "neutral": 1.8 * (tone == _PLAIN),
    }
    return _two(rng, weights, 0.4)


def _support_themes(
    past: History, rng: np.random.Generator, order: Ints, tone: NDArray[np.int8]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    contact = past.bought.service
    waited, resolved = contact.waited_seconds[order] > 600, contact.resolved[order]
    return _two(
        rng,
        {
            "agent_good": 3.0 * (tone == _GOOD) + 0.7 * ((tone == _PLAIN) & resolved),
            "agent_bad": 2.0 * (tone == _BAD) + 0.4 * (tone == _PLAIN),
            "unresolved": 3.0 * (~resolved & (tone != _GOOD)),
            "waiting": 2.5 * waited,
        },
        0.3,
    )


def _return_themes(
    past: History, rng: np.random.Generator, order: Ints, tone: NDArray[np.int8]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    scanned = treated(past.everyone, past.bought, order)
    return _two(
        rng,
        {
            "return_qr": 4.0 * (scanned & (tone != _BAD)),
            "return_easy": 2.0 * (tone == _GOOD) + 0.6 * (tone == _PLAIN),
            "return_hard": 3.0 * (tone == _BAD) + 0.8 * (tone == _PLAIN),
        },
        0.15,
    )


def _two(rng: np.random.Generator, weights: dict[str, Any], share: float) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Draws a theme by weight, and for a share of writers another one about something else."""
    table = np.column_stack([np.asarray(column, float) for column in weights.values()])
    # The largest of u ** (1 / w) is a draw by weight, the next one a draw without replacement.
    table = np.where(table > 0, rng.random(table.shape) ** (1 / np.maximum(table, 1e-9)), -1.0)
    numbers = np.array([_NUMBER[name] for name in weights], np.int8)
    order = np.argsort(-table, axis=1, kind="stable")[:, :2]
    main, other = numbers[order[:, 0]], numbers[order[:, 1]]
    possible = (np.take_along_axis(table, order, axis=1)[:, 1] > 0) & (_SUBJECT[main] != _SUBJECT[other])
    second = np.where(possible & (rng.random(len(table)) < share), other, -1)
    return main, second.astype(np.int8)


def _days(past: History, rng: np.random.Generator, order: Ints) -> Ints:
    """Returns how many days a writer speaks of: those that the parcel was late, else a few."""
    parcel = past.bought.parcel
    return np.where(parcel.late[order], parcel.days_late[order], rng.integers(2, 6, order.size))
