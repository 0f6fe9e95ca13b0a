"""Texts of a document in one language and another, and every text that somebody may have to translate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cxloop.web.pages.surveys.editing.places import Document, Steps, path_of, steps_of, there
from cxloop.web.words import _

__all__ = [
    "LANGUAGES",
    "RIGHT_TO_LEFT",
    "Phrase",
    "languages",
    "own_language",
    "phrases",
    "put",
    "said",
    "shown",
    "with_words",
]

LANGUAGES: Mapping[str, str] = {
    "ar": _("Arabic"), "cs": _("Czech"), "da": _("Danish"), "de": _("German"), "el": _("Greek"), "en": _("English"),
    "es": _("Spanish"), "fa": _("Persian"), "fi": _("Finnish"), "fr": _("French"), "he": _("Hebrew"),
    "hu": _("Hungarian"), "it": _("Italian"), "ja": _("Japanese"), "nl": _("Dutch"), "no": _("Norwegian"),
    "pl": _("Polish"), "pt": _("Portuguese"), "ro": _("Romanian"), "sv": _("Swedish"), "tr": _("Turkish"),
    "uk": _("Ukrainian"), "ur": _("Urdu"), "zh": _("Chinese"),
}  # fmt: skip
"""Languages that are offered when a translation is begun; any other code can be typed."""
TEXTS = frozenset(
    (
        "title", "description", "requiredErrorText", "commentText", "commentPlaceholder", "otherText",
        "otherPlaceholder", "otherErrorText", "noneText", "selectAllText", "minRateDescription", "maxRateDescription",
        "labelTrue", "labelFalse", "minLabel", "maxLabel", "minErrorText", "maxErrorText", "text", "html",
        "completedHtml", "label",
    )
)  # fmt: skip
"""The properties that people read."""
CHOSEN = frozenset(("choices", "rateValues", "rows", "columns"))
"""Lists of values that may stand alone: what is chosen then reads as its value."""
DEFAULT = "default"
RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur", "ps", "dv", "yi", "ckb", "sd", "ug"))
"""Languages that are written from right to left."""


@dataclass(frozen=True)
class Phrase:
    """One text of a survey: where it stands, and what it says in each language that it is there in."""

    path: str
    words: Mapping[str, str]


def language_name(code: str) -> str:
    """Returns what a language is called; a code that is not known stays as it is.

    Example:
        >>> language_name("de"), language_name("pt-BR"), language_name("gsw")
        ('German', 'Portuguese (BR)', 'gsw')
    """
    base, _dash, region = code.partition("-")
    name = LANGUAGES.get(base.lower())
    return code if name is None else f"{name} ({region})" if region else name


def own_language(document: Mapping[str, Any]) -> str:
    """Returns the language of texts without one."""
    return str(document.get("locale") or "en")


def said(text: Any, language: str, own: str) -> str:
    """Returns a text in exactly this language; empty where it is not there."""
    if isinstance(text, dict):
        found = text.get(language, text.get(DEFAULT, "") if language == own else "")
        return str(found)
    return str(text) if text is not None and language == own else ""


def shown(text: Any, language: str, own: str) -> str:
    """Returns a text as somebody reads it who asks for this language: in the survey's own where it is missing."""
    return said(text, language, own) or said(text, own, own) or next(iter(_every(text).values()), "")


def with_words(text: Any, language: str, own: str, words: str) -> Any:
    """Returns a text that says `words` in one language, and what it said in all others.

    Example:
        >>> with_words("Thanks", "de", "en", "Danke")
        {'default': 'Thanks', 'de': 'Danke'}
        >>> with_words({"default": "Thanks", "de": "Danke"}, "de", "en", "")
        'Thanks'
    """
    kept = dict(text) if isinstance(text, dict) else {DEFAULT: text} if text not in (None, "") else {}
    place = DEFAULT if language == own and own not in kept else language
    if words:
        kept[place] = words
    else:
        kept.pop(place, None)
    if set(kept) <= {DEFAULT}:
        return kept.get(DEFAULT)
    return kept


def put(document: Document, path: str, language: str, words: str) -> None:
    """Says a text of the document in one language; a value that stood alone gets a text beside it."""
    steps = steps_of(path)
    own = own_language(document)
    holder, name = there(document, steps[:-1]), steps[-1]
    if isinstance(name, str) and not isinstance(holder, dict) and holder is not None:  # choices[2].text of a value
        above = there(document, steps[:-2])
        if isinstance(above, list) and isinstance(steps[-2], int):
            holder = above[steps[-2]] = {"value": holder}
    if not isinstance(holder, dict) or not isinstance(name, str):
        return
    before = holder.get(name, holder.get("value") if name == "text" and "value" in holder else None)
    after = with_words(before, language, own, words)
    if after is None:
        holder.pop(name, None)
    else:
        holder[name] = after


def phrases(document: Mapping[str, Any]) -> Iterator[Phrase]:
    """Yields every text of a document that respondents may read, in its order."""
    yield from _phrases(document, (), own_language(document))


def languages(document: Mapping[str, Any]) -> list[str]:
    """Returns the languages of a survey, its own first."""
    own = own_language(document)
    others = {language for phrase in phrases(document) for language in phrase.words}
    return [own, *sorted(others - {own})]


def _phrases(part: Any, steps: Steps, own: str) -> Iterator[Phrase]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name in TEXTS and isinstance(value, str | dict) and value:
                yield Phrase(path_of((*steps, name)), _named(value, own))
            elif isinstance(value, dict | list) and name != "defaultValue":
                yield from _phrases(value, (*steps, name), own)
        if _stands_in_a_list(steps) and isinstance(part.get("value"), str) and not part.get("text"):
            yield Phrase(path_of((*steps, "text")), {own: part["value"]})
    elif isinstance(part, list):
        for at, value in enumerate(part):
            yield from _phrases(value, (*steps, at), own)
    elif _stands_in_a_list(steps) and isinstance(part, str):
        yield Phrase(path_of((*steps, "text")), {own: part})


def _stands_in_a_list(steps: Steps) -> bool:
    return len(steps) >= 2 and isinstance(steps[-1], int) and steps[-2] in CHOSEN


def _named(text: Any, own: str) -> dict[str, str]:
    every = _every(text)
    if DEFAULT in every:
        every = {own: every.pop(DEFAULT), **every}
    return every if isinstance(text, dict) else {own: str(text)}


def _every(text: Any) -> dict[str, str]:
    if isinstance(text, dict):
        return {str(language): str(words) for language, words in text.items() if str(words).strip()}
    return {DEFAULT: str(text)} if text not in (None, "") else {}
