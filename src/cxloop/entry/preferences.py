"""The preference pages of a process: what is on file is asked of whoever owns the workspace, and may be away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING

from cxloop.core.errors import CxloopError
from cxloop.core.host import LOCAL
from cxloop.outreach.pages.app import PreferencePages
from cxloop.outreach.pages.choices import Standing

if TYPE_CHECKING:
    from cxloop.runtime.folder import Folder
    from cxloop.store.base import Store

__all__ = ["preference_pages", "standing_of"]

PATIENCE_SECONDS = 3.0
"""How long a page waits for an app that is busy: an import, or its start."""
_ASKING = ThreadPoolExecutor(max_workers=4, thread_name_prefix="cxloop-preferences")
"""Few: what is on file is never worth more of the app than its own pages are."""


def preference_pages(folder: Folder, store: Store) -> PreferencePages:
    """Returns the pages `/p/` and `/u/` of a workspace.

    Args:
        folder: of the workspace.
        store: its records.
    """
    return PreferencePages(store, folder.definitions, lambda key: standing_of(folder, key))


def standing_of(folder: Folder, key_id: int) -> Standing | None:
    """Returns what is on file about the customer of a key, through the socket of the app's process.

    None where that does not answer in time, or knows nobody of that key: the pages work without.
    """
    asked = _ASKING.submit(_asked, folder, key_id)
    try:
        return asked.result(PATIENCE_SECONDS)
    except FutureTimeout:
        asked.cancel()
        return None


def _asked(folder: Folder, key_id: int) -> Standing | None:
    from cxloop.runtime.remote import RemoteHost, server_of
    from cxloop.unify.privacy.results import Preferences

    try:
        running = server_of(folder)
        if running is None:
            return None
        host = RemoteHost(folder, running["pid"], running["version"])
        found = host.run("unify.preferences", {"customer": str(key_id)}, actor=LOCAL)
    except CxloopError:
        return None
    assert isinstance(found, Preferences)
    allowed = {each.purpose: each.allowed for each in found.purposes}
    return Standing(allowed, [each.address for each in found.reached if each.suppressed is None])
