"""Card numbers, bank accounts and telephone numbers in a text, each proved by its own check digits or plan.

A run of digits alone says little: an order number is one, too. So cards need the prefix and length of an issuer and the
Luhn check, IBANs the length of their country and the remainder 1 modulo 97 (ISO 13616), and telephone numbers a shape
that people write numbers in as well as a place in the numbering plan (libphonenumber).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["DIGITS_HINT", "IBAN_HINT", "Span", "cards", "ibans", "is_card", "is_iban", "luhn", "phones"]

Span = tuple[int, int]
"""Start and end of a place in a text."""

_GAP = r"[ \u00a0\u2009\u202f.\-\u2010-\u2015]"
DIGITS_HINT = r'[0-9](?:[^0-9A-Za-z_"]{0,3}[0-9]){6}'
"""Every card and telephone number has seven digits near each other; the same in Python and in RE2."""
_RUN = re.compile(rf"\d(?:{_GAP}?\d){{11,}}")
_GROUP = re.compile(r"\d+")
_SHORTEST, _LONGEST = 12, 19
_CARDS = re.compile(
    r"4(?:\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|(?:6011|64[4-9]\d|65\d{2})\d{12,15}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:62\d{2}|8171)\d{12,15}"  # UnionPay
    r"|220[0-4]\d{12,15}"  # Mir
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}"  # Maestro
)
_IBAN_LENGTHS = (
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22"
    "GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20"
    "MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26"
    "UA29VA22VG24XK20YE30"
)
IBAN_LENGTHS = {country: int(length) for country, length in re.findall(r"([A-Z]{2})(\d\d)", _IBAN_LENGTHS)}
"""Length of an IBAN by country: the registry of ISO 13616."""
IBAN_HINT = r"[A-Za-z]{2}[0-9]{2}[^A-Za-z0-9\"]?[A-Za-z0-9]{2}"
"""How every IBAN begins; the same in Python and in RE2."""
_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?=" + _GAP + r"?[A-Za-z0-9])")
_IBAN_PART = re.compile(_GAP + r"?([A-Za-z0-9])")

_PHONE = re.compile(r"(?<![\w.])[+＋(]?\d(?:[ \u00a0\u202f/.()\-\u2010-\u2015]{0,3}\d){6,16}(?![\w])")
_CUE = re.compile(
    r"(?<!\w)(?:tel|telef\w*|phone|fon|call|ring|mobil\w*|cell|handy|whatsapp|sms|durchwahl|rufnummer|t[ée]l[ée]\w*"
    r"|m[oó]vil|portable|number is|erreichbar|reach me|fax)\W{1,12}(?:\w+\W{1,3}){0,2}$",
    re.IGNORECASE,
)
_THING = re.compile(
    r"(?<!\w)(?:order|bestell\w*|invoice|rechnung\w*|ticket|case|fall|ref\w*|kunden\w*|customer|tracking|sendung\w*"
    r"|parcel|paket\w*|account|konto\w*|sku|serial|serien\w*|commande|facture|pedido|factura)\W{0,4}"
    r"(?:(?:is|ist|no|nr|number|nummer|id)\W{0,3})?$",
    re.IGNORECASE,
)
_NUMBER_OF = re.compile(r"(?:#|(?<!\w)(?:id|no|nr|nº|n°|num))\W{0,4}$", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_BEFORE = 40
"""Characters in front of a number in which a word may say what it is."""


def luhn(digits: str) -> bool:
    """Whether a number passes the check of ISO/IEC 7812.

    Example:
        >>> luhn("4111111111111111"), luhn("4111111111111112")
        (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether digits have an issuer's prefix and length, and pass the check."""
    return _CARDS.fullmatch(digits) is not None and luhn(digits)


def is_iban(text: str) -> bool:
    """Whether letters and digits without gaps are an IBAN.

    Example:
        >>> is_iban("DE89370400440532013000"), is_iban("DE89370400440532013001")
        (True, False)
    """
    upper = text.upper()
    if IBAN_LENGTHS.get(upper[:2]) != len(upper):
        return False
    return int("".join(str(int(sign, 36)) for sign in upper[4:] + upper[:4])) % 97 == 1


def cards(text: str) -> Iterator[Span]:
    """Yields where card numbers stand: whole groups of digits, however they are separated."""
    for run in _RUN.finditer(text):
        yield from _cards_in(text, run.start(), run.end())


def _cards_in(text: str, start: int, end: int) -> Iterator[Span]:
    groups = [found.span() for found in _GROUP.finditer(text, start, end)]
    first = 0
    while first < len(groups):
        last = _card_from(text, groups, first)
        if last is not None:
            yield groups[first][0], groups[last][1]
        first = first + 1 if last is None else last + 1


def _card_from(text: str, groups: list[Span], first: int) -> int | None:
    """The last group of the longest card that begins with group `first`."""
    digits, found = "", None
    for place in range(first, len(groups)):
        digits += text[slice(*groups[place])]
        if len(digits) > _LONGEST:
            break
        if len(digits) >= _SHORTEST and digits.isascii() and is_card(digits):
            found = place
    return found


def ibans(text: str) -> Iterator[Span]:
    """Yields where IBANs stand, with or without gaps."""
    after = 0
    for found in _IBAN.finditer(text):
        length = IBAN_LENGTHS.get(found[0][:2].upper())
        if length is None or found.start() < after:
            continue
        end = _whole_iban(text, found, length)
        if end is not None:
            after = end
            yield found.start(), end


def _whole_iban(text: str, found: re.Match[str], length: int) -> int | None:
    signs, end = found[0], found.end()
    while len(signs) < length:
        part = _IBAN_PART.match(text, end)
        if part is None:
            return None
        signs, end = signs + part[1], part.end()
    return end if signs.isascii() and is_iban(signs) else None


def phones(text: str, country: str) -> Iterator[Span]:
    """Yields where telephone numbers stand.

    Args:
        text: to look through.
        country: whose national numbers are known, as ISO 3166 code; where it is empty, only those with a + are.
    """
    plausible = [found for found in _PHONE.finditer(text) if _is_shaped_like_one(text, found)]
    if not plausible:
        return
    from phonenumbers import Leniency, PhoneNumberMatcher

    places = [found.span() for found in plausible]
    for match in PhoneNumberMatcher(text, country or None, leniency=Leniency.VALID):
        if any(start < match.end and match.start < end for start, end in places):
            yield match.start, match.end


def _is_shaped_like_one(text: str, found: re.Match[str]) -> bool:
    """Whether people write telephone numbers like this, and nothing in front says that it is another number."""
    written = found[0]
    if _DATE.fullmatch(written) or _DATE.match(written) or _ADDRESS.fullmatch(written):
        return False
    before = text[max(0, found.start() - _BEFORE) : found.start()]
    if written[0] in "+＋" or before.endswith(("+", "＋")):
        return True
    grouped = written[0] in "0(" and not written.isdigit()
    if _THING.search(before):
        return grouped
    if _CUE.search(before):
        return True
    return grouped or ((written[0] in "0(" or not written.isdigit()) and not _NUMBER_OF.search(before))
