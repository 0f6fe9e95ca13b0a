"""cxloop: an open-source, self-hosted customer experience platform.

import cxloop as cx

ws = cx.open("acme")
ws.measure.nps(by="channel", every="week")
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cxloop._version import __version__
from cxloop.core.errors import CxloopError

if TYPE_CHECKING:
    from cxloop.engine.spark.session import Session
    from cxloop.entry.python import Handle

__all__ = ["CxloopError", "__version__", "create", "open"]


def open(path: str | Path | None = None, *, spark: Session | None = None) -> Handle:  # noqa: A001 - `cx.open` is what people type
    """Opens a workspace, directly or through the server that runs on it.

    Args:
        path: the folder; by default the nearest parent folder with a cxloop.toml, or $CXLOOP_WORKSPACE.
        spark: a session of Spark, such as a notebook's on a cluster, in place of the engine that the settings name.

    Raises:
        WorkspaceError: there is no workspace, another process holds it, or its tables are in another engine.
        MistakesError: its settings have mistakes; all of them are shown together.
    """
    from cxloop.entry.python import open_handle

    return open_handle(path, spark)


def create(path: str | Path, *, template: str = "empty") -> Handle:
    """Creates a workspace in an empty or new folder, and opens it.

    Args:
        path: the folder.
        template: which ready experience to start from: empty, shop, olist.

    Raises:
        WorkspaceError: the folder holds something already.
    """
    from cxloop.entry.python import create_handle

    return create_handle(path, template=template)
