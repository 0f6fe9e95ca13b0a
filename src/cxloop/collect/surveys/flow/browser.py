"""A survey as the browser's flow reads it: conditions as trees, in the order to decide them in, without its texts.

frontend/src/survey/flow interprets this as `settle` and `accept` do; tests/frontend/survey/test_flow.py holds the two
against each other. A page that somebody answers carries the part that concerns it, a kiosk the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Choosing,
    File,
    Matrix,
    Rating,
    Row,
    Slider,
    TextInput,
    YesNo,
    choices,
)
from cxloop.collect.surveys.definition.structure import Node, parsed, reads
from cxloop.collect.surveys.expressions import for_browser
from cxloop.collect.surveys.flow.values import LONGEST_COMMENT, LONGEST_LINE

__all__ = ["for_kiosk", "for_page", "tree"]

SEVERAL = {"checkbox": "some", "tagbox": "some", "ranking": "some", "radiogroup": "one", "dropdown": "one"}


def tree(condition: str | None) -> Any:
    """Returns the tree of an expression as JSON, or None where there is none."""
    return for_browser(parsed(condition).tree) if condition else None


def for_kiosk(definition: Definition) -> dict[str, Any]:
    """Returns the whole logic of a survey: every element, calculated values, and how it ends."""
    return {
        **_logic(definition, None),
        "triggers": [tree(trigger.expression) for trigger in definition.triggers],
        "closings": [tree(closing.expression) for closing in definition.completed_html_on_condition],
        "hidden": {each.name: each.default for each in definition.hidden},
    }


def for_page(definition: Definition, page: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the logic of one page, with the answers of other pages that it reads.

    Args:
        definition: the survey.
        page: its name.
        values: what was answered so far, and the variables of the link.
    """
    logic = _logic(definition, page)
    mine = {node["name"] for node in logic["nodes"] if "ask" in node}
    read = _read(definition, page)
    kept = {
        name: value
        for name, value in values.items()
        if name.removesuffix("-Comment") not in mine and any(each.startswith(name.lower()) for each in read)
    }
    return {**logic, "values": kept}


def _logic(definition: Definition, page: str | None) -> dict[str, Any]:
    structure = definition.structure
    places = {node.place for node in structure.nodes if page is None or _page_of(definition, node) == page}
    texts = {value.name: value.expression for value in definition.calculated_values}
    used = set(structure.calculated) if page is None else _calculated_for(definition, page)
    return {
        "nodes": [_node(node, definition) for node in structure.nodes if node.place in places],
        "order": [place for place in structure.order if place in places],
        "calculated": [[name, tree(texts[name])] for name in structure.calculated if name in used],
        "loops": bool(structure.loops),
    }


def _page_of(definition: Definition, node: Node) -> str:
    return definition.structure.nodes[node.page].element.name


def _texts(definition: Definition, page: str) -> list[str]:
    """Every expression that is read on a page."""
    found: list[str] = []
    for node in definition.structure.nodes:
        if _page_of(definition, node) != page:
            continue
        element = node.element
        found += node.conditions
        if isinstance(element, Asking):
            own = (element.required_if, element.enable_if, element.set_value_if, element.set_value_expression)
            found += [text for text in own if text]
        if isinstance(element, Choosing):
            found += [choice.visible_if for choice in choices(element) if choice.visible_if]
    return found


def _read(definition: Definition, page: str) -> frozenset[str]:
    calculated = {value.name: value.expression for value in definition.calculated_values}
    return reads(_texts(definition, page), calculated)


def _calculated_for(definition: Definition, page: str) -> set[str]:
    read = _read(definition, page)
    return {name for name in definition.structure.calculated if name.lower() in read}


def _node(node: Node, definition: Definition) -> dict[str, Any]:
    element = node.element
    kind = getattr(element, "type", "page")
    told = {
        "at": node.place,
        "name": element.name,
        "kind": kind,
        "in": list(node.within),
        "when": [tree(condition) for condition in node.conditions],
        "never": not node.visible,
        "random": _is_random(node, definition),
        "ask": _asked(element) if isinstance(element, Asking) else None,
    }
    return {name: value for name, value in told.items() if name == "at" or not _is_nothing(value)}


def _is_random(node: Node, definition: Definition) -> bool:
    """Whether what lies in an element comes in a random order: the questions of a page, choices, rows."""
    element: Any = node.element
    if not hasattr(element, "elements"):
        wanted = ("choices_order", "rows_order", "row_order")
        return any(getattr(element, name, "") == "random" for name in wanted)
    orders = [each for each in (element.question_order, element.questions_order) if each and each != "default"]
    inherited = definition.question_order or definition.questions_order
    return (orders[0] if orders else inherited) == "random"


def _asked(question: Asking) -> dict[str, Any]:
    told = {
        **_form(question),
        "required": question.is_required or tree(question.required_if),
        "locked": question.read_only,
        "enabled": tree(question.enable_if),
        "default": question.default_value,
        "comment": question.show_comment_area,
        "other": getattr(question, "other", False),
        "none": getattr(question, "none", False),
        "loose": getattr(question, "select_to_rank_enabled", False),
        "least": getattr(question, "min_selected_choices", 0),
        "most": getattr(question, "max_selected_choices", 0),
        "checks": [_check(validator) for validator in question.validators],
        **_setting(question),
    }
    # bounds and defaults of 0 are something
    kept = ("default", "min", "max")
    return {name: v for name, v in told.items() if (name in kept and v is not None) or not _is_nothing(v)}


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {}) or (value == 0 and isinstance(value, int))


def _setting(question: Asking) -> dict[str, Any]:
    texts = [text for text in (question.set_value_if, question.set_value_expression) if text]
    return {
        "setIf": tree(question.set_value_if),
        "set": tree(question.set_value_expression),
        "reads": sorted(reads(texts, {})),
    }


def _check(validator: Any) -> dict[str, Any]:
    told = validator.model_dump(exclude={"text", "presentation"}, exclude_none=True)
    if validator.type == "expression":
        told["expression"] = tree(validator.expression)
    return dict(told)


def _form(question: Asking) -> dict[str, Any]:
    """Which values a question can have."""
    if isinstance(question, Choosing):
        several = getattr(question, "multi_select", False) or SEVERAL.get(getattr(question, "type", "")) == "some"
        offered = [
            [choice.value, *([tree(choice.visible_if)] if choice.visible_if else [])] for choice in choices(question)
        ]
        return {"form": "some" if several else "one", "choices": offered}
    if isinstance(question, Rating):
        return {"form": "one", "choices": [[value] for value in question.scale]}
    if isinstance(question, YesNo):
        return {"form": "one", "choices": [[question.value_true], [question.value_false]]}
    if isinstance(question, Matrix):
        return _matrix(question)
    return _typed(question)


def _matrix(question: Matrix) -> dict[str, Any]:
    return {
        "form": "rows",
        "rows": [row.value if isinstance(row, Row) else row for row in question.rows],
        "choices": [[column.value if isinstance(column, Row) else column] for column in question.columns],
        "unique": question.each_row_unique,
        "whole": question.each_row_required or question.is_all_row_required,
    }


def _typed(question: Asking) -> dict[str, Any]:
    if isinstance(question, Slider):
        form = "number" if question.slider_type == "single" else "range"
        return {"form": form, "min": question.min, "max": question.max}
    if isinstance(question, File):
        return {"form": "file"}
    longest = LONGEST_LINE if isinstance(question, TextInput) else LONGEST_COMMENT
    wanted = getattr(question, "max_length", -1)
    told: dict[str, Any] = {"form": "text", "longest": min(wanted, longest) if wanted > 0 else longest}
    if isinstance(question, TextInput):
        form = "number" if question.input_type == "number" else "line"
        told |= {"form": form, "input": question.input_type, "min": question.min, "max": question.max}
    return told
