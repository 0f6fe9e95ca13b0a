"""Many respondents at once, and a process that is killed again and again: the log ends up with what the records say."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from cxloop.collect import verbs
from cxloop.collect.surveys import logged
from cxloop.store.surveys import responses
from cxloop.store.surveys.responses import NewResponse

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

ELEMENTS = [
    {"type": "rating", "name": "nps", "title": "How likely?", "rateMin": 0, "rateMax": 10, "metric": "nps"},
    {"type": "comment", "name": "why", "title": "Why?"},
    {"type": "checkbox", "name": "liked", "title": "What?", "choices": ["price", "speed"]},
]
CURRENT = """
    select response_id, question_id, score, answer_value, text from interactions i
    where source = 'surveys' and kind = 'answer' and coalesce(score::varchar, answer_value, text) is not null
    and not exists (select 1 from interactions r where r.source = i.source and r.revises = i.message_id)
    order by 1, 2
"""
STATED = """
    select count(*) from (
        select response_id, question_id from interactions i where source = 'surveys' and kind = 'answer'
        and not exists (select 1 from interactions r where r.source = i.source and r.revises = i.message_id)
        group by 1, 2 having count(*) > 1
    )
"""


class Killed(Exception):  # noqa: N818 - no error of the program: what `kill -9` is
    """The process is gone."""


def drawn(rng: random.Random) -> dict[str, object]:
    """Some answers; each may be missing."""
    every: dict[str, object] = {
        "nps": rng.randint(0, 10),
        "why": rng.choice(["Late.", "Fast.", "Hm."]),
        "liked": rng.sample(["price", "speed"], rng.randint(1, 2)),
    }
    return {name: value for name, value in every.items() if rng.random() < 0.7}


def expected(desk: Desk) -> list[tuple[object, ...]]:
    """What the log has to say now, reckoned anew from the records."""
    rows: list[tuple[object, ...]] = []
    for one in responses.of_survey(desk.store, "delivery"):
        if any(flag["code"] == "left_out" for flag in one.flags):
            continue
        for name, value in one.answers.items():
            score = float(value) if name == "nps" else None
            said = None if name == "why" else "|".join(value) if name == "liked" else str(value)
            rows.append((one.id, name, score, said, value if name == "why" else None))
    return sorted(rows, key=lambda row: (str(row[0]), str(row[1])))


def killed(*_: object, **__: object) -> None:
    """What stands in place of a call at which the process is killed."""
    raise Killed


def act(desk: Desk, rng: random.Random, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets something happen: somebody answers or is flagged, time passes, the log is told, or that is killed midway."""
    one = responses.get(desk.store, name)
    what = rng.choice(["answer", "answer", "finish", "flag", "look", "look", "die", "wait"])
    if what == "answer" and not one.ended:
        responses.save(desk.store, name, answers=drawn(rng))
    elif what == "finish" and not one.ended:
        responses.finish(desk.store, name)
    elif what == "flag":
        responses.flag(desk.store, name, rng.choice([[], [{"code": "left_out", "reason": "test"}]]))
    elif what == "wait":
        desk.forward(minutes=rng.choice([1, 16]))
    elif what == "look":
        logged.step(desk)
    elif what == "die":
        with monkeypatch.context() as patch, suppress(Killed):
            patch.setattr(
                *rng.choice([(type(desk.engine), "admit"), (responses, "tie"), (responses, "mark_logged")]), killed
            )
            logged.step(desk)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_changed_and_killed_in_between_each_answer_stands_once(
    desk: Desk, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    desk.store.clock = desk.now
    verbs.draft_survey(desk, "delivery", document=json.dumps({"elements": ELEMENTS}))
    verbs.publish_survey(desk, "delivery")
    names = [f"r{number}" for number in range(6)]
    for name in names:
        responses.begin(desk.store, NewResponse(id=name, survey="delivery", version=1))

    for _ in range(40):
        act(desk, rng, rng.choice(names), monkeypatch)
    desk.forward(minutes=16)
    logged.log_all(desk)

    assert desk.rows(CURRENT) == expected(desk)
    assert desk.number(STATED) == 0
    assert logged.step(desk) is None
