"""Roles and limits in words."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.core.host import LIMITED_BY, ROLES, Limits, Role
from cxloop.web.words import _

__all__ = ["LIMIT_TITLES", "ROLE_ABOUT", "ROLE_OFFER", "ROLE_TITLES", "limits_in_words", "limits_of", "listed"]

ROLE_TITLES: dict[Role, str] = {
    "owner": _("Owner"),
    "analyst": _("Analyst"),
    "agent": _("Agent"),
    "viewer": _("Viewer"),
}
ROLE_ABOUT: dict[Role, str] = {
    "owner": _("As an owner you see everything and may change everything."),
    "analyst": _("As an analyst you see everything, single persons included, and may import."),
    "agent": _("As an agent you see numbers and the customers that are yours to serve, and write notes about them."),
    "viewer": _("As a viewer you see numbers; single persons are not shown to you."),
}
ROLE_OFFER: dict[Role, str] = {
    "owner": _("sees everything, changes everything, lets others in"),
    "analyst": _("sees everything, single persons included, and imports"),
    "agent": _("sees numbers and the customers to serve, and writes notes"),
    "viewer": _("sees numbers, no single person"),
}
LIMIT_TITLES: dict[str, str] = {"region": _("Region"), "brand": _("Brand"), "team": _("Team")}
assert ROLE_TITLES.keys() == ROLE_ABOUT.keys() == ROLE_OFFER.keys() == ROLES.keys()
assert LIMIT_TITLES.keys() == set(LIMITED_BY)


def listed(values: str) -> tuple[str, ...]:
    """Returns the values that a person wrote with commas between.

    Example:
        >>> listed("North, South,,")
        ('North', 'South')
    """
    return tuple(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))


def limits_of(form: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Returns the limits that a form asks for, by column; nothing for a column left empty."""
    return {column: listed(form.get(column, "")) for column in LIMITED_BY}


def limits_in_words(limits: Limits) -> str:
    """Returns the rows that somebody is limited to, as a sentence; empty where there is no limit.

    Example:
        >>> limits_in_words((("brand", ("Kettle",)), ("team", ("North", "South"))))
        'Limited to brand Kettle and team North or South.'
    """
    parts = [f"{LIMIT_TITLES[column].lower()} {_(' or ').join(values)}" for column, values in limits]
    return f"{_('Limited to')} {_(' and ').join(parts)}." if parts else ""
