"""Surveys as the pages need them: read from the records at most once a second, their versions once."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from cxloop.collect.surveys.definition import Definition, read
from cxloop.collect.surveys.responding.taking import Live
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.store import documents
from cxloop.store.base import Store
from cxloop.store.surveys import surveys

__all__ = ["FRESH_SECONDS", "Shelf", "Shelved"]

FRESH_SECONDS = 1.0
"""After so long a survey that was paused, closed or published anew is seen as that."""
DRAWN_SECONDS = 60.0
"""For so long a page that is the same for everybody is drawn once, where nothing changed: it may read the date."""
MOST_SURVEYS = 500
MOST_VERSIONS = 200


@dataclass
class Shelved:
    """A survey with what was drawn of it, and until when (on the machine's clock) that may be shown."""

    live: Live
    until: float
    drawn: dict[Any, bytes] = field(default_factory=dict)


class Shelf:
    """The surveys of a workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._surveys: OrderedDict[str, Shelved | None] = OrderedDict()
        self._until: dict[str, float] = {}
        self._versions: OrderedDict[tuple[str, int], Definition] = OrderedDict()

    async def find(self, name: str) -> Shelved | None:
        """Returns a survey that was published, or None."""
        now = time.monotonic()
        if self._until.get(name, 0.0) > now:
            return self._surveys.get(name)
        found = await asyncio.to_thread(self.load, name)
        there = self._surveys.get(name)
        if found is not None and there is not None and there.live.record == found.live.record and there.until > now:
            found = there  # with what was drawn of it
        self._surveys[name] = found
        self._until[name] = now + FRESH_SECONDS
        while len(self._surveys) > MOST_SURVEYS:
            gone, _ = self._surveys.popitem(last=False)
            self._until.pop(gone, None)
        return found

    def fresh_until(self, name: str) -> float:
        """Returns until when, on the machine's clock, a survey need not be read again."""
        return self._until.get(name, 0.0)

    def load(self, name: str) -> Shelved | None:
        """Reads a survey from the records."""
        record = surveys.find(self._store, name)
        if record is None or record.version is None:
            return None

        def definition_of(version: int) -> Definition:
            return self.definition(name, version)

        settings = SurveySettings.model_validate_json(_json(record.settings))
        live = Live(record, settings, definition_of(record.version), definition_of)
        return Shelved(live, time.monotonic() + DRAWN_SECONDS)

    def definition(self, name: str, version: int) -> Definition:
        """Returns a version of a survey as it was published."""
        found = self._versions.get((name, version))
        if found is None:
            found = read(documents.get(self._store, surveys.PUBLISHED, name, version).content)
            self._versions[name, version] = found
            while len(self._versions) > MOST_VERSIONS:
                self._versions.popitem(last=False)
        return found


def _json(settings: Any) -> str:
    # strict settings read lists as tuples only from JSON
    import json

    return json.dumps(dict(settings))
