"""Plans as files and documents: what people may write, and what they are told when it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from cxloop.collect.tracking.checker import Plans
from cxloop.collect.tracking.verbs import enforce, import_plan, learn, plan
from cxloop.core.errors import InputError, MistakesError, UnknownNameError
from cxloop.core.verbs import registry

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

Send = Callable[..., None]

OWN: dict[str, Any] = {
    "Signed up": {"type": "object", "properties": {"plan": {"type": "string"}}, "required": ["plan"]},
    "Left": {"mode": "reject", "schema": {"type": "object", "additionalProperties": False}},
}


def bring(desk: Desk, content: Any) -> Any:
    """Imports a file."""
    text = content if isinstance(content, str) else json.dumps(content)
    return import_plan(desk, "shop", desk.write("plan.json", text))


def test_an_own_plan_needs_no_traffic(desk: Desk) -> None:
    result = bring(desk, {"mode": "flag", "unknown": "reject", "events": OWN})

    shown = plan(desk, "shop")
    assert str(result) == "shop: 2 events taken from plan.json (version 1)."
    assert (shown.plan["mode"], shown.plan["unknown"], shown.version) == ("flag", "reject", 1)
    assert [(row["event"], row["property"], row["type"], row["required"], row["mode"]) for row in shown.records()] == [
        ("Signed up", "", "edited", None, "flag"),
        ("Signed up", "plan", "string", True, "flag"),
        ("Left", "", "edited", None, "reject"),
    ]


def test_what_is_printed_can_be_brought_back(desk: Desk, send: Send) -> None:
    send([("Signed up", {"plan": "pro"})] * 30)
    learn(desk, "shop")
    printed = plan(desk, "shop").to_dict()

    bring(desk, printed)

    again = plan(desk, "shop")
    assert (again.version, again.plan) == (1, printed["plan"])


def test_an_imported_plan_is_enforced(desk: Desk) -> None:
    bring(desk, {"mode": "reject", "events": OWN})
    plans = Plans(desk.store)

    verdict = plans.check("shop", {"type": "track", "event": "Signed up", "properties": {}})

    plans.close()
    assert verdict is not None
    assert verdict.reason == "'Signed up' breaks the tracking plan: plan is missing."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "plan.json is no JSON"),
        ("[]", 'events: A plan is a JSON object with "events"'),
        ({"events": {}, "mood": "flag"}, "mood: Extra inputs are not permitted"),
        ({"events": {}, "mode": "deny"}, "mode: Input should be 'allow', 'flag' or 'reject'"),
        ({"events": {"A": {"schema": {}, "mode": "deny"}}}, "events.A.mode: Input should be"),
        (
            {"events": {"A": {"properties": {"x": {"type": "strin"}}}}},
            "events.A/properties/x/type: 'strin' is no type. Known: string, number",
        ),
        ({"events": {"A": {"properties": {"x": {"pattern": "("}}}}}, "events.A/properties/x/pattern"),
        ({"events": {"A": {"$schema": "http://json-schema.org/draft-07/schema#"}}}, "events.A.$schema: Only https"),
        ({"events": {"A": {"$ref": "http://example.org/a.json"}}}, "events.A: Resource"),
        ({"events": {"A": {"required": "plan"}}}, "events.A/required"),
        ({"events": {"A": 3}}, "events.A"),
    ],
)
def test_a_mistake_is_named_with_its_event_and_place(desk: Desk, content: Any, said: str) -> None:
    with pytest.raises(InputError) as failure:
        bring(desk, content)

    assert said in failure.value.message


def test_all_mistakes_are_told_together(desk: Desk) -> None:
    broken = {"type": "strin"}

    with pytest.raises(MistakesError) as failure:
        bring(desk, {"events": {"A": broken, "B": broken, "C": {}}})

    assert [mistake.where for mistake in failure.value.mistakes] == ["events.A/type", "events.B/type"]


def test_a_refused_file_changes_nothing(desk: Desk) -> None:
    bring(desk, {"events": OWN})

    with pytest.raises(MistakesError):
        bring(desk, {"events": {"A": {"type": "strin"}}})

    assert plan(desk, "shop").version == 1


def test_a_single_event_can_have_its_own_mode_and_give_it_up(desk: Desk) -> None:
    bring(desk, {"mode": "flag", "events": {"A": {}, "B": {}}})

    enforce(desk, "shop", "reject", event="A")
    one = [row["mode"] for row in plan(desk, "shop").records()]
    enforce(desk, "shop", "inherit", event="A")

    assert (one, [row["mode"] for row in plan(desk, "shop").records()]) == (["reject", "flag"], ["flag", "flag"])


def test_an_event_that_the_plan_does_not_know_is_refused_with_the_nearest(desk: Desk) -> None:
    bring(desk, {"events": OWN})

    with pytest.raises(UnknownNameError, match='Did you mean "Signed up"'):
        enforce(desk, "shop", "reject", event="Signed upp")


def test_inheriting_is_for_one_event(desk: Desk) -> None:
    bring(desk, {"events": OWN})

    with pytest.raises(InputError, match="inherit is for one event"):
        enforce(desk, "shop", "inherit")


def test_without_any_plan_the_way_to_one_is_said(desk: Desk) -> None:
    with pytest.raises(InputError, match="Learn one: cxloop collect learn shop"):
        plan(desk, "shop")


def test_a_form_may_leave_the_event_empty(desk: Desk) -> None:
    bring(desk, {"events": {"A": {}}})
    verb = registry.get("collect.enforce")

    checked = verb.check({"source": "shop", "mode": "flag", "event": ""})

    assert verb.function(desk, **checked).records()[0]["mode"] == "flag"
