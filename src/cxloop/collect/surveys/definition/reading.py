"""Reading a survey's document, with every mistake at its path; and writing it back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from cxloop.collect.surveys.definition.base import Part
from cxloop.collect.surveys.definition.document import Calculated, Definition, Hidden, Page, Quota, Session
from cxloop.collect.surveys.definition.names import PRESENTATION, REFUSED_PROPERTIES, REFUSED_TYPES
from cxloop.collect.surveys.definition.questions import Choice, Row
from cxloop.core.errors import InputError, Mistake, MistakesError, did_you_mean

__all__ = ["read", "write"]

LARGEST = 2_000_000
"""Bytes of a document."""
DEEPEST = 24
"""Levels of a document: a choice's text in a panel in a panel lies at twelve."""
PLACES: dict[int | str, type[Part]] = {
    "pages": Page,
    "quotas": Quota,
    "hidden": Hidden,
    "calculatedValues": Calculated,
    "choices": Choice,
    "rateValues": Choice,
    "rows": Row,
    "columns": Row,
    "session": Session,
}


def read(document: Mapping[str, Any] | str | bytes) -> Definition:
    """Returns the survey that a document describes.

    Args:
        document: the JSON, as text or as Python reads it.

    Raises:
        InputError: it is no JSON, too large or too deep.
        MistakesError: with the JSON path of each mistake, what is allowed and the nearest name.
    """
    content = _content(document)
    try:
        return Definition.model_validate(content)
    except ValidationError as failure:
        told = dict.fromkeys((mistake.where, mistake.message) for mistake in _readable(content, failure))
        raise MistakesError("The survey", [Mistake(where, message) for where, message in told]) from None


def write(definition: Definition) -> dict[str, Any]:
    """Returns the document of a survey, equal to the one that was read."""
    document: dict[str, Any] = definition.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return document


def _content(document: Mapping[str, Any] | str | bytes) -> Any:
    text = json.dumps(document, ensure_ascii=False) if isinstance(document, Mapping) else document
    if len(text) > LARGEST:
        raise InputError(f"The survey has {len(text):,} characters; at most {LARGEST:,} are read. Split it.")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise InputError(f"The survey is not JSON: {failure}. Save it as JSON in UTF-8.") from None
    if not isinstance(content, dict):
        raise InputError(f"The survey is a JSON {type(content).__name__}; it has to be an object with pages.")
    if _depth(content) > DEEPEST:
        raise InputError(f"The survey is nested more than {DEEPEST} levels deep. Take panels out of panels.")
    return content


def _depth(content: Any, above: int = 0) -> int:
    if above > DEEPEST or not isinstance(content, dict | list):
        return above
    inner = content.values() if isinstance(content, dict) else content
    return max((_depth(each, above + 1) for each in inner), default=above)


def _readable(content: Any, failure: ValidationError) -> Iterator[Mistake]:
    for error in failure.errors():
        steps, here = _steps(content, error["loc"])
        where = _path(steps)
        inner = error.get("ctx", {}).get("error")
        if isinstance(inner, MistakesError):
            yield from (Mistake(_path([*steps, mistake.where]), mistake.message) for mistake in inner.mistakes)
        elif error["type"] == "extra_forbidden":
            yield Mistake(where, _of_unknown_property(str(steps[-1]), error["loc"]))
        elif error["type"] == "union_tag_invalid":
            yield Mistake(_path([*steps, "type"]), _of_unknown_type(here.get("type"), error["ctx"]["expected_tags"]))
        elif error["type"] == "union_tag_not_found":
            yield Mistake(where, 'The type is missing. Add "type", such as "rating" or "comment".')
        elif inner is not None:
            yield Mistake(where, str(inner))
        else:
            yield Mistake(where, f"{error['msg']} (got {_short(here)}).")


def _steps(content: Any, loc: Sequence[int | str]) -> tuple[list[int | str], Any]:
    """The steps of an error that exist in the document; pydantic adds names of types between them."""
    steps: list[int | str] = []
    here = content
    for at, step in enumerate(loc):
        if isinstance(here, dict) and step in here and not (step == "text" and here.get("type") == "text"):
            here = here[str(step)]
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        elif at + 1 == len(loc) and isinstance(here, dict) and not isinstance(step, int) and step != here.get("type"):
            here = "nothing"
        else:
            continue
        steps.append(step)
    return steps, here


def _path(steps: Sequence[int | str]) -> str:
    """A JSON path, such as pages[0].elements[2].choices[1].value."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.removeprefix(".") or "(survey)"


def _of_unknown_type(name: object, expected: str) -> str:
    known = [tag.strip().strip("'") for tag in expected.split(",")]
    if name in REFUSED_TYPES:
        return f"Questions of type {name!r} are not in the subset. {REFUSED_TYPES[str(name)]}"
    return f"Unknown type {name!r}. {did_you_mean(str(name), known, most=20)}"


def _of_unknown_property(name: str, loc: Sequence[int | str]) -> str:
    if name in REFUSED_PROPERTIES:
        return f"{name!r} is not in the subset. {REFUSED_PROPERTIES[name]}"
    known = _known_near(loc)
    return f"Unknown property {name!r}. {did_you_mean(name, sorted({*known, *PRESENTATION}) if _near(name) else known)}"


def _near(name: str) -> bool:
    return name.lower() in {known.lower() for known in PRESENTATION}


def _known_near(loc: Sequence[int | str]) -> list[str]:
    """The properties of whatever the error lies in, found by the type that pydantic puts into the path."""
    validating = "validators" in loc
    for step in reversed(loc[:-1]):
        for kind in _kinds(Part):
            literal = kind.model_fields.get("type")
            tags = getattr(literal.annotation, "__args__", ()) if literal else ()
            # A text question and a validator of texts share their type's name.
            if step in tags and kind.__name__.endswith("Validator") == validating:
                return _named(kind)
        if step in PLACES:
            return _named(PLACES[step])
    return _named(Definition)


def _kinds(kind: type[Part]) -> Iterator[type[Part]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _named(kind: type[Part]) -> list[str]:
    return sorted(field.alias or name for name, field in kind.model_fields.items() if name != "presentation")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
