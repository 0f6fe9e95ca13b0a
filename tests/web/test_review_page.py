"""Review: two records, one decision, the next pair at once. What matching finds is made up here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cxloop.core.errors import InputError
from cxloop.core.host import require
from cxloop.core.verbs import registry
from cxloop.core.waterfall import WaterfallStep
from cxloop.unify.results import Compared, Matching, Review, Reviewed, ReviewPair

AT = datetime(2026, 10, 30, 9)
STEPS = (
    WaterfallStep("email", "E-mail", "marta.b@example.org", "marta.berg@example.org", "similar", 3.0),
    WaterfallStep("name", "Name", "Marta <b>Berg", "Martha Berg", "one letter differs", 5.0),
    WaterfallStep("street", "Street", "Lindenallee 12", "Ahornweg 4", "different", -2.0),
    WaterfallStep("phone", "Phone", "+49 30 1234567", None, "missing", 0.0, counted=False),
)


class Reviewing:
    """Pairs that wait, as the verbs of matching tell them; decisions take them away."""

    def __init__(self, real: Any, entries: list[int]) -> None:
        self._real = real
        self.entries = entries
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, path: str, arguments: Mapping[str, Any], **more: Any) -> Any:
        """Runs a verb."""
        answer = getattr(self, path.replace("unify.", ""), None) if path.startswith("unify.") else None
        if answer is None:
            return self._real(path, arguments, **more)
        require(more["actor"], registry.get(path))
        self.asked.append((path, dict(arguments)))
        return answer(**arguments)

    def review(self, limit: int = 50) -> Review:
        """What waits."""
        rows = [ReviewPair(n, 1, 2, 1, 2, "Marta Berg", "Martha Berg", 0.8, 2.0, AT) for n in self.entries]
        return Review(len(rows), 0, "doubtful", tuple(rows[:limit]))

    def compare(self, entry: int) -> Compared:
        """One pair."""
        pair = Compared(
            title="Two records", start=-4.0, total=2.0, steps=STEPS, entry=entry, key_a=1, key_b=2, customer_a=1,
            customer_b=2, label_a="Marta Berg", label_b="Martha Berg", state="proposed", probability=0.8, found_at=AT,
            run="1", others_a=("shop:user_id:u1",), others_b=(), next_entry=None,
        )  # fmt: skip
        return pair if entry in self.entries else replace(pair, state="accepted")

    def matching(self) -> Matching:
        """The model."""
        return Matching(1, AT, "1", 40, 0.95, 0.3, 0.99, 0.99, 12, len(self.entries), 3, 1, True,
                        "By the calibrated probabilities.", 0.001, 1, ("the same birth date",), ())  # fmt: skip

    def decide(self, entry: int, answer: str) -> Reviewed:
        """One decision."""
        if entry not in self.entries:
            raise InputError(f"Entry {entry} was decided already.")
        if answer != "skip":
            self.entries.remove(entry)
        left = [number for number in self.entries if number != entry]
        decision = None if answer == "skip" else 900 + entry
        return Reviewed(entry, answer, decision, len(self.entries), left[0] if left else None)  # type: ignore[arg-type]

    def undo(self, decision: int) -> None:
        """Takes one back."""
        self.entries.insert(0, decision - 900)


@pytest.fixture
def pairs(small_shop: Any, monkeypatch: pytest.MonkeyPatch) -> Reviewing:
    """Three pairs wait."""
    host = small_shop.app.state.site.host
    made = Reviewing(host.run, [41, 42, 43])
    monkeypatch.setattr(host, "run", made)
    return made


@pytest.fixture(scope="module")
def boss(small_shop: Any) -> Any:
    """May do everything."""
    return small_shop.browser("owner")


def test_the_most_doubtful_pair_is_asked_about_with_what_speaks_for_and_against(pairs: Any, boss: Any) -> None:
    text = unescape(boss.get("/customers/review").text)

    assert "Are Marta Berg and Martha Berg one person? With 80 %, say their records." in text
    assert "Most for it: Name (one letter differs). Most against it: Street (different)." in text
    assert text.count('<svg class="fall"') == 4
    assert "32 times likelier for one person" in text
    assert "says nothing" in text
    assert "3 pairs wait" in text


def test_values_are_shown_as_they_are_and_what_differs_is_marked(pairs: Any, boss: Any) -> None:
    text = boss.get("/customers/review").text

    assert "&lt;b&gt;" in text
    assert "<b>Berg" not in text
    assert "marta.b<mark>erg</mark>@example.org" in text


def test_each_answer_leads_to_the_next_pair_and_its_undo_is_at_hand(pairs: Any, boss: Any) -> None:
    answer = boss.send("/customers/review", "/customers/review/41", {"answer": "accept"})
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    page = boss.get(answer.headers["location"])

    assert asked == {"entry": ["42"], "decided": ["1"], "did": ["accept"], "last": ["941"], "of": ["41"]}
    assert "One person: the two are linked." in page.text
    assert "1 decided, 2 pairs wait" in page.text
    undone = boss.send(answer.headers["location"], "/customers/review/undo", {"decision": "941", "entry": "41"})
    assert undone.headers["location"] == "/customers/review?entry=41"
    assert pairs.entries == [41, 42, 43]


def test_what_is_skipped_is_no_decision_and_waits_on(pairs: Any, boss: Any) -> None:
    answer = boss.send("/customers/review", "/customers/review/41", {"answer": "skip", "decided": "2"})
    page = boss.get(answer.headers["location"])

    assert "Left for later." in page.text
    assert "2 decided, 3 pairs wait" in page.text
    assert "/customers/review/undo" not in page.text


def test_the_last_decision_leads_to_a_page_that_says_so(pairs: Any, boss: Any) -> None:
    pairs.entries[:] = [43]

    answer = boss.send("/customers/review", "/customers/review/43", {"answer": "reject", "decided": "4"})
    text = boss.get(answer.headers["location"]).text

    assert "That was the last pair: 5 pairs decided." in text
    assert "Two persons: they are kept apart for good." in text


def test_a_pair_that_somebody_else_has_decided_is_said_and_the_next_is_shown(pairs: Any, boss: Any) -> None:
    answer = boss.send("/customers/review", "/customers/review/40", {"answer": "accept"})

    assert answer.status == 400
    assert "was decided already" in answer.text
    assert 'action="/customers/review/41"' in answer.text


def test_every_answer_has_a_key_and_the_list_of_keys_says_so(pairs: Any, boss: Any) -> None:
    text = boss.get("/customers/review").text

    assert [key in text for key in ('"n ArrowLeft"', '"s ArrowDown"', '"y ArrowRight"')] == [True] * 3
    assert "<dt><kbd>y</kbd> <kbd>→</kbd></dt>" in text


def test_an_agent_reads_a_pair_and_is_not_asked(pairs: Any, small_shop: Any) -> None:
    agent = small_shop.browser("agent")

    text = agent.get("/customers/review").text

    assert "Are Marta Berg and Martha Berg one person?" in text
    assert 'name="answer"' not in text
    assert agent.send("/settings", "/customers/review/41", {"answer": "accept"}).status == 403
    assert not [path for path, _ in pairs.asked if path == "unify.decide"]


def test_a_link_that_counts_is_explained_and_not_asked_about(pairs: Any, boss: Any) -> None:
    text = unescape(boss.get("/customers/review?entry=7").text)

    assert "Marta Berg and Martha Berg are one customer; their records say one person with 80 %." in text
    assert 'name="answer"' not in text
