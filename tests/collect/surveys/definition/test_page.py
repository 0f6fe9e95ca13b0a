"""The page that describes the format names everything that is read, kept or refused."""

from __future__ import annotations

from pathlib import Path

from cxloop.collect.surveys.definition import questions
from cxloop.collect.surveys.definition.base import Part
from cxloop.collect.surveys.definition.document import Definition
from cxloop.collect.surveys.definition.names import PRESENTATION, REFUSED_PROPERTIES, REFUSED_TYPES

PAGE = Path(__file__).parents[4] / "docs" / "concepts" / "survey-format.md"


def test_the_page_names_every_property_and_every_refusal() -> None:
    page = PAGE.read_text(encoding="utf-8")
    read: list[type[Part]] = [Definition, *(getattr(questions, name) for name in questions.__all__ if name in KINDS)]
    wanted = {field.alias or name for kind in read for name, field in kind.model_fields.items()} - {"presentation"}

    missing = {
        name for name in {*wanted, *PRESENTATION, *REFUSED_PROPERTIES, *REFUSED_TYPES} if f"`{name}`" not in page
    }

    assert missing <= {"type"}


KINDS = (
    "Checkbox",
    "Comment",
    "Dropdown",
    "File",
    "ImagePicker",
    "Matrix",
    "RadioGroup",
    "Ranking",
    "Rating",
    "Slider",
)
