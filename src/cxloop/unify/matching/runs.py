"""A run of matching over a workspace: look, compare apart from everybody, and write at once or not at all.

Comparing takes minutes and holds up nobody: it reads a copy of the records. What is written is looked at again first:
keys that were erased meanwhile are dropped, and persons who decided meanwhile are right.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from cxloop.core.errors import InputError
from cxloop.store import documents
from cxloop.store.context import Operations
from cxloop.unify.identity.links import LAST_ENTRY
from cxloop.unify.matching import queries
from cxloop.unify.matching.changes import Changes, changes_of
from cxloop.unify.matching.clusters import components, ties
from cxloop.unify.matching.gathering import People, Reading, gather_people, pairs_of_places
from cxloop.unify.matching.ledger import Said, read_ledger
from cxloop.unify.matching.link import PRECISION, Linked, Standing, link
from cxloop.unify.matching.model import SETTINGS_VERSION, Model
from cxloop.unify.matching.records import LEAST_KNOWN
from cxloop.unify.matching.results import MatchRun, Mode
from cxloop.unify.matching.thresholds import calibrate

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from cxloop.unify.matching.knots import Explained

    Ints = NDArray[np.int64]

__all__ = ["KIND", "NAME", "run_matching", "stored_model"]

KIND, NAME = "match_model", "customers"
MOST_FRESH = 0.5
"""Share of records that are new or changed, from which a new model is trained on all."""
FIELDS_SAID = "fields"
"""Of what a model says about itself: the fields that enough records said something of when it was trained."""


class _Task(NamedTuple):
    """What a run has to do."""

    mode: Mode
    model: Model | None
    precision: float


@dataclass(frozen=True)
class _Seen:
    """What a run saw when it began."""

    run: str | None
    people: People
    reading: Reading
    said: Said


def run_matching(ws: Operations, *, full: bool, precision: float | None) -> MatchRun:
    """Runs matching and writes what it finds; see the verb `unify.match`."""
    started = perf_counter()
    ws.progress("Reading records", 0.0)
    seen, task = _begin(ws, full=full, precision=precision)
    if task.mode == "nothing":
        assert task.model is not None
        if len(seen.reading.keys) or len(seen.reading.gone):
            with ws.heavy, ws.engine.transaction():
                _keep_records(ws, seen, seen.run or "")
        return _report(seen, task, task.model, seen.run or "", None, started)
    standing = _standing(ws, seen, task)
    linked = link(
        seen.people.table,
        prepared=True,
        standing=standing,
        model=task.model,
        precision=task.precision,
        calibration=calibrate(*seen.said.decisions()),
        settings=ws.settings.engine,
        progress=ws.progress,
    )
    if task.mode == "full":
        about = {**linked.model.about, FIELDS_SAID: _said(seen.people)}
        linked = replace(linked, model=replace(linked.model, about=about))
    run = f"{ws.now():%Y-%m-%dT%H:%M:%S.%f}"
    ws.progress("Writing links", 0.95)
    changes, dropped = _commit(ws, seen, linked, run)
    return _report(seen, task, linked.model, run, (linked, changes, dropped), started)


def stored_model(ws: Operations) -> tuple[Model, documents.Definition] | None:
    """Returns the newest model of the workspace with its document; None where there is none that fits this program."""
    if NAME not in documents.names(ws.store, KIND):
        return None
    found = documents.get(ws.store, KIND, NAME)
    if found.content.get("settings") != SETTINGS_VERSION:
        return None
    return Model.from_dict(found.content), found


def _begin(ws: Operations, *, full: bool, precision: float | None) -> tuple[_Seen, _Task]:
    """Looks at what is new, and at everything where that is too much for the model that is there."""
    stored = stored_model(ws)
    known = None if stored is None else stored[0]
    run = ws.engine.fetch(queries.LAST_RUN)["run"][0].as_py()
    asked = precision or (PRECISION if known is None else known.precision)
    if not full and known is not None and known.precision == asked:
        people, reading = gather_people(ws, whole=False)
        many = len(people.fresh) > MOST_FRESH * len(people.keys)
        if not many and not _says_more(people, known):
            mode: Mode = "incremental" if len(people.fresh) else "nothing"
            return _Seen(run, people, reading, read_ledger(ws.engine)), _Task(mode, known, asked)
    people, reading = gather_people(ws, whole=True)
    return _Seen(run, people, reading, read_ledger(ws.engine)), _Task("full", None, asked)


def _said(people: People) -> list[str]:
    """Returns the fields that enough records say something of to be compared."""
    table = people.table
    return sorted(name for name in table.column_names if len(table) - table[name].null_count >= LEAST_KNOWN)


def _says_more(people: People, model: Model) -> bool:
    """Whether records say what none did when the model was trained: it would never compare that."""
    return bool(set(_said(people)) - set(model.about.get(FIELDS_SAID, _said(people))))


def _standing(ws: Operations, seen: _Seen, task: _Task) -> Standing:
    """What is known of the records; in an increment also what matching found of those that have not changed."""
    import numpy as np

    people = seen.people
    apart = pairs_of_places(ws.engine, people, seen.said)
    known = Standing(groups=people.groups, alone=people.alone, compared=True, apart=apart)
    if task.mode == "full":
        return known
    links = seen.said.accepted
    moved = people.keys[people.fresh]
    at_rest = links.take(~(np.isin(links.key_a, moved) | np.isin(links.key_b, moved)))
    earlier = at_rest.weight[~np.isnan(at_rest.weight)]
    left, right = people.places(at_rest.key_a), people.places(at_rest.key_b)
    both = (left >= 0) & (right >= 0)
    one, other = ties(people.groups)
    groups = components(np.concatenate([one, left[both]]), np.concatenate([other, right[both]]), len(people.keys))
    return replace(known, groups=groups, fresh=people.fresh, earlier=earlier)


def _commit(ws: Operations, seen: _Seen, linked: Linked, run: str) -> tuple[Changes, int]:
    """Writes links, what was taken back and what was read, in one transaction."""
    _keep_model(ws, linked.model, run)
    with ws.heavy, ws.engine.transaction():
        now_there = ws.engine.fetch(queries.LAST_RUN)["run"][0].as_py()
        if now_there is not None and (seen.run is None or now_there > seen.run):
            raise InputError(f"Another run of matching ({now_there}) ended while this one ran. Run it again.")
        _keep_records(ws, seen, run)
        joins = (*linked.links, *linked.proposals, *linked.weaker)
        changes = changes_of(
            seen.people, read_ledger(ws.engine), linked, present=_present(ws, _keys_of(seen.people, joins))
        )
        last = int(ws.engine.fetch(LAST_ENTRY)["entry_id"][0].as_py())
        rows = changes.entries(last + 1, now=ws.now(), author=f"match:{run}")
        if rows.num_rows:
            ws.engine.append("identity_links", rows)
    return changes, changes.dropped


def _keys_of(people: People, joins: Sequence[Explained]) -> Ints:
    import numpy as np

    places = np.array([(join.left, join.right) for join in joins], dtype=np.int64)
    return people.keys[np.unique(places)]


def _present(ws: Operations, keys: Ints) -> list[int]:
    """Returns those of some keys that still exist."""
    found: list[Any] = ws.engine.fetch(queries.PRESENT, {"keys": keys.tolist()})["key_id"].to_pylist()
    return found


def _keep_model(ws: Operations, model: Model, run: str) -> None:
    """Keeps the model; one that nothing refers to, because the run was killed, harms nobody."""
    stored = stored_model(ws)
    known = None if stored is None else replace(stored[0], about=model.about)
    about = stored[0].about if stored is not None and known == model else {**model.about, "run": run}
    about = {**about, FIELDS_SAID: model.about[FIELDS_SAID]} if FIELDS_SAID in model.about else about
    plain = json.loads(json.dumps(replace(model, about=about).to_dict()))
    documents.save(ws.store, KIND, NAME, plain, author_id=ws.actor.account_id)


def _keep_records(ws: Operations, seen: _Seen, run: str) -> None:
    """Keeps the records that were read, but of keys that were erased meanwhile, and drops those that say nothing."""
    import numpy as np

    reading = seen.reading
    if len(reading.gone):
        ws.engine.delete("matched_records", "key_id", reading.gone.tolist())
    if len(reading.keys):
        rows = _kept_rows(reading, run).filter(np.isin(reading.keys, _present(ws, reading.keys)))
        ws.engine.replace("matched_records", rows)


def _kept_rows(reading: Reading, run: str) -> pa.Table:
    import pyarrow as pa

    rows = reading.table.append_column("key_id", pa.array(reading.keys))
    rows = rows.append_column("content_hash", pa.array(reading.hashes))
    return rows.append_column("run", pa.array([run] * len(reading.keys), pa.string()))


def _report(
    seen: _Seen, task: _Task, model: Model, run: str, done: tuple[Linked, Changes, int] | None, started: float
) -> MatchRun:
    linked, changes, dropped = done or (None, None, 0)
    return MatchRun(
        run=run,
        mode=task.mode,
        record_count=len(seen.people.keys),
        compared=len(seen.people.fresh),
        pairs=0 if linked is None else linked.pairs,
        linked=0 if changes is None else len(changes.links),
        proposed=0 if changes is None else len(changes.proposals),
        left_out=0 if changes is None else changes.left_out,
        learned=model.learned,
        retracted=0 if changes is None else len(changes.retracted),
        unchanged=len(seen.said.accepted.decision) if changes is None else changes.unchanged,
        dropped=dropped,
        threshold=model.threshold,
        expected_precision=model.expected_precision,
        seconds=round(perf_counter() - started, 3),
    )
