"""As whom customers are counted, and what of a number rests on weak links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cxloop.core.errors import InputError
from cxloop.core.results import EstimateRow, Identities
from cxloop.core.time import Window, parse_moment
from cxloop.engine.customers import NOW, Identity, present_identity
from cxloop.measure.queries import WEAK
from cxloop.measure.restating import Reader, restated

if TYPE_CHECKING:
    from cxloop.core.results import Unit
    from cxloop.engine.base import Analysis
    from cxloop.measure.selection import Selection

__all__ = ["SURE", "identities_of", "wanted_identity"]

SURE = 0.95
"""Links of a lower probability are called weak, unless `certainty` says otherwise."""


def wanted_identity(ws: Analysis, as_of: str | None, certainty: float | None) -> Identity:
    """Returns as whom customers shall be counted.

    Args:
        ws: the workspace.
        as_of: a date, a date with time, or how far back; None for now.
        certainty: least probability of the links that count; None for all that are accepted.

    Raises:
        InputError: the moment cannot be read, or both are asked for.
    """
    if as_of is not None and certainty is not None:
        raise InputError(
            "identity and certainty cannot be asked for together: how sure links were is known for now alone. "
            "Leave one of them out."
        )
    if as_of is not None:
        moment = parse_moment(as_of, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.as_of)
        return Identity(as_of=moment)
    return replace(present_identity(ws.engine), certainty=certainty)


def identities_of(
    ws: Analysis, selection: Selection, window: Window, rows: Sequence[EstimateRow], unit: Unit, read: Reader
) -> Identities:
    """Returns what is to be said of how customers were told apart.

    Args:
        ws: the workspace.
        selection: the answers.
        window: what was asked for.
        rows: the numbers.
        unit: of the numbers.
        read: gives the numbers as they would be with customers known otherwise.
    """
    identity = selection.identity
    answers = sum(row.result.n for row in rows)
    found = Identities(identity.as_of, identity.certainty, weak_below=identity.certainty or SURE)
    if identity.as_of is not None or not answers:
        return found
    estimated = ws.engine.count("customer_strength")
    found = replace(found, weak_share=_weak(ws, selection, found.weak_below) / answers if estimated else 0.0)
    if identity.certainty is not None:
        return found
    return replace(found, restated=restated(ws, selection, window, rows, unit, read))


def _weak(ws: Analysis, selection: Selection, certainty: float) -> int:
    """Returns how many answers are of customers that would fall apart without links below `certainty`."""
    present = replace(selection, identity=NOW)
    found = ws.engine.fetch(WEAK, {"certainty": certainty}, present.customers)
    return int(found["weak"][0].as_py())
