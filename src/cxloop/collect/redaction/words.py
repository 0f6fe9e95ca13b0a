"""E-mail addresses and names in a text.

Names are found where they are known (the person's own, from their profile and addresses) and where the language says
that one stands: after a title, a greeting, "my name is" and the closing of a letter. A name that stands alone in a text
and belongs to somebody else is not found; nothing short of a model of language would.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from cxloop.collect.redaction.numbers import Span

__all__ = ["EMAIL_HINT", "NAME_HINT", "emails", "hints_at_names", "names", "own_names"]

_AT = r"(?:@|＠|%40|\s?[\[({]\s?(?:at|ät|@)\s?[\])}]\s?)"
_DOT = r"(?:\.|\s?[\[({]\s?(?:dot|punkt|\.)\s?[\])}]\s?)"
_LABEL = r"[^\W_](?:[\w\-]{0,61}[^\W_])?"
_EMAIL = re.compile(
    rf"(?:\"[^\"\s@]{{1,64}}\"|[\w.!#$%'*+^`{{|}}~\-]{{1,64}}|[/?=&]{{1,8}}){_AT}"
    rf"(?:{_LABEL}(?:{_DOT}{_LABEL}){{1,8}}|\[[0-9A-Fa-f.:IPv]{{3,45}}\])",
    re.IGNORECASE,
)
EMAIL_HINT = r"@|＠|%40|[tT@] ?[\])}]"
"""Something of this stands in every address; the same in Python and in RE2."""

_WORD = r"[^\W\d_][\w'’\-]*"
_TITLES = (
    "mr|mrs|ms|miss|mx|dr|prof|herr|herrn|frau|hr|mme|mlle|monsieur|madame|sr|sra|srta|señor|señora|senor|senora|sig"
    "|signor|signora|dhr|mevr"
)
_TITLE = rf"(?:{_TITLES})\b\.?\s+"
_GREETINGS = "dear|hi|hello|hallo|liebe|lieber|liebes|cher|chère|estimado|estimada|querido|querida|caro|cara|beste"
_CLOSINGS = (
    "regards|sincerely|cheers|grüße|grüßen|gruß|grüsse|gruesse|grüssen|lg|vg|mfg|cordialement|salutations|saludos"
    "|saluti|groet|groeten"
)
_INTRODUCTIONS = (
    "my name is|mein name ist|ich heiße|ich heisse|je m['’]appelle|mon nom est|me llamo|mi nombre es|mi chiamo"
    "|mijn naam is|ik heet"
)
_BEFORE_NAMES = "name|heiße|heisse|appelle|nom|llamo|nombre|chiamo|naam|heet"
_HINT_WORDS = frozenset("|".join((_TITLES, _GREETINGS, _CLOSINGS, _BEFORE_NAMES)).split("|"))
NAME_HINT = rf"(?i:(?:^|[^A-Za-z])(?:{'|'.join(sorted(_HINT_WORDS))})(?:$|[^A-Za-z]))"
"""A word stands before every name that is found by its place; for RE2."""
# Nothing in front of a word may run over lines: in a text of nothing but line ends, each would be a place to begin.
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\w){_TITLE}(?:{_TITLE})*({_WORD}(?: {_WORD}){{0,3}})",
        rf"(?<!\w)(?:{_INTRODUCTIONS})\s+({_WORD}(?: {_WORD}){{0,3}})",
        rf"(?:^|\n)[^\S\n]*(?:{_GREETINGS})\s+({_WORD}(?: {_WORD}){{0,2}})\s*[,!\n]",
        rf"(?<!\w)(?:{_CLOSINGS})[ ,.!]*\n\s*({_WORD}(?: {_WORD}){{0,3}})\s*(?:$|\n)",
    )
)
_PARTICLES = "von van de der den del della di da la le el al bin ibn zu zur ter ten dos das du"
_NOBODY = (
    "team all alle support service customer customers kunde kunden sir madam damen herren everyone everybody there "
    "together friends info mail office kontakt contact noreply hello shop admin sales order orders the ihr ihre your "
    "und and you our me us"
)
_PART_OF_NAMES, _NO_NAMES = frozenset(_PARTICLES.split()), frozenset(_NOBODY.split())
_TOKEN = re.compile(r"\w+")
_SHORTEST_FOLDED = 3
"""A shorter name is found only as it is written: "Al" and not "al"."""
_SHORTEST_OF_ADDRESS = 4
"""A shorter part of an address is mostly no name."""


def emails(text: str) -> Iterator[Span]:
    """Yields where e-mail addresses stand, also "anna (at) example (dot) org" and those in the address of a page."""
    yield from (found.span() for found in _EMAIL.finditer(text))


def names(text: str, own: Collection[str]) -> Iterator[Span]:
    """Yields where names stand.

    Args:
        text: to look through.
        own: the person's own names, as `own_names` gives them.
    """
    if own:
        for pattern in _own_patterns(tuple(sorted(own))):
            yield from (found.span() for found in pattern.finditer(text))
    if not hints_at_names(text):
        return
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            end = _name_end(text, *found.span(1))
            if end is not None:
                yield found.start(1), end


def hints_at_names(text: str) -> bool:
    """Whether a word stands in a text after which names come."""
    return not _HINT_WORDS.isdisjoint(_TOKEN.findall(text.lower()))


def own_names(told: Collection[str], addresses: Collection[str] = ()) -> frozenset[str]:
    """Returns the names that are looked for, one word each.

    Args:
        told: names as the profile has them: "Anna von der Heide".
        addresses: e-mail addresses of the person, of which the part before the @ may be a name.

    Example:
        >>> sorted(own_names(["Anna von der Heide"], ["a.schmidt@example.org"]))
        ['Anna', 'Heide', 'schmidt']
    """
    words = [word for name in told for word in re.findall(_WORD, name)]
    words += [
        word
        for address in addresses
        for word in re.split(r"[\W\d_]+", address.partition("@")[0])
        if len(word) >= _SHORTEST_OF_ADDRESS
    ]
    return frozenset(word for word in words if len(word) > 1 and word.lower() not in _PART_OF_NAMES | _NO_NAMES)


@lru_cache(maxsize=2048)
def _own_patterns(own: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    longest_first = sorted(own, key=len, reverse=True)
    folded = [re.escape(name) for name in longest_first if len(name) >= _SHORTEST_FOLDED]
    exact = [re.escape(name) for name in longest_first if len(name) < _SHORTEST_FOLDED]
    return tuple(
        re.compile(rf"(?<![^\W_])(?:{'|'.join(words)})(?:['’]?s)?(?![^\W_])", flags)
        for words, flags in ((folded, re.IGNORECASE), (exact, re.NOFLAG))
        if words
    )


def _name_end(text: str, start: int, end: int) -> int | None:
    """Where the name that begins at `start` ends: as far as its words begin with capitals, or with no case at all."""
    last = None
    for word in re.finditer(r"\S+", text[start:end]):
        spelled = word[0]
        if spelled.lower() in _PART_OF_NAMES:
            continue
        if spelled[0].islower() or spelled.lower() in _NO_NAMES:
            break
        last = start + word.end()
    return last
