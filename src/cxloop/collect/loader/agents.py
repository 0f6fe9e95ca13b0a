"""What a user agent says: device, browser, system, and whether it is a program that says so itself.

Read on this machine, from the tables of ua-parser that are installed with cxloop; no look-up leaves it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

__all__ = ["AGENT_PARTS", "Agent", "Agents"]

LONGEST = 512
"""Characters of a user agent that are looked at; browsers write 80 to 250."""
AGENT_PARTS = frozenset({"device_type", "browser", "browser_version", "os", "os_version"})
"""What is read from a user agent, as properties of the event."""
REMEMBERED = 20_000
NEW_AT_ONCE = 500
"""Agents never seen before that one batch may have read: each takes a millisecond, and a sender may invent them."""

# Words by which programs name themselves, and what automated browsers leave in theirs.
_BOT = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|headless|phantomjs|puppeteer|playwright|selenium|webdriver|electron-fetch|"
    r"lighthouse|pagespeed|pingdom|uptime|statuscake|gtmetrix|scrapy|wget|^curl|python-requests|python-urllib|"
    r"aiohttp|httpx|go-http-client|libwww|apache-httpclient|axios/|node-fetch|"
    r"facebookexternalhit|archiver|feedfetcher|google-inspectiontool|chatgpt|gptbot|"
    r"claude-|perplexity|bytespider|dataprovider|ahrefs|semrush|prerender",
    re.IGNORECASE,
)
_TABLET = re.compile(r"ipad|tablet|kindle|silk|playbook|(?=.*android)(?!.*mobile)", re.IGNORECASE)
_PHONE = re.compile(r"mobi|iphone|ipod|android|phone|blackberry|opera mini", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Agent:
    """One user agent: whether a bot sends it, whether it is a browser, and its parts as members of a JSON object."""

    bot: bool
    browser: bool
    parts: tuple[tuple[str, bytes], ...]
    members: bytes
    """All parts, ready to be written into an object; empty where nothing is known."""


_UNREAD = Agent(bot=False, browser=False, parts=(), members=b"")


class Agents:
    """Reads user agents and remembers them."""

    def __init__(self) -> None:
        self._known: dict[str, Agent] = {}
        self._left = NEW_AT_ONCE

    def begin_batch(self) -> None:
        """Allows the next NEW_AT_ONCE unknown agents to be read."""
        self._left = NEW_AT_ONCE

    def read(self, text: str) -> Agent:
        """Returns what a user agent says."""
        return self._known.get(text) or self._learn(text)

    def _learn(self, text: str) -> Agent:
        if self._left <= 0:
            return Agent(_BOT.search(text[:LONGEST]) is not None, browser=False, parts=(), members=b"")
        self._left -= 1
        if len(self._known) >= REMEMBERED:
            self._known.clear()  # simpler than knowing which ones are in use, and over in a second
        found = self._known[text] = _read(text[:LONGEST])
        return found


def _read(text: str) -> Agent:
    from ua_parser import parse

    if not text:
        return _UNREAD
    found = parse(text)
    device = None if found.device is None else found.device.family
    browser, system = found.user_agent, found.os
    bot = _BOT.search(text) is not None or device == "Spider"
    named = {
        "device_type": "bot" if bot else _device_type(text),
        "browser": None if browser is None else browser.family,
        "browser_version": None if browser is None else _version(browser.major, browser.minor),
        "os": None if system is None else system.family,
        "os_version": None if system is None else _version(system.major, system.minor),
    }
    encode = msgspec.json.encode
    parts = tuple((name, encode(name) + b":" + encode(value)) for name, value in named.items() if value)
    is_browser = text.startswith(("Mozilla/", "Opera/"))
    return Agent(bot, is_browser, parts, b",".join(member for _, member in parts))


def _device_type(text: str) -> str | None:
    if _TABLET.search(text):
        return "tablet"
    if _PHONE.search(text):
        return "phone"
    return "computer" if text.startswith(("Mozilla/", "Opera/")) else None


def _version(major: str | None, minor: str | None) -> str | None:
    return major if minor is None or major is None else f"{major}.{minor}"
