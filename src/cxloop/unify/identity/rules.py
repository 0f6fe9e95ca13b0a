"""Rules of identifiers: whom keys of a type belong to, what is no identifier at all, and how values are compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from cxloop.core.config import Experience, Identifier

__all__ = [
    "DEFAULTS",
    "HUB",
    "MOST_LINKS",
    "NO_IDENTIFIER",
    "NO_NUMBER",
    "KeyRule",
    "Rule",
    "Rules",
    "is_placeholder",
    "normalised",
    "normalised_sql",
    "placeholder_sql",
]

Rule: TypeAlias = Literal["unique", "personal", "shared"]

HUB = "*"
"""Namespace of hub keys: a value by which keys of several sources are known to be one person's."""

MOST_LINKS = {"unique": 1000, "personal": 25}
"""With more keys than this tied to it, a key is nobody's own (docs/decisions/0022)."""

DEFAULTS = (
    Identifier(type="email", rule="personal", verified=True),
    *(
        Identifier(type=name, rule="personal")
        for name in ("phone", "card", "device", "device_id", "anonymous_id", "cookie", "click_id", "session")
    ),
    *(Identifier(type=name, rule="shared") for name in ("kiosk", "ip")),
)
"""What holds unless experience.toml says otherwise. Every other type is unique: a number that a system gave."""

_WORDS = (
    "",
    "-",
    ".",
    "?",
    "0",
    "anon",
    "anonymous",
    "customer",
    "default",
    "dummy",
    "email",
    "empty",
    "false",
    "guest",
    "id",
    "n/a",
    "na",
    "nan",
    "nil",
    "no",
    "nobody",
    "none",
    "not provided",
    "not set",
    "not_authenticated",
    "null",
    "test",
    "tester",
    "true",
    "unbekannt",
    "undefined",
    "unknown",
    "user",
    "userid",
    "user_id",
    "xxx",
    "[object object]",
    "(not set)",
    "(none)",
)
_NOBODYS_MAILBOX = "no-?reply|do-?not-?reply|unknown|none|null|undefined|nobody|anonymous|guest|noemail|no-?mail|test"


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.sub(r"([^a-z0-9 _/<>-])", r"\\\1", word) for word in words)


NO_IDENTIFIER = rf"^(?:{_any_of(_WORDS)})$|^(?:{_NOBODYS_MAILBOX})@|^[+]?(?:0[^a-z0-9]*)+$|^[0-]{{8}}-[0-]{{27}}$"
"""Pattern of what systems and people write where they know no identifier, over the trimmed value in lower case.

It uses only what Python, RE2 (DuckDB) and Java (Spark) read alike."""
NO_NUMBER = (
    r"^[+]?(?:1[^a-z0-9]*){3,}$|^[+]?(?:9[^a-z0-9]*){4,}$|^(?:x[^a-z0-9]*){3,}$"
    r"|^[+]?0?[^a-z0-9]*123[^a-z0-9]?456[^a-z0-9]?7890?$|^[+]?0?12345(?:6(?:7(?:89?)?)?)?$"
)
"""The same for telephone numbers, cards and devices. As a running number of a system, 111 and 12345 are somebody's."""
_NO_IDENTIFIER, _NO_NUMBER = re.compile(NO_IDENTIFIER), re.compile(NO_NUMBER)


def is_placeholder(value: str, *, unique: bool = False) -> bool:
    """Returns whether a value stands for "no identifier".

    Args:
        value: as a source gave it.
        unique: whether it is of a type whose values systems give, counting.

    Example:
        >>> [is_placeholder(value) for value in ("unknown@example.com", "000-000", "NULL", "marta@example.org", "C100")]
        [True, True, True, False, False]
        >>> is_placeholder("12345"), is_placeholder("12345", unique=True)
        (True, False)
    """
    said = value.strip().lower()
    return _NO_IDENTIFIER.search(said) is not None or (not unique and _NO_NUMBER.search(said) is not None)


def placeholder_sql(value: str, *, number: bool) -> str:
    """Returns the SQL of one of the two patterns; `value` is SQL, too."""
    pattern = (NO_NUMBER if number else NO_IDENTIFIER).replace("'", "''")
    return f"regexp_matches(lower(trim({value})), '{pattern}')"


def normalised(kind: str, value: str) -> str:
    """Returns the form of a value under which it is compared across sources.

    Args:
        kind: type of the key. Addresses do not care for capitals, telephone numbers not for spaces and signs.
        value: as a source gave it.

    Example:
        >>> normalised("email", " Marta@Example.org "), normalised("phone", "0049 (151) 12-34")
        ('marta@example.org', '+491511234')
    """
    if kind == "email":
        return value.strip().lower()
    if kind == "phone":
        return re.sub("^00", "+", re.sub("[^0-9+]", "", value))
    return value.strip()


def normalised_sql(kind: str, value: str) -> str:
    """Returns the SQL of `normalised`; both arguments are SQL, too."""
    return (
        f"case {kind} when 'email' then lower(trim({value})) "
        f"when 'phone' then regexp_replace(regexp_replace({value}, '[^0-9+]', '', 'g'), '^00', '+') "
        f"else trim({value}) end"
    )


class KeyRule(NamedTuple):
    """Whom keys of a type belong to, and whether the same value elsewhere is the same person."""

    rule: Rule
    verified: bool


@dataclass(frozen=True)
class Rules:
    """The rules of a workspace: what experience.toml says of a namespace, of a type, and else the defaults."""

    said: tuple[Identifier, ...] = ()

    @classmethod
    def of(cls, experience: Experience) -> Rules:
        """Returns the rules that a catalogue declares."""
        return cls(experience.identifier)

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str], KeyRule]:
        return {(item.namespace, item.type): KeyRule(item.rule, item.verified) for item in (*DEFAULTS, *self.said)}

    def __getitem__(self, kind: tuple[str, str]) -> KeyRule:
        """Returns the rule of (namespace, type)."""
        known = self._by_kind
        return known.get(kind) or known.get((HUB, kind[1])) or KeyRule("unique", verified=False)

    @cached_property
    def verified_types(self) -> tuple[str, ...]:
        """Types that are verified in some namespace."""
        return tuple(sorted({name for (_, name), rule in self._by_kind.items() if rule.verified}))

    @cached_property
    def version(self) -> str:
        """Changes with the rules, so that what was derived under others is derived anew."""
        said = sorted((namespace, name, *rule) for (namespace, name), rule in self._by_kind.items())
        return hashlib.sha256(repr((said, MOST_LINKS, NO_IDENTIFIER, NO_NUMBER)).encode()).hexdigest()[:12]
