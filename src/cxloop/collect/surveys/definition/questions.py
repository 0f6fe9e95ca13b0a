"""The questions of a survey, under the names that SurveyJS gives to types and properties."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from cxloop.collect.surveys.definition.base import Condition, Part, Scalar, Text
from cxloop.core.errors import Mistake, MistakesError

__all__ = [
    "Checkbox",
    "Choice",
    "Choosing",
    "Comment",
    "Dropdown",
    "File",
    "ImagePicker",
    "Matrix",
    "Metric",
    "Name",
    "Question",
    "RadioGroup",
    "Ranking",
    "Rating",
    "Slider",
    "Statement",
    "TextInput",
    "Validator",
    "YesNo",
    "choices",
    "conditions",
]


def _can_be_read(name: str) -> str:
    if not re.fullmatch(r"[^{}\[\].#\x00-\x1f]{1,200}", name) or name != name.strip():
        told = "up to 200 characters, without { } [ ] . # and without space around it, so that expressions can read it"
        raise ValueError(f"{name[:60]!r} cannot be a name: a name has {told}. Rename it.")
    return name


Name = Annotated[str, AfterValidator(_can_be_read)]
"""What expressions call a question by; braces, brackets and dots belong to the expression language."""
Metric = Literal["nps", "csat", "ces", "rating"]
Count = Annotated[int, Field(ge=0, le=1000)]
NESTED = re.compile(r"\([^()]*[+*][^()]*\)[+*{]")
INPUTS = Literal["text", "number", "date", "datetime-local", "time", "email", "tel", "url"]


def _compiles(pattern: str) -> str:
    """A pattern that Python reads; nested repetition could take a server's minutes for one answer."""
    try:
        re.compile(pattern)
    except re.error as failure:
        raise ValueError(f"{pattern!r} is not a regular expression: {failure}.") from None
    if NESTED.search(pattern):
        raise ValueError(f"{pattern!r} repeats a repetition, which can take minutes for one answer. Write it flat.")
    return pattern


class Choice(Part):
    """One choice: `value` is stored, `text` is shown, and `visibleIf` says when it is there."""

    value: Scalar
    text: Text | None = None
    visible_if: Condition | None = Field(default=None, alias="visibleIf")
    image_link: Text | None = Field(default=None, alias="imageLink")


def _form(value: Any) -> str:
    return "with more" if isinstance(value, dict | Part) else "alone"


Offer = Annotated[
    Annotated[Choice, Tag("with more")] | Annotated[Scalar, Tag("alone")],
    Discriminator(_form),
]
"""A choice, or only its value."""
Choices = Annotated[tuple[Offer, ...], Field(max_length=1000)]


class NumericValidator(Part):
    """A number between two bounds."""

    type: Literal["numeric"]
    min_value: float | None = Field(default=None, alias="minValue")
    max_value: float | None = Field(default=None, alias="maxValue")
    text: Text | None = None


class TextValidator(Part):
    """A text of some length."""

    type: Literal["text"]
    min_length: Annotated[int, Field(ge=0)] = Field(default=0, alias="minLength")
    max_length: Annotated[int, Field(ge=0)] = Field(default=0, alias="maxLength")
    allow_digits: bool = Field(default=True, alias="allowDigits")
    text: Text | None = None


class EmailValidator(Part):
    """An e-mail address."""

    type: Literal["email"]
    text: Text | None = None


class RegexValidator(Part):
    """A text that a regular expression finds something in."""

    type: Literal["regex"]
    regex: Annotated[str, Field(max_length=500), AfterValidator(_compiles)]
    case_insensitive: bool = Field(default=False, alias="caseInsensitive")
    text: Text | None = None


class CountValidator(Part):
    """A number of chosen choices."""

    type: Literal["answercount"]
    min_count: Count = Field(default=0, alias="minCount")
    max_count: Count = Field(default=0, alias="maxCount")
    text: Text | None = None


class ExpressionValidator(Part):
    """A condition over all answers."""

    type: Literal["expression"]
    expression: Condition
    text: Text | None = None


Validator = Annotated[
    NumericValidator | TextValidator | EmailValidator | RegexValidator | CountValidator | ExpressionValidator,
    Field(discriminator="type"),
]


class Element(Part):
    """What stands on a page: a name, and when it is shown."""

    name: Name
    title: Text | None = None
    description: Text | None = None
    visible: bool = True
    visible_if: Condition | None = Field(default=None, alias="visibleIf")


class Asking(Element):
    """What can be answered."""

    is_required: bool = Field(default=False, alias="isRequired")
    required_if: Condition | None = Field(default=None, alias="requiredIf")
    required_error_text: Text | None = Field(default=None, alias="requiredErrorText")
    read_only: bool = Field(default=False, alias="readOnly")
    enable_if: Condition | None = Field(default=None, alias="enableIf")
    default_value: Any = Field(default=None, alias="defaultValue")
    set_value_if: Condition | None = Field(default=None, alias="setValueIf")
    set_value_expression: Condition | None = Field(default=None, alias="setValueExpression")
    validators: Annotated[tuple[Validator, ...], Field(max_length=50)] = ()
    show_comment_area: bool = Field(default=False, alias="showCommentArea")
    comment_text: Text | None = Field(default=None, alias="commentText")
    comment_placeholder: Text | None = Field(default=None, alias="commentPlaceholder")
    metric: Metric | None = None


class Choosing(Asking):
    """What is answered by choosing, with the choices that SurveyJS adds at the end."""

    choices: Choices = ()
    choices_order: Literal["none", "asc", "desc", "random"] = Field(default="none", alias="choicesOrder")
    show_other_item: bool = Field(default=False, alias="showOtherItem")
    has_other: bool = Field(default=False, alias="hasOther")
    other_text: Text | None = Field(default=None, alias="otherText")
    other_placeholder: Text | None = Field(default=None, alias="otherPlaceholder")
    other_error_text: Text | None = Field(default=None, alias="otherErrorText")
    show_none_item: bool = Field(default=False, alias="showNoneItem")
    has_none: bool = Field(default=False, alias="hasNone")
    none_text: Text | None = Field(default=None, alias="noneText")

    @property
    def other(self) -> bool:
        """Whether something of one's own can be given."""
        return self.show_other_item or self.has_other

    @property
    def none(self) -> bool:
        """Whether "none of these" can be chosen."""
        return self.show_none_item or self.has_none


class RadioGroup(Choosing):
    """One of several, all in sight."""

    type: Literal["radiogroup"]
    show_clear_button: bool = Field(default=False, alias="showClearButton")


class Dropdown(Choosing):
    """One of several, from a list."""

    type: Literal["dropdown"]


class Several(Choosing):
    """Some of several."""

    min_selected_choices: Count = Field(default=0, alias="minSelectedChoices")
    max_selected_choices: Count = Field(default=0, alias="maxSelectedChoices")
    show_select_all_item: bool = Field(default=False, alias="showSelectAllItem")
    select_all_text: Text | None = Field(default=None, alias="selectAllText")


class Checkbox(Several):
    """Some of several: boxes, or a list with tags."""

    type: Literal["checkbox", "tagbox"]


class Ranking(Choosing):
    """Several, put into an order; with selectToRankEnabled only those that somebody picks."""

    type: Literal["ranking"]
    select_to_rank_enabled: bool = Field(default=False, alias="selectToRankEnabled")
    min_selected_choices: Count = Field(default=0, alias="minSelectedChoices")
    max_selected_choices: Count = Field(default=0, alias="maxSelectedChoices")


class ImagePicker(Choosing):
    """One or some of several pictures."""

    type: Literal["imagepicker"]
    multi_select: bool = Field(default=False, alias="multiSelect")
    content_mode: Literal["image"] = Field(default="image", alias="contentMode")


class Rating(Asking):
    """A scale: numbers from rateMin to rateMax, or values of its own; drawn as labels, stars or smileys."""

    type: Literal["rating"]
    rate_type: Literal["labels", "stars", "smileys"] = Field(default="labels", alias="rateType")
    rate_min: Annotated[int, Field(ge=-100, le=100)] = Field(default=1, alias="rateMin")
    rate_max: Annotated[int, Field(ge=-100, le=100)] = Field(default=5, alias="rateMax")
    rate_step: Annotated[int, Field(ge=1, le=100)] = Field(default=1, alias="rateStep")
    rate_count: Annotated[int, Field(ge=2, le=20)] | None = Field(default=None, alias="rateCount")
    rate_values: Annotated[tuple[Offer, ...], Field(max_length=20)] = Field(default=(), alias="rateValues")
    auto_generate: bool = Field(default=True, alias="autoGenerate")
    min_rate_description: Text | None = Field(default=None, alias="minRateDescription")
    max_rate_description: Text | None = Field(default=None, alias="maxRateDescription")
    display_rate_descriptions: bool = Field(default=False, alias="displayRateDescriptionsAsExtremeItems")

    @model_validator(mode="after")
    def _has_a_scale(self) -> Rating:
        if not self.rate_values and self.top <= self.rate_min:
            told = f"rateMax {self.top} is not above rateMin {self.rate_min}. Exchange them, or give rateValues."
            raise MistakesError("survey", [Mistake("rateMax", told)])
        return self

    @property
    def top(self) -> int:
        """The highest number of a scale without values of its own."""
        if self.rate_count is not None and "rate_max" not in self.model_fields_set:
            return self.rate_min + (self.rate_count - 1) * self.rate_step
        return self.rate_max

    @property
    def scale(self) -> tuple[Scalar, ...]:
        """The values that can be chosen, in their order."""
        if self.rate_values:
            return tuple(value.value if isinstance(value, Choice) else value for value in self.rate_values)
        return tuple(range(self.rate_min, self.top + 1, self.rate_step))


class Row(Part):
    """A row or column of a matrix."""

    value: Scalar
    text: Text | None = None


Cell = Annotated[Annotated[Row, Tag("with more")] | Annotated[Scalar, Tag("alone")], Discriminator(_form)]
"""A row or column, or only its value."""


class Matrix(Asking):
    """The same single choice for several rows."""

    type: Literal["matrix"]
    columns: Annotated[tuple[Cell, ...], Field(min_length=1, max_length=50)]
    rows: Annotated[tuple[Cell, ...], Field(min_length=1, max_length=200)]
    rows_order: Literal["initial", "random"] = Field(default="initial", alias="rowsOrder")
    row_order: Literal["initial", "random"] = Field(default="initial", alias="rowOrder")
    each_row_required: bool = Field(default=False, alias="eachRowRequired")
    is_all_row_required: bool = Field(default=False, alias="isAllRowRequired")
    each_row_unique: bool = Field(default=False, alias="eachRowUnique")


class TextInput(Asking):
    """A short text, a number, a date, an address."""

    type: Literal["text"]
    input_type: INPUTS = Field(default="text", alias="inputType")
    min: float | str | None = None
    max: float | str | None = None
    step: float | None = None
    max_length: Annotated[int, Field(ge=-1)] = Field(default=-1, alias="maxLength")
    min_error_text: Text | None = Field(default=None, alias="minErrorText")
    max_error_text: Text | None = Field(default=None, alias="maxErrorText")


class Comment(Asking):
    """A long text."""

    type: Literal["comment"]
    rows: Annotated[int, Field(ge=1, le=100)] = 4
    max_length: Annotated[int, Field(ge=-1)] = Field(default=-1, alias="maxLength")


class YesNo(Asking):
    """Yes or no. With `purpose` it is a consent: what its yes allows, by a purpose of the catalogue."""

    type: Literal["boolean"]
    label_true: Text | None = Field(default=None, alias="labelTrue")
    label_false: Text | None = Field(default=None, alias="labelFalse")
    value_true: Scalar = Field(default=True, alias="valueTrue")
    value_false: Scalar = Field(default=False, alias="valueFalse")
    purpose: Annotated[str, Field(min_length=1, max_length=80)] | None = None


class File(Asking):
    """Uploaded files; `maxSize` in bytes for each."""

    type: Literal["file"]
    allow_multiple: bool = Field(default=False, alias="allowMultiple")
    accepted_types: Annotated[str, Field(max_length=500)] = Field(default="", alias="acceptedTypes")
    max_size: Annotated[int, Field(ge=0, le=100_000_000)] = Field(default=0, alias="maxSize")
    max_files: Annotated[int, Field(ge=0, le=100)] = Field(default=0, alias="maxFiles")


class Slider(Asking):
    """A number, or with sliderType "range" two, between min and max."""

    type: Literal["slider"]
    slider_type: Literal["single", "range"] = Field(default="range", alias="sliderType")
    min: float = 0
    max: float = 100
    step: Annotated[float, Field(gt=0)] = 1
    min_label: Text | None = Field(default=None, alias="minLabel")
    max_label: Text | None = Field(default=None, alias="maxLabel")


class Statement(Element):
    """Words without a question."""

    type: Literal["html"]
    html: Text = ""


Question = (
    RadioGroup
    | Dropdown
    | Checkbox
    | Ranking
    | ImagePicker
    | Rating
    | Matrix
    | TextInput
    | Comment
    | YesNo
    | File
    | Slider
)


def conditions(part: Part) -> Iterator[tuple[str, str]]:
    """Yields the JSON path and the text of every expression of a part, itself and below."""
    for name, field in type(part).model_fields.items():
        value, label = getattr(part, name), field.alias or name
        if isinstance(value, str) and (name.endswith(("_if", "_expression")) or name in ("expression", "when")):
            yield label, value
        elif isinstance(value, Part):
            yield from ((f"{label}.{path}", text) for path, text in conditions(value))
        elif isinstance(value, tuple):
            for at, inner in enumerate(value):
                if isinstance(inner, Part):
                    yield from ((f"{label}[{at}].{path}", text) for path, text in conditions(inner))


def choices(question: Choosing) -> tuple[Choice, ...]:
    """Returns the choices of the document, each as a value with its text."""
    return tuple(each if isinstance(each, Choice) else Choice(value=each) for each in question.choices)
