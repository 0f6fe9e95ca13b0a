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
from cxloop.unify.matching.fields import field_of
from cxloop.unify.matching.gathering import People, gather_people, pairs_of_places
from cxloop.unify.matching.ledger import Said, read_ledger
from cxloop.unify.matching.link import PRECISION, Linked, Standing, link
from cxloop.unify.matching.model import SETTINGS_VERSION, Model
from cxloop.unify.matching.records import LEAST_KNOWN
from cxloop.unify.matching.results import MatchRun, Mode
from cxloop.unify.matching.thresholds import calibrate

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["KIND", "NAME", "run_matching", "stored_model"]

KIND, NAME = "match_model", "customers"
MOST_FRESH = 0.5
"""Share of records that are new or changed, from which a new model is trained on all."""
FIELDS_SAID = "fields"
"""Of what a model says about itself: the fields that enough records said something of when it was trained."""


class _Task(NamedTuple):
    """What a run has to do; `fresh` are the places of new and changed records."""

    mode: Mode
    model: Model | None
    precision: float
    fresh: tuple[int, ...]


@dataclass(frozen=True)
class _Seen:
    """What a run saw when it began."""

    run: str | None
    matched: dict[int, int]
    people: People
    said: Said


def run_matching(ws: Operations, *, full: bool, precision: float | None) -> MatchRun:
    """Runs matching and writes what it finds; see the verb `unify.match`."""
    started = perf_counter()
    ws.progress("Reading records", 0.0)
    seen = _look(ws)
    task = _task(seen, stored_model(ws), full=full, precision=precision)
    if task.mode == "nothing":
        assert task.model is not None
        return _report(seen, task, task.model, seen.run or "", None, started)
    standing = _standing(seen, task)
    linked = link(
        seen.people.table,
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
    changes, dropped = _commit(ws, seen, task, linked, run)
    return _report(seen, task, linked.model, run, (linked, changes, dropped), started)


def stored_model(ws: Operations) -> tuple[Model, documents.Definition] | None:
    """Returns the newest model of the workspace with its document; None where there is none that fits this program."""
    if NAME not in documents.names(ws.store, KIND):
        return None
    found = documents.get(ws.store, KIND, NAME)
    if found.content.get("settings") != SETTINGS_VERSION:
        return None
    return Model.from_dict(found.content), found


def _look(ws: Operations) -> _Seen:
    rows = ws.engine.fetch(queries.MATCHED).to_pylist()
    matched = {row["key_id"]: row["content_hash"] for row in rows}
    run = max((row["run"] for row in rows), default=None)
    return _Seen(run, matched, gather_people(ws), read_ledger(ws.engine))


def _task(
    seen: _Seen, stored: tuple[Model, documents.Definition] | None, *, full: bool, precision: float | None
) -> _Task:
    known = None if stored is None else stored[0]
    asked = precision or (PRECISION if known is None else known.precision)
    people, matched = seen.people, seen.matched
    fresh = tuple(
        place
        for place, (key, content) in enumerate(zip(people.keys, people.hashes, strict=True))
        if matched.get(key) != content
    )
    many = len(fresh) > MOST_FRESH * len(people.keys)
    anew = full or known is None or known.precision != asked or many or _says_more(people, known)
    if anew:
        return _Task("full", None, asked, tuple(range(len(people.keys))))
    return _Task("incremental" if fresh else "nothing", known, asked, fresh)


def _said(people: People) -> list[str]:
    """Returns the fields that enough records say something of to be compared."""
    table = people.table
    known = {name: field_of(name) for name in table.column_names if len(table) - table[name].null_count >= LEAST_KNOWN}
    return sorted(field.name for field in known.values() if field is not None)


def _says_more(people: People, model: Model) -> bool:
    """Whether records say what none did when the model was trained: it would never compare that."""
    return bool(set(_said(people)) - set(model.about.get(FIELDS_SAID, _said(people))))


def _standing(seen: _Seen, task: _Task) -> Standing:
    """What is known of the records; in an increment also what matching found of those that have not changed."""
    people, said = seen.people, seen.said
    places = {key: place for place, key in enumerate(people.keys)}
    groups, earlier = list(people.groups), list[float]()
    fresh = None if task.mode == "full" else task.fresh
    if fresh is not None:
        moved = {people.keys[place] for place in fresh}
        at_rest = [each for each in said.links("accepted") if not moved & {each.key_a, each.key_b}]
        earlier = [each.weight for each in at_rest if each.weight is not None]
        groups = _tied(
            groups, [(places[a], places[b]) for a, b in (e.pair for e in at_rest) if a in places and b in places]
        )
    apart = pairs_of_places(people, said)
    return Standing(groups=groups, alone=people.alone, compared=True, apart=apart, fresh=fresh, earlier=tuple(earlier))


def _tied(groups: Sequence[int], pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Returns the groups after some pairs of records have been tied together."""
    leads: dict[int, int] = {}

    def lead(group: int) -> int:
        while leads.get(group, group) != group:
            group = leads[group]
        return group

    for one, other in pairs:
        low, high = sorted((lead(groups[one]), lead(groups[other])))
        leads[high] = low
    return [lead(group) for group in groups]


def _commit(ws: Operations, seen: _Seen, task: _Task, linked: Linked, run: str) -> tuple[Changes, int]:
    """Writes links, what was taken back and what was looked at, in one transaction."""
    _keep_model(ws, linked.model, run)
    with ws.heavy, ws.engine.transaction():
        now_there = ws.engine.fetch(queries.LAST_RUN)["run"][0].as_py()
        if now_there != seen.run:
            raise InputError(f"Another run of matching ({now_there}) ended while this one ran. Run it again.")
        keys = seen.people.keys
        present: set[Any] = set(ws.engine.fetch(queries.PRESENT, {"keys": keys})["key_id"].to_pylist())
        changes = changes_of(seen.people, read_ledger(ws.engine), linked, fresh=task.fresh, present=present)
        last = int(ws.engine.fetch(LAST_ENTRY)["entry_id"][0].as_py())
        rows = changes.entries(last + 1, now=ws.now(), author=f"match:{run}")
        if rows.num_rows:
            ws.engine.append("identity_links", rows)
        ws.engine.replace("matched_records", _looked_at(seen, present, run), whole=True)
    return changes, changes.dropped


def _keep_model(ws: Operations, model: Model, run: str) -> None:
    """Keeps the model; one that nothing refers to, because the run was killed, harms nobody."""
    stored = stored_model(ws)
    known = None if stored is None else replace(stored[0], about=model.about)
    about = stored[0].about if stored is not None and known == model else {**model.about, "run": run}
    about = {**about, FIELDS_SAID: model.about[FIELDS_SAID]} if FIELDS_SAID in model.about else about
    plain = json.loads(json.dumps(replace(model, about=about).to_dict()))
    documents.save(ws.store, KIND, NAME, plain, author_id=ws.actor.account_id)


def _looked_at(seen: _Seen, present: set[int], run: str) -> pa.Table:
    import pyarrow as pa

    rows = [(key, content) for key, content in zip(seen.people.keys, seen.people.hashes, strict=True) if key in present]
    return pa.table(
        {
            "key_id": pa.array([key for key, _ in rows], pa.int64()),
            "content_hash": pa.array([content for _, content in rows], pa.int64()),
            "run": pa.array([run] * len(rows), pa.string()),
        }
    )


def _report(
    seen: _Seen, task: _Task, model: Model, run: str, done: tuple[Linked, Changes, int] | None, started: float
) -> MatchRun:
    linked, changes, dropped = done or (None, None, 0)
    return MatchRun(
        run=run,
        mode=task.mode,
        record_count=len(seen.people.keys),
        compared=len(task.fresh),
        pairs=0 if linked is None else linked.pairs,
        linked=0 if changes is None else len(changes.links),
        proposed=0 if changes is None else len(changes.proposals),
        left_out=0 if changes is None else changes.left_out,
        learned=model.learned,
        retracted=0 if changes is None else len(changes.retracted),
        unchanged=len(seen.said.links("accepted")) if changes is None else changes.unchanged,
        dropped=dropped,
        threshold=model.threshold,
        expected_precision=model.expected_precision,
        seconds=round(perf_counter() - started, 3),
    )
