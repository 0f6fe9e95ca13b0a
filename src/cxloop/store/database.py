"""Where the records are: in files of the workspace, or in a PostgreSQL that several hosts share."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import quote

from cxloop.core.config import Settings
from cxloop.core.errors import WorkspaceError

__all__ = ["Database", "database_of"]

SCHEME = "postgresql://"


@dataclass(frozen=True, slots=True)
class Database:
    """A database of PostgreSQL that belongs to one workspace.

    Attributes:
        address: `postgresql://user@host:port/name`, as settings and messages have it: without a password.
        password: of that user; empty where libpq finds it itself, in $PGPASSWORD or ~/.pgpass.
    """

    address: str
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The address with the password, for whoever connects; never for a message or a log."""
        if not self.password:
            return self.address
        user, _, rest = self.address.removeprefix(SCHEME).rpartition("@")
        return f"{SCHEME}{user}:{quote(self.password, safe='')}@{rest}"


def database_of(settings: Settings) -> Database | None:
    """Returns the database that the settings name; None where the records are files of the workspace.

    Raises:
        WorkspaceError: the variable with the password is not set.
    """
    store = settings.store
    if not store.database:
        return None
    name = store.password.removeprefix("env:")
    if name and not os.environ.get(name):
        raise WorkspaceError(f"password of [store] is env:{name}, and ${name} is not set. Set it, and try again.")
    return Database(store.database, os.environ.get(name, "") if name else "")
