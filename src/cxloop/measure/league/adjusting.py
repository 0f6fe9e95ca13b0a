"""By what a league table is adjusted: what people named, or what differs between cases and matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cxloop.core.errors import InputError, UnknownNameError
from cxloop.core.league import Adjustment
from cxloop.core.wording import count
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import Dimension, dimensions_of
from cxloop.measure.league.cases import MOST_CELLS, Counted, counted
from cxloop.measure.queries import VARIETY
from cxloop.measure.selection import Selection, key
from cxloop.measure.tallies import Tally
from cxloop.stats.casemix import adjusted

__all__ = ["AUTO", "NONE", "adjusters", "candidates"]

AUTO, NONE = "auto", "none"
"""Words for `adjust`: by what differs and matters, and by nothing."""
_USUAL = ("touchpoint", "channel", "region", "product", "language", "brand", "survey_id", "question_id")
"""Columns that say what a case is about. How it ended (outcome, duration) is what a group brings about itself."""
_LEVELS = 40
_SHARED = 0.05
"""Least share of a kind's variation that has to lie within groups."""
_SURE = 0.01
"""An F test's probability under which a kind of case matters."""
_ANSWERS_PER_LEVEL = 20


@dataclass(frozen=True)
class _Weighed:
    """A dimension that cases may differ by, and what it explains within groups."""

    dimension: Dimension
    levels: int
    p: float
    shared: bool


def candidates(ws: Analysis, by: str, adjust: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of the dimensions that may be adjusted for.

    Raises:
        InputError: auto or none stands beside names, or the groups' own dimension is named.
        UnknownNameError: there is no such dimension.
    """
    known = dimensions_of(ws)
    if by in adjust:
        raise InputError(f"adjust names {by!r}, which is what is compared. Leave it out.")
    if {AUTO, NONE} & set(adjust) and len(adjust) > 1:
        raise InputError(f"adjust is {', '.join(adjust)}. Give auto, none, or names of dimensions, and no mixture.")
    if tuple(adjust) == (AUTO,):
        declared = [item.name for item in ws.experience.dimension]
        return tuple(name for name in dict.fromkeys((*_USUAL, *declared)) if name != by)
    if tuple(adjust) in ((), (NONE,)):
        return ()
    for name in adjust:
        try:
            known.resolve(name)
        except UnknownNameError:
            raise UnknownNameError("dimension in adjust", name, [*known.names(), AUTO, NONE]) from None
    return tuple(dict.fromkeys(adjust))


def adjusters(
    ws: Analysis, selection: Selection, tally: Tally, *, chosen: bool
) -> tuple[tuple[Dimension, ...], tuple[Adjustment, ...]]:
    """Returns the dimensions to adjust for, and what is to be said of each.

    Args:
        ws: the workspace.
        selection: the answers, split by the groups' dimension and then by those that may be adjusted for.
        tally: how answers are counted.
        chosen: whether people named the dimensions: then those that change nothing are kept too.
    """
    if len(selection.by) == 1:
        return (), ()
    variety = ws.engine.fetch(VARIETY, {}, selection.variety).to_pylist()[0]
    levels = {item.name: int(variety[key(place)]) for place, item in enumerate(selection.by)}
    group, others = selection.by[0], selection.by[1:]
    if chosen:
        _check(others, levels)
    varying = [item for item in others if 1 < levels[item.name] <= _LEVELS or (chosen and levels[item.name] > 1)]
    weighed = [found for item in varying if (found := _weigh(ws, selection, tally, group, item)) is not None]
    said = dict(_judged(weighed, levels[group.name], _answers(ws, selection, tally, group), chosen=chosen))
    picked = tuple(item.dimension for item in weighed if said[item.dimension.name].state == "adjusted")
    return picked, tuple(said.values())


def _check(others: Sequence[Dimension], levels: dict[str, int]) -> None:
    for item in others:
        if levels[item.name] > 10 * _LEVELS:
            raise InputError(
                f"{item.name!r} takes {count(levels[item.name])} values; at most {10 * _LEVELS} can be adjusted for. "
                "Adjust for something with fewer values."
            )


def _answers(ws: Analysis, selection: Selection, tally: Tally, group: Dimension) -> float:
    return float(_of(ws, selection, tally, (group,)).cases.n.sum())


def _of(ws: Analysis, selection: Selection, tally: Tally, by: tuple[Dimension, ...]) -> Counted:
    return counted(ws, replace(selection, by=by), tally)


def _weigh(ws: Analysis, selection: Selection, tally: Tally, group: Dimension, item: Dimension) -> _Weighed | None:
    found = _of(ws, selection, tally, (group, item)).cases
    levels = found.kinds[0].levels  # of those who say a group: the others may be all of another kind
    if levels < 2:
        return None
    alone = adjusted(found)
    return _Weighed(item, levels, alone.p, shared=alone.within[0] >= _SHARED)


def _judged(
    weighed: Sequence[_Weighed], groups: int, answers: float, *, chosen: bool
) -> Iterator[tuple[str, Adjustment]]:
    """Gives what becomes of each dimension; those that explain most come first, as long as there is room."""
    cells, levels = groups, 0
    for item in sorted(weighed, key=lambda item: item.p):
        name, title = item.dimension.name, item.dimension.title
        room = cells * item.levels <= MOST_CELLS and (levels + item.levels) * _ANSWERS_PER_LEVEL <= answers
        if not item.shared:
            yield name, Adjustment(name, title, "each its own")
        elif item.p >= _SURE and not chosen:
            yield name, Adjustment(name, title, "no difference")
        elif not room:
            yield name, Adjustment(name, title, "too many")
        else:
            cells, levels = cells * item.levels, levels + item.levels
            yield name, Adjustment(name, title, "adjusted")
