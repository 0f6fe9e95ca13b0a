"""From a request to a league table: count, adjust for the cases, take out luck, and say what that allows to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cxloop.core.errors import InputError
from cxloop.core.expr import equals
from cxloop.core.league import Adjustment, League, LeagueRow, Standing
from cxloop.core.results import Estimate, How, InsufficientData
from cxloop.core.time import window
from cxloop.core.wording import in_sentence, plural
from cxloop.engine.base import Analysis
from cxloop.engine.dimensions import Dimension
from cxloop.measure.currencies import common_currency
from cxloop.measure.identities import wanted_identity
from cxloop.measure.league.adjusting import AUTO, adjusters, candidates
from cxloop.measure.league.cases import Counted, cell_slots, counted, repeats
from cxloop.measure.league.queries import CELLS
from cxloop.measure.league.words import adjustments_in_words, lede, sub
from cxloop.measure.metrics import Metric, Statistic, metric
from cxloop.measure.metrics.resolving import resolve
from cxloop.measure.scales import common_scale
from cxloop.measure.selection import ORDINARY, Selection, select
from cxloop.measure.tallies import Scale, Tally, tally_of
from cxloop.stats.casemix import Adjusted, Codes, adjusted
from cxloop.stats.shrinkage import FEWEST, Places, Posterior, Spread, places, posterior, spread

__all__ = ["MOST_GROUPS", "Request", "league"]

MOST_GROUPS = 5_000
"""More groups than a league table can place: somebody split by an identifier."""
SEED = 20
DRAWS = 4_000
_FIFTH_OF = 5
_NO_MEANS = ("median", "per_customer")
METHOD = (
    "Answers are regressed on the kinds of case within groups, and each group is shown with the mix of all (Mundlak "
    "1978). Luck is taken out by a hierarchical normal model with flat priors, averaged over how much groups may "
    "differ (Gelman et al. 2013, section 5.4); probabilities of places come from {draws} draws with a fixed seed "
    "(Goldstein and Spiegelhalter 1996). The variance of one answer is taken to be the same in all groups{repeated}."
)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, as the verb takes it."""

    of: str
    by: str
    statistic: Statistic | None = None
    adjust: tuple[str, ...] = (AUTO,)
    since: str | None = None
    until: str | None = None
    where: str | None = None
    identity: str | None = None
    certainty: float | None = None
    version: int | None = None


@dataclass(frozen=True, eq=False)
class _Found:
    """What is known of all groups, those that can be judged among them by number."""

    counted: Counted
    mix: Adjusted
    repeated: float
    customers: Mapping[str, int]
    judged: Codes
    spread: Spread | None = None
    known: Posterior | None = None
    places: Places | None = None


def league(ws: Analysis, request: Request) -> League:
    """Returns the league table that was asked for.

    Raises:
        UnknownNameError: there is no such metric or dimension.
        InputError: a date or the condition cannot be used, the answers are on different scales, the metric is no mean
            over answers, or there are too many groups.
    """
    item = _metric(ws, request)
    within = window(request.since, request.until, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.as_of)
    by = (request.by, *candidates(ws, request.by, request.adjust))
    selection = select(
        ws, item, by=by, every=None, window=within, where=request.where,
        identity=wanted_identity(ws, request.identity, request.certainty),
    )  # fmt: skip
    group = selection.by[0]
    scale = common_scale(ws, item, selection)
    tally = tally_of(item.statistic, scale or Scale(0, 10))
    picked, said = adjusters(ws, selection, tally, chosen=request.adjust != (AUTO,))
    final = replace(selection, by=(group, *picked))
    found = _find(ws, final, replace(selection, by=(group,)), tally, _minimum(ws, item))
    return League(
        **_shared(ws, item, request, group, found, said),
        since=within.since,
        until=within.until,
        how=_how(ws, item, final, tally, found, said, group),
        currency=common_currency(ws, selection) if item.unit == "money" else "",
    )


def _metric(ws: Analysis, request: Request) -> Metric:
    if request.statistic is None or request.version is not None:
        item = resolve(ws, request.of, version=request.version)
    else:
        try:
            item = metric(request.of, request.statistic)
        except KeyError:
            raise InputError(
                f"{request.of!r} has no {request.statistic}; it is a {resolve(ws, request.of).statistic}. "
                "Leave statistic out."
            ) from None
    if item.statistic in _NO_MEANS:
        raise InputError(
            f"{item.label} is no mean over {plural(item.noun)}, so that its cases cannot be made equal. "
            f"See it by {request.by} with `measure.metric`."
        )
    return item


def _minimum(ws: Analysis, item: Metric) -> int:
    return item.minimum_n or ws.settings.measure.minimum_n


def _find(ws: Analysis, selection: Selection, alone: Selection, tally: Tally, minimum: int) -> _Found:
    counts = counted(ws, selection, tally)
    if len(counts.names) > MOST_GROUPS:
        raise InputError(
            f"{selection.by[0].name!r} takes {len(counts.names):,} values; a league table holds at most "
            f"{MOST_GROUPS:,}. Compare something with fewer values, or narrow it with a condition."
        )
    if not counts.names:
        return _Found(counts, _nothing(), 1.0, {}, np.zeros(0, np.int64))
    mix = adjusted(counts.cases)
    repeated, customers = repeats(ws, alone, tally, counts.names)
    judged = np.flatnonzero((mix.n >= minimum) & (mix.variance > 0)).astype(np.int64)
    found = _Found(counts, mix, repeated, customers, judged)
    return found if judged.size < FEWEST else _shrunk(found, ws.settings.measure.level)


def _nothing() -> Adjusted:
    none = np.zeros(0)
    return Adjusted(none, none, none, none, none, 0.0, (), 0.0, 1.0)


def _shrunk(found: _Found, level: float) -> _Found:
    y, v = found.mix.value[found.judged], found.mix.variance[found.judged] * found.repeated
    known = posterior(y, v)
    fifth = round(y.size / _FIFTH_OF) if y.size >= _FIFTH_OF else 1
    placed = places(known, fifth=fifth, draws=DRAWS if y.size <= DRAWS / 2 else DRAWS // 4, seed=SEED, level=level)
    return replace(found, spread=spread(y, v), known=known, places=placed)


def _shared(
    ws: Analysis, item: Metric, request: Request, group: Dimension, found: _Found, said: tuple[Adjustment, ...]
) -> dict[str, Any]:
    """What is in the result whatever was found."""
    groups, minimum = plural(in_sentence(group.title)), _minimum(ws, item)
    rows = _rows(ws, item, group, found, minimum)
    size = found.spread
    mean = None if found.known is None else found.known.overall[0]
    p = None if size is None else size.p
    tau, reliability = (0.0, 0.0) if size is None else (size.tau, size.reliability)
    return {
        "metric": item.name,
        "title": item.label,
        "unit": item.unit,
        "direction": item.direction,
        "by": request.by,
        "groups": groups,
        "lede": lede(groups, item.label, rows, p),
        "sub": sub(groups, item.unit, rows, mean, tau, reliability, minimum, item.noun),
        "rows": rows,
        "mean": mean,
        "spread": tau,
        "reliability": reliability,
        "p": p,
        "one": found.mix.one * float(np.sqrt(found.repeated)),
        "fifth": found.places.fifth if found.places is not None and found.judged.size >= _FIFTH_OF else 0,
        "adjustments": said,
        "explained": found.mix.explained,
        "unsaid": found.counted.unsaid,
        "minimum_n": minimum,
        "level": ws.settings.measure.level,
        "noun": item.noun,
    }


def _rows(ws: Analysis, item: Metric, group: Dimension, found: _Found, minimum: int) -> tuple[LeagueRow, ...]:
    table = _Table(ws.settings.measure.level, item, group, found, minimum)
    rows = [table.row(place) for place in range(len(found.counted.names))]
    return tuple(sorted(rows, key=_order(item.direction)))


def _order(direction: int) -> Any:
    """The best first; those that cannot be judged come last, by name."""
    return lambda row: (row.shrunk is None, -direction * row.shrunk.value if row.shrunk else 0.0, row.label)


class _Table:
    """The rows of a league table, from arrays over all groups and arrays over those that can be judged."""

    def __init__(self, level: float, item: Metric, group: Dimension, found: _Found, minimum: int) -> None:
        self.level, self.item, self.group, self.found, self.minimum = level, item, group, found, minimum
        self.at = {int(place): number for number, place in enumerate(found.judged)}
        self.ends = None if found.known is None else found.known.interval(level)
        self.means = None if found.known is None else found.known.mean
        self.half = _half(level)

    def row(self, place: int) -> LeagueRow:
        """Returns the row of a group."""
        name, mix, number = self.found.counted.names[place], self.found.mix, self.at.get(place)
        shrunk = None if number is None else self._shrunk(place, number)
        lowest, highest, ranks = (None, None, None) if number is None else self._places(number)
        return LeagueRow(
            name=name,
            label=self.group.label(name) or name,
            n=int(mix.n[place]),
            raw=float(mix.raw[place]),
            expected=float((mix.value.mean() if self._mean is None else self._mean) + mix.expected[place]),
            adjusted=self._adjusted(place) if number is not None else InsufficientData(int(mix.n[place]), self.minimum),
            shrunk=shrunk,
            lowest=lowest,
            highest=highest,
            ranks=ranks,
            standing=self._standing(shrunk),
            where=equals(self.group.name, name),
        )

    @property
    def _mean(self) -> float | None:
        return None if self.found.known is None else self.found.known.overall[0]

    def _estimate(self, place: int, value: float, low: float, high: float, method: str) -> Estimate:
        least, most = _bounds(self.item)
        name, n = self.found.counted.names[place], int(self.found.mix.n[place])
        ends = (max(low, least), min(high, most))
        return Estimate(value, *ends, n, self.found.customers.get(name, n), method, self.level)

    def _adjusted(self, place: int) -> Estimate:
        mix = self.found.mix
        half = self.half * float(np.sqrt(mix.variance[place] * self.found.repeated))
        value = float(mix.value[place])
        return self._estimate(place, value, value - half, value + half, "same mix of cases")

    def _shrunk(self, place: int, number: int) -> Estimate | None:
        if self.means is None or self.ends is None:
            return None
        low, high = (float(end[number]) for end in self.ends)
        return self._estimate(place, float(self.means[number]), low, high, "same mix of cases, without luck")

    def _places(self, number: int) -> tuple[float | None, float | None, tuple[int, int] | None]:
        """Worst fifth, best fifth and ranks, 1 for the best, whichever way the metric runs."""
        placed = self.found.places
        if placed is None or self.found.judged.size < _FIFTH_OF:
            return None, None, None
        low, high = float(placed.lowest[number]), float(placed.highest[number])
        first, last = int(placed.first[number]), int(placed.last[number])
        if self.item.direction < 0:
            return high, low, (first, last)
        count = self.found.judged.size
        return low, high, (count + 1 - last, count + 1 - first)

    def _standing(self, shrunk: Estimate | None) -> Standing:
        if shrunk is None or self._mean is None:
            return "cannot say"
        if shrunk.low > self._mean:
            return "better" if self.item.direction > 0 else "worse"
        if shrunk.high < self._mean:
            return "worse" if self.item.direction > 0 else "better"
        return "not told apart"


def _half(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def _bounds(item: Metric) -> tuple[float, float]:
    known = {"share": (0.0, 1.0), "points": (-100.0, 100.0)}
    return known.get(item.unit, (-np.inf, np.inf))


def _how(
    ws: Analysis, item: Metric, selection: Selection, tally: Tally, found: _Found,
    said: Sequence[Adjustment], group: Dimension,
) -> How:  # fmt: skip
    repeated = (
        f", and {found.repeated:.2f} times as large as for independent answers, because some customers answer again"
    )
    draws = DRAWS if found.places is None else found.places.draws
    method = METHOD.format(draws=f"{draws:,}", repeated=repeated if found.repeated > 1.005 else "")
    parts = [
        method,
        adjustments_in_words(plural(in_sentence(group.title)), said),
        f"Level {ws.settings.measure.level:.0%}, minimum n {_minimum(ws, item)}.",
        ORDINARY if selection.ordinary else "",
    ]
    return How(
        definition=item.definition,
        method=" ".join(part for part in parts if part),
        sql=ws.engine.sql(CELLS, cell_slots(selection, tally)),
    )
