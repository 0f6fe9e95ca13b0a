"""What redaction finds and what it leaves: valid numbers of every kind go, numbers of things stay."""

from __future__ import annotations

import json
import random
import string

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cxloop.collect.redaction import Redactor
from cxloop.collect.redaction.numbers import IBAN_LENGTHS, is_card, is_iban, luhn
from cxloop.collect.redaction.words import own_names
from cxloop.core.config import Redactable

EVERYTHING: frozenset[Redactable] = frozenset({"card", "iban", "email", "phone", "names"})
GERMAN = Redactor(EVERYTHING, "DE")
ANNA = own_names(["Anna Schmidt"])
WORDS = st.sampled_from(["", "please ", "bitte an ", "it is: ", "(", "Karte ", "payé avec ", "\n", "„", "x=", "№ "])
AFTER = st.sampled_from(["", ".", ", thanks", ")", " danke", "\n", "!", "“ sagte er", ";", " 12/27"])


@pytest.mark.parametrize(
    "number",
    # test numbers that the payment providers publish (Stripe, Adyen)
    [
        "4242424242424242",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "6011111111111117",
        "36227206271667",
        "3566002020360505",
        "6200000000000005",
        "6759649826438453",
        "4000 0000 0000 3220",
        "3782-822463-10005",
    ],
)
def test_card_numbers_of_every_issuer_go(number: str) -> None:
    assert GERMAN.text(f"charged to {number} twice") == "charged to [card] twice"


@pytest.mark.parametrize(
    "number",
    # the examples of the IBAN registry (SWIFT)
    [
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "ch93-0076-2011-6238-5295-7",
    ],
)
def test_ibans_go_with_and_without_gaps(number: str) -> None:
    assert GERMAN.text(f"Bitte auf {number} erstatten") == "Bitte auf [iban] erstatten"


@pytest.mark.parametrize(
    "text",
    [
        "Bestellung 4711123456 ist nicht da",
        "order 1234567890 and 987654321",
        "Sendung 00340434161094042557",
        "Rechnung Nr. 030901820",
        "am 01.05.2026 um 10:00:00 Uhr",
        "2026-05-01T10:00:00.000Z",
        "von 203.0.113.77",
        "EAN 4006381333931",
        "version 10.15.7.12345",
        "550e8400-e29b-41d4-a716-446655440000",
        "es kostet 1.234.567,89 Euro",
        "Hi there, hi team,",
        "Dear customer service,",
        "mit Grüßen aus Berlin",
        "@home and me@",
        "a[at]b",
    ],
)
def test_numbers_of_things_and_ordinary_words_stay(text: str) -> None:
    assert GERMAN.text(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ruf an: 0171 1234567", "Ruf an: [phone]"),
        ("+44 20 7946 0958 or +1 (415) 555-2671", "[phone] or [phone]"),
        ("Tel. 03012345678", "Tel. [phone]"),
        ("anna(at)example(dot)org", "[email]"),
        ("https://example.org/?m=anna%40example.org&x=1", "https://example.org/?m=[email]&x=1"),
        ("Anna Schmidts Paket", "[name] Paket"),
        ("regards anna", "regards [name]"),
        ("Frau Dr. von der Heide und Herr Öztürk", "Frau Dr. [name] und Herr [name]"),
        ("Viele Grüße\nPeter Müller", "Viele Grüße\n[name]"),
        ("je m’appelle Léa Dupont et je", "je m’appelle [name] et je"),
    ],
)
def test_what_people_write_goes(text: str, expected: str) -> None:
    assert GERMAN.text(text, ANNA) == expected


def test_without_a_country_only_numbers_with_a_plus_are_telephone_numbers() -> None:
    anywhere = Redactor(EVERYTHING)

    assert anywhere.text("0171 1234567, +49 171 1234567") == "0171 1234567, [phone]"


def test_only_what_the_settings_name_goes() -> None:
    assert Redactor(frozenset({"email"})).text("a@b.org 4242424242424242") == "[email] 4242424242424242"


def test_a_document_keeps_identifiers_numbers_and_its_bytes_where_nothing_is_found() -> None:
    plain = '{"seats": 4,  "order_id":"0171 1234567","note":"fine"}'

    assert GERMAN.document(plain) is plain


def test_every_text_of_a_document_is_looked_at_also_behind_escapes_in_names_and_in_numbers() -> None:
    told = r'{"a":{"b":["anna@example.org"]},"c":4242424242424242,"anna@b.org":1}'

    assert json.loads(GERMAN.document(told)) == {"a": {"b": ["[email]"]}, "c": "[card]", "[email]": 1}


def test_a_document_too_deep_to_walk_is_redacted_as_a_text() -> None:
    deep = '{"a":' * 5000 + '"anna@example.org"' + "}" * 5000

    assert "anna@" not in GERMAN.document(deep)


def card_numbers() -> st.SearchStrategy[str]:
    def complete(prefix: str, rest: str, length: int) -> str:
        body = (prefix + rest)[: length - 1]
        return next(body + digit for digit in string.digits if luhn(body + digit))

    prefixes = st.sampled_from(
        [("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("36", 14), ("3528", 16)]
    )
    return st.builds(
        lambda prefix, rest: complete(prefix[0], rest, prefix[1]), prefixes, st.text(string.digits, min_size=18)
    )


def grouped(number: str, gap: str, size: int) -> str:
    return gap.join(number[at : at + size] for at in range(0, len(number), size))


@given(card_numbers(), st.sampled_from(["", " ", "-", "\u00a0", "."]), st.sampled_from([4, 5, 6]), WORDS, AFTER)
def test_no_card_number_survives(number: str, gap: str, size: int, before: str, after: str) -> None:
    assert is_card(number)
    written = grouped(number, gap, size)

    left = Redactor(frozenset({"card"})).text(before + written + after)

    assert written not in left
    assert "[card]" in left


@given(
    st.sampled_from(sorted(IBAN_LENGTHS)),
    st.text(string.digits + string.ascii_uppercase, min_size=30, max_size=30),
    st.sampled_from(["", " ", "-", "\u00a0"]),
    st.booleans(),
    WORDS,
    AFTER,
)
def test_no_iban_survives(country: str, account: str, gap: str, small: bool, before: str, after: str) -> None:
    body = account[: IBAN_LENGTHS[country] - 4]
    check = 98 - int("".join(str(int(sign, 36)) for sign in f"{body}{country}00")) % 97
    number = f"{country}{check:02d}{body}"
    assert is_iban(number)
    written = grouped(number.lower() if small else number, gap, 4)

    left = Redactor(frozenset({"iban"})).text(before + written + after)

    assert written not in left
    assert "[iban]" in left


@given(st.emails(), WORDS, AFTER)
def test_no_email_address_survives(address: str, before: str, after: str) -> None:
    left = Redactor(frozenset({"email"})).text(before + address + after)

    assert address not in left
    assert "@" not in left


@given(st.sampled_from(["DE", "FR", "GB", "US", "ES", "JP"]), st.sampled_from(["INTERNATIONAL", "NATIONAL"]), WORDS)
def test_the_example_number_of_a_country_goes_as_people_write_it(country: str, form: str, before: str) -> None:
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    written = phonenumbers.format_number(example, getattr(phonenumbers.PhoneNumberFormat, form))
    assume(before != "№ ")

    assert "[phone]" in Redactor(frozenset({"phone"}), country).text(f"{before}{written} bitte")


@given(st.text(max_size=60), st.sampled_from(["", "Anna Schmidt", "Al Bo", "E. Mail"]))
def test_redaction_of_what_is_redacted_changes_nothing(text: str, name: str) -> None:
    own = own_names([name])
    once = GERMAN.text(f"Dear Mr {text}, a@b.org 0171 1234567 {name}", own)

    assert GERMAN.text(once, own) == once


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 10**6) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_document_keeps_its_shape(value: object) -> None:
    told = json.dumps({"v": value})
    after = json.loads(GERMAN.document(told))

    assert isinstance(after["v"], type(value))
    assert Redactor(frozenset({"card"})).document(told) == told


def test_ordinary_order_numbers_are_not_eaten_more_often_than_chance_allows() -> None:
    """Of random numbers of 8 to 13 digits none is a card; of 16 digits one in ten of those that look like one."""
    chance = random.Random(7)
    some = [str(chance.randrange(10 ** (size - 1), 10**size)) for size in (8, 9, 10, 11, 12, 13) for _ in range(300)]

    eaten = [number for number in some if GERMAN.text(f"My parcel {number} is late") != f"My parcel {number} is late"]

    assert len(eaten) <= 3, eaten


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("dear" + "\n" * 200_000, 0),  # at every line end a greeting could begin
        ("regards" + "\n \n" * 60_000, 0),
        ("a@b.co " * 30_000, 30_000),
        ("[email] a@b.co " * 15_000, 30_000),
    ],
)
def test_a_text_made_to_be_slow_is_not(text: str, taken: int) -> None:
    # Quadratic, each of these would take minutes to hours: whoever has a key for web pages could stop the loader.
    redacted = Redactor(frozenset({"email", "names"})).text(text)

    assert redacted.count("[email]") == taken
