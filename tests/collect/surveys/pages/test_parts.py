"""Colours, words, tags, addresses of files, and what a page may load."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given, strategies
from tests.collect.surveys.pages.conftest import Site

from cxloop.collect.http.answers import RefusalError
from cxloop.collect.surveys.colours import contrast
from cxloop.collect.surveys.flow.showing import isolated
from cxloop.collect.surveys.pages import theme, words
from cxloop.collect.surveys.pages.cleaning import clean
from cxloop.collect.surveys.pages.forms import UnreadableFormError, read_form
from cxloop.collect.surveys.pages.request import Request
from cxloop.collect.surveys.qr import png, svg
from cxloop.collect.surveys.settings import Theme

APART = ' rel="noopener noreferrer nofollow" target="_blank"'
COLOURS = strategies.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@given(accent=COLOURS, text=COLOURS, background=COLOURS, dark=strategies.booleans())
def test_whatever_colours_a_company_has_everything_can_be_read(
    accent: str, text: str, background: str, dark: bool
) -> None:
    drawn = theme.tokens(Theme(accent=accent, text=text, background=background), dark=dark)

    for colour in (drawn.text, drawn.quiet, drawn.accent, drawn.bad):
        assert contrast(colour, drawn.background) >= 4.5
    assert contrast(drawn.on_accent, drawn.accent) >= 4.5


def test_colours_that_can_be_read_stay_as_they_are() -> None:
    drawn = theme.tokens(Theme(accent="#0b6e69", text="#1d1c1a", background="#ffffff"), dark=False)

    assert (drawn.accent, drawn.text, drawn.background) == ("#0b6e69", "#1d1c1a", "#ffffff")


def test_every_language_says_everything_with_the_same_gaps() -> None:
    english = words.words("en")
    for language in words.SPOKEN:
        spoken = words.words(language)
        assert spoken.keys() == english.keys()
        assert all(gaps(spoken[name]) == gaps(english[name]) for name in english), language


def gaps(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_a_language_that_we_do_not_speak_has_english_words_and_its_own_name() -> None:
    assert words.words("pl")["next"] == "Next"
    assert (words.name_of("pl"), words.name_of("ar"), words.name_of("tlh")) == ("Polski", "العربية", "tlh")
    assert (words.direction("he"), words.direction("fa-IR"), words.direction("pl")) == ("rtl", "rtl", "ltr")


@given(strategies.text(max_size=200))
def test_cleaned_words_hold_nothing_that_acts(text: str) -> None:
    for hostile in (text, f"<{text}>", f"<a href='{text}'>x", f"<p {text}>", f"<img src=x onerror={text}>"):
        found = clean(hostile)
        assert not re.search(r"<(?!/?(a|b|p|i|u|s|br|hr|img|ul|ol|li|em|strong|h[2-5]|div|span|d[ltd])\b)[a-z]", found)
        assert not re.search(r"<[^>]*\bon\w+\s*=", re.sub(r'"[^"]*"', "", found))
        assert "javascript:" not in re.sub(r">[^<]*<", "><", found.lower()) or "href" not in found


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>a<b>b</p>c", "<p>a<b>b</b></p>c"),
        ("<style>p{}</style><svg onload=x><a href=https://x.org>x</a></svg>y", "y"),
        ('<a href="https://x.org" onclick="x">x</a>', f'<a href="https://x.org"{APART}>x</a>'),
        ('<img src="http://spy.org/p.gif">', "<img>"),
        ('<img src="https://x.org/a" alt="A &amp; B">', '<img src="https://x.org/a" alt="A &amp; B" loading="lazy">'),
    ],
)  # fmt: skip
def test_marks_stay_and_what_acts_goes(html: str, kept: str) -> None:
    assert clean(html) == kept


@given(strategies.text(alphabet="ab\u202a\u202e\u202c\u2066\u2067\u2068\u2069\u200f", max_size=30))
def test_an_answer_turns_the_direction_of_nothing_around_it(text: str) -> None:
    found = isolated(text)
    depth = lowest = 0
    for character in found:
        depth += (character in "\u2066\u2067\u2068") - (character == "\u2069")
        lowest = min(lowest, depth)

    assert (depth, lowest) == (0, 0)
    assert found.replace("\u2069", "").replace("\u2068", "") == text.replace("\u2069", "").replace("\u2068", "")
    if any(character in text for character in "\u202a\u202e\u2066\u2067\u200f"):
        assert (found[0], found[-1]) == ("\u2068", "\u2069")


def test_a_page_loads_nothing_but_what_it_says(site: Site) -> None:
    quota = {"name": "n", "when": "{q} = 'a'", "limit": 1, "action": "redirect", "url": "https://panel.org/x?y"}
    site.publish({"pages": [{"name": "p", "elements": [{"type": "text", "name": "q"}]}], "quotas": [quota]})
    page = site.browser().get("/s/delivery")
    policy = page.headers["content-security-policy"]
    style = re.search(r"<style>(.*?)</style>", page.html)

    assert style
    assert f"'sha256-{b64encode(sha256(style[1].encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://panel.org;" in policy
    assert not re.search(r"\s(on[a-z]+|style)=", page.html)
    assert page.headers["referrer-policy"] == "no-referrer"


def test_files_are_kept_for_a_year_under_their_digest(site: Site) -> None:
    address = site.app.files.assets.css
    found = site.browser().ask("GET", address, headers={"accept-encoding": "gzip"})

    assert (found.status_code, found.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert found.headers["content-encoding"] == "gzip"
    assert site.browser().ask("GET", "/s/-/survey.css").headers["cache-control"] == "public, max-age=3600"
    assert site.browser().ask("GET", "/s/-/../app.py").status_code == 404


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(6000))),
        ("application/x-www-form-urlencoded", "a=ä".encode()),
    ],
)
def test_what_is_no_form_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(UnreadableFormError):
        read_form(kind, body)


@given(strategies.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
        try:
            form = read_form(kind, body)
        except UnreadableFormError:
            continue
        assert sum(len(values) for values in form.fields.values()) + len(form.uploads) <= len(body)


def test_a_code_is_drawn_black_on_white() -> None:
    drawn = svg("https://cx.example.org/q/k7m2pa")

    assert "#fff" in drawn
    assert png("https://cx.example.org/q/k7m2pa").startswith(b"\x89PNG")


def test_a_form_of_very_many_parts_is_refused_as_soon_as_they_are_too_many() -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="q:a"\r\n\r\n1\r\n'

    with pytest.raises(UnreadableFormError, match="too many"):
        read_form("multipart/form-data; boundary=b", part * 10_000 + b"--b--\r\n")


def test_what_is_too_large_is_heard_to_its_end_before_that_is_said() -> None:
    parts = [{"type": "http.request", "body": b"x" * 40, "more_body": at < 4} for at in range(5)]

    async def receive() -> dict[str, object]:
        return parts.pop(0)

    request = Request({"type": "http", "headers": [(b"content-length", b"200")]}, receive)
    with pytest.raises(RefusalError):
        asyncio.run(request.body(100))
    assert parts == []
