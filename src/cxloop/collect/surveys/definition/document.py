"""The document of a survey: its pages, its variables and its quotas."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cxloop.collect.surveys.definition.base import Condition, Part, Scalar, Text
from cxloop.collect.surveys.definition.questions import (
    Asking,
    Checkbox,
    Comment,
    Dropdown,
    Element,
    File,
    ImagePicker,
    Matrix,
    Name,
    RadioGroup,
    Ranking,
    Rating,
    Slider,
    Statement,
    TextInput,
    YesNo,
)
from cxloop.collect.surveys.definition.structure import Structure, structure
from cxloop.core.errors import Mistake, MistakesError

__all__ = [
    "Calculated",
    "Closing",
    "Definition",
    "Hidden",
    "Page",
    "Panel",
    "Participant",
    "Quota",
    "Session",
    "Trigger",
]

MOST_QUESTIONS = 500
Order = Literal["initial", "random", "default"]


class Panel(Element):
    """Questions that belong together; shown and hidden as one."""

    type: Literal["panel"]
    elements: tuple[Item, ...] = ()
    questions_order: Order | None = Field(default=None, alias="questionsOrder")
    question_order: Order | None = Field(default=None, alias="questionOrder")


Item = Annotated[
    Panel
    | RadioGroup
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
    | Statement,
    Field(discriminator="type"),
]


class Page(Element):
    """What is shown at once. A page with nothing to show is passed over."""

    name: Name = ""
    elements: tuple[Item, ...] = ()
    questions_order: Order | None = Field(default=None, alias="questionsOrder")
    question_order: Order | None = Field(default=None, alias="questionOrder")


class Calculated(Part):
    """A value worked out of answers: {name} reads it."""

    name: Name
    expression: Condition
    include_into_result: bool = Field(default=False, alias="includeIntoResult")


class Hidden(Part):
    """A variable that the link fills: {name} reads it, and no page can change it."""

    name: Name
    default: Scalar | None = None
    max_length: Annotated[int, Field(ge=1, le=1000)] = Field(default=200, alias="maxLength")


class Quota(Part):
    """How many answers may come in for which `when` holds, and what happens with the next one."""

    name: Name
    when: Condition
    limit: Annotated[int, Field(ge=0, le=100_000_000)]
    action: Literal["stop", "redirect", "close"]
    url: Annotated[str, Field(pattern=r"^https://\S{1,1900}$")] | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _redirects_somewhere(self) -> Quota:
        if (self.action == "redirect") != (self.url is not None):
            told = f'The quota {self.name!r}: action "redirect" and url go together. Set both, or neither.'
            raise MistakesError("survey", [Mistake("url", told)])
        return self


class Trigger(Part):
    """Ends the survey after the page on which its expression holds."""

    type: Literal["complete"]
    expression: Condition


class Closing(Part):
    """What is said at the end where an expression holds."""

    expression: Condition
    html: Text


class Participant(Part):
    """Somebody who speaks in a session."""

    id: Annotated[str, Field(min_length=1, max_length=80)]
    label: Text | None = None
    role: Literal["participant", "moderator", "observer"] = "participant"


class Session(Part):
    """The protocol of a focus group: who speaks, and how long each page of the guide takes.

    `remarks` names the question that is answered once for each remark, with its speaker.
    """

    participants: Annotated[tuple[Participant, ...], Field(max_length=50)] = ()
    minutes: dict[str, Annotated[int, Field(ge=1, le=600)]] = Field(default={})
    remarks: Name


class Definition(Part):
    """A survey: the whole document."""

    title: Text | None = None
    description: Text | None = None
    locale: Annotated[str, Field(pattern=r"^([a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")] = ""
    pages: Annotated[tuple[Page, ...], Field(max_length=200)] = ()
    elements: tuple[Item, ...] = ()
    questions_order: Order | None = Field(default=None, alias="questionsOrder")
    question_order: Order | None = Field(default=None, alias="questionOrder")
    calculated_values: Annotated[tuple[Calculated, ...], Field(max_length=100)] = Field(
        default=(), alias="calculatedValues"
    )
    hidden: Annotated[tuple[Hidden, ...], Field(max_length=100)] = ()
    quotas: Annotated[tuple[Quota, ...], Field(max_length=100)] = ()
    triggers: Annotated[tuple[Trigger, ...], Field(max_length=100)] = ()
    completed_html: Text | None = Field(default=None, alias="completedHtml")
    completed_html_on_condition: Annotated[tuple[Closing, ...], Field(max_length=50)] = Field(
        default=(), alias="completedHtmlOnCondition"
    )
    session: Session | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Definition:
        mistakes = list(self._mistakes())
        if mistakes:
            raise MistakesError("survey", mistakes)
        return self

    def _mistakes(self) -> Iterator[Mistake]:
        if bool(self.pages) == bool(self.elements):
            yield Mistake(
                "pages", "A survey has pages with elements, or elements alone for one page. Give one of both."
            )
        if len(self.questions) > MOST_QUESTIONS:
            yield Mistake("pages", f"{len(self.questions)} questions; at most {MOST_QUESTIONS} can be asked.")
        named = [question.name for question in self.questions] + list(self.variables)
        # Expressions find names without regard to capitals, so two that differ only by them are one.
        for name in sorted({name for name in named if [n.lower() for n in named].count(name.lower()) > 1}):
            yield Mistake("pages", f"{name!r} names two questions or variables. Rename one of them.")

    @cached_property
    def own_language(self) -> str:
        """The language of texts without a language."""
        return self.locale or "en"

    @cached_property
    def sheets(self) -> tuple[Page, ...]:
        """The pages, each with a name: a survey of elements alone is one page."""
        pages = self.pages or (Page.model_construct(name="page1", elements=self.elements),)
        return tuple(
            page if page.name else page.model_copy(update={"name": f"page{at}"}) for at, page in enumerate(pages, 1)
        )

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names that expressions read besides questions: variables of the link, then calculated values."""
        return (*(each.name for each in self.hidden), *(each.name for each in self.calculated_values))

    @cached_property
    def questions(self) -> tuple[Asking, ...]:
        """Every question, in the order of the document."""
        return tuple(node.element for node in self.structure.nodes if isinstance(node.element, Asking))

    @cached_property
    def structure(self) -> Structure:
        """Every element with what decides whether it is shown."""
        return structure(self.sheets, {value.name: value.expression for value in self.calculated_values})

    @cached_property
    def by_name(self) -> dict[str, Asking]:
        """Every question by its name."""
        return {question.name: question for question in self.questions}
