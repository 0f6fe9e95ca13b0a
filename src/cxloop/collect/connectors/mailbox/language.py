"""The language of a short text by its most frequent words: cheap, and silent where it is not clear."""

from __future__ import annotations

import re

__all__ = ["language_of"]

_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the and is was not you have with this that for are my your but it what when they been would can",
        "de": "der die das und ist nicht ich sie mit ein eine es auf war wir haben habe mir bitte noch wie für den",
        "fr": "le les et est pas je vous une des que pour dans avec mon ma votre mais sur ce qui nous été bonjour",
        "es": "el los y es no que una por para con mi su pero como más muy esta este las del hola usted pedido",
        "pt": "o os e é não que uma por para com meu minha mas como mais muito está este as do da você olá pedido",
        "it": "il gli e è non che una per con mio mia ma come più molto questo della sono di ho ciao ordine",
        "nl": "de het en is niet ik een van met voor mijn maar zijn dat op heb jullie nog wel naar bij graag",
    }.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_LOOKED_AT = 400
_LEAST = 2


def language_of(text: str, claimed: str = "") -> str | None:
    """Returns the language of a text as a tag such as "de", or None where a few words do not tell.

    Args:
        text: the text.
        claimed: what the sender's program says; it is believed where it is a language tag.

    Example:
        >>> language_of("Das Paket ist nicht da und ich habe bezahlt")
        'de'
    """
    if _TAG.fullmatch(claimed):
        return claimed
    words = [word.lower() for word in _WORD.findall(text[:4_000])[:_LOOKED_AT]]
    hits = sorted(((sum(word in known for word in words), tag) for tag, known in _WORDS.items()), reverse=True)
    (most, tag), (second, _) = hits[0], hits[1]
    return tag if most >= _LEAST and most >= 1.4 * second and most >= 0.08 * len(words) else None
