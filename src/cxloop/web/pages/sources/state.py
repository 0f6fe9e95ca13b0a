"""What a connection is doing, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from cxloop.web import words
from cxloop.web.words import _

__all__ = ["State", "state_of"]

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """How a connection is.

    Attributes:
        tone: good, warn, bad or nothing, for its sign.
        sign: one or two words.
        sentence: what happened last.
        next: what happens next; may be empty.
    """

    tone: str
    sign: str
    sentence: str
    next: str = ""


def state_of(row: Row, now: datetime, zone: ZoneInfo) -> State:
    """Returns the state of a connection as the page says it.

    Args:
        row: of collect.connections.
        now: UTC without zone, like the moments of the row.
        zone: of the clock that people look at.
    """
    next_ = _next(row, now, zone)
    match row["state"]:
        case "running":
            return State("", _("pulling"), _("It is being pulled at this moment."))
        case "paused":
            return State("warn", _("paused"), _last(row, now), _("Nothing is pulled before you resume it."))
        case "failed":
            return State("bad", _("failed") if next_ else _("stopped"), _reason(row), next_)
        case "interrupted":
            return State("warn", _("interrupted"), _reason(row), next_)
        case "waiting":
            return State("", _("new"), _("Not pulled yet."), next_)
        case "listening":
            return State("good", _("listening"), _came(row, now))
        case _:
            return State("good", _("running"), _last(row, now), next_)


def _reason(row: Row) -> str:
    reason = str(row["reason"] or _("It failed."))
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def _came(row: Row, now: datetime) -> str:
    """What a system that sends by itself brought last."""
    if row["last_pull"] is None:
        return _("It sends by itself, whenever something happens.")
    return f"{_('It sent something')} {words.ago(row['last_pull'], now)}: {_brought(row)}."


def _last(row: Row, now: datetime) -> str:
    """What the last pull brought."""
    when = row["last_pull"]
    if when is None:
        return _("Not pulled yet.")
    return f"{_('Pulled')} {words.ago(when, now)}: {_brought(row)}."


def _brought(row: Row) -> str:
    came = words.plural(row["admitted"], _("interaction"), _("interactions")) if row["admitted"] else _("nothing new")
    rejected = f", {words.plural(row['rejected'], _('row'), _('rows'))} {_('rejected')}" if row["rejected"] else ""
    return f"{came}{rejected}"


def _next(row: Row, now: datetime, zone: ZoneInfo) -> str:
    """When it is pulled again, on the clock of the company."""
    due = row["next_pull"]
    if due is None:
        return ""
    if due <= now:
        return _("Next in a moment.")
    here = words.local(due, zone)
    day = "" if due - now < timedelta(hours=20) else f"{words.day_month(here)}, "
    return f"{_('Next at')} {day}{words.clock(here)}."
