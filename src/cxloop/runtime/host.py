"""Runs verbs on an open workspace: arguments checked, right required, audit written, results kept for pages."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import is_dataclass, replace
from functools import partial
from threading import Lock
from time import perf_counter
from typing import Any, cast

from cxloop.core.calls import cli_call, python_call
from cxloop.core.config import Experience, Settings
from cxloop.core.errors import AccessDeniedError, CxloopError, InternalError
from cxloop.core.host import Actor, Limits, Progress, Snapshot, no_progress, require
from cxloop.core.privacy import require_no_persons
from cxloop.core.results import How, Result
from cxloop.core.verbs import Verb
from cxloop.engine.base import Engine
from cxloop.runtime import derivations, logs, parts
from cxloop.runtime.batches import Batch, together
from cxloop.runtime.flights import Flights
from cxloop.runtime.health import Counters
from cxloop.runtime.lanes import Lanes
from cxloop.runtime.limited import noted, seen_by
from cxloop.runtime.paths import from_inbox
from cxloop.runtime.snapshots import Call, Snapshots
from cxloop.runtime.workspace import Workspace
from cxloop.unify.erasure.background import keeps_answers

__all__ = ["LocalHost"]

MOST_TOGETHER = 24
"""Results that are renewed in one batch: more than a page has."""
INTERRUPTED = "Query interrupted"
"""What the embedded engine makes of Ctrl-C: a plain RuntimeError with these words."""


class LocalHost:
    """The host of the process that owns the workspace."""

    def __init__(self, workspace: Workspace, find: Callable[[str], Verb] = parts.find) -> None:
        """Takes an open workspace.

        Args:
            workspace: the workspace.
            find: gives the verb of a path; the process's registry unless a test says otherwise.
        """
        self.workspace = workspace
        self.counters = Counters()
        self.lanes = Lanes(self._failed)
        self._find = find
        self._snapshots: Snapshots | None = None
        self._flights: Flights[Snapshot] = Flights(workspace.engine.cancel)
        self._guard = Lock()
        self._stale: dict[Hashable, tuple[Call, Actor]] = {}

    @property
    def settings(self) -> Settings:
        """cxloop.toml."""
        return self.workspace.settings

    @property
    def experience(self) -> Experience:
        """experience.toml."""
        return self.workspace.experience

    def run(
        self, path: str, arguments: Mapping[str, object], *, actor: Actor, progress: Progress = no_progress
    ) -> Result:
        """Runs the verb `path` now.

        Raises:
            AccessDeniedError: the actor lacks the right.
            InputError: an argument cannot be used.
            InternalError: it broke in a way nobody foresaw; the log of the workspace has the details.
        """
        verb, checked = self._admit(path, arguments, actor)
        with self._lane(verb), self._recorded(verb, actor) as about:
            view = self.workspace.view(progress, actor, self.lanes.heavy if verb.waits else None)
            if verb.right == "read" and verb.changes == "nothing":
                view = self._reading(view)
            result = verb.function(seen_by(view, actor, verb), **checked)
            about.append(result.target)
            if verb.changes == "log":
                with view.heavy:
                    derivations.run(self.workspace.view(progress))
            if verb.outdates and (known := self.snapshots.forget(verb.outdates)):
                # the table has one writer at a time, and nobody shall wait for an import because of this
                self.lanes.later(("forget", verb.path), lambda: self.snapshots.erase(known))
        return _explained(result, verb, checked, actor.limits)

    def snapshot(self, path: str, arguments: Mapping[str, object], *, actor: Actor) -> Snapshot:
        """Returns the kept result at once and renews it in the background; computes it if there is none."""
        call = self._kept_call(path, arguments, actor)
        with self._looked(call, actor):
            return self._known(call, actor) or self._flights.join(
                self._flight(call), lambda name: self._first(call, actor, name)
            )

    def snapshot_soon(
        self, path: str, arguments: Mapping[str, object], *, actor: Actor, patience_seconds: float
    ) -> Snapshot | None:
        """The same, but None where it takes longer: it is worked out all the same, once for all who ask."""
        call = self._kept_call(path, arguments, actor)
        with self._looked(call, actor):
            known = self._known(call, actor)
            if known is not None:
                return known
            return self._flights.wait(self._flight(call), lambda name: self._first(call, actor, name), patience_seconds)

    def _kept_call(self, path: str, arguments: Mapping[str, object], actor: Actor) -> Call:
        verb, checked = self._admit(path, arguments, actor)
        if verb.right != "read":
            raise AccessDeniedError(f"{path} changes the workspace; only verbs that read are kept for pages.")
        if verb.limited == "own":
            raise AccessDeniedError(f"{path} is about whoever asks; what is kept for pages is shown to others as well.")
        return Call(verb, checked, actor.limits)

    def _looked(self, call: Call, actor: Actor) -> AbstractContextManager[object]:
        return self._recorded(call.verb, actor) if call.verb.personal else nullcontext()

    def _known(self, call: Call, actor: Actor) -> Snapshot | None:
        kept = self.snapshots.get(call, seen_by(self.workspace.view(), actor, call.verb))
        if kept is not None and kept.stale:
            with self._guard:
                self._stale.setdefault((call.verb.path, call.key), (call, actor))
            self.lanes.later("renew", self._renew_stale)
        return kept

    def _renew_stale(self) -> None:
        """Works out anew what was found to be old, as one batch: the tiles of a page ask much of the same.

        Where one fails, the page goes on showing the older result and its age.
        """
        with self._guard:
            stale = [self._stale.pop(key) for key in list(self._stale)[:MOST_TOGETHER]]
            more = bool(self._stale)
        batch = Batch(self.workspace.engine)
        together(batch, [partial(self._renew, *each, batch) for each in stale], self._failed)
        if more:  # in a turn of its own: a change of the log need not wait for all of them
            self.lanes.later("renew", self._renew_stale)

    def _failed(self, failure: Exception) -> None:
        logs.failure(self.workspace.folder.log, failure, where="background")

    def _flight(self, call: Call) -> Hashable:
        # What began before everything was forgotten is no answer to who asks after it.
        return call.verb.path, call.key, self.snapshots.cleared

    def _first(self, call: Call, actor: Actor, name: str) -> Snapshot:
        with self.lanes.pages, self.workspace.engine.cancellable(name):
            return self._renew(call, actor)

    @property
    def snapshots(self) -> Snapshots:
        """The kept results; read when first needed."""
        if self._snapshots is None:
            self._snapshots = Snapshots(self.workspace)
            keeps_answers(self.workspace.path, self._snapshots.start_anew)
        return self._snapshots

    def derive(self, progress: Progress = no_progress) -> None:
        """Brings the derived tables up to date, in the heavy lane."""
        with self.lanes.heavy:
            self.derive_now(progress)

    def derive_now(self, progress: Progress = no_progress) -> None:
        """The same, for who is in the heavy lane already; forgets results made under other definitions."""
        if derivations.definitions_changed(self.workspace):
            self.snapshots.clear()
        derivations.run(self.workspace.view(progress))

    def close(self) -> None:
        """Lets what runs finish, and gives the workspace up."""
        self.lanes.close()
        keeps_answers(self.workspace.path, None)
        self.workspace.close()

    def _lane(self, verb: Verb) -> AbstractContextManager[object]:
        if verb.waits:
            return nullcontext()
        return self.lanes.heavy if verb.changes == "log" else self.lanes.pages

    def _admit(self, path: str, arguments: Mapping[str, object], actor: Actor) -> tuple[Verb, dict[str, Any]]:
        verb = self._find(path)
        try:
            require(actor, verb)
        except AccessDeniedError:
            self._record(verb, actor, "refused")
            raise
        checked = verb.check(arguments)
        if not actor.sees_persons:
            require_no_persons(verb, checked, self.experience)
        if not actor.at_machine:
            checked = from_inbox(self.workspace.folder.inbox, checked)
        return verb, checked

    def _renew(self, call: Call, actor: Actor, batch: Batch | None = None) -> Snapshot:
        began = self.snapshots.cleared
        verb, seen = call.verb, seen_by(self._reading(self.workspace.view(), batch), actor, call.verb)
        position = seen.engine.count("interactions")
        with self._unforeseen(verb):
            result = _explained(verb.function(seen, **call.arguments), verb, call.arguments, actor.limits)
        kept = self.snapshots.put(call, result, position, began)
        # The table has one writer at a time, and a page must not wait for an import.
        self.lanes.later(("save", verb.path, call.key), lambda: self.snapshots.save(call))
        return kept

    def _reading(self, view: Workspace, batch: Batch | None = None) -> Workspace:
        """Returns a view for questions only: what several of them, or one verb twice, ask is asked once."""
        return replace(view, engine=cast(Engine, batch or Batch(self.workspace.engine)))

    @contextmanager
    def _recorded(self, verb: Verb, actor: Actor) -> Iterator[list[str]]:
        """Writes who ran what, how long it took and how it ended; never with what arguments or results.

        Reading numbers leaves no trace: a page would write one line per figure, and nobody could find the others.

        Yields:
            A list, to put in what it was about.
        """
        started, outcome, about = perf_counter(), "failed", [""]
        try:
            with self._unforeseen(verb):
                yield about
            outcome = "done"
        except AccessDeniedError:
            outcome = "refused"
            raise
        finally:
            seconds = perf_counter() - started
            self.counters.add(verb.path, outcome, seconds)
            self._record(verb, actor, outcome, seconds, about[-1])

    def _record(self, verb: Verb, actor: Actor, outcome: str, seconds: float = 0.0, target: str = "") -> None:
        if verb.changes != "nothing" or verb.personal:
            self.workspace.store.audit(
                account_id=actor.account_id,
                key_id=actor.key_id,
                verb=verb.path,
                target=target,
                outcome=outcome,
                seconds=seconds,
                address=actor.address,
            )

    @contextmanager
    def _unforeseen(self, verb: Verb) -> Iterator[None]:
        try:
            yield
        except CxloopError:
            raise
        except Exception as failure:
            if str(failure) == INTERRUPTED:
                raise KeyboardInterrupt from None
            log = self.workspace.folder.log
            logs.failure(log, failure, verb=verb.path, where="verb")
            raise InternalError(
                f"{verb.path} failed in a way that nobody foresaw ({type(failure).__name__}). "
                f"The details are in {log}; please report them."
            ) from failure


def _explained(result: Result, verb: Verb, checked: Mapping[str, Any], limits: Limits) -> Result:
    """Returns the result with its limits and the same call in Python and on the command line added to its `how`."""
    result = noted(result, limits)
    how = getattr(result, "how", None)
    if not (isinstance(how, How) and is_dataclass(result)):
        return result
    calls = replace(how, python=python_call(verb, checked), cli=cli_call(verb, checked))
    return replace(result, how=calls)  # type: ignore[call-arg]
