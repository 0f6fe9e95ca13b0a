"""Records in, persons out: the whole of matching as one function, for a workspace and for any table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cxloop.core.engine import Engine as EngineSettings
from cxloop.core.errors import InputError
from cxloop.unify.matching.clusters import components, firsts, ties
from cxloop.unify.matching.knots import Explained, Options, gathered
from cxloop.unify.matching.model import Model
from cxloop.unify.matching.records import prepare, telling
from cxloop.unify.matching.scoring import Scored, Scorer
from cxloop.unify.matching.thresholds import fit_prior, probability, sure_prior, threshold_for, weight_of
from cxloop.unify.matching.training import model_for

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.engine.duckdb.linkage import Scratch

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["PRECISION", "REVIEW_FROM", "Linked", "Standing", "link"]

PRECISION = 0.99
REVIEW_FROM = 0.5
"""Pairs from this probability up to the threshold are shown to persons: of less likely ones most are two persons, and
a list of namesakes is a list that nobody reads."""
TIED_FROM = 0.1
"""Pairs from this probability up are looked at together with all that their records' other pairs say."""
LEAST_RECORDS = 10
_FAINT = -10.0
"""Weight (bits) under which a pair is not even kept for counting how many pairs are one person's."""
_TABLE = "people"


@dataclass(frozen=True)
class Standing:
    """What is known before matching, of each record by its place.

    Attributes:
        groups: a number that is equal where records are one person already; None where each is alone.
        alone: a name that is equal where records are of one source that has each person once, None in it for others;
            or a number each, below 0 for others.
        compared: whether records with equal `alone` are compared all the same, to propose what the source may have
            twice; they are never joined.
        apart: pairs of places that a person said to be two persons.
        fresh: the places of new and changed records; None where all are compared.
        earlier: weights (bits) of what was found before and is not looked at now; counts for the threshold.
    """

    groups: Sequence[int] | Ints | None = None
    alone: Sequence[str | None] | Ints | None = None
    compared: bool = False
    apart: Collection[tuple[int, int]] = ()
    fresh: Sequence[int] | Ints | None = None
    earlier: Sequence[float] | Floats = ()


@dataclass(frozen=True)
class Linked:
    """What matching found. Records are known by their places in the table.

    Attributes:
        clusters: of each record, the smallest record of its person.
        links: joins that hold, each with its probability: enough to tie every person together, and no more.
        proposals: joins that wait for a person, the likeliest first.
        weaker: less likely ones: what was proposed before waits on for as long as it is among them.
        model: as it was trained or given, with its threshold.
        pairs: how many pairs were compared and kept.
    """

    clusters: Ints
    links: tuple[Explained, ...]
    proposals: tuple[Explained, ...]
    weaker: tuple[Explained, ...]
    model: Model
    pairs: int


def _silent(_what: str, _share: float | None) -> None:
    return


@dataclass
class _Work:
    """A run of matching over one table."""

    room: Scratch
    people: pa.Table
    standing: Standing
    columns: list[str]
    seed: int
    tell: Callable[[str, float | None], None] = field(default=_silent)

    @property
    def count(self) -> int:
        return int(self.people.num_rows)

    @property
    def apart(self) -> bool:
        """Whether records of one source are not compared with each other."""
        return self.standing.alone is not None and not self.standing.compared


def link(
    records: pa.Table,
    *,
    prepared: bool = False,
    standing: Standing | None = None,
    model: Model | None = None,
    precision: float = PRECISION,
    calibration: tuple[float, float] = (0.0, 1.0),
    seed: int = 1,
    settings: EngineSettings | None = None,
    progress: Callable[[str, float | None], None] = _silent,
) -> Linked:
    """Finds which records are one person's.

    Args:
        records: one row per record; columns are known by their names (first_name, dob, postcode, ...), others ignored.
        prepared: whether they are what `prepare` gives already.
        standing: what is known already.
        model: a trained model; without one it is trained on the records.
        precision: share of the links that shall be right, by the model's own probabilities.
        calibration: shift and slope of the log odds, from persons' decisions.
        seed: of the random pairs that the model is trained on.
        settings: limits of memory and threads.
        progress: told what is being done.

    Raises:
        InputError: there are too few records, or fewer than two fields that tell them apart.
    """
    from cxloop.engine.duckdb.linkage import scratch

    known = _in_numbers(standing or Standing())
    if not prepared:
        progress("Writing values alike", 0.0)
    people = records if prepared else prepare(records)
    columns = telling(people) if model is None else list(model.columns)
    _require(people, columns, model)
    numbered = _table(people, columns, known)
    with scratch(settings) as room:
        work = _Work(room, numbered, known, columns, seed, progress)
        room.put(_TABLE, numbered)
        trained = _trained(work) if model is None else model
        work.tell("Comparing records", 0.4)
        scorer = Scorer(room, _TABLE, trained)
        least = min(_FAINT, trained.start / 2)
        candidates = scorer.candidates(apart=work.apart, fresh=known.fresh, groups=known.groups, least=least)
        if model is None:
            trained = replace(trained, prior=_prior(work, trained, candidates.evidence))
        trained = replace(trained, calibration=calibration, precision=precision)
        return _persons(work, trained, scorer, candidates)


def _in_numbers(standing: Standing) -> Standing:
    """Returns the same with arrays of numbers: they are looked through several times."""
    import numpy as np

    groups = None if standing.groups is None else np.asarray(standing.groups, np.int64)
    fresh = None if standing.fresh is None else np.sort(np.fromiter(standing.fresh, np.int64, len(standing.fresh)))
    return replace(standing, groups=groups, fresh=fresh, alone=_numbered(standing.alone))


def _numbered(alone: Sequence[str | None] | Ints | None) -> Ints | None:
    """Returns a number for each name; -1 where there is none."""
    import numpy as np

    if alone is None or isinstance(alone, np.ndarray):
        return alone
    known = {name: number for number, name in enumerate(dict.fromkeys(name for name in alone if name is not None))}
    return np.array([-1 if name is None else known[name] for name in alone], dtype=np.int64)


def _require(people: pa.Table, columns: Sequence[str], model: Model | None) -> None:
    if people.num_rows < LEAST_RECORDS and model is None:
        raise InputError(
            f"{people.num_rows} records are too few to learn from: at least {LEAST_RECORDS} are needed. Import more."
        )
    if len(set(columns) - {"country", "state"}) < 2:
        said = ", ".join(columns) or "nothing"
        raise InputError(
            f"The records say too little to tell persons apart: {said}. Matching needs two of name, date of birth, "
            "e-mail, phone and address at least. Map such columns to traits."
        )


def _table(people: pa.Table, columns: Sequence[str], standing: Standing) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    count = people.num_rows
    fields: dict[str, Any] = {
        name: people[name] if name in people.column_names else pa.nulls(count, pa.string()) for name in columns
    }
    numbers = np.full(count, -1) if standing.alone is None else np.asarray(standing.alone)
    alone = pa.array(numbers, pa.int64(), mask=numbers < 0)
    return pa.table({"record": pa.array(np.arange(count)), "alone": alone, **fields})


def _trained(work: _Work) -> Model:
    return model_for(work.room, _TABLE, work.people, work.columns, seed=work.seed, tell=work.tell)


def _possible(work: _Work) -> float:
    """How many pairs could be one person's."""
    import numpy as np

    every = work.count * (work.count - 1) / 2
    if not work.apart:
        return every
    numbers = np.asarray(work.standing.alone)
    sizes = np.bincount(numbers[numbers >= 0])
    return every - float((sizes * (sizes - 1) / 2).sum())


def _prior(work: _Work, model: Model, evidence: Floats) -> float:
    pairs = _possible(work)
    return fit_prior(evidence, pairs, model.prior) if model.learned else sure_prior(evidence, pairs)


def _persons(work: _Work, model: Model, scorer: Scorer, candidates: Scored) -> Linked:
    import numpy as np

    work.tell("Gathering records into persons", 0.8)
    floor = weight_of(TIED_FROM, model.calibration)
    found = gathered(Options(scorer, model, floor), work.standing, candidates, work.count)
    chances = probability(np.array([join.least for join in found]), model.calibration)
    free = np.array([not join.held for join in found], dtype=bool)
    earlier = probability(np.array(work.standing.earlier), model.calibration)
    threshold, expected = threshold_for(np.concatenate([chances[free], earlier]), model.precision)
    model = replace(model, threshold=threshold, expected_precision=expected)
    made = chances >= threshold
    links = tuple(join for join, chance, open_ in zip(found, made, free, strict=True) if chance and open_)
    rest = [(join, chance) for join, chance, took in zip(found, chances, made & free, strict=True) if not took]
    rest.sort(key=lambda each: -each[0].weight)
    asked = tuple(join for join, chance in rest if chance >= REVIEW_FROM)
    weaker = tuple(join for join, chance in rest if chance < REVIEW_FROM)
    return Linked(_clusters(work, links), links, asked, weaker, model, len(candidates.left))


def _clusters(work: _Work, links: Sequence[Explained]) -> Ints:
    import numpy as np

    tied_left, tied_right = ties(work.standing.groups)
    left = np.array([join.left for join in links], dtype=np.int64)
    right = np.array([join.right for join in links], dtype=np.int64)
    pieces = components(np.concatenate([left, tied_left]), np.concatenate([right, tied_right]), work.count)
    return firsts(pieces)
