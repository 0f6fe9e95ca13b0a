"""The funnel: counts of each step, their shares with intervals, and what a channel cannot say."""

from __future__ import annotations

import pytest
from tests.measure.surveys.conftest import Surveyed, nps

from cxloop.core.results import Estimate, InsufficientData
from cxloop.measure.surveys.verbs import survey_funnel


def a_wave(ws: Surveyed) -> Surveyed:
    """120 wanted, 20 of them over budget, 4 bounced, 60 opened, 50 began, 45 finished; 20 came by a kiosk."""
    for number in range(100):
        ws.invite(number, upto="opened" if number < 60 else "bounced" if number > 95 else "sent")
    for number in range(100, 120):
        ws.invite(number, "OVER_BUDGET", upto="")
    for number in range(50):
        end = "finished" if number < 45 else ""
        ws.respond(f"r{number}", {"recommend": nps(9)}, end=end, customer=number, campaign="wave-1", channel="email")
    for number in range(20):
        ws.respond(f"k{number}", {"recommend": nps(10)}, customer=1000 + number, channel="kiosk")
    return ws.done()


def test_each_step_is_counted_and_says_what_it_is_a_share_of(ws: Surveyed) -> None:
    found = survey_funnel(a_wave(ws), "delivery").total

    assert [(step.name, step.n, step.of) for step in found.steps] == [
        ("sampled", 120, ""),
        ("asked", 100, "sampled"),
        ("sent", 100, "asked"),
        ("delivered", 96, "sent"),
        ("opened", 60, "delivered"),
        ("started", 50, "opened"),
        ("finished", 45, "started"),
    ]
    assert (found.bounced, found.came, found.completed) == (4, 20, 20)


def test_the_share_of_those_reached_who_answered_has_wilsons_interval(ws: Surveyed) -> None:
    answered = survey_funnel(a_wave(ws), "delivery").total.answered

    assert isinstance(answered, Estimate)
    # scipy 1.17: binomtest(45, 96).proportion_ci(method="wilson")
    assert (answered.value, answered.low, answered.high) == pytest.approx((0.46875, 0.3720607, 0.5678440), abs=1e-6)
    assert (answered.n, answered.method) == (96, "Wilson")


def test_a_channel_that_nobody_is_invited_by_has_no_steps(ws: Surveyed) -> None:
    kiosk = next(each for each in survey_funnel(a_wave(ws), "delivery").channels if each.channel == "kiosk")

    assert (kiosk.steps, kiosk.came, kiosk.completed, kiosk.answered) == ((), 20, 20, None)


def test_what_a_channel_does_not_report_is_said_and_never_taken_for_zero(ws: Surveyed) -> None:
    for number in range(20):
        ws.invite(number, channel="sms")
    steps = {step.name: step for step in survey_funnel(ws.done(), "delivery").total.steps}

    assert steps["opened"].n is None
    assert "Nothing was seen to be opened" in steps["opened"].note
    assert "does not report what arrives" in steps["delivered"].note
    assert steps["started"].of == "delivered"


def test_reasons_of_those_who_were_not_asked_are_counted(ws: Surveyed) -> None:
    found = survey_funnel(a_wave(ws), "delivery")

    assert found.reasons == (("asked", 100), ("OVER_BUDGET", 20))


def test_few_invitations_give_counts_and_no_share(ws: Surveyed) -> None:
    for number in range(5):
        ws.invite(number)
    steps = survey_funnel(ws.done(), "delivery").total.steps

    assert steps[2].n == 5
    assert steps[2].rate == InsufficientData(5, 10)


def test_invitations_of_one_customer_are_no_independent_ones(ws: Surveyed) -> None:
    for number in range(40):
        ws.invite(number, customer=number % 4)
        if number % 4 < 2:
            ws.respond(f"r{number}", {}, customer=number % 4, campaign="wave-1", channel="email")
    answered = survey_funnel(ws.done(), "delivery").total.answered

    assert isinstance(answered, Estimate)
    assert (answered.value, answered.customers) == (0.5, 4)
    assert answered.method.endswith("clustered by customer")
    # scipy: 20 of 40 independent ones would be 0.352 to 0.648 (Wilson)
    assert answered.low < 0.2


def test_left_out_responses_are_in_no_step(ws: Surveyed) -> None:
    a_wave(ws)
    own = {"response_id": "k0", "customer": 1000, "channel": "kiosk", "properties": {"left_out": True}}
    ws.write("touch", "survey_started", "k0..started.2", revises="k0.started", **own)
    ws.write("touch", "survey_finished", "k0..finished.2", revises="k0.finished", **own)

    assert survey_funnel(ws.done(), "delivery").total.completed == 19


def test_pages_say_where_people_stop(ws: Surveyed) -> None:
    for number in range(20):
        reached = 3 if number < 12 else 2 if number < 17 else 1
        about = {"response_id": f"r{number}", "customer": number, "channel": "web"}
        ws.write("touch", "survey_started", f"r{number}.started", **about)
        for page in range(1, reached + 1):
            said = {"page": f"page{page}", "seconds": 10.0 * page}
            ws.write("touch", "survey_page", f"r{number}.page.{page}", properties=said, **about)
        if reached == 3:
            ws.write("touch", "survey_finished", f"r{number}.finished", **about)
    pages = survey_funnel(ws.done(), "delivery").pages

    assert [(page.name, page.n, page.left, page.seconds) for page in pages] == [
        ("page1", 20, 3, 10.0),
        ("page2", 17, 5, 20.0),
        ("page3", 12, 0, 30.0),
    ]


def test_a_survey_that_nobody_knows_is_told_as_empty(ws: Surveyed) -> None:
    assert str(survey_funnel(ws, "nothing")) == "Nobody has been invited to nothing yet."
