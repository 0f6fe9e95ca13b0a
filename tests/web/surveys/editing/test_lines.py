"""The line of a JSON text on which each place stands."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cxloop.web.pages.surveys.editing.lines import line_of, lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(categories=("Ll", "Nd")), min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


def places(value: Any, path: str = "") -> list[str]:
    """Every place of a document, in the order in which it is written."""
    found = [path]
    if isinstance(value, dict):
        for name, inner in value.items():
            found += places(inner, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            found += places(inner, f"{path}[{at}]")
    return found


@given(VALUES)
def test_a_document_with_a_place_on_each_line_has_its_places_on_those_lines(value: Any) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    known = lines(text)
    assert set(places(value)) <= set(known)
    for path, line in known.items():
        last = path.rpartition(".")[2].partition("[")[0]
        if path and not path.endswith("]") and last:
            assert json.dumps(last, ensure_ascii=False) in text.split("\n")[line - 1]


@given(st.text(max_size=60))
def test_a_text_that_is_no_json_is_read_as_far_as_it_goes(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in lines(text).values())


def test_a_place_that_is_missing_is_told_by_what_lies_around_it() -> None:
    known = lines('{\n "pages": [\n  {"name": "a"}\n ]\n}')
    assert line_of("pages[0].elements[3].title", known) == 3
    assert line_of("quotas[0]", known) == 1
