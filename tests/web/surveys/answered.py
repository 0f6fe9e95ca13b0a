"""A company whose survey has been answered: by invitation, at a kiosk, in parts, and not at all."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.web.conftest import EXPERIENCE, HOSTILE, LAST_DAY, Shop, incoming, open_shop, rows_of_company

from cxloop.entry.app import create_app

SURVEY = "after-delivery"
DOCUMENT: dict[str, Any] = {
    "title": "After the delivery",
    "pages": [
        {
            "name": "scores",
            "title": "The delivery",
            "elements": [
                {"type": "rating", "name": "recommend", "title": "How likely are you to recommend us?", "metric": "nps",
                 "rateMin": 0, "rateMax": 10},
                {"type": "radiogroup", "name": "where", "title": "Where did we leave the parcel?",
                 "choices": [{"value": "door", "text": "At my door"}, {"value": "shop", "text": "In a parcel shop"},
                             {"value": "neighbour", "text": "With a neighbour"}]},
                {"type": "checkbox", "name": "liked", "title": "What did you like?",
                 "choices": [{"value": "speed", "text": "It came fast"}, {"value": "box", "text": "The packaging"},
                             {"value": "news", "text": "Being told when it comes"}]},
                {"type": "ranking", "name": "matters", "title": "What matters most to you?",
                 "choices": [{"value": "price", "text": "A low price"}, {"value": "day", "text": "The right day"},
                             {"value": "green", "text": "Little packaging"}]},
            ],
        },
        {
            "name": "words",
            "title": "In your words",
            "elements": [
                {"type": "comment", "name": "why", "title": "What should we do better?"},
                {"type": "text", "inputType": "number", "name": "people", "title": "How many live with you?"},
            ],
        },
    ],
}  # fmt: skip
TEXTS = (
    "It came two days late, and nobody said a word.",
    "Friendly driver, thank you!",
    "The box was far too large for three cups.",
    "Please ring the bell instead of leaving a card.",
    HOSTILE,
)


def _moment(rng: random.Random) -> datetime:
    return LAST_DAY - timedelta(days=rng.randrange(1, 80), minutes=rng.randrange(900))


def rows_of_survey(customers: int = 240) -> Iterator[dict[str, Any]]:
    """The log of the survey, as pages and sending write it."""
    rng = random.Random(11)
    for person in range(customers):
        at = _moment(rng)
        own = {"campaign": "wave-1", "channel": "sms" if person % 6 == 0 else "email", **_who(person)}
        outcome = "OVER_BUDGET" if person % 17 == 0 else "NO_CONSENT" if person % 23 == 0 else "asked"
        yield _row("treatment", "survey_sampled", f"invitation.{person}.sampled", at, outcome=outcome, **own)
        if outcome != "asked":
            continue
        yield _row("message", "survey_sent", f"invitation.{person}.sent", at, **own)
        if person % 31 == 0:
            yield _row("message", "survey_bounced", f"invitation.{person}.bounced", at, **own)
        elif rng.random() < 0.65:
            yield _row("touch", "survey_opened", f"invitation.{person}.opened", at + timedelta(hours=2), **own)
            if rng.random() < 0.7:
                yield from _response(f"r{person}", at + timedelta(hours=3), rng, own)
    for number in range(60):
        key = {"key_namespace": "surveys", "key_type": "response", "key_value": f"k{number}"}
        yield from _response(f"k{number}", _moment(rng), rng, {"channel": "kiosk", **key})


def _response(number: str, at: datetime, rng: random.Random, own: dict[str, Any]) -> Iterator[dict[str, Any]]:
    about = {**own, "response_id": number}
    ended = rng.random() < 0.85
    state = {
        "mode": "page",
        "flags": ["speeder"] if rng.random() < 0.05 else [],
        "state": "finished" if ended else "partial",
    }
    yield _row("touch", "survey_started", f"{number}.started", at, properties=state, **about)
    late = rng.random() < 0.3
    where = "door" if rng.random() < (0.3 if late else 0.7) else rng.choice(["shop", "neighbour"])
    where = "shop" if own["channel"] == "kiosk" and where == "neighbour" else where
    liked = "|".join(each for each in ("speed", "box", "news") if rng.random() < 0.5) or "news"
    order = rng.sample(["price", "day", "green"], 3)
    answers: list[tuple[str, str, dict[str, Any]]] = [
        ("recommend", "score", {"metric": "nps", "score": float(rng.randrange(0, 8) if late else rng.randrange(6, 11)),
                                "scale_min": 0.0, "scale_max": 10.0}),
        ("where", "single", {"answer_value": where}),
        ("liked", "several", {"answer_value": liked}),
        ("matters", "ranking", {"answer_value": "|".join(order)}),
    ]  # fmt: skip
    yield _row(
        "touch", "survey_page", f"{number}.page.scores", at, properties={"page": "scores", "seconds": 21.0}, **about
    )
    if ended:
        answers.append(("people", "number", {"answer_value": str(rng.randrange(1, 6))}))
        if rng.random() < 0.4:
            answers.append(("why", "text", {"text": rng.choice(TEXTS), "language": "en"}))
    for place, (question, kind, given) in enumerate(answers, 1):
        name = f"{given['metric']}_answered" if "metric" in given else "question_answered"
        more = {"question_id": question, "ordinal": place, "properties": {**state, "type": kind, "wording": "aa"}}
        yield _row("answer", name, f"{number}.{question}.1", at + timedelta(minutes=2), **{**about, **given, **more})
    if ended:
        seen = {"page": "words", "seconds": 34.0}
        yield _row("touch", "survey_page", f"{number}.page.words", at, properties=seen, **about)
        yield _row(
            "touch", "survey_finished", f"{number}.finished", at + timedelta(minutes=3), properties=state, **about
        )


def _who(person: int) -> dict[str, Any]:
    return {"key_namespace": "shop", "key_type": "user_id", "key_value": f"{person}"}


def _row(kind: str, name: str, message_id: str, at: datetime, **columns: Any) -> dict[str, Any]:
    properties = columns.pop("properties", None)
    return {
        "source": "surveys",
        "kind": kind,
        "name": name,
        "message_id": message_id,
        "occurred_at": at,
        "survey_id": SURVEY,
        "survey_version": "1",
        "ordinal": 0,
        "properties": None if properties is None else json.dumps(properties),
        **columns,
    }


def open_answered(folder: Path) -> Shop:
    """The company with its survey, live."""
    host = open_shop(folder, rows_of_company(), EXPERIENCE)
    host.workspace.engine.admit(incoming(list(rows_of_survey())), now=LAST_DAY)
    host.derive()
    shop = Shop(host, create_app(host))
    shop.run("collect.draft_survey", name=SURVEY, document=json.dumps(DOCUMENT))
    shop.run("collect.publish_survey", name=SURVEY)
    return shop
