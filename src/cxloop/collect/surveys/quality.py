"""Why a response may be no honest answer. Nothing is deleted: a flag says its reason, and a person decides.

Every check is a rule with a stated limit, over the survey and what is stored of one response.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cxloop.collect.surveys.checking import minutes
from cxloop.collect.surveys.definition import Definition, Page
from cxloop.collect.surveys.definition.questions import Asking, Comment, Matrix
from cxloop.collect.surveys.flow.settling import COMMENT

__all__ = ["Code", "Flag", "flags", "gibberish"]

Code = Literal["speeder", "straight_lining", "duplicate", "bot", "gibberish"]
SPEED = 0.3
"""Share of the estimated time below which nobody reads: Greszki, Meyer and Schoen (2015), "Exploring the effects of
removing 'too fast' responses", use 30 to 50 % of the median; the lower end accuses fewer people."""
LEAST_SECONDS = 3.0
"""Below so many seconds in all, pages are too short to tell: the estimate of one question is no measure of a person."""
LEAST_ROWS = 4
"""Rows of a matrix that a straight line is read from; of three, many people mean it."""
LEAST_LETTERS = 8
"""Letters below which nothing is said about a text: names, codes and "no idea" are short."""
STRETCHED = re.compile(r"(.)\1{5,}")
LEAST_OTHERS = 4
"""Different letters from which on a stretched one is a feeling: "goooood" is a word."""
MOST_SHARE = 0.5
LEAST_KINDS = 0.12
ROWS_OF_KEYS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopü",
    "asdfghjklöä",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
)
KEYS_IN_A_ROW = 5
VOWELLESS = re.compile(r"[bcdfghjklmnpqrstvwxz]{8,}")


@dataclass(frozen=True, slots=True)
class Flag:
    """One reason to doubt a response."""

    code: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """Returns it as it is stored."""
        return {"code": self.code, "reason": self.reason}


def flags(
    definition: Definition,
    answers: Mapping[str, Any],
    *,
    seconds: Mapping[str, float],
    language: str,
    alike: int = 0,
    marks: Sequence[Flag] = (),
) -> tuple[Flag, ...]:
    """Returns every reason to doubt a response that is done.

    Args:
        definition: the survey.
        answers: what is stored.
        seconds: by page, how long it was looked at.
        language: in which it was read.
        alike: finished responses of the same browser within the last weeks.
        marks: what was noticed while it was answered.
    """
    found = [
        *marks,
        *_fast(definition, answers, seconds, language),
        *_straight(definition, answers),
        *_gibberish(definition, answers),
    ]
    if alike:
        found.append(Flag("duplicate", f"{alike} other responses came from the same browser and network."))
    return tuple({each.code: each for each in reversed(found)}.values())[::-1]


def _fast(
    definition: Definition, answers: Mapping[str, Any], seconds: Mapping[str, float], language: str
) -> Iterator[Flag]:
    nodes = definition.structure.nodes
    answered = tuple(
        node.element
        for node in nodes
        if node.element.name in answers
        and nodes[node.page].element.name in seconds
        and isinstance(node.element, Asking)
    )
    # What was left out takes no time, so that nobody is accused of skipping what may be skipped.
    seen = Page.model_construct(name="seen", elements=answered)
    expected = 60 * minutes(Definition.model_construct(pages=(seen,), locale=definition.locale), language)
    took = sum(seconds.values())
    if expected > LEAST_SECONDS / SPEED and took < SPEED * expected:
        yield Flag("speeder", f"{took:.0f} s for questions that take about {expected:.0f} s to read and answer.")


def _straight(definition: Definition, answers: Mapping[str, Any]) -> Iterator[Flag]:
    for question in definition.questions:
        value = answers.get(question.name)
        if not isinstance(question, Matrix) or not isinstance(value, dict) or len(value) < LEAST_ROWS:
            continue
        if len({str(each) for each in value.values()}) == 1:
            yield Flag("straight_lining", f"The same answer in all {len(value)} rows of {question.name!r}.")


def _gibberish(definition: Definition, answers: Mapping[str, Any]) -> Iterator[Flag]:
    for question in definition.questions:
        for name in (question.name, question.name + COMMENT):
            text = answers.get(name)
            if isinstance(text, str) and _is_open(question, name) and (why := gibberish(text)):
                yield Flag("gibberish", f"{question.name!r}: {why}")


def _is_open(question: Asking, name: str) -> bool:
    return name != question.name or isinstance(question, Comment) or getattr(question, "input_type", "") == "text"


def gibberish(text: str) -> str:
    """Returns why a text can hardly be words of any language, or nothing.

    It looks at runs, repetition, rows of the keyboard and consonants without end; scripts without letters of ours are
    judged by repetition alone. docs/decisions/0032 has how often it is wrong on real texts.

    Example:
        >>> gibberish("asdfasdfasdf"), gibberish("The parcel came late, and nobody told me.")
        ('keys that lie side by side', '')
    """
    letters = "".join(character for character in text.lower() if character.isalpha())
    if len(letters) < LEAST_LETTERS:
        return ""
    counted = Counter(letters)
    if (
        counted.most_common(1)[0][1] > MOST_SHARE * len(letters)
        and STRETCHED.search(letters)
        and len(counted) < LEAST_OTHERS
    ):
        return "one letter again and again"
    if len(counted) <= max(2, LEAST_KINDS * min(len(letters), 40)) and _entropy(counted, len(letters)) < 1.6:
        return "hardly any different letters"
    if _keys(letters) > MOST_SHARE * len(letters):
        return "keys that lie side by side"
    longest = max((len(found[0]) for found in VOWELLESS.finditer(letters)), default=0)
    return "consonants without a vowel" if longest > MOST_SHARE * len(letters) else ""


def _entropy(counted: Counter[str], total: int) -> float:
    """Shannon's entropy in bits for each letter."""
    return -sum(count / total * math.log2(count / total) for count in counted.values())


def _keys(letters: str) -> int:
    """How many letters lie in runs of neighbours on a keyboard, in either direction."""
    best = 0
    for row in ROWS_OF_KEYS:
        for order in (row, row[::-1]):
            pairs = {order[at : at + 2] for at in range(len(order) - 1)}
            best = max(best, _in_runs(letters, pairs))
    return best


def _in_runs(letters: str, pairs: set[str]) -> int:
    total = run = 0
    for at in range(len(letters)):
        if at and letters[at - 1 : at + 1] in pairs:
            run += 1
        else:
            total += run if run >= KEYS_IN_A_ROW - 1 else 0
            run = 1
    return total + (run if run >= KEYS_IN_A_ROW - 1 else 0)
