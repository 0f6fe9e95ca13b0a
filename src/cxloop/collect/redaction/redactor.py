"""Texts and JSON documents without what identifies a person, by the settings of [privacy].

Redaction is idempotent: what it wrote, it leaves alone. A document that holds nothing is returned as it came, byte for
byte.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from cxloop.collect.redaction.numbers import DIGITS_HINT, IBAN_HINT, Span, cards, ibans, phones
from cxloop.collect.redaction.sealing import Seal, seal_of
from cxloop.collect.redaction.words import EMAIL_HINT, NAME_HINT, emails, hints_at_names, names
from cxloop.core.config import Redactable, Settings

__all__ = ["PLACEHOLDERS", "Redactor", "redactor_of"]

PLACEHOLDERS: Mapping[Redactable, str] = {
    "card": "[card]",
    "iban": "[iban]",
    "email": "[email]",
    "phone": "[phone]",
    "names": "[name]",
}
"""What stands in place of what was taken out, in the order in which it is looked for."""
_PLACED = re.compile("|".join(re.escape(text) for text in PLACEHOLDERS.values()))
_TECHNICAL = frozenset(
    {"userAgent", "userAgentData", "ip", "library", "os", "device", "screen", "network", "timezone", "locale", "app"}
)
"""Members of an event's context that say nothing of a person's words, and hold long numbers."""
_OWN = frozenset({"browser", "browser_version", "os", "os_version", "device_type", "sent_timestamp", "tracking_plan"})
"""What the loader itself adds to `properties`."""
_IDENTIFIER = re.compile(
    r"(?:^|[_\-. ])(?:ids?|uuid|guid|sku|ean|gtin|isbn|number|no|nr)$|(?<=[a-z])(?:Id|ID|Number|No)$"
)
"""Names of properties whose values are numbers of things: an order number is no telephone number."""
_HINTS: Mapping[Redactable, str] = {
    "card": DIGITS_HINT,
    "iban": IBAN_HINT,
    "email": EMAIL_HINT,
    "phone": DIGITS_HINT,
    "names": NAME_HINT,
}
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Redactor:
    """Takes out what the settings name.

    Attributes:
        kinds: what to take out.
        country: whose national telephone numbers are known, as ISO 3166 code; empty for none.
        seal: what the originals are sealed with, where they are kept.
    """

    kinds: frozenset[Redactable]
    country: str = ""
    seal: Seal | None = None

    @cached_property
    def hint(self) -> str:
        """A regular expression, for Python and RE2, that is found in every text with anything but the person's name."""
        return "|".join(dict.fromkeys(_HINTS[kind] for kind in PLACEHOLDERS if kind in self.kinds))

    @cached_property
    def _hints(self) -> tuple[re.Pattern[str], ...]:
        wanted = dict.fromkeys(_HINTS[kind] for kind in PLACEHOLDERS if kind in self.kinds - {"names"})
        return tuple(re.compile(hint) for hint in wanted)  # one by one: Python is slow at alternatives

    def _may_hold_any(self, text: str) -> bool:
        return any(hint.search(text) for hint in self._hints) or ("names" in self.kinds and hints_at_names(text))

    def text(self, text: str, own: Collection[str] = (), *, identifier: bool = False) -> str:
        """Returns a text without what identifies a person.

        Args:
            text: in somebody's words.
            own: the names of the person, as `own_names` gives them.
            identifier: whether it is the number of a thing, in which no telephone number is looked for.

        Example:
            >>> Redactor(frozenset({"email", "card"})).text("Write to anna@example.org, card 4111 1111 1111 1111.")
            'Write to [email], card [card].'
        """
        if not own and not self._may_hold_any(text):
            return text
        taken: list[tuple[int, int, str]] = []
        placed = [found.span() for found in _PLACED.finditer(text)] if "[" in text else []
        for kind, placeholder in PLACEHOLDERS.items():
            if kind in self.kinds and not (identifier and kind == "phone"):
                taken += _free(self._spans(kind, text, own), placeholder, taken, placed)
        return _replaced(text, taken) if taken else text

    def _spans(self, kind: Redactable, text: str, own: Collection[str]) -> Iterable[Span]:
        if kind == "names":
            return names(text, own)
        if kind == "phone":
            return phones(text, self.country)
        return _FINDERS[kind](text)

    def document(self, document: str, own: Collection[str] = ()) -> str:
        """Returns a JSON document with every text in it redacted; one that is no JSON as a text.

        Args:
            document: such as the properties of an event.
            own: the names of the person.
        """
        if not own and "\\" not in document and not self._may_hold_any(document):
            return document
        try:
            before = msgspec.json.decode(document)
            after = self.value(before, own)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return self.text(document, own)
        return document if after is before else _encode(after).decode()

    def value(self, value: Any, own: Collection[str] = (), name: str = "") -> Any:
        """Returns a value of JSON with every text in it redacted; the same object where nothing was found.

        Args:
            value: as JSON is read.
            own: the names of the person.
            name: under which it stands.
        """
        if isinstance(value, str):
            found = self.text(value, own, identifier=bool(_IDENTIFIER.search(name)))
            return value if found == value else found
        if isinstance(value, dict):
            skipped = _TECHNICAL if name == "context" else _OWN if not name else frozenset[str]()
            return self._members(value, own, skipped)
        if isinstance(value, list):
            items = [self.value(item, own, name or "item") for item in value]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if isinstance(value, int) and not isinstance(value, bool):
            digits = str(value)  # a card number that was sent as a number
            found = self.text(digits, identifier=True)
            return value if found == digits else found
        return value

    def _members(self, members: dict[str, Any], own: Collection[str], skipped: frozenset[str]) -> dict[str, Any]:
        changed = {}
        for name, value in members.items():
            new_name = self.text(name, own, identifier=True)
            new = value if name in skipped else self.value(value, own, name or "item")
            if new is not value or new_name != name:
                changed[name] = (new_name, new)
        if not changed:
            return members
        found: dict[str, Any] = {}
        for name, value in members.items():
            new_name, new = changed.get(name, (name, value))
            while new_name in found:
                new_name += "_"
            found[new_name] = new
        return found


_FINDERS: Mapping[Redactable, Callable[[str], Iterator[Span]]] = {"card": cards, "iban": ibans, "email": emails}


def redactor_of(settings: Settings) -> Redactor | None:
    """Returns the redactor of a workspace, None where nothing is taken out.

    Raises:
        InputError: the redaction key is named and not there.
    """
    own = settings.privacy
    if not own.redact:
        return None
    return Redactor(frozenset(own.redact), own.country, seal_of(own.redaction_key))


def _free(
    spans: Iterable[Span], placeholder: str, taken: Collection[tuple[int, int, str]], placed: Collection[Span]
) -> list[tuple[int, int, str]]:
    """The spans that meet none that was found before, nor what an earlier redaction has written."""
    kept = sorted([*((start, end) for start, end, _ in taken), *placed])
    found: list[tuple[int, int, str]] = []
    for start, end in spans:
        # none of those kept meets another, so that only the neighbours of a place can meet it
        place = bisect_left(kept, (start, end))
        if (place == 0 or kept[place - 1][1] <= start) and (place == len(kept) or end <= kept[place][0]):
            kept.insert(place, (start, end))
            found.append((start, end, placeholder))
    return found


def _replaced(text: str, taken: Collection[tuple[int, int, str]]) -> str:
    """The text with placeholders; names side by side become one."""
    parts, after, last = [], 0, ""
    for start, end, placeholder in sorted(taken):
        between = text[after:start]
        if placeholder == last == PLACEHOLDERS["names"] and not between.strip(" -"):
            after = end
            continue
        parts += [between, placeholder]
        after, last = end, placeholder
    return "".join([*parts, text[after:]])
