"""Which spool a workspace has: the one place that knows, for collectors, loader and whoever looks."""

from __future__ import annotations

from pathlib import Path

from cxloop.collect.spool.base import AnySpool
from cxloop.collect.spool.file import Spool
from cxloop.core.config import Settings
from cxloop.store.database import database_of

__all__ = ["SPOOL", "open_spool"]

SPOOL = "spool"
"""The folder of the workspace with the spool's file and the counters of collectors."""


def open_spool(workspace: Path, settings: Settings) -> AnySpool:
    """Returns the spool of a workspace; the caller closes it.

    Args:
        workspace: its folder.
        settings: its settings.

    Raises:
        SpoolError: the spool cannot be opened.
        WorkspaceError: it is in a database whose password is missing.
    """
    limit = settings.collect.spool_bytes
    if database := database_of(settings):
        from cxloop.collect.spool.postgres import PostgresSpool

        return PostgresSpool(database.url, limit_bytes=limit, named=database.address)
    return Spool(workspace / SPOOL, limit_bytes=limit)
