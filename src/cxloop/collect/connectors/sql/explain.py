"""What the errors of databases mean. Told by their SQL state or their words, so that no driver is loaded for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cxloop.collect.connectors.base import FailureKind, SourceError

if TYPE_CHECKING:
    from cxloop.collect.connectors.sql.connector import Settings

__all__ = ["explain"]

_WRONG_PASSWORD = "The database refused the account or its password. Correct the password: collect connect."  # noqa: S105
_NO_DATABASE = "There is no such database on this host. Check the end of the address."
_NO_TABLE = "There is no {what}, or this account may not see it. Check the name, with its schema."
_NO_COLUMN = "A column that is read does not exist any more: {what} was changed. Check cursor, key and query."
_NO_RIGHT = "The account may not read {what}. Grant it the right to select."
_TOO_SLOW = "The database did not answer within {seconds} s. Put an index on the cursor column, or allow more time."
_BROKEN = "The connection to the database broke off."
_FULL = "The database takes no more connections for the moment."
_NOT_YET = "The database is starting or stopping."
_WRITES = "The query tried to change the database. It may only read."
_BAD_QUERY = "The query cannot be read by the database. Run it there first."
_NO_HOST = "The host is not known. Check its name, and this machine's network."
_NO_ANSWER = "Nothing answers at this host and port. Check them, and that the database runs."
_NO_DRIVER = "This kind of database needs a driver that is not installed. Install its SQLAlchemy driver beside cxloop."
_NO_FILE = "The file of the database cannot be opened. Check its path and its permissions."
_NO_DATABASE_FILE = "The file is not a database."

_Meaning = tuple[FailureKind, str]
_BY_STATE: Mapping[str, _Meaning] = {
    "28P01": ("credentials", _WRONG_PASSWORD),
    "28000": ("credentials", _WRONG_PASSWORD),
    "3D000": ("missing", _NO_DATABASE),
    "42P01": ("missing", _NO_TABLE),
    "3F000": ("missing", _NO_TABLE),
    "42703": ("schema", _NO_COLUMN),
    "42501": ("credentials", _NO_RIGHT),
    "57014": ("timeout", _TOO_SLOW),
    "55P03": ("timeout", _TOO_SLOW),
    "53300": ("unreachable", _FULL),
    "57P01": ("unreachable", _BROKEN),
    "57P02": ("unreachable", _BROKEN),
    "57P03": ("unreachable", _NOT_YET),
    "25006": ("settings", _WRITES),
    "42601": ("settings", _BAD_QUERY),
}
"""PostgreSQL's codes (its manual, appendix A)."""
_BY_WORDS: Sequence[tuple[str, _Meaning]] = (
    ("password authentication failed", ("credentials", _WRONG_PASSWORD)),
    ("no password supplied", ("credentials", _WRONG_PASSWORD)),
    ("access denied", ("credentials", _WRONG_PASSWORD)),
    ("no pg_hba.conf entry", ("credentials", _WRONG_PASSWORD)),
    ("resolve host", ("unreachable", _NO_HOST)),
    ("translate host name", ("unreachable", _NO_HOST)),
    ("name or service not known", ("unreachable", _NO_HOST)),
    ("connection refused", ("unreachable", _NO_ANSWER)),
    ("no such file or directory", ("unreachable", _NO_ANSWER)),
    ("timeout expired", ("unreachable", _NO_ANSWER)),
    ("connection timeout", ("unreachable", _NO_ANSWER)),
    ("starting up", ("unreachable", _NOT_YET)),
    ("shutting down", ("unreachable", _NOT_YET)),
    ("does not exist", ("missing", _NO_DATABASE)),
    ("no such table", ("missing", _NO_TABLE)),
    ("no such column", ("schema", _NO_COLUMN)),
    ("unable to open database file", ("missing", _NO_FILE)),
    ("file is not a database", ("settings", _NO_DATABASE_FILE)),
    ("database is locked", ("timeout", _TOO_SLOW)),
    ("syntax error", ("settings", _BAD_QUERY)),
    ("readonly database", ("settings", _WRITES)),
    ("terminating connection", ("unreachable", _BROKEN)),
    ("server closed the connection", ("unreachable", _BROKEN)),
    ("connection is lost", ("unreachable", _BROKEN)),
    ("consuming input failed", ("unreachable", _BROKEN)),
)
_BY_CLASS: Mapping[str, _Meaning] = {
    "NoSuchModuleError": ("settings", _NO_DRIVER),
    "ModuleNotFoundError": ("settings", _NO_DRIVER),
    "NoSuchTableError": ("missing", _NO_TABLE),
}


def explain(failure: BaseException, settings: Settings) -> SourceError | None:
    """Returns what an error of the database or its driver means; None for any other."""
    for look in (_by_state, _by_class, _by_words):
        meaning = look(failure)
        if meaning is not None:
            kind, text = meaning
            return SourceError(text.format(what=_what(settings), seconds=settings.timeout_seconds), kind)
    return None


def _what(settings: Settings) -> str:
    return f"table {settings.table}" if settings.table else "table that the query names"


def _by_state(failure: BaseException) -> _Meaning | None:
    return _BY_STATE.get(str(getattr(failure, "sqlstate", "")))


def _by_class(failure: BaseException) -> _Meaning | None:
    return _BY_CLASS.get(type(failure).__name__)


def _by_words(failure: BaseException) -> _Meaning | None:
    if not type(failure).__module__.startswith(("psycopg", "sqlite3", "pymysql", "mysql", "pg8000", "oracledb")):
        return None
    said = str(failure).lower()
    return next((meaning for words, meaning in _BY_WORDS if words in said), None)
