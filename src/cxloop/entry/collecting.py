"""Puts the collector's app together for a process: keys, plans, hooks, spool."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

from cxloop.collect.connectors.webhook.hooks import Hooks
from cxloop.collect.http.app import Collector
from cxloop.collect.http.counters import Counters
from cxloop.collect.http.writer import Writer
from cxloop.collect.spool.opening import open_spool
from cxloop.collect.surveys.audience import Audience
from cxloop.collect.surveys.pages.app import Respondents
from cxloop.collect.surveys.pages.files import Files
from cxloop.collect.surveys.pages.further import Further
from cxloop.collect.tracking.checker import Plans
from cxloop.core.config import Settings
from cxloop.core.errors import CxloopError
from cxloop.runtime.folder import Folder
from cxloop.store.base import Store
from cxloop.store.keys import WriteKeys, note_use

__all__ = ["SNIPPET", "collector", "respondents"]

SNIPPET = Path(str(files("cxloop"))) / "web" / "static" / "built" / "cx.js"


def collector(folder: Folder, store: Store, settings: Settings, name: str) -> Collector:
    """Returns the collector's app of one process.

    Args:
        folder: of the workspace.
        store: its records.
        settings: its settings.
        name: of the process among those of the workspace.

    Raises:
        SpoolError: the spool cannot be opened.
    """
    counters = Counters(folder.spool, name)
    spool = open_spool(folder.path, settings)
    return Collector(
        folder=folder.spool,
        keys=WriteKeys(store),
        plans=Plans(store),
        hooks=Hooks(store),
        writer=Writer(spool, lambda _size: counters.add("commits")),
        counters=counters,
        proxies=frozenset(settings.server.proxies),
        keep_ip=settings.collect.keep_ip != "none",
        seen=_Uses(store).note,
        snippet=SNIPPET,
        surveys=respondents(store, settings, folder.path),
    )


def respondents(store: Store, settings: Settings, folder: Path) -> Respondents:
    """Returns the pages that customers answer surveys on, and what widget and kiosk ask."""
    keys = WriteKeys(store)
    pages = Respondents(
        store=store,
        files=Files(SNIPPET.parent),
        proxies=frozenset(settings.server.proxies),
        secure=settings.server.secure,
        public_url=settings.server.public_url,
        keys=keys,
    )
    audience = Audience.of(folder, store.vault)
    pages.others = (Further(store, keys, audience, pages.shelf, pages.groups, pages.files),)
    return pages


class _Uses:
    """Writes down which keys are in use, once a day each, where no request waits for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted: dict[int, date] = {}

    def note(self, key_id: int, address: str) -> None:
        today = datetime.now(UTC).date()
        if self._noted.get(key_id) != today:
            self._noted[key_id] = today
            threading.Thread(target=self._write, args=(key_id, address), daemon=True).start()

    def _write(self, key_id: int, address: str) -> None:
        try:
            note_use(self._store, key_id, address=address)
        except CxloopError:
            logging.getLogger(__name__).debug("the use of a key was not noted", exc_info=True)
