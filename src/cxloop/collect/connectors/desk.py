"""What people do with connected systems: look, connect, try, pull, pause, disconnect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cxloop.collect.connectors import forms
from cxloop.collect.connectors.base import FILE, Connector, Settings
from cxloop.collect.connectors.forms import Parted
from cxloop.collect.connectors.importing import mapping_for
from cxloop.collect.connectors.landing import Place, hand_over, write_rows
from cxloop.collect.connectors.pulls import First, alone, first_rows, is_running
from cxloop.collect.connectors.systems import connector, ready_mapping, systems
from cxloop.collect.files.importer import import_found
from cxloop.collect.files.mapping import mapping_text, read_mapping
from cxloop.collect.files.sources import INBOX, Found, find_mapping
from cxloop.collect.files.suggest import suggest_mapping
from cxloop.collect.results import Connections, ConnectionSettings, Suggestion, Systems, Trial
from cxloop.core.config import read_toml
from cxloop.core.errors import InputError, Mistake, MistakesError
from cxloop.core.expr import column
from cxloop.core.results import Records, Result, Value
from cxloop.core.time import parse_duration
from cxloop.core.wording import count
from cxloop.store import connections
from cxloop.store.connections import Connection
from cxloop.store.context import Operations

__all__ = [
    "Wanted",
    "attempt",
    "connect",
    "disconnect",
    "list_connections",
    "list_systems",
    "pause",
    "resume",
    "settings_of",
]

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
EVERY = "1h"
OFTENEST = timedelta(minutes=1)
FIRST = 20
"""Rows of each resource that a trial shows."""
SAMPLE = 2_000
"""Rows of each resource from which a mapping is suggested."""


def list_systems(system: str | None) -> Systems:
    """Returns the systems that can be connected, or the settings of one."""
    if system is not None:
        return _settings(system)
    rows = []
    for name in systems():
        found = connector(name)
        how = "pulled" if found.pulls else "sends by itself"
        rows.append((name, found.title, found.about, how, "comes with it" if found.mapped else "needed"))
    summary = f"{count(len(rows))} systems can be connected."
    return Systems(summary, ("system", "title", "about", "how", "mapping"), tuple(rows))


def _settings(system: str) -> Systems:
    found = connector(system)
    columns = ("setting", "label", "about", "kind", "required", "default", "choices")
    rows = tuple(
        (field.name, field.label, field.about, field.kind, field.required, _plain(field.default), _plain(field.choices))
        for field in forms.fields(found)
    )
    return Systems(f"{found.title}: {found.about}", columns, rows)


def _plain(value: object) -> Value:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, str | int | float | bool) or value is None else json.dumps(value)


def list_connections(ws: Operations) -> Connections:
    """Returns the connected systems and how each stands."""
    found = connections.every_one(ws.store)
    columns = (
        "connection",
        "system",
        "state",
        "every",
        "last_pull",
        "lag_seconds",
        "rows",
        "admitted",
        "rejected",
        "next_pull",
        "position",
        "failure",
        "reason",
    )
    rows = tuple(_standing(each, ws.now(), running=is_running(ws, each.name)) for each in found)
    wrong = [each.name for each in found if each.outcome == "failed"]
    head = f"{count(len(found))} {'system is' if len(found) == 1 else 'systems are'} connected"
    summary = f"{head}; not well: {', '.join(wrong)}." if wrong else f"{head}."
    return Connections(summary if found else "No system is connected yet.", columns, rows)


def _standing(each: Connection, now: datetime, *, running: bool) -> tuple[Value, ...]:
    pulls = connector(each.system).pulls if each.system in systems() else False
    since = each.succeeded_at or each.created_at
    lag = round((now - since).total_seconds()) if pulls else None
    due = None if each.paused or not pulls else each.next_due
    return (
        each.name,
        each.system,
        "running" if running else _state(each, pulls),
        each.every,
        each.finished_at,
        lag,
        each.rows,
        each.admitted,
        each.rejected,
        due,
        each.position,
        each.failure,
        each.reason,
    )


def _state(each: Connection, pulls: bool) -> str:
    """Returns how it stands in one word: paused, interrupted, done, failed, waiting or listening."""
    if each.paused:
        return "paused"
    if each.running:
        return "interrupted"
    if pulls:
        return each.outcome or "waiting"
    return "failed" if each.outcome == "failed" else "listening"


def settings_of(ws: Operations, name: str) -> ConnectionSettings:
    """Returns how a system is connected, without its secrets."""
    found = connections.get(ws.store, name)
    return ConnectionSettings(
        name=found.name,
        system=found.system,
        settings=dict(found.settings),
        secrets=found.secrets,
        mapping=found.mapping or ready_mapping(found.system) or "",
        own_mapping=found.mapping is not None,
        every=found.every,
        paused=found.paused,
    )


class Wanted:
    """What somebody asks to connect, checked as a whole: every mistake is told, not only the first."""

    def __init__(
        self,
        ws: Operations,
        system: str,
        name: str,
        *,
        file: Path | None,
        settings: str,
        mapping: Path | None,
        text: str,
        every: str | None,
        needs_mapping: bool,
    ) -> None:
        self.connector: Connector = connector(system)
        self.system = system
        self.name = name
        self.before = connections.find(ws.store, name)
        self._ws = ws
        mistakes: list[Mistake] = [*self._name_mistakes()]
        self.kept = self._settings_of(file, settings, mistakes)
        self.mapping = self._mapping_of(mapping, text, mistakes, needed=needs_mapping)
        self.every = self._every_of(every, mistakes)
        if mistakes:
            raise MistakesError(f"The connection {name}", mistakes)

    def _name_mistakes(self) -> Iterable[Mistake]:
        if not NAME.fullmatch(self.name):
            yield Mistake("name", f"{self.name!r} is no name for a source. Use a-z, 0-9, _ and -, at most 63 of them.")
        if self.before is not None and self.before.system != self.system:
            yield Mistake(
                "system",
                f"{self.name} is connected to {self.before.system} already. Disconnect it, or use another name.",
            )

    def _settings_of(self, file: Path | None, settings: str, mistakes: list[Mistake]) -> Parted:
        given: dict[str, Any] = {}
        if self.before is not None:
            given |= {**self.before.settings, **connections.secrets_of(self._ws.store, self.name)}
        try:
            said = {**_read_settings(file), **_json(settings)}
            fresh = {key: value for key, value in said.items() if not self._left_blank(key, value)}
            given |= fresh
            found = forms.checked(self.connector, given, self.name)
            if not self._ws.actor.at_machine:
                mistakes += self._file_mistakes(found)
                mistakes += forms.secrets_gone_astray(self.connector, found, self._kept_before(), fresh)
            return forms.parted(found)
        except MistakesError as failure:
            mistakes += failure.mistakes
        except InputError as failure:
            mistakes.append(Mistake("settings", failure.message))
        return Parted({}, {})

    def _file_mistakes(self, settings: Settings) -> Iterable[Mistake]:
        """An account reads files of the inbox only; what was named at the machine itself may stay."""
        named = self.connector.file(settings) if self.connector.file is not None else None
        if named is None or named == self._file_before():
            return
        inbox = (self._ws.path / INBOX).resolve()
        if not (inbox / named).resolve().is_relative_to(inbox):
            message = (
                f"It is outside of the workspace's inbox, {inbox}. Put it there, or connect it at the machine itself."
            )
            yield Mistake(str(named), message)

    def _file_before(self) -> Path | None:
        if self.before is None or self.connector.file is None:
            return None
        return self.connector.file(self.connector.settings.model_construct(**self.before.settings))

    def _kept_before(self) -> Parted | None:
        if self.before is None:
            return None
        return Parted(dict(self.before.settings), connections.secrets_of(self._ws.store, self.name))

    def _left_blank(self, key: str, value: object) -> bool:
        """A secret that a form leaves blank is the one that is kept."""
        field = self.connector.settings.model_fields.get(key)
        return value in (None, "") and field is not None and forms.is_secret(field)

    def _mapping_of(self, path: Path | None, text: str, mistakes: list[Mistake], *, needed: bool) -> str | None:
        before = self.before.mapping if self.before is not None else None
        try:
            if path is not None and text:
                raise InputError("Give the mapping as a file or as a text, not both.")
            if path is not None:
                text, _ = find_mapping(path, self._ws.path)
            if not text:
                # of a system that sends by itself, deliveries wait for their mapping: nobody knows them before
                if before is None and not self.connector.mapped and needed and self.connector.pulls:
                    raise InputError(f"{self.connector.title} needs a mapping. To get a first one written: --suggest.")
                return before
            read_mapping(mapping_for(text, self.name), "The mapping")
            return text
        except MistakesError as failure:
            mistakes += [Mistake(f"mapping: {each.where}", each.message) for each in failure.mistakes]
        except InputError as failure:
            mistakes.append(Mistake("mapping", failure.message))
        return None

    def _every_of(self, every: str | None, mistakes: list[Mistake]) -> str | None:
        if not self.connector.pulls:
            if every:
                mistakes.append(Mistake("every", f"{self.connector.title} sends by itself, so it is never pulled."))
            return None
        chosen = every or (self.before.every if self.before is not None else None) or EVERY
        try:
            if parse_duration(chosen) < OFTENEST:
                raise InputError(f"{chosen!r} is too often. Pull at most once a minute: 1m.")
        except InputError as failure:
            mistakes.append(Mistake("every", failure.message))
        return chosen


def _read_settings(file: Path | None) -> Mapping[str, Any]:
    if file is None:
        return {}
    return _json(mapping_text(file)) if file.suffix == ".json" else read_toml(file)


def _json(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except json.JSONDecodeError as failure:
        raise InputError(f"It is no JSON: {failure.msg} at character {failure.pos}.") from None
    if not isinstance(found, dict):
        raise InputError('It must be a JSON object, such as {"host": "db.example"}.')
    return found


def connect(ws: Operations, wanted: Wanted) -> Records:
    """Keeps a connection; the first pull is due at once."""
    pulls = wanted.connector.pulls
    connections.save(
        ws.store,
        wanted.name,
        wanted.system,
        settings=wanted.kept.plain,
        secrets=wanted.kept.secrets,
        mapping=wanted.mapping,
        every=wanted.every,
        next_due=ws.now() if pulls else None,
        by=ws.actor.account_id,
    )
    if not pulls and wanted.mapping is not None:
        from cxloop.collect.connectors.webhook.loading import load

        load(ws, wanted.name, ())  # what has waited for this mapping
    done = "is connected" if wanted.before is None else "is changed"
    when = (
        f" It is pulled every {wanted.every} while cxloop serve runs; at once: cxloop collect pull {wanted.name}."
        if pulls
        else f" Deliveries are taken at /hooks/{wanted.name} of this server."
    )
    return Connections(f"{wanted.name} {done}.{when}", ("connection", "system"), ((wanted.name, wanted.system),))


def attempt(ws: Operations, wanted: Wanted, *, suggest: bool) -> Result:
    """Reads the first rows, and shows what the mapping makes of them or suggests one."""
    if not wanted.connector.pulls:
        from cxloop.collect.connectors.webhook.trial import attempt as look_at_deliveries

        return look_at_deliveries(ws, wanted.name, wanted.mapping, suggest=suggest)

    def look(first: First, place: Place) -> Result:
        _lay_out(first, place)
        if suggest:
            return _suggestion(ws, wanted, place)
        text = wanted.mapping or ready_mapping(wanted.system)
        files = place.waiting()
        preview = None
        if text is not None and files:
            whole = files[0].parent != place.landed
            found = Found(tuple(files[:1]) if whole else tuple(files), files[0].parent, named=whole)
            with ws.heavy:
                preview = import_found(ws, lambda: found, mapping_for(text, wanted.name), "The mapping", dry_run=True)
        return Trial(tuple(_shown(row) for _, row in first.rows), preview, first.notes)

    return first_rows(ws.path, wanted.system, wanted.kept, SAMPLE if suggest else FIRST, look)  # type: ignore[no-any-return]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {"file": row["name"]} if FILE in row else row


def _lay_out(first: First, place: Place) -> None:
    """Writes the first rows the way that a pull would leave them."""
    by_resource: dict[str, list[dict[str, Any]]] = {}
    for number, (resource, row) in enumerate(first.rows):
        if FILE in row:
            hand_over(place, row, f"first.{number}")
        else:
            by_resource.setdefault(resource, []).append(row)
    for resource, rows in by_resource.items():
        write_rows(place, resource, "first", rows)


def _suggestion(ws: Operations, wanted: Wanted, place: Place) -> Suggestion:
    files = place.waiting()
    if not files:
        raise InputError("The source has no rows yet, so there is nothing to look at.")
    named = place.path / f"{wanted.name}{''.join(files[0].suffixes[-1:])}"
    files[0].replace(named)
    found = suggest_mapping(ws, named)
    settings = forms.opened(wanted.connector, wanted.kept)[0]
    columns = wanted.connector.versions(settings) if wanted.connector.versions is not None else ()
    return replace(found, mapping=_told_apart(found.mapping, columns)) if columns else found


def _told_apart(mapping: str, columns: Sequence[str]) -> str:
    """Returns a mapping whose id is each version of a row: a row that changes comes again, and is no contradiction."""
    named = ", ".join(json.dumps(column(name), ensure_ascii=False) for name in columns)
    line = f"id = [{named}]  # each version of a row is one interaction"
    without = re.sub(r"^id = .*\n", "", mapping, flags=re.MULTILINE)
    return re.sub(
        r"^(\[\[interaction\]\]\nname = .*\n)", lambda head: f"{head[1]}{line}\n", without, flags=re.MULTILINE
    )


def pause(ws: Operations, name: str) -> Connections:
    """Stops the schedule of a connection."""
    connections.pause(ws.store, name, paused=True)
    return Connections(f"{name} is paused. To go on: cxloop collect resume {name}.", ("connection",), ((name,),))


def resume(ws: Operations, name: str) -> Connections:
    """Lets the schedule of a connection go on, beginning now."""
    found = connections.pause(ws.store, name, paused=False)
    if found.every is not None:
        connections.set_due(ws.store, name, ws.now())
    return Connections(f"{name} goes on; its next pull is due now.", ("connection",), ((name,),))


def disconnect(ws: Operations, name: str) -> Connections:
    """Removes a connection, its secrets and what it had not imported yet; its interactions stay."""
    with alone(ws, name):
        connections.remove(ws.store, name)
        Place.of(ws.path, name).forget()
    return Connections(f"{name} is disconnected. Its interactions stay in the log.", ("connection",), ((name,),))
