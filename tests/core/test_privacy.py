"""What may be asked by who sees numbers only."""

from __future__ import annotations

import pytest

from cxloop.core.config import Experience
from cxloop.core.errors import AccessDeniedError, InputError
from cxloop.core.privacy import require_no_persons
from cxloop.core.results import Records
from cxloop.core.verbs import Condition, Names, Registry, Verb, verb


@pytest.fixture
def asked() -> Verb:
    registry = Registry()

    @verb(part="measure", right="read", into=registry)
    def something(ws: object, *, by: Names = (), where: Condition | None = None, title: str = "") -> Records:
        """Count something."""
        return Records("", (), ())

    return registry.get("measure.something")


@pytest.fixture
def experience() -> Experience:
    declared = [{"name": "tier", "property": "tier"}, {"name": "text", "property": "harmless"}]
    return Experience.model_validate({"dimension": declared})


def refusal(asked: Verb, arguments: dict[str, object], experience: Experience) -> str | None:
    """Returns what is said to a viewer who asks this, or None where it is answered."""
    try:
        require_no_persons(asked, arguments, experience)
    except AccessDeniedError as refused:
        return refused.message
    return None


@pytest.mark.parametrize(
    "arguments",
    [
        {"by": ("channel", "properties.email")},
        {"by": ("employee",)},
        {"where": 'contains(text, "I lost my job")'},
        {"where": 'channel == "web" and matches(answer_value, "a")'},
        {"where": 'col("properties.order id") == "42"'},
        {"where": "1 < 2 if is_null(properties.email) else false"},
    ],
)
def test_words_identifiers_and_pseudonyms_may_not_be_named(
    asked: Verb, experience: Experience, arguments: dict[str, object]
) -> None:
    with pytest.raises(AccessDeniedError, match="may show single persons"):
        require_no_persons(asked, arguments, experience)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"by": ("channel", "tier"), "where": 'score <= 6 and product == "shoes"', "title": "text"},
        {"where": 'tier == "text"'},
        {"where": "  "},
    ],
)
def test_dimensions_and_declared_properties_may(
    asked: Verb, experience: Experience, arguments: dict[str, object]
) -> None:
    assert refusal(asked, arguments, experience) is None


def test_a_condition_that_cannot_be_read_is_a_mistake(asked: Verb, experience: Experience) -> None:
    with pytest.raises(InputError):
        require_no_persons(asked, {"where": "text =="}, experience)
