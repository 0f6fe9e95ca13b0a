"""Live events on their way into the log: how many wait, for how long, and what is wrong, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cxloop.collect.results import Intake
from cxloop.core import wording
from cxloop.web import words
from cxloop.web.access import Door
from cxloop.web.words import _

__all__ = ["Figure", "Flow", "Trouble", "flow", "intake_of"]

LATE_SECONDS = 60.0
"""A lag that people should hear of: the loader is behind by more than a short peak explains."""
NEARLY_FULL = 0.5


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name and what goes with it."""

    title: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that somebody has to know or do."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The intake as the page shows it."""

    tone: str
    sign: str
    figures: tuple[Figure, ...]
    troubles: tuple[Trouble, ...]
    rejected: int = 0


def intake_of(door: Door, now: datetime) -> Flow | None:
    """Returns what the page shows of the intake; None where nothing ever came live, or it may not be seen."""
    if not door.may("collect.intake"):
        return None
    found = door.run("collect.intake", {})
    assert isinstance(found, Intake)
    used = found.requests or found.loaded or found.rejected or found.damages or found.failure
    return flow(found, now) if used else None


def flow(found: Intake, now: datetime) -> Flow:
    """Returns the intake in figures and words.

    Args:
        found: of collect.intake.
        now: UTC without zone.
    """
    troubles = _troubles(found)
    tone, sign = _sign(troubles, _recent(found, now))
    return Flow(tone, sign, _figures(found, now), troubles, found.rejected)


def _sign(troubles: Sequence[Trouble], recent: bool) -> tuple[str, str]:
    if any(item.tone == "bad" for item in troubles):
        return "bad", _("in trouble")
    if troubles:
        return "warn", _("look")
    return ("good", _("flowing")) if recent else ("", _("quiet"))


def _recent(found: Intake, now: datetime) -> bool:
    return bool(found.requests) or (found.loaded_at is not None and now - found.loaded_at < timedelta(hours=1))


def _figures(found: Intake, now: datetime) -> tuple[Figure, ...]:
    last = words.ago(found.loaded_at, now) if found.loaded_at else ""
    flagged = found.bots + found.tests
    oldest = _("the oldest for {}").format(_span(found.lag_seconds)) if found.requests else ""
    return (
        Figure(_("Waiting"), words.plural(found.events, _("event"), _("events")), oldest),
        Figure(_("Now"), f"{found.events_a_second:,.0f} {_('a second')}", _("over the last half minute")),
        Figure(_("Taken in all"), wording.count(found.loaded), f"{_('the latest')} {last}" if found.loaded_at else ""),
        Figure(_("Sent twice"), wording.count(found.already_there), _("kept once")),
        Figure(_("Rejected"), wording.count(found.rejected), _("kept with their reason") if found.rejected else ""),
        Figure(_("Flagged"), wording.count(flagged), _("bots and tests, left out of numbers") if flagged else ""),
    )


def _span(seconds: float) -> str:
    return (
        words.plural(round(seconds), _("second"), _("seconds"))
        if seconds < 60
        else words.duration(timedelta(seconds=seconds))
    )


def _troubles(found: Intake) -> tuple[Trouble, ...]:
    said = []
    if found.failure:
        said.append(
            Trouble(
                "bad",
                _("Events cannot be loaded at the moment: {} They are safe, and wait.").format(
                    _sentence(found.failure)
                ),
            )
        )
    elif found.requests and found.lag_seconds > LATE_SECONDS:
        late = _("Events wait for {} before they are in the log. They are safe.").format(_span(found.lag_seconds))
        said.append(
            Trouble("warn", late if found.loading else f"{late} {_('They are loaded while cxloop serve runs.')}")
        )
    share = found.bytes / found.limit_bytes if found.limit_bytes else 0.0
    if share >= NEARLY_FULL:
        full = _("What waits fills {} % of the room there is; when it is full, senders are asked to come back later.")
        said.append(Trouble("bad" if share >= 0.9 else "warn", full.format(round(100 * share))))
    said += [Trouble("warn", damage) for damage in found.damages]
    return tuple(said)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
