"""Holding events against a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from cxloop.collect.tracking.checker import KIND, Plans, Verdict
from cxloop.store import documents
from cxloop.store.base import Store
from cxloop.store.changes import LOOK_SECONDS

Save = Callable[..., None]


def track(name: str = "Signed up", **properties: Any) -> dict[str, Any]:
    """A track call."""
    return {"type": "track", "event": name, "properties": properties, "messageId": "m-1", "userId": "u-1"}


def test_a_source_without_a_plan_gets_no_verdict(plans: Plans) -> None:
    assert plans.check("shop", track()) is None
    assert not plans.enforced("shop")


def test_an_event_that_fits_gets_no_verdict(plans: Plans, save: Save) -> None:
    save()

    assert plans.check("shop", track(plan="pro", price=3.5, products=[{"price": 1}])) is None


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({}, "plan is missing"),
        ({"plan": "gold"}, "plan came as string that is none of 'free', 'pro'"),
        ({"plan": "pro", "price": "3"}, "price came as string, allowed is number"),
        ({"plan": "pro", "price": None}, "price came as null, allowed is number"),
        ({"plan": "pro", "email": "nobody"}, "email came as string that is no email"),
        (
            {"plan": "pro", "products": [{"price": 1}, {"price": True}]},
            "products[1].price came as boolean, allowed is number",
        ),
    ],
)
def test_the_reason_names_the_property_and_what_is_allowed(
    plans: Plans, save: Save, properties: dict[str, Any], said: str
) -> None:
    save()

    assert plans.check("shop", track(**properties)) == Verdict(
        "reject", f"'Signed up' breaks the tracking plan: {said}."
    )


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ({"minimum": 0}, -4711, "came as integer that is below the least allowed, 0"),
        ({"maximum": 9}, 4711.5, "came as number that is above the most allowed, 9"),
        ({"maxLength": 3}, "s3cret", "came as string that has more characters than 3"),
        ({"pattern": "^[a-z]+$"}, "S3CRET", "came as string that does not satisfy 'pattern'"),
        ({"const": "eu"}, "s3cret", "came as string that is not 'eu'"),
        ({"not": {"type": "string"}}, "s3cret", "came as string that does not satisfy 'not'"),
    ],
)
def test_no_reason_quotes_what_came(plans: Plans, save: Save, rule: dict[str, Any], value: Any, said: str) -> None:
    save(properties={"x": rule}, required=[])

    verdict = plans.check("shop", track(x=value))

    assert verdict == Verdict("reject", f"'Signed up' breaks the tracking plan: x {said}.")


def test_a_property_beyond_the_plan_is_named_where_none_is_allowed(plans: Plans, save: Save) -> None:
    save(additionalProperties=False)

    verdict = plans.check("shop", track(plan="pro", colour="red"))

    assert verdict is not None
    assert verdict.reason.endswith("not in the plan: colour.")


def test_many_mistakes_are_cut_short(plans: Plans, save: Save) -> None:
    save(required=list("abcdef"), properties={})

    verdict = plans.check("shop", track())

    assert verdict is not None
    assert verdict.reason.endswith("a is missing; b is missing; c is missing and more.")


def test_properties_that_are_no_object_break_the_plan(plans: Plans, save: Save) -> None:
    save()

    verdict = plans.check("shop", {"type": "track", "event": "Signed up", "properties": [1]})

    assert verdict is not None
    assert "properties came as array, allowed is object" in verdict.reason


def test_an_event_may_have_a_mode_of_its_own(plans: Plans, save: Save) -> None:
    save("reject", event_mode="flag")

    verdict = plans.check("shop", track())

    assert verdict is not None
    assert verdict.mode == "flag"


def test_a_plan_that_allows_everything_enforces_nothing(plans: Plans, save: Save) -> None:
    save("allow")

    assert (plans.check("shop", track()), plans.enforced("shop")) == (None, False)


@pytest.mark.parametrize(("unknown", "mode"), [("allow", None), ("flag", "flag"), ("reject", "reject")])
def test_an_event_the_plan_does_not_know_is_dealt_with_as_the_plan_says(
    plans: Plans, save: Save, unknown: str, mode: str | None
) -> None:
    save("allow", unknown=unknown)

    verdict = plans.check("shop", track("Sigend up"))

    assert (verdict and verdict.mode) == mode
    assert plans.check("shop", track()) is None


def test_a_call_that_is_no_track_is_known_by_its_kind_and_checked_by_its_traits(plans: Plans, store: Store) -> None:
    schema = {"type": "object", "required": ["email"]}
    documents.save(store, KIND, "shop", {"mode": "flag", "events": {"identify": {"schema": schema}}}, author_id=None)

    verdict = plans.check("shop", {"type": "identify", "userId": "u", "traits": {"name": "Anna"}})

    assert plans.check("shop", {"type": "identify", "userId": "u", "traits": {"email": "x"}}) is None
    assert verdict == Verdict("flag", "'identify' breaks the tracking plan: email is missing.")


def test_a_saved_plan_is_in_force_without_opening_anything_anew(plans: Plans, save: Save) -> None:
    save("allow")
    before = plans.check("shop", track())

    save("flag")

    assert before is None
    assert plans.check("shop", track()) is not None


def test_between_two_looks_at_the_clock_an_event_costs_no_query(store: Store, save: Save) -> None:
    save()
    plans = Plans(store, monotonic=lambda: 1.0)
    plans.check("shop", track())
    asked: list[str] = []
    sqlalchemy_event.listen(store.engine, "before_cursor_execute", lambda *words: asked.append(words[2]))

    for _ in range(100):
        plans.check("shop", track())

    assert asked == []
    assert LOOK_SECONDS < 1


def test_a_schema_that_this_version_cannot_read_lets_events_pass(plans: Plans, store: Store) -> None:
    events = {"Signed up": {"schema": {"type": "strin"}}, "Left": {"schema": {"type": "object", "required": ["why"]}}}
    documents.save(store, KIND, "shop", {"mode": "reject", "events": events}, author_id=None)

    assert plans.check("shop", track()) is None
    assert plans.check("shop", track("Left")) is not None


def test_a_plan_of_one_source_says_nothing_of_another(plans: Plans, save: Save) -> None:
    save()

    assert plans.check("app", track()) is None


def test_a_verdict_can_be_written_into_the_log(plans: Plans, save: Save) -> None:
    save("flag")

    verdict = plans.check("shop", track())

    assert verdict is not None
    assert json.loads(json.dumps({"tracking_plan": verdict.reason}))["tracking_plan"].startswith("'Signed up' breaks")
