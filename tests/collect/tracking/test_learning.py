"""Learning a plan from what is in the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.tracking.conftest import admit

from cxloop.collect.loader.agents import Agents
from cxloop.collect.loader.document import document
from cxloop.collect.tracking import learning
from cxloop.collect.tracking.checker import compiled
from cxloop.collect.tracking.document import find
from cxloop.collect.tracking.events import RESERVED
from cxloop.collect.tracking.queries import PROPERTIES
from cxloop.collect.tracking.results import Learned
from cxloop.collect.tracking.verbs import enforce, import_plan, learn, plan
from cxloop.core.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

Send = Callable[..., None]


def schema(desk: Desk, event: str = "Signed up", source: str = "shop") -> dict[str, Any]:
    """The learned schema of an event, checked against JSON Schema's own schema."""
    found, _ = find(desk.store, source)
    learned = found.events[event].schema_
    jsonschema_rs.meta.validate(learned)
    return learned


def learned(desk: Desk, send: Send, values: list[Any], **options: Any) -> Any:
    """What is learned of a property with these values."""
    send([("Signed up", {"x": value}) for value in values])
    learn(desk, "shop", **options)
    return schema(desk)["properties"]["x"]


def test_types_and_what_is_required_are_learned(desk: Desk, send: Send) -> None:
    send([("Signed up", {"plan": "pro", "seats": 3.5, **({"coupon": "x"} if n % 2 else {})}) for n in range(40)])

    learn(desk, "shop")

    assert schema(desk) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"coupon": {"type": "string"}, "plan": {"type": "string"}, "seats": {"type": "number"}},
        "required": ["plan", "seats"],
    }


def test_what_is_inside_of_lists_and_objects_is_learned(desk: Desk, send: Send) -> None:
    products = [{"id": "a", "price": 3.5}, {"id": "b", "price": 4}]
    send([("Signed up", {"products": products, "page": {"a/b": True, "*": None, "~": 1.5}})] * 30)

    learn(desk, "shop")

    assert schema(desk)["properties"] == {
        "products": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "price": {"type": "number"}},
                "required": ["id", "price"],
            },
        },
        "page": {
            "type": "object",
            "properties": {"*": {}, "a/b": {"type": "boolean"}, "~": {"type": "number"}},
            "required": ["*", "a/b", "~"],
        },
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2.5] * 60, {"type": "number"}),
        ([1, 2] * 60, {"type": "integer"}),
        ([49, 59] * 20, {"type": "number"}),  # too few to say that prices are whole
        ([None] * 30, {}),
        ([True, None] * 20, {"type": ["boolean", "null"]}),
        ([f"text {n}" for n in range(200)], {"type": "string"}),
        ([f"2026-04-{1 + n % 30:02}T10:00:{n % 60:02}.{n:03}Z" for n in range(200)], "date-time"),
        ([f"2026-04-{1 + n % 30:02}" for n in range(200)], "date"),
        (
            [f"2026-02-{29 + n % 2:02}T10:{n // 60:02}:{n % 60:02}Z" for n in range(200)],
            {"type": "string"},
        ),  # no such days
        ([f"anna.{n}@example.org" for n in range(200)], "email"),
        ([f"https://example.org/p/{n}?q=%20#top" for n in range(200)], "uri"),
        ([f"0b0e6d5c-1c5e-4f0a-9d8b-{n:012}" for n in range(200)], "uuid"),
        ([f"anna.{n}@example.org" for n in range(150)] + ["anna"], {"type": "string"}),
    ],
)
def test_a_property_is_learned_as_what_it_clearly_is(desk: Desk, send: Send, values: list[Any], expected: Any) -> None:
    wanted = {"type": "string", "format": expected} if isinstance(expected, str) else expected

    assert learned(desk, send, values) == wanted


def test_a_list_of_values_is_learned_where_it_is_clearly_closed(desk: Desk, send: Send) -> None:
    assert learned(desk, send, ["free", "pro", "team"] * 100) == {"type": "string", "enum": ["free", "pro", "team"]}


def test_a_closed_list_may_hold_nothing_as_well(desk: Desk, send: Send) -> None:
    expected = {"type": ["null", "string"], "enum": ["free", "pro", None]}

    assert learned(desk, send, ["free", "pro", None] * 100) == expected


@pytest.mark.parametrize(
    "values",
    [
        ["free", "pro"] * 40,  # too few to say
        ["free", "pro"] * 100 + ["gold"],  # one that came once shows that others may come
        [f"v{n % 20}" for n in range(2_000)],  # so many are more likely names
        ["x" * 60, "y" * 60] * 100,  # sentences
        ["1", "2", "3"] * 100,  # numbers of things
    ],
)
def test_a_list_that_may_go_on_is_no_enumeration(desk: Desk, send: Send, values: list[str]) -> None:
    assert learned(desk, send, values) == {"type": "string"}


@pytest.mark.parametrize("name", ["id", "product_id", "productId", "sku", "shop.uuid"])
def test_an_id_has_no_closed_list_of_values(desk: Desk, send: Send, name: str) -> None:
    send([("Signed up", {name: value, "valid": value}) for value in ("lamp", "chair") * 100])

    learn(desk, "shop")

    assert schema(desk)["properties"][name] == {"type": "string"}
    assert "enum" in schema(desk)["properties"]["valid"]


def test_what_only_one_customer_sends_never_stands_in_a_plan(desk: Desk, send: Send) -> None:
    values = ["common", "mine"] * 100
    events = [("Signed up", {"x": value}) for value in values]
    admit(desk, [event for event in events if event[1]["x"] == "mine"], "shop", 900, key_value="u-1")
    admit(desk, [event for event in events if event[1]["x"] == "common"], "shop", 901)

    learn(desk, "shop")

    assert "mine" not in json.dumps(find(desk.store, "shop")[0].content())


def test_a_name_that_is_an_address_is_no_property(desk: Desk, send: Send) -> None:
    send([("Shared", {"with": {"anna@example.org": True}, "ben@example.org": 1, "ok": 1})] * 30)

    learn(desk, "shop")

    assert "@" not in json.dumps(find(desk.store, "shop")[0].content())


def test_names_without_end_are_a_dictionary_and_not_properties(desk: Desk, send: Send) -> None:
    send([("Signed up", {"by_id": {f"id-{n}": 1 for n in range(150)}})] * 30)

    learn(desk, "shop")

    assert schema(desk)["properties"]["by_id"] == {"type": "object"}


def test_what_the_loader_adds_is_no_property(desk: Desk, send: Send) -> None:
    send([("Signed up", {"plan": "pro", **{name: {"a": 1} for name in RESERVED}})] * 30)

    learn(desk, "shop")

    assert list(schema(desk)["properties"]) == ["plan"]
    assert all(f"'{name}'" in PROPERTIES.sql for name in RESERVED)


def test_what_the_loader_adds_is_what_it_writes_now(desk: Desk) -> None:
    agent = Agents().read("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0")
    sent = json.dumps(dict.fromkeys(("context", "ip", "sent_timestamp", "tracking_plan"), "own")).encode()
    context = msgspec.Raw(b'{"a":1}')

    written = document(msgspec.Raw(sent), json.loads(sent), context, None, agent, "1.2.3.0", 0, "why")

    assert written is not None
    assert set(json.loads(written)) <= set(RESERVED)


def test_bots_and_tests_teach_nothing(desk: Desk) -> None:
    admit(desk, [("Signed up", {"plan": "pro"})] * 30, "shop", 1)
    admit(desk, [("Signed up", {"robot": 1})] * 30, "shop", 2, traffic="bot")
    admit(desk, [("Signed up", {"test": 1})] * 30, "shop", 3, traffic="test")

    learn(desk, "shop")

    assert list(schema(desk)["properties"]) == ["plan"]


def test_a_rare_event_is_listed_and_not_learned(desk: Desk, send: Send) -> None:
    send([("Signed up", {})] * 30 + [("Left", {})] * 19)

    result = learn(desk, "shop")

    found, _ = find(desk.store, "shop")
    assert (list(found.events), found.rare) == (["Signed up"], {"Left": 19})
    assert "seen too rarely, fewer than 20 times: Left (19)" in str(result)


def test_of_many_events_a_sample_is_learned_and_the_rare_ones_whole(
    desk: Desk, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "MOST_WALKED", 500)
    send([("Viewed", {"price": 1.5})] * 2_000 + [("Bought", {"total": 3})] * 40)

    result = learn(desk, "shop")

    rows = {(row["event"], row["property"]): row for row in result.records()}
    assert rows["Bought", ""]["n"] == rows["Bought", "total"]["n"] == 40
    looked = rows["Viewed", ""]["n"]
    # 460 are due; by chance up to five standard deviations of sqrt(2000 * 0.23 * 0.77) = 19 more or less
    assert isinstance(looked, int)
    assert 365 < looked < 555
    assert rows["Viewed", "price"]["share"] == 1.0
    assert f"{looked + 40} of 2,040 events were looked at" in str(result)
    assert learn(desk, "shop").records() == result.records()


def test_every_number_of_the_table_has_its_n(desk: Desk, send: Send) -> None:
    send([("Signed up", {"plan": "pro", **({"coupon": "x"} if n < 10 else {})}) for n in range(40)])

    rows = learn(desk, "shop").records()

    assert [(row["property"], row["share"], row["n"], row["required"]) for row in rows] == [
        ("", None, 40, None),
        ("coupon", 0.25, 10, False),
        ("plan", 1.0, 40, True),
    ]


def test_a_tolerance_leaves_out_what_may_be_mistakes(desk: Desk, send: Send) -> None:
    values = [{"x": 1.5, "y": True}] * 199 + [{"x": "oops"}]
    send([("Signed up", value) for value in values])

    learn(desk, "shop", tolerance=0.01)

    assert schema(desk)["properties"] == {"x": {"type": "number"}, "y": {"type": "boolean"}}
    assert schema(desk)["required"] == ["x", "y"]


def test_learning_again_makes_a_version_and_shows_the_difference(desk: Desk, send: Send) -> None:
    send([("Signed up", {"plan": "pro", "price": 3.5})] * 30)
    learn(desk, "shop")
    send([("Signed up", {"plan": None, "colour": "red"})] * 30 + [("Left", {})] * 30)

    again = learn(desk, "shop")

    assert again.versions == (("shop", 2),)
    assert again.changes == (
        ("shop", "Left", "", "new"),
        ("shop", "Signed up", "colour", "new: string"),
        ("shop", "Signed up", "plan", "string became string or null"),
        ("shop", "Signed up", "price", "no longer required"),
    )
    assert "version 2, 4 changes" in str(again)


def test_an_event_that_did_not_come_again_stays_in_the_plan(desk: Desk, send: Send) -> None:
    send([("Christmas", {})] * 30, back=20)
    learn(desk, "shop")
    send([("Signed up", {})] * 30)

    learn(desk, "shop", since="10d")

    assert set(find(desk.store, "shop")[0].events) == {"Christmas", "Signed up"}


def test_learning_keeps_modes_and_what_people_wrote(desk: Desk, send: Send) -> None:
    send([("Signed up", {"plan": "pro"})] * 30 + [("Left", {"why": "price"})] * 30)
    learn(desk, "shop")
    enforce(desk, "shop", "flag", unknown="reject")
    enforce(desk, "shop", "reject", event="Left")
    document = plan(desk, "shop").to_dict()
    own = {"type": "object", "required": ["plan", "price"]}
    document["plan"]["events"]["Signed up"]["schema"] = own
    import_plan(desk, "shop", desk.write("plan.json", json.dumps(document)))

    again = learn(desk, "shop")

    found, version = find(desk.store, "shop")
    assert (found.mode, found.unknown, found.mode_of("Left")) == ("flag", "reject", "reject")
    assert found.events["Signed up"].schema_ == own
    assert (version, found.events["Left"].edited) == (4, False)
    assert "left as people wrote them: Signed up" in str(again)
    learn(desk, "shop", overwrite=True)
    assert find(desk.store, "shop")[0].events["Signed up"].schema_ != own


def test_all_sources_are_learned_where_none_is_named(desk: Desk, send: Send) -> None:
    send([("Signed up", {})] * 30)
    send([("Opened", {})] * 30, source="app")

    assert sorted(learn(desk).versions) == [("app", 1), ("shop", 1)]


def test_a_source_that_nothing_came_from_is_refused_with_those_there_are(desk: Desk, send: Send) -> None:
    send([("Signed up", {})] * 30)

    with pytest.raises(UnknownNameError, match='Did you mean "shop"'):
        learn(desk, "shopp")


def test_a_window_without_enough_events_says_what_to_do(desk: Desk, send: Send) -> None:
    send([("Signed up", {})] * 30, back=20)

    with pytest.raises(InputError, match="Go further back"):
        learn(desk, "shop", since="3d")


def test_a_result_travels_as_json(desk: Desk, send: Send) -> None:
    send([("Signed up", {"plan": "pro"})] * 30)
    result = learn(desk, "shop")

    assert Learned.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    shown = plan(desk, "shop")
    assert type(shown).from_dict(json.loads(json.dumps(shown.to_dict()))) == shown


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory, desk_of: Callable[[Path], Desk]) -> Iterator[Desk]:
    """One log for all examples: each is a source of its own."""
    made = desk_of(tmp_path_factory.mktemp("learning"))
    yield made
    made.close()


_NUMBER = count()
_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    [
        "2026-01-31",
        "2026-02-30",
        "2026-01-31T10:00:00Z",
        "2016-12-31T23:59:60Z",
        "a@b.de",
        "-@-.-",
        "a..b@c.de",
        "https://example.org",
        "http://[::1]/",
        "https://a.b/%zz",
        "https://ä.de",
        "0b0e6d5c-1c5e-4f0a-9d8b-000000000000",
    ]
)
_scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
_values = st.recursive(
    _scalars | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)
_events = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "*", "~1", "x/y", ""]) | _texts, _values), min_size=1, max_size=8
)


@settings(max_examples=15)  # each fills a table
@given(events=_events, repeats=st.sampled_from([3, 101]))
def test_a_plan_accepts_every_event_that_it_was_learned_from(
    shared_desk: Desk, events: list[dict[str, Any]], repeats: int
) -> None:
    source = f"example-{next(_NUMBER)}"
    admit(shared_desk, [("Signed up", event) for event in events] * repeats, source, 0)

    learn(shared_desk, source, least=2)

    validator = compiled(schema(shared_desk, source=source))
    assert [event for event in events if not validator.is_valid(event)] == []
