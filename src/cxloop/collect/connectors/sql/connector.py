"""What can be said about a SQL database, and what its errors mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from cxloop.collect.connectors.base import Connector, Scope
from cxloop.collect.connectors.base import Settings as Base
from cxloop.collect.connectors.sql.explain import explain
from cxloop.core.errors import InputError
from cxloop.core.time import parse_duration

__all__ = ["CONNECTOR", "Settings", "database_file", "suits", "versions"]

_DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
_SELECT = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)
_LOCAL = frozenset({"service", "servicefile", "passfile"})
_PASSWORDS = frozenset({"password", "passwd", "pwd"})
_PATHS = frozenset("/~@")
_NUMBER = re.compile(r"\d{1,12}")
Column = Annotated[str, Field(min_length=1, max_length=200)]


class Settings(Base):
    """Settings of a SQL database."""

    url: str = Field(
        title="Address",
        description="Where the database is, such as postgresql://reader@db.example:5432/shop or sqlite:///shop.db. "
        "Use an account that may only read.",
        min_length=1,
        max_length=2000,
    )
    password: SecretStr | None = Field(None, title="Password", description="Password of the account in the address.")
    table: str | None = Field(
        None, title="Table", description="The table or view to read, such as orders or sales.orders.", max_length=200
    )
    query: str | None = Field(
        None, title="Query", description="Or a query that only reads: select ... from ... join ...", max_length=20_000
    )
    cursor: Column | None = Field(
        None,
        title="Cursor column",
        description="A column that only grows, such as updated_at or id: each pull reads on from its last value. "
        "Without it, every pull reads everything.",
    )
    key: tuple[Column, ...] = Field(
        (),
        title="Key columns",
        description="Columns that tell rows with the same cursor value apart, such as id. "
        "By default the table's primary key.",
    )
    overlap: str | None = Field(
        None,
        title="Overlap",
        description="How far each pull reads again behind the last value, for rows that were written late: 10m for "
        "times, 1000 for numbers. By default these.",
    )
    timeout_seconds: int = Field(
        300, ge=1, le=86_400, title="Time limit", description="Seconds after which a statement is given up."
    )

    @model_validator(mode="before")
    @classmethod
    def _password_is_apart(cls, given: Any) -> Any:
        """Takes a password out of the address: an address is shown, a password never is."""
        if not isinstance(given, dict) or not isinstance(given.get("url"), str):
            return given
        try:
            parts = urlsplit(given["url"].strip())
            password = unquote(parts.password or "")
        except ValueError:
            return given
        options = parse_qsl(parts.query, keep_blank_values=True)
        harmless = [(name, text) for name, text in options if name.lower() not in _PASSWORDS]
        password = password or next((text for option in options if option not in harmless for text in option[1:]), "")
        if not password:
            return given
        user, at, host = parts.netloc.rpartition("@")
        query = parts.query if harmless == options else urlencode(harmless)
        address = urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query=query))
        return {**given, "password": password, "url": address}

    @field_validator("url")
    @classmethod
    def _url_has_a_kind(cls, value: str) -> str:
        kind = value.partition("://")[0]
        if "://" not in value or not re.fullmatch(r"[a-z0-9_]+(\+[a-z0-9_]+)?", kind):
            raise InputError("An address begins with the kind of database, such as postgresql:// or sqlite:///.")
        try:
            urlsplit(value)
        except ValueError:  # such as postgresql://[
            raise InputError("This is no address of a database. Write it as postgresql://reader@host/name.") from None
        return value

    @field_validator("query")
    @classmethod
    def _query_reads(cls, value: str | None) -> str | None:
        if value is None:
            return None
        text = value.strip().rstrip(";").strip()
        if not _SELECT.match(text):
            raise InputError("A query only reads: it begins with select or with.")
        if ";" in text:
            raise InputError("A query is one statement, without a semicolon.")
        return text

    @property
    def driver_url(self) -> str:
        """The address with the driver that is used."""
        kind, _, rest = self.url.partition("://")
        return f"{_DRIVERS.get(kind, kind)}://{rest}"

    @property
    def what(self) -> str:
        """What is read, for messages."""
        return self.table or "the query"


def _suits(settings: Settings) -> Iterator[tuple[str, str]]:
    if (settings.table is None) == (settings.query is None):
        yield "table", "Give either a table or a query, and not both."
    if database_file(settings) is not None and settings.password is not None:
        yield "password", "SQLite knows no passwords. Leave it out."
    if settings.overlap is not None and settings.cursor is None:
        yield "overlap", "An overlap belongs to a cursor column. Leave it out, or name the cursor."
    if settings.overlap is not None and not _NUMBER.fullmatch(settings.overlap):
        try:
            parse_duration(settings.overlap)
        except InputError:
            message = f"{settings.overlap!r} is neither a duration such as 10m nor a whole number such as 1000."
            yield "overlap", message


def suits(settings: Settings) -> Sequence[tuple[str, str]]:
    """Returns what does not go together."""
    return list(_suits(settings))


def database_file(settings: Settings) -> Path | None:
    """Returns the file of this machine that would be read, where the database is one."""
    if not settings.url.startswith("sqlite"):
        return None
    return Path(unquote(settings.url.partition(":///")[2].partition("?")[0]))


def local_file(settings: Settings) -> Path | None:
    """Returns what of this machine an address names: a database's file, a socket, or a file of keys or passwords."""
    found = database_file(settings)
    if found is not None:
        return found
    parts = urlsplit(settings.url)
    options = dict(parse_qsl(parts.query))
    if local := next((text for name, text in options.items() if name in _LOCAL or text[:1] in _PATHS), None):
        return Path("/", local)
    # without a host it is the socket of a server here, which knows the account that cxloop runs under
    return None if parts.hostname or options.get("host") else Path("/", parts.path or "run")


def _server(settings: Settings) -> tuple[str, ...]:
    """Returns where the password goes, and how safely."""
    parts = urlsplit(settings.url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower(), parts.query


def versions(settings: Settings) -> tuple[str, ...]:
    """Returns the columns that make one version of one row unique."""
    if not settings.key or settings.cursor is None:
        return settings.key
    return tuple(dict.fromkeys([*settings.key, settings.cursor]))


def source(settings: Settings, scope: Scope) -> Sequence[Any]:
    """Returns the resource."""
    from cxloop.collect.connectors.sql.source import rows

    return [rows(settings, scope)]


CONNECTOR = Connector(
    title="SQL database",
    about="A table or a query of PostgreSQL, SQLite or another SQL database, read on from where the last pull stopped.",
    settings=Settings,
    source=source,
    explain=explain,
    suits=suits,
    file=local_file,
    sent_to=_server,
    versions=versions,
)
