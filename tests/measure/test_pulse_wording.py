"""Sentences never say more than the numbers they are given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cxloop.core.results import Estimate, InsufficientData, Unit
from cxloop.measure import pulse_wording as wording
from cxloop.measure.results import Change, Mover, PulseMetric


def estimate(value: float) -> Estimate:
    return Estimate(value, value - 2, value + 2, 400, 390, "adjusted Wald")


def metric(change: float, p: float, *, name: str = "nps", title: str = "NPS", unit: Unit = "points") -> PulseMetric:
    """A metric that changed by `change` with corrected p value `p`."""
    apart = Change(change, change - 3, change + 3, p, "MOVER")
    said = wording.verdict(apart)
    tag = wording.tag(said, apart, unit)
    return PulseMetric(name, title, unit, None, "", estimate(30 + change), estimate(30), apart, said, tag, None, ())


UNKNOWN = replace(
    metric(0, 1, title="CES"), current=InsufficientData(3, 10), change=None, verdict="cannot say", tag="cannot say"
)


def mover(group: str, change: float, title: str = "NPS") -> Mover:
    apart = Change(change, change - 3, change + 3, 0.01, "MOVER")
    now, before = estimate(30 + change), estimate(30)
    phrase = f"channel is {group}"
    return Mover("nps", title, "points", "channel", group, phrase, "", now, before, apart, "", False, "", "")


@pytest.mark.parametrize(
    ("change", "p", "verdict", "tag"),
    [
        (-3.14, 0.01, "fell", "fell by 3.1"),
        (2, 0.05, "rose", "rose by 2.0"),
        (-30, 0.051, "not shown to have changed", "no change shown"),
    ],
)
def test_a_change_is_one_only_where_its_corrected_p_value_says_so(
    change: float, p: float, verdict: str, tag: str
) -> None:
    found = metric(change, p)

    assert (found.verdict, found.tag) == (verdict, tag)


def test_the_first_sentence_speaks_of_the_first_metric_that_changed() -> None:
    metrics = [metric(-20, 0.4), metric(-0.1, 0.001, name="csat", title="CSAT", unit="share")]

    assert wording.lede(metrics, [], "30d") == "Fewer customers are satisfied than in the 30 days before."
    assert wording.sub(metrics).startswith("CSAT is 2990.0 %")
    assert wording.sub(metrics).endswith("Of 2 metrics watched, 1 changed, 1 is not shown to have changed.")


def test_a_metric_of_one_survey_is_named_and_not_called_all_customers() -> None:
    support = replace(metric(-5, 0.001, title="NPS, support"), where='survey_id == "support"')

    assert wording.lede([support], [], "12w") == "NPS, support fell against the 12 weeks before."


def test_a_group_is_named_only_if_it_moved_the_same_way_in_the_same_metric() -> None:
    fell = metric(-5, 0.001)

    assert wording.lede([fell], [mover("web", 9), mover("app", -9, "CSAT")], "30d").endswith("30 days before.")
    assert wording.lede([fell], [mover("web", 9), mover("app", -9)], "30d").endswith(
        "; the clearest drop is where channel is app."
    )


def test_where_nothing_changed_the_first_sentence_says_that_nothing_is_shown() -> None:
    assert wording.lede([metric(-9, 0.2), metric(9, 0.2)], [], "1w") == (
        "None of 2 metrics is shown to have changed against the week before."
    )
    assert (
        wording.lede([UNKNOWN, metric(9, 0.2)], [], "1w") == "NPS is not shown to have changed against the week before."
    )


def test_too_few_answers_before_are_no_comparison() -> None:
    alone = replace(UNKNOWN, current=estimate(30), previous=InsufficientData(1, 10), title="NPS")

    assert wording.sub([alone]) == (
        "NPS is +30.0 [+28.0, +32.0]; the period before has too few answers to compare with (1)."
    )


def test_the_note_of_a_group_holds_interval_and_kind_of_evidence() -> None:
    moved = mover("app", -9)

    assert wording.mover_note(moved.current, moved.previous, moved.change, "points") == (
        "−9.0 [−12.0, −6.0] · 400 answers, 400 before · observed, not a cause"
    )
    assert wording.mover_sentence("NPS", "channel is app", moved.current, moved.previous, "points") == (
        "NPS fell from +30.0 to +21.0 where channel is app"
    )
