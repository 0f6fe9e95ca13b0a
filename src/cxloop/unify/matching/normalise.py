"""How values of records are written alike before they are compared: names, dates, phones, e-mails, addresses.

Each function takes what somebody wrote and returns its plain form, or None where it says nothing. None of them raises,
and each leaves its own results alone.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

__all__ = [
    "LONGEST",
    "NOBODY",
    "STREET_WORDS",
    "TITLES",
    "birth_date",
    "email",
    "house_number",
    "identifier",
    "name",
    "phone",
    "place",
    "postcode",
    "street",
]

LONGEST = 200
"""Letters of a value that are looked at; no name and no street is longer, and comparing takes the square of it."""
TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "herr", "frau", "hr", "mme", "mlle", "sr", "sra", "srta"}
    | {"dott", "dipl", "ing", "mag", "jr", "snr", "jnr", "esq", "phd", "msc", "bsc", "mba"}
)
"""Words before and after names that are no part of them."""
NOBODY = frozenset(
    {"unknown", "none", "null", "na", "nan", "test", "anonymous", "anonym", "unbekannt", "inconnu", "guest", "nobody"}
)
"""Names that stand for nobody."""
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
_NO_WORD, _APOSTROPHE = re.compile(r"[^a-z0-9]+"), re.compile(r"['`]")
_FINISHED = re.compile(r"\+[1-9][1-9]{2}[0-9]{5,12}")
"""A number that nothing is left to do on; a zero early on may be one that is only dialled inside the country."""
_STREETS = {
    "st": "street", "str": "street", "strasse": "street", "straat": "street", "rd": "road", "ave": "avenue",
    "av": "avenue", "dr": "drive", "pl": "place", "ct": "court", "crt": "court", "cres": "crescent", "cr": "crescent",
    "cct": "circuit", "cl": "close", "ln": "lane", "la": "lane", "tce": "terrace", "ter": "terrace", "gr": "grove",
    "gve": "grove", "pde": "parade", "hwy": "highway", "blvd": "boulevard", "bd": "boulevard", "bvd": "boulevard",
    "sq": "square", "pk": "park", "gdns": "gardens", "mt": "mount", "apt": "apartment", "fl": "floor", "n": "north",
    "s": "south", "e": "east", "w": "west", "vlge": "village", "vlg": "village", "retrmnt": "retirement",
    "rtmt": "retirement", "hse": "house", "bldg": "building", "u": "unit",
}  # fmt: skip
STREET_WORDS = frozenset(_STREETS)
"""Short forms that are written out."""
_STREET_END = re.compile(r"(?<=[a-z]{3})(?:strasse|str)$")
_DATES = (
    re.compile(r"^(?P<y>\d{4})[-/. ]?(?P<m>\d{2})[-/. ]?(?P<d>\d{2})(?:[T ].*)?$"),
    re.compile(r"^(?P<y>\d{4})[-/. ](?P<m>\d{1,2})[-/. ](?P<d>\d{1,2})$"),
    re.compile(r"^(?P<d>\d{1,2})[.](?P<m>\d{1,2})[.](?P<y>\d{4})$"),
    re.compile(r"^(?P<a>\d{1,2})[-/ ](?P<b>\d{1,2})[-/ ](?P<y>\d{4})$"),
)
_MONTH_FIRST = frozenset({"US", "PH", "FM", "MH"})
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")


def _plain(text: str) -> str:
    """Small letters without accents, one blank between words, nothing but letters and digits."""
    cut = text[:LONGEST]
    if cut.isascii():  # most are, and this takes a fifth of the time
        return " ".join(_NO_WORD.sub(" ", _APOSTROPHE.sub("", cut.lower())).split())
    folded = cut.casefold().translate(_LETTERS)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(letter))
    apart = "".join(letter if letter.isalnum() else "" if letter in "'’`´" else " " for letter in bare)
    # what a letter folds to may fold again (Greek, Turkish): once more, so that the result stays as it is
    return " ".join(apart.casefold().translate(_LETTERS).split())


def name(text: str) -> str | None:
    """Returns a name or a part of it, without titles; None for what stands for nobody.

    Example:
        >>> name(" Dr. Zoë  O'Brien-Müller "), name("unknown")
        ('zoe obrien muller', None)
    """
    words = _plain(text).split()
    kept = [word for word in words if word not in TITLES] or words
    if not kept or kept[0] in NOBODY or all(len(set(word)) == 1 and len(word) > 2 for word in kept):
        return None
    return " ".join(kept)


def email(text: str) -> str | None:
    """Returns an address in small letters without a tag behind a plus; None where it is no address.

    Example:
        >>> email(" Marta+shop@Example.ORG "), email("none")
        ('marta@example.org', None)
    """
    bare = text[:LONGEST].strip().lower().removeprefix("mailto:")
    if not _MAIL.match(bare):
        return None
    user, _, domain = bare.rpartition("@")
    user = user.partition("+")[0] or user
    return None if user in {"unknown", "noreply", "no-reply", "none", "test"} else f"{user}@{domain}"


def phone(text: str, country: str | None = None) -> str | None:
    """Returns a number as +49301234567; its digits where the country is not known; None where it is no number.

    Args:
        text: as somebody wrote it.
        country: ISO 3166 code of the country whose numbers have no prefix here.

    Example:
        >>> phone("(030) 123 456", "DE"), phone("+49 30 123456"), phone("000-000")
        ('+4930123456', '+4930123456', None)
    """
    if _FINISHED.fullmatch(text) and len(set(text)) > 2:
        return text
    written = unicodedata.normalize("NFKC", text[:LONGEST]).strip()
    digits = re.sub(r"[^0-9]", "", written)
    if not 5 <= len(digits) <= 15 or len(set(digits)) == 1:
        return None
    if written.startswith("+"):
        readings = (f"+{digits}", digits)
    else:
        readings = (f"+{digits[2:]}", digits) if digits.startswith("00") else (digits, digits)
    return _international(readings[0], country) or _international(readings[1], country) or digits


def _international(number: str, country: str | None) -> str | None:
    """Returns a number as ITU-T E.164 writes it; None where the country has no such numbers."""
    import phonenumbers

    found = None
    for _ in range(5):  # what is left of zeros too many may be read once more
        given = found or number
        try:
            parsed = phonenumbers.parse(given, country)
        except phonenumbers.NumberParseException:
            return found
        if not phonenumbers.is_possible_number(parsed):
            return found
        found = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        if found == given:
            break
    return found


def birth_date(text: str, country: str | None = None) -> str | None:
    """Returns a date as 1974-05-20, also one that no calendar has: a slip of the pen still tells most of it.

    Args:
        text: with the year first, or last; days before months, unless the country writes them after.
        country: ISO 3166 code.

    Example:
        >>> birth_date("20/5/1974"), birth_date("5/20/1974"), birth_date("19741345"), birth_date("1900-01-01")
        ('1974-05-20', '1974-05-20', '1974-13-45', None)
    """
    written = unicodedata.normalize("NFKC", text[:LONGEST]).strip()
    for pattern in _DATES:
        found = pattern.match(written)
        if found is not None:
            return _dated(found.groupdict(), country)
    return None


def _dated(parts: dict[str, str], country: str | None) -> str | None:
    year = int(parts["y"])
    if "a" in parts:
        first, second = int(parts["a"]), int(parts["b"])
        month, day = (first, second) if second > 12 or (country in _MONTH_FIRST and first <= 12) else (second, first)
    else:
        month, day = int(parts["m"]), int(parts["d"])
    if (year, month, day) in {(1900, 1, 1), (1970, 1, 1), (1, 1, 1)} or not 1850 <= year <= date.max.year:
        return None
    return f"{year:04d}-{month:02d}-{day:02d}"


def street(text: str) -> str | None:
    """Returns a line of an address with its usual short forms written out.

    Example:
        >>> street("Lubuma Pl."), street("Hauptstr."), street("12 High St")
        ('lubuma place', 'haupt street', '12 high street')
    """
    spaced = _STREET_END.sub(" street", _plain(text))
    words = [_STREETS.get(word, word) for word in spaced.split()]
    return " ".join(words) or None


def house_number(text: str) -> str | None:
    """Returns a house number: "12A" as 12a, "No. 7" as 7.

    Example:
        >>> house_number("No. 7"), house_number("12 A")
        ('7', '12a')
    """
    bare = _plain(text).removeprefix("no ").removeprefix("nr ").replace(" ", "")
    return (bare.removesuffix("0") if bare.endswith(".0") else bare).lstrip("0") or None


def place(text: str) -> str | None:
    """Returns the name of a place.

    Example:
        >>> place("St. Gallen")
        'st gallen'
    """
    found = _plain(text)
    return None if found in NOBODY else found or None


def postcode(text: str) -> str | None:
    """Returns a postcode without blanks and dashes, in small letters.

    Example:
        >>> postcode("SW1A 1AA"), postcode("D-10115")
        ('sw1a1aa', '10115')
    """
    bare = _plain(text)
    return re.sub(r"^[a-z]{1,3} (?=\d)", "", bare).replace(" ", "") or None


def identifier(text: str) -> str | None:
    """Returns a number that somebody was given by an office or a company, without what separates its parts.

    Example:
        >>> identifier("123-45-678"), identifier("0000000")
        ('12345678', None)
    """
    bare = _plain(text).replace(" ", "")
    return None if len(set(bare)) <= 1 or bare in NOBODY else bare
