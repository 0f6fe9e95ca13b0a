"""Phrases, dates and links as the pages write them. `_` marks every text that a translation has to cover."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from gettext import translation
from zoneinfo import ZoneInfo

from cxloop.core import wording
from cxloop.core.wording import count

__all__ = [
    "_",
    "ago",
    "clock",
    "day_month",
    "device",
    "duration",
    "local",
    "moment",
    "plural",
    "readable",
    "since_phrase",
    "span",
]

_ = translation("cxloop", fallback=True).gettext
# looked up once: gettext.gettext goes through the folders of catalogues for every single text

_WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Returns a UTC moment without zone on the clock of `zone`."""
    return moment.replace(tzinfo=UTC).astimezone(zone)


def day_month(value: date) -> str:
    """Returns a date with its weekday.

    Example:
        >>> day_month(date(2026, 10, 31))
        'Saturday, 31 October 2026'
    """
    return f"{_WEEKDAYS[value.weekday()]}, {value.day} {wording.MONTHS[value.month - 1]} {value.year}"


def clock(moment: datetime) -> str:
    """Returns the time of day: 14:05."""
    return f"{moment:%H:%M}"


def moment(when: datetime, zone: ZoneInfo) -> str:
    """Returns a UTC moment as day and time of `zone`.

    Example:
        >>> moment(datetime(2026, 10, 31, 23, 30), ZoneInfo("Europe/Berlin"))
        '1 Nov 2026, 00:30'
    """
    here = local(when, zone)
    return f"{wording.day(here)}, {clock(here)}"


def plural(amount: int, one: str, many: str) -> str:
    """Returns an amount with its word.

    Example:
        >>> plural(1, "day", "days"), plural(1200, "day", "days")
        ('1 day', '1,200 days')
    """
    return f"{count(amount)} {one if amount == 1 else many}"


def duration(span: timedelta) -> str:
    """Returns a length of time in its largest whole unit.

    Example:
        >>> duration(timedelta(days=3, hours=4)), duration(timedelta(minutes=59))
        ('3 days', '59 minutes')
    """
    seconds = int(span.total_seconds())
    for size, one, many in (
        (86_400, _("day"), _("days")),
        (3_600, _("hour"), _("hours")),
        (60, _("minute"), _("minutes")),
    ):
        if seconds >= size:
            return plural(seconds // size, one, many)
    return _("less than a minute")


def ago(then: datetime, now: datetime) -> str:
    """Returns how long ago something was.

    Example:
        >>> ago(datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 12, 4))
        '4 minutes ago'
    """
    span = now - then
    return _("just now") if span < timedelta(minutes=1) else f"{duration(span)} {_('ago')}"


def device(agent: str) -> str:
    """Returns what a browser calls itself, as people call it.

    Example:
        >>> device("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0")
        'Firefox on Linux'
        >>> device("")
        'a browser'
    """
    from ua_parser import parse

    found = parse(agent)
    browser = found.user_agent.family if found.user_agent else _("a browser")
    return f"{browser} {_('on')} {found.os.family}" if found.os else browser


def readable(name: str) -> str:
    """Returns a name that a source gave as words.

    Example:
        >>> readable("order_confirmation"), readable("relationship_nps")
        ('order confirmation', 'relationship NPS')
    """
    return " ".join(wording.METRIC_LABELS.get(word, word) for word in name.replace("_", " ").split(" "))


def span(low: str, high: str) -> str:
    """Returns an interval on a page: with a word between, since a dash beside a minus reads badly.

    Example:
        >>> span("41.6 %", "54.2 %"), span("+15.9", "+24.2")
        ('41.6 to 54.2 %', '+15.9 to +24.2')
    """
    return f"{low.removesuffix(' %')} {_('to')} {high}"


def since_phrase(since: str) -> str:
    """Returns what a choice of period is called.

    Example:
        >>> since_phrase("90d"), since_phrase(""), since_phrase("2026-05-01")
        ('last 90 days', 'all time', 'since 2026-05-01')
    """
    if not since:
        return _("all time")
    if since == "365d":
        return _("last 12 months")
    if since.endswith("d") and since[:-1].isdigit():
        return f"{_('last')} {since[:-1]} {_('days')}"
    return f"{_('since')} {since}"
