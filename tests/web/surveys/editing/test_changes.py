"""Adding, moving, copying and removing questions; quotas and variables."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.web.surveys.editing.test_words import document

from cxloop.collect.surveys import definition, templates
from cxloop.web.pages.surveys.editing import changes
from cxloop.web.pages.surveys.editing.changes import CHANGES, normal
from cxloop.web.pages.surveys.editing.places import items, path_of, steps_of, there

PURPOSES = ["newsletter"]


def names(asked: dict[str, Any]) -> list[str]:
    """What lies on the pages, in order, pages too."""
    return [str(item["name"]) for _, item in items(asked)]


def two_pages() -> dict[str, Any]:
    """a and b on the first page; a group with c, and d on the second."""
    group = {"type": "panel", "name": "group", "elements": [{"type": "comment", "name": "c"}]}
    return {
        "pages": [
            {"name": "one", "elements": [{"type": "comment", "name": "a"}, {"type": "comment", "name": "b"}]},
            {"name": "two", "elements": [group, {"type": "comment", "name": "d"}]},
        ]
    }


def do(asked: dict[str, Any], change: str, at: str, **form: str) -> str:
    """Makes one change, and returns where it leads."""
    return CHANGES[change](asked, at, form, PURPOSES)


def test_a_question_goes_down_past_the_end_of_its_page() -> None:
    asked = two_pages()
    assert do(asked, "down", "pages[0].elements[1]") == "pages[1].elements[0]"
    assert names(asked) == ["one", "a", "two", "b", "group", "c", "d"]
    assert do(asked, "up", "pages[1].elements[0]") == "pages[0].elements[1]"
    assert asked == two_pages()


def test_a_question_leaves_its_group_upwards_and_downwards() -> None:
    asked = two_pages()
    assert do(asked, "up", "pages[1].elements[0].elements[0]") == "pages[1].elements[0]"
    assert names(asked) == ["one", "a", "b", "two", "c", "group", "d"]
    asked = two_pages()
    assert do(asked, "down", "pages[1].elements[0].elements[0]") == "pages[1].elements[1]"
    assert names(asked) == ["one", "a", "b", "two", "group", "c", "d"]


def test_a_dragged_question_lies_before_what_it_is_dropped_on() -> None:
    asked = two_pages()
    assert do(asked, "move", "pages[0].elements[0]", to="pages[1].elements[1]") == "pages[1].elements[1]"
    assert names(asked) == ["one", "b", "two", "group", "c", "a", "d"]


def test_a_question_that_is_dropped_on_a_page_lies_at_its_end() -> None:
    asked = two_pages()
    assert do(asked, "move", "pages[0].elements[0]", to="pages[1]", into="yes") == "pages[1].elements[2]"
    assert names(asked)[-1] == "a"


def test_a_group_cannot_be_dropped_into_itself() -> None:
    asked = two_pages()
    do(asked, "move", "pages[1].elements[0]", to="pages[1].elements[0].elements[0]")
    assert asked == two_pages()


def test_a_copy_stands_behind_and_has_names_of_its_own() -> None:
    asked = two_pages()
    assert do(asked, "copy", "pages[1]") == "pages[2]"
    assert names(asked) == ["one", "a", "b", "two", "group", "c", "d", "two_2", "group_2", "c_2", "d_2"]
    definition.read(asked)


def test_the_last_page_is_emptied_and_stays() -> None:
    asked = {"pages": [{"name": "one", "elements": [{"type": "comment", "name": "a"}]}]}
    do(asked, "remove", "pages[0]")
    assert asked == {"pages": [{"name": "one", "elements": []}]}


def test_what_was_added_stands_behind_what_was_chosen() -> None:
    asked = two_pages()
    assert do(asked, "add", "pages[0].elements[0]", kind="nps") == "pages[0].elements[1]"
    assert there(asked, steps_of("pages[0].elements[1]"))["metric"] == "nps"
    assert do(asked, "add", "pages[1].elements[0]", kind="nps") == "pages[1].elements[0].elements[1]"
    assert names(asked).count("nps_2") == 1
    assert do(asked, "page", "pages[0].elements[0]") == "pages[1]"
    definition.read(asked)


def test_another_kind_keeps_name_words_and_choices() -> None:
    asked = normal({"elements": [{"type": "radiogroup", "name": "q", "title": {"default": "Which?", "de": "Welche?"},
                                  "choices": ["x"], "visibleIf": "{a} = 1"}]})  # fmt: skip
    do(asked, "retype", "pages[0].elements[0]", kind="multiple")
    assert there(asked, steps_of("pages[0].elements[0]")) == {
        "type": "checkbox", "name": "q", "title": {"default": "Which?", "de": "Welche?"}, "choices": ["x"],
        "visibleIf": "{a} = 1",
    }  # fmt: skip
    do(asked, "retype", "pages[0].elements[0]", kind="statement")
    assert there(asked, steps_of("pages[0].elements[0].html")) == {"default": "Which?", "de": "Welche?"}


def test_a_new_name_is_followed_by_whatever_reads_it() -> None:
    asked = normal(document("relational_nps"))
    changes.set_fields(asked, "pages[0].elements[0]", {"set-name": "score"}, "en", PURPOSES)
    read = definition.read(asked)
    assert all("{nps}" not in str(element.visible_if) for element in read.questions)
    assert "{score} <= 6" in [element.visible_if for element in read.questions]


def test_a_question_without_a_name_keeps_the_one_that_it_had() -> None:
    asked = two_pages()
    changes.set_fields(asked, "pages[0].elements[0]", {"set-name": " "}, "en", PURPOSES)
    assert asked == two_pages()


DONE = ["add", "page", "remove", "copy", "up", "down", "move"]
ADDED = ["nps", "single", "matrix", "panel", "statement"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(DONE),
        st.integers(0, 60),
        st.integers(0, 60),
        st.sampled_from(ADDED),
        st.sampled_from(["", "yes"]),
    ),
    max_size=8,
)


@given(st.sampled_from(templates.names()), STEPS)
def test_no_change_makes_a_survey_that_cannot_be_read(name: str, steps: list[tuple[str, int, int, str, str]]) -> None:
    asked = normal(document(name))
    for change, at, to, kind, into in steps:
        known = [path for path, _ in items(asked)]
        chosen, goal = known[at % len(known)], known[to % len(known)]
        went = CHANGES[change](asked, chosen, {"kind": kind, "to": goal, "into": into}, PURPOSES)
        assert went == path_of(steps_of(went))
        assert not went or isinstance(there(asked, steps_of(went)), dict)
    asked.pop("session", None)  # whose remarks name a question that may be gone
    named = [str(item["name"]) for _, item in items(asked) if "elements" not in item]
    assert len(named) == len(set(named))
    definition.read(asked)


def test_quotas_and_variables_are_lists_of_a_form() -> None:
    asked = two_pages()
    form = {
        "rules-quotas": "yes", "quotas-0-name": "women", "quotas-0-when": "{a} notempty", "quotas-0-limit": "200",
        "quotas-0-action": "stop", "quotas-1-name": "", "quotas-1-when": "", "quotas-1-action": "stop",
        "rules-hidden": "yes", "hidden-0-name": "store", "hidden-0-default": "",
        "rules-triggers": "yes", "triggers-0-expression": "{a} = 'no'",
    }  # fmt: skip
    changes.rules(asked, form)
    assert asked["quotas"] == [{"name": "women", "when": "{a} notempty", "limit": 200, "action": "stop"}]
    assert asked["hidden"] == [{"name": "store"}]
    assert asked["triggers"] == [{"expression": "{a} = 'no'", "type": "complete"}]
    definition.read(asked)
    assert [line["name"] for line in changes.rule_lines(asked)["quotas"]] == ["women", ""]
    changes.rules(asked, {"rules-quotas": "yes"})
    assert "quotas" not in asked
    assert "hidden" in asked


def test_a_translation_begins_with_the_title() -> None:
    asked = normal(document("delivery"))
    changes.add_language(asked, "fr")
    assert asked["title"]["fr"] == asked["title"]["default"]
    changes.translate(
        asked, {"word-fr:title": "Votre livraison", "word-fr:pages[0].nothing.there": "x", "word-odd": "y"}
    )
    assert asked["title"]["fr"] == "Votre livraison"
