"""What every part of a survey's document shares: strictness, texts in several languages, and what is kept unread."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from cxloop.collect.surveys import expressions
from cxloop.collect.surveys.definition.names import PRESENTATION

__all__ = ["LONGEST_TEXT", "Condition", "Part", "Scalar", "Text", "in_language", "languages"]

LONGEST_TEXT = 20_000
"""Characters of one text in one language."""
LONGEST_VALUE = 1000
LANGUAGE = r"^(default|[a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*)$"

Words = Annotated[str, Field(max_length=LONGEST_TEXT)]
Language = Annotated[str, Field(pattern=LANGUAGE)]
Text = Annotated[
    Annotated[Words, Tag("in one language")]
    | Annotated[dict[Language, Words], Field(max_length=100), Tag("in several languages")],
    Discriminator(lambda value: "in several languages" if isinstance(value, dict) else "in one language"),
]
"""A text, or one for each language; under "default" stands the survey's own language."""


def _scalar(value: Any) -> Any:
    if not isinstance(value, bool | int | float | str) or len(str(value)) > LONGEST_VALUE:
        raise ValueError(f"A value is a number, true, false, or a text of up to {LONGEST_VALUE} characters.")
    return value


Scalar = Annotated[bool | int | float | str, PlainValidator(_scalar)]
"""A value that is stored with an answer: it stays the same in every language."""


def _parses(text: str) -> str:
    expressions.parse(text)
    return text


Condition = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_parses)]
"""An expression of the survey's expression language."""


class Part(BaseModel):
    """A part of the document: frozen and strict. What only presents is kept in `presentation`, and written back."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=False)

    presentation: dict[str, Any] = Field(default={}, exclude=True, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _sets_presentation_apart(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "presentation" in content:
            return content
        named = {field.alias or name for name, field in cls.model_fields.items()}
        kept = {name: value for name, value in content.items() if name in PRESENTATION and name not in named}
        rest = {name: value for name, value in content.items() if name not in kept}
        # Strict models take tuples where JSON has arrays; a default value stays as it is in the document.
        rest = {n: tuple(v) if isinstance(v, list) and n != "defaultValue" else v for n, v in rest.items()}
        return {**rest, "presentation": kept} if kept else rest

    @model_serializer(mode="wrap")
    def _puts_presentation_back(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {**handler(self), **self.presentation}


def in_language(text: Text | None, language: str, own: str = "en") -> str:
    """Returns a text in a language, else in the language without its region, else in the survey's own.

    Args:
        text: the text as the document has it.
        language: the wanted language, such as "de" or "pt-BR".
        own: the survey's own language, whose text may stand under "default".
    """
    if text is None or isinstance(text, str):
        return text or ""
    for wanted in (language, language.partition("-")[0], "default", own):
        if wanted in text:
            return text[wanted]
    return next(iter(text.values()), "")


def languages(text: Text | None, own: str) -> frozenset[str]:
    """Returns the languages that a text is there in."""
    if text is None or text == "":
        return frozenset()
    if isinstance(text, str):
        return frozenset({own})
    return frozenset(own if language == "default" else language for language, words in text.items() if words.strip())
