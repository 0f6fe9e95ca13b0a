"""Which time zones a customer may be in: the one that is known, else those of the country, else the company's."""

from __future__ import annotations

from functools import cache
from importlib import resources

from cxloop.core.errors import InputError
from cxloop.core.time import parse_zone

__all__ = ["zones_of"]


def zones_of(time_zone: str | None, country: str | None, company: str) -> tuple[str, ...]:
    """Returns the zones in which it has to be a good hour.

    Args:
        time_zone: as the customer's profile has it, such as America/New_York; one that nobody knows is passed over.
        country: two letters or an English name; a country of several zones gives all of them.
        company: the company's zone, where neither is known.

    Example:
        >>> zones_of("Europe/Paris", "US", "UTC"), zones_of(None, "at", "UTC"), zones_of(None, "Atlantis", "UTC")
        (('Europe/Paris',), ('Europe/Vienna',), ('UTC',))
    """
    if time_zone and _is_known(time_zone.strip()):
        return (time_zone.strip(),)
    if country:
        found = _by_country().get(country.strip().casefold())
        if found:
            return found
    return (company,)


@cache
def _is_known(zone: str) -> bool:
    try:
        parse_zone(zone)
    except InputError:
        return False
    return True


@cache
def _by_country() -> dict[str, tuple[str, ...]]:
    """Zones by the country's letters and by its English name, as the time zone database lists them."""
    zones: dict[str, list[str]] = {}
    for letters, _, zone in _lines("zone.tab"):
        zones.setdefault(letters.casefold(), []).append(zone)
    names = {name.casefold(): letters.casefold() for letters, name in _lines("iso3166.tab")}
    known = {letters: tuple(sorted(each)) for letters, each in zones.items()}
    return known | {name: known[letters] for name, letters in names.items() if letters in known}


def _lines(file: str) -> list[list[str]]:
    text = resources.files("tzdata").joinpath("zoneinfo", file).read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return [row[:3] if file == "zone.tab" else row[:2] for row in rows]
