"""Verbs: the signature is the parameter model, the docstring the help."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from cxloop.core.errors import InputError, MistakesError, UnknownNameError
from cxloop.core.results import Records
from cxloop.core.time import Period
from cxloop.core.verbs import Names, Registry, Verb, verb


def a_registry() -> Registry:
    registry = Registry()

    @verb(part="measure", right="read", into=registry)
    def warmth(
        ws: object,
        place: str,
        *,
        by: Names = (),
        every: Period | None = None,
        level: Annotated[float, Field(gt=0, lt=1)] = 0.9,
        mode: Literal["mild", "wild"] = "mild",
        dry_run: bool = False,
    ) -> Records:
        """How warm it is.

        Longer words about warmth.

        Args:
            place: where to look;
                a town, for example.
            by: dimensions.
            level: of the interval.

        Raises:
            InputError: it is nowhere.
        """
        return Records("", (), ())

    return registry


@pytest.fixture
def warmth() -> Verb:
    return a_registry().get("measure.warmth")


def test_a_verb_knows_its_help(warmth: Verb) -> None:
    assert warmth.about == "How warm it is."
    assert warmth.description == "How warm it is.\n\nLonger words about warmth."
    assert {item.name: item.about for item in warmth.parameters} == {
        "place": "where to look; a town, for example.",
        "by": "dimensions.",
        "every": "",
        "level": "of the interval.",
        "mode": "",
        "dry_run": "",
    }


def test_only_parameters_before_the_star_are_positional(warmth: Verb) -> None:
    assert [item.name for item in warmth.parameters if item.positional] == ["place"]
    assert [item.name for item in warmth.parameters if item.required] == ["place"]


@pytest.mark.parametrize("by", ["channel,brand", "channel, brand ", ["channel", "brand"], ["channel,brand"]])
def test_names_may_be_written_in_every_usual_way(warmth: Verb, by: object) -> None:
    assert warmth.check({"place": "Bern", "by": by})["by"] == ("channel", "brand")


def test_missing_arguments_become_their_defaults(warmth: Verb) -> None:
    assert warmth.check({"place": " Bern "}) == {
        "place": "Bern",
        "by": (),
        "every": None,
        "level": 0.9,
        "mode": "mild",
        "dry_run": False,
    }


def test_all_mistakes_of_a_call_are_named_together(warmth: Verb) -> None:
    with pytest.raises(MistakesError) as caught:
        warmth.check({"every": "fortnight", "level": 2, "mode": "odd"})

    assert [mistake.where for mistake in caught.value.mistakes] == ["place", "every", "level", "mode"]


def test_an_unknown_argument_is_answered_with_the_nearest(warmth: Verb) -> None:
    with pytest.raises(UnknownNameError, match='Did you mean "level"'):
        warmth.check({"place": "Bern", "levle": 0.5})


def test_given_leaves_defaults_out(warmth: Verb) -> None:
    assert warmth.given(warmth.check({"place": "Bern", "mode": "wild"})) == {"place": "Bern", "mode": "wild"}


def test_two_verbs_cannot_have_one_name() -> None:
    registry = a_registry()

    with pytest.raises(InputError, match=r"Two verbs are called measure\.warmth"):

        @verb(part="measure", right="read", into=registry)
        def warmth(ws: object) -> Records:
            """Another one."""
            return Records("", (), ())


def test_an_unknown_verb_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r'Did you mean "measure\.warmth"'):
        a_registry().get("measure.wramth")


def test_verbs_come_in_the_order_of_the_loop() -> None:
    registry = a_registry()

    @verb(part="collect", right="write", into=registry)
    def zebras(ws: object) -> Records:
        """Bring zebras in."""
        return Records("", (), ())

    @verb(part="measure", right="read", into=registry)
    def cold(ws: object) -> Records:
        """How cold it is."""
        return Records("", (), ())

    assert [item.path for item in registry] == ["collect.zebras", "measure.cold", "measure.warmth"]
    assert [item.name for item in registry.of("measure")] == ["cold", "warmth"]


def test_a_verb_that_returns_no_result_is_refused() -> None:
    registry = Registry()

    @verb(part="act", right="write", into=registry)
    def nothing(ws: object) -> Any:
        """Return anything."""
        return 1

    with pytest.raises(TypeError, match="must return a subclass of Result"):
        _ = registry.get("act.nothing").result


@pytest.mark.parametrize(
    ("given", "names"), [("a, b", ("a", "b")), (["a", "b, c"], ("a", "b", "c")), (7, ("7",)), ([7, "a"], ("7", "a"))]
)
def test_names_are_one_or_several_texts_or_numbers(given: object, names: tuple[str, ...]) -> None:
    assert a_registry().get("measure.warmth").check({"place": "here", "by": given})["by"] == names


@pytest.mark.parametrize("given", [True, {"a": 1}])
def test_what_is_no_name_is_told(given: object) -> None:
    with pytest.raises(MistakesError, match="by"):
        a_registry().get("measure.warmth").check({"place": "here", "by": given})
